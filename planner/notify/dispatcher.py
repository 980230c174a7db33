"""Sending what is owed: lease in one short transaction, send outside of any, settle in another.

At least once: a worker that dies between the mail server's answer and the settling sends a second copy under the same
Message-ID when the lease has run out. Settling first would lose the letter instead.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

from planner.clock import Clock
from planner.config import Settings
from planner.domain.errors import Unavailable
from planner.domain.notices import BEFORE, NO_DRIVING, NoticeKind
from planner.notify.letters import Unwritable, write
from planner.notify.linking import holds_links, links_of
from planner.notify.matters import Matter, matter_of
from planner.notify.transports import Letter, Transport, TransportError
from planner.storage.desk_records import Notice
from planner.storage.records import Task
from planner.storage.unit_of_work import Store, UnitOfWork

log = logging.getLogger(__name__)

PHONE_TASK, UNDELIVERABLE_TASK = "phone-no-driving", "undeliverable"
"""The tasks that a message leaves which failed for good: one that keeps a patient from driving, and any other."""
LEASE = timedelta(minutes=2)
WAITS = (1, 5, 15, 30, 60)
"""Minutes until the next attempt, after the first, the second, ... failure; the last one serves all that follow."""
_SETTLING_TRIES = 3


@dataclass
class Dispatched:
    """What a round did, counted: *later* will be tried again, *superseded* made no sense any more."""

    leased: int = 0
    sent: int = 0
    later: int = 0
    failed: int = 0
    superseded: int = 0
    given_back: int = 0


def next_attempt(notice: Notice, now: datetime) -> datetime:
    """Tell when something that has failed *attempts* times is tried again: at the latest when it expires."""
    wait = timedelta(minutes=WAITS[min(max(notice.attempts, 1), len(WAITS)) - 1])
    return min(now + wait, max(notice.expires_at, now))


def dispatch(
    store: Store, clock: Clock, transport: Transport | None, *, limit: int = 20, lease: timedelta = LEASE,
    stopping: Callable[[], bool] = lambda: False, base_url: str = Settings.base_url,
) -> Dispatched:  # fmt: skip
    """Send what is due, at most *limit* letters; without a transport only what has expired is settled.

    *base_url*: where the links in a letter lead to.

    What cannot be begun within half of the lease, or once *stopping*, is given back: another worker may have it. Raises
    Unavailable where the database is away; what was leased then comes back by itself.
    """
    now = clock()
    until = now + lease
    with store.begin_installation() as installation:
        leased = installation.lease(now, until, limit)
    began, done = monotonic(), Dispatched(leased=len(leased))
    for found in leased:
        errand = _Errand(store, clock, transport, base_url, found.clinic_id, found.record, until, done)
        if stopping() or monotonic() - began > lease.total_seconds() / 2:
            errand.give_back()
        else:
            errand.run()
    return done


@dataclass(frozen=True)
class _Errand:
    """One leased notice on its way."""

    store: Store
    clock: Clock
    transport: Transport | None
    base_url: str
    clinic_id: UUID
    notice: Notice
    until: datetime
    done: Dispatched = field(repr=False)

    def run(self) -> None:
        """Write, send and settle; whatever goes wrong with this one letter is this one's alone."""
        try:
            letter = self._letter()
            if letter is None or self.transport is None:
                return
            self.transport.deliver(letter)
        except Unavailable:
            raise
        except (TransportError, Unwritable) as failure:
            self._fail(failure)
        except Exception:  # the others must go out
            log.exception("notice %s cannot be written", self.notice.id)
            if self.notice.expires_at <= self.clock():
                self._give_up("mistake")
            else:
                self._later("mistake")
        else:
            self._settle(replace(self.notice, sent_at=self.clock(), outcome=letter.outcome))
            self.done.sent += 1
            log.info("notice %s sent at attempt %d", self.notice.id, self.notice.attempts)

    def _letter(self) -> Letter | None:
        """Write it from the facts of now; None where it is settled without sending."""
        now = self.clock()
        expired = now >= self.notice.expires_at
        sendable = self.transport is not None and not expired
        with self._transaction(writes=sendable and holds_links(self.notice)) as uow:
            matter = matter_of(uow, self.notice, now)
            letter = self._rendered(uow, matter, now) if matter is not None and sendable else None
        if matter is None:
            self._settle(replace(self.notice, withdrawn_at=now, outcome="superseded"))
            self.done.superseded += 1
        elif expired:
            self._give_up("expired")
        elif letter is None:
            self._wait("no-mail-server")
        return letter

    def _transaction(self, *, writes: bool) -> AbstractContextManager[UnitOfWork]:
        return self.store.begin(self.clinic_id) if writes else self.store.read(self.clinic_id)

    def _rendered(self, uow: UnitOfWork, matter: Matter, now: datetime) -> Letter:
        return write(uow, self.notice, {**matter, **links_of(uow, self.notice, now, self.base_url)})

    def _fail(self, failure: TransportError | Unwritable) -> None:
        reason = failure.answer if isinstance(failure, TransportError) else failure.reason
        if failure.permanent:
            self._give_up(reason)
        elif isinstance(failure, Unwritable):
            self._wait(reason)
        else:
            self._later(reason)

    def _later(self, reason: str) -> None:
        """Try again after a while that grows."""
        log.warning("notice %s not delivered: %s", self.notice.id, reason)
        self._settle(replace(self.notice, next_attempt_at=next_attempt(self.notice, self.clock()), outcome=reason))
        self.done.later += 1

    def _wait(self, reason: str) -> None:
        """Try again in a minute, without counting it: the clinic is not set up yet."""
        uncounted = replace(self.notice, attempts=self.notice.attempts - 1)
        now = self.clock()
        self._settle(replace(uncounted, next_attempt_at=next_attempt(replace(uncounted, attempts=1), now), outcome=reason))
        self.done.later += 1

    def give_back(self) -> None:
        """Leave it to whoever comes next, at once."""
        self._settle(replace(self.notice, attempts=self.notice.attempts - 1, next_attempt_at=self.clock()))
        self.done.given_back += 1

    def _give_up(self, reason: str) -> None:
        """Stop trying, and leave it to a person: nothing that was owed is lost without a word."""
        log.warning("notice %s given up: %s", self.notice.id, reason)
        self._settle(replace(self.notice, given_up_at=self.clock(), outcome=reason), with_task=True)
        self.done.failed += 1

    def _settle(self, settled: Notice, *, with_task: bool = False) -> None:
        """Write what became of it. A database that is busy just now is asked again: an unwritten "sent" is a second copy."""
        for left in reversed(range(_SETTLING_TRIES)):
            try:
                with self.store.begin(self.clinic_id) as uow:
                    if uow.notices.settle(settled, self.until) and with_task and self._needs_task(uow):
                        uow.tasks.add(self._task())
            except Unavailable:
                if not left:
                    raise
            else:
                return

    def _needs_task(self, uow: UnitOfWork) -> bool:
        """Ask for one person to see to an address that fails, not for one to each of a course's reminders or invitations."""
        mine = (one for one in uow.tasks.open() if one.patient_id == self.notice.patient_id)
        once = {NoticeKind.INVITATION, *BEFORE}
        return self.notice.kind not in once or all(one.kind != UNDELIVERABLE_TASK for one in mine)

    def _task(self) -> Task:
        now, notice = self.clock(), self.notice
        kind = PHONE_TASK if notice.kind in NO_DRIVING else UNDELIVERABLE_TASK
        facts = {"notice": str(notice.id), "kind": notice.kind}
        return Task(uuid4(), kind, now, now, facts, notice.appointment_id, notice.course_id, notice.patient_id)
