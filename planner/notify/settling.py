"""Writing down what became of messages: sent, tried again, held back, left to a person. One short transaction each time.

That one was sent is written before the next one goes, in the transaction that stores the next one's links: so a worker that
dies has at most one message sent that does not say so.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from planner.clock import Clock
from planner.domain.channels import Channel
from planner.domain.notices import NO_DRIVING
from planner.domain.turns import is_refusal
from planner.notify.leaving import leave_refusals, leave_task
from planner.notify.linking import keep_links
from planner.notify.routing import Way
from planner.notify.writing import Book
from planner.storage.desk_records import Notice
from planner.storage.link_records import PageLink
from planner.storage.message_records import Attempt
from planner.storage.unit_of_work import Store, UnitOfWork

log = logging.getLogger(__name__)

WAITS = (1, 5, 15, 30, 60)
"""Minutes until the next attempt, after the first, the second, ... failure; the last one serves all that follow."""
MISTAKE = "mistake"
"""The outcome of what cannot be written, or handed over, for a reason of our own."""
_MISTAKES, _MISTAKES_OF_SAFETY = 5, 2
"""How often it is tried to write a message; then, within the hour or the next minute, it is left to a person."""


@dataclass
class Dispatched:
    """What a round did, counted in messages: *later* will be tried again, *superseded* made no sense any more.

    That counts too what was taken back, or taken by another worker, before its turn.
    *held*: waits for the end of quiet hours, for a no-driving message, or for room under the limit of its channel.
    """

    leased: int = 0
    sent: int = 0
    later: int = 0
    failed: int = 0
    superseded: int = 0
    given_back: int = 0
    held: int = 0


def next_attempt(notice: Notice, now: datetime) -> datetime:
    """Tell when something that has failed *attempts* times is tried again: at the latest when it expires."""
    wait = timedelta(minutes=WAITS[min(max(notice.attempts, 1), len(WAITS)) - 1])
    return min(now + wait, max(notice.expires_at, now))


@dataclass(frozen=True)
class Ledger:
    """Where a round writes what became of one clinic's messages that are leased *until* an instant."""

    store: Store
    clock: Clock
    clinic_id: UUID
    until: datetime
    done: Dispatched = field(repr=False)
    book: Book = field(repr=False)
    """What is written; whoever ends a round flushes it."""

    def keep(self, notices: Sequence[Notice], links: Sequence[PageLink]) -> None:
        """Store the links of letters that go now, and all that waits to be written."""
        if any(one.attempts > 1 for one in notices):  # older links are switched off: that may have to wait
            self.book.flush()
        if links:
            self.book.write(partial(keep_links, notices=notices, links=links, now=self.clock()))
        self.book.flush()

    def sent(self, notices: Sequence[Notice], ways: Sequence[Way], outcome: str) -> None:
        """Say that all were taken, as one message: it is written before another one goes."""
        now, channel = self.clock(), ways[0].first
        settled = [replace(one, sent_at=now, outcome=outcome, channel=channel) for one in notices]
        attempts = [self._attempt(one, channel, outcome, now) for one in notices]
        self.book.soon(partial(self._settled, settled=settled, attempts=attempts), notices[0].patient_id)
        if any(way.refused for way in ways):  # by itself: that the letter was sent must be written whatever becomes of this
            self.book.soon(partial(self._refusals, settled=settled, ways=ways), notices[0].patient_id)
        self.done.sent += len(notices)
        for one in notices:
            log.info("notice %s sent by %s at attempt %d", one.id, channel, one.attempts)

    def refused(self, notices: Sequence[Notice], ways: Sequence[Way], answer: str, *, final: bool) -> None:
        """Write that one message of all was not taken: all wait, or (*final*) go by another channel, or to a person.

        What waits does so as long as the one of them that waits least: tried apart, it could come twice.
        """
        now = self.clock()
        soonest = min(next_attempt(one, now) for one in notices)
        for one, way in zip(notices, ways, strict=True):
            over = final or (way.doubted and is_refusal(answer))
            attempt = self._attempt(one, way.first, answer, now, final=over)
            if over and not way.has_another:
                self.give_up(one, answer, by=way.channels[-1], attempt=attempt)
            else:
                self._later(one, now if over or way.at_once else soonest, answer, attempt)

    def mistake(self, notice: Notice) -> None:
        """Try again some times: it cannot be written for a reason of our own."""
        most = _MISTAKES_OF_SAFETY if notice.kind in NO_DRIVING else _MISTAKES
        for_good = notice.outcome == MISTAKE and notice.attempts >= most
        if for_good or notice.expires_at <= self.clock():
            self.give_up(notice, MISTAKE)
        else:
            self._later(notice, next_attempt(notice, self.clock()), MISTAKE)

    def _later(self, notice: Notice, at: datetime, answer: str, attempt: Attempt | None = None) -> None:
        log.warning("notice %s not delivered: %s", notice.id, answer)
        self._settle([replace(notice, next_attempt_at=at, outcome=answer)], [attempt] if attempt else [])
        self.done.later += 1

    def wait(self, notice: Notice, reason: str) -> None:
        """Try again in a minute, without counting it: the clinic is not set up yet."""
        again = next_attempt(replace(notice, attempts=1), self.clock())
        self._settle([replace(notice, attempts=notice.attempts - 1, next_attempt_at=again, outcome=reason)])
        self.done.later += 1

    def hold(self, notices: Sequence[Notice], until: datetime, reason: str) -> None:
        """Leave them until an instant, or until they expire, without counting it."""
        now = self.clock()
        again = [min(until, max(one.expires_at, now)) for one in notices]
        self._settle([
            replace(one, attempts=one.attempts - 1, next_attempt_at=at, outcome=reason)
            for one, at in zip(notices, again, strict=True)
        ])  # fmt: skip
        self.done.held += len(notices)

    def give_back(self, notices: Sequence[Notice]) -> None:
        """Leave them to whoever comes next, at once, or when they are due."""
        if notices:
            self._settle(self._given_back(notices))
        self.done.given_back += len(notices)

    def give_back_later(self, notices: Sequence[Notice]) -> None:
        """Leave them to whoever comes next, once the database is back."""
        if notices:
            self.book.soon(partial(self._settled, settled=self._given_back(notices), attempts=()), None)

    def _given_back(self, notices: Sequence[Notice]) -> list[Notice]:
        now = self.clock()
        return [replace(one, attempts=one.attempts - 1, next_attempt_at=max(one.due_at, now)) for one in notices]

    def withdraw(self, notice: Notice, reason: str) -> None:
        """Drop what makes no sense any more, or what nobody wants."""
        self._settle([replace(notice, withdrawn_at=self.clock(), outcome=reason)])
        self.done.superseded += 1

    def give_up(self, notice: Notice, reason: str, *, by: Channel = Channel.PHONE, attempt: Attempt | None = None) -> None:
        """Stop trying, and leave it to a person: nothing that was owed is lost without a word."""
        log.warning("notice %s given up: %s", notice.id, reason)
        given_up = replace(notice, given_up_at=self.clock(), outcome=reason, channel=by)
        self._settle([given_up], [attempt] if attempt else [], by)
        self.done.failed += 1

    def _settle(self, settled: Sequence[Notice], attempts: Sequence[Attempt] = (), task: Channel | None = None) -> None:
        self.book.write(partial(self._settled, settled=settled, attempts=attempts, task=task))

    def _settled(
        self, uow: UnitOfWork, settled: Sequence[Notice], attempts: Sequence[Attempt], task: Channel | None = None
    ) -> None:  # fmt: skip
        in_order = sorted(settled, key=lambda one: one.id)  # as others lock them: nobody waits in a ring
        written = [uow.notices.settle(one, self.until) for one in in_order]
        uow.attempts.add(*attempts)
        if task and all(written):
            leave_task(uow, settled[0], task, self.clock())

    def _refusals(self, uow: UnitOfWork, settled: Sequence[Notice], ways: Sequence[Way]) -> None:
        for one, way in zip(settled, ways, strict=True):
            leave_refusals(uow, one, way.refused, self.clock())

    @staticmethod
    def _attempt(notice: Notice, channel: Channel, answer: str, at: datetime, *, final: bool = False) -> Attempt:
        return Attempt(uuid4(), notice.id, channel, at, answer, final)
