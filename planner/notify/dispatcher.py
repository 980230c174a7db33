"""Sending what is owed: lease in one short transaction, send outside of any, settle in another.

At least once: a worker that dies between the mail server's answer and the settling sends a second copy under the same
Message-ID when the lease has run out. Settling first would lose the letter instead.

What is owed to one person within two hours is one message (but for what is alone in its mail, and for texts that would be
too long together): all of it is settled, or all of it waits. No no-driving message goes before its time for that.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from time import monotonic
from uuid import UUID

from planner.clock import Clock
from planner.config import Settings
from planner.domain.channels import Channel
from planner.domain.errors import Unavailable
from planner.domain.notices import PHONE_TASK, TOGETHER, NoticeKind
from planner.notify.leaving import EXPIRED, UNDELIVERABLE_TASK
from planner.notify.letters import Unwritable, write
from planner.notify.linking import Minting, links_of
from planner.notify.matters import Matter, matter_of
from planner.notify.merging import Ready, by_person, parcels, together
from planner.notify.post import NO_ROOM, Post
from planner.notify.routing import Held, Unwanted, Way, way_of
from planner.notify.settling import MISTAKE, WAITS, Dispatched, Ledger, next_attempt
from planner.notify.transports import Transport, TransportError
from planner.notify.writing import Books
from planner.storage.desk_records import Notice
from planner.storage.unit_of_work import Store, UnitOfWork

__all__ = ["LEASE", "PHONE_TASK", "UNDELIVERABLE_TASK", "WAITS", "Dispatched", "Post", "dispatch", "next_attempt"]

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)


def dispatch(
    store: Store, clock: Clock, post: Post | Transport | None, *, limit: int = 20, lease: timedelta = LEASE,
    stopping: Callable[[], bool] = lambda: False, base_url: str = Settings.base_url, books: Books | None = None,
) -> Dispatched:  # fmt: skip
    """Send what is due, about *limit* messages; without a mail server only what has expired is settled.

    *post* may be a mail server alone; *base_url* then says where the links in a letter lead to. *books*: the same for all
    rounds of a worker. What the rounds before could not write there is written before anything is taken.

    What cannot be begun within half of the lease, or once *stopping*, is given back: another worker may have it. Raises
    Unavailable where the database is away; what was leased is given back by the next round, or comes back by itself.
    """
    if not isinstance(post, Post):
        post = Post({Channel.MAIL: post} if post else {}, base_url=base_url)
    books = books or Books(store)
    books.flush()
    now = clock()
    until = now + lease
    with store.begin_installation() as installation:
        leased = installation.lease(now, until, limit, TOGETHER)
    began, done = monotonic(), Dispatched(leased=len(leased))

    def halted() -> bool:
        return stopping() or monotonic() - began > lease.total_seconds() / 2

    by_clinic: dict[UUID, deque[list[Notice]]] = {}  # the clinic first whose messages have waited longest
    for clinic_id, notices in by_person(leased):
        by_clinic.setdefault(clinic_id, deque()).append(notices)
    rounds = [(Ledger(store, clock, key, until, done, books.of(key)), left) for key, left in by_clinic.items()]
    try:
        for ledger, left in rounds:
            _go_round(_Errand(post, ledger, halted), left)
    except Unavailable:
        for ledger, left in rounds:
            ledger.give_back_later([*chain(*left)])
        raise
    return done


def _go_round(errand: "_Errand", left: deque[list[Notice]]) -> None:
    """Run what one clinic owes, person by person; what has not begun once it is halted is given back."""
    try:
        while left and not errand.halted():
            errand.run(left.popleft())
        errand.ledger.give_back([*chain(*left)])
        left.clear()
    finally:
        errand.ledger.book.flush()


_Verdict = Ready | Callable[[], None]
"""A message that can go, or what is to be written of one that does not."""


@dataclass(frozen=True)
class _Errand:
    """What is owed to one person, on its way; once *halted*, it is given back."""

    post: Post
    ledger: Ledger
    halted: Callable[[], bool]

    def run(self, notices: Sequence[Notice]) -> None:
        """Write, send and settle; whatever goes wrong with one message is that one's alone."""
        try:
            self._run(notices)
        except Unavailable:
            raise
        except Exception:  # the others must go out; this comes back by itself
            log.exception("what became of notice %s cannot be written", notices[0].id)

    def _run(self, notices: Sequence[Notice]) -> None:
        self.ledger.book.flush_about(notices[0].patient_id)
        try:
            ready = self._ready(notices)
        except Unavailable:
            raise
        except Exception:  # the others must go out
            if len(notices) > 1:
                for one in notices:
                    self.run([one])
                return
            log.exception("notice %s cannot be written", notices[0].id)
            self.ledger.mistake(notices[0])
        else:
            for channel, parcel in ready:
                self._send_or_keep(channel, parcel)

    def _ready(self, notices: Sequence[Notice]) -> list[tuple[Channel, list[Ready]]]:
        """Write them from the facts of now, each channel's that go as one; what does not go now is settled."""
        now, by_channel = self.ledger.clock(), dict[Channel, list[Ready]]()
        with self.ledger.store.look(self.ledger.clinic_id, notices[0].patient_id) as uow:
            mine = uow.notices.leased((one.id for one in notices), self.ledger.until)
            verdicts = [(one, self._verdict(uow, one, now)) for one in notices if one.id in mine]
        self.ledger.done.superseded += len(notices) - len(verdicts)  # withdrawn since, or another worker has it
        for notice, verdict in verdicts:
            if isinstance(verdict, Ready):
                by_channel.setdefault(verdict.way.first, []).append(verdict)
            elif notice.due_at > now:
                self.ledger.give_back([notice])
            else:
                verdict()
        return [(channel, parcel) for channel, some in by_channel.items() for parcel in parcels(channel, some)]

    def _verdict(self, uow: UnitOfWork, notice: Notice, now: datetime) -> _Verdict:
        matter = matter_of(uow, notice, now)
        if matter is None and (notice.kind == NoticeKind.INVITATION or matter_of(uow, notice, notice.due_at) is None):
            return partial(self.ledger.withdraw, notice, "superseded")
        if matter is None or now >= notice.expires_at:  # it had something to say, unsent: a person must know
            return partial(self.ledger.give_up, notice, EXPIRED)
        match way_of(uow, notice, now, self.post.transports):
            case Unwanted():
                return partial(self.ledger.withdraw, notice, "reminders-off")
            case Held(until, reason):
                return partial(self.ledger.hold, [notice], until, reason)
            case Way() as way:
                return self._by(uow, notice, matter, way, now)

    def _by(self, uow: UnitOfWork, notice: Notice, matter: Matter, way: Way, now: datetime) -> _Verdict:
        if way.first.by_hand:
            return partial(self.ledger.give_up, notice, way.why, by=way.first)
        if way.first not in self.post.transports:
            return partial(self.ledger.wait, notice, "no-mail-server")
        if uow.letterheads.get() is None:
            return partial(self.ledger.wait, notice, "no-letterhead")
        minting = Minting(self.post.base_url)
        links = links_of(uow, notice, now, minting)
        try:
            return Ready(notice, way, write(uow, notice, {**matter, **links}, way.first), minting.made)
        except Unwritable as failure:
            if failure.permanent:
                return partial(self.ledger.refused, [notice], [way], failure.reason, final=True)
            return partial(self.ledger.wait, notice, failure.reason)

    def _send_or_keep(self, channel: Channel, ready: Sequence[Ready]) -> None:
        now = self.ledger.clock()
        if any(one.notice.due_at <= now for one in ready) and not self.halted():
            self._send(channel, ready)
        else:  # it only came along, or others had the time of it
            self.ledger.give_back([one.notice for one in ready])

    def _send(self, channel: Channel, ready: Sequence[Ready]) -> None:
        notices = [one.notice for one in ready]
        if room_at := self.post.room_at(self.ledger.store, self.ledger.clock(), channel, notices):
            self.ledger.hold(notices, room_at, NO_ROOM)
            return
        try:
            letter = together([one.letter for one in ready])
            self.ledger.keep(notices, [link for one in ready for link in one.links])
            self.post.transports[channel].deliver(letter)
        except Unavailable:
            raise
        except TransportError as failure:
            self.ledger.refused(notices, [one.way for one in ready], failure.answer, final=failure.permanent)
        except Exception:  # the others must go out
            log.exception("notice %s cannot be handed over", notices[0].id)
            self.ledger.refused(notices, [one.way for one in ready], MISTAKE, final=False)
        else:
            self.ledger.sent(notices, [one.way for one in ready], letter.outcome)
