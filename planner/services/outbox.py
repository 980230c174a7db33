"""The outbox at the desk: what is owed, sent, failed and withdrawn, page by page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count, islice
from uuid import UUID

from planner.domain.channels import Channel
from planner.domain.notices import BY_MAIL, ESCORTED, HELD, NO_DRIVING
from planner.domain.outbox import Standing, standing_of
from planner.domain.roles import Permission
from planner.domain.span import DAY, check_day, day_start
from planner.services.context import Context
from planner.services.health import SILENT
from planner.storage.desk_records import Notice
from planner.storage.outbox import Which
from planner.storage.records import Patient
from planner.storage.unit_of_work import UnitOfWork

PER_PAGE = 50
_LATELY = timedelta(days=7)
_AT_ONCE = 200
"""How many messages are looked at together where only some of them are wanted."""

Turn = Callable[[UnitOfWork, Notice], Channel]
"""Says by which channel something that is owed is tried next."""


@dataclass(frozen=True)
class Wanted:
    """Which messages are asked for; None: whatever it is. *day*: the clinic's day on which they were or are due.

    *channel*: by which they went, or are tried next.
    """

    standing: Standing | None = None
    kind: str | None = None
    channel: Channel | None = None
    patient_id: UUID | None = None
    day: date | None = None


@dataclass(frozen=True)
class Line:
    """A message in a list. *channel*: by which it went, or is tried next. *late*: owed, and due for two minutes."""

    notice: Notice
    standing: Standing
    channel: Channel
    late: bool
    patient: Patient | None = None


@dataclass(frozen=True)
class Listed:
    """A page of messages; *more*: there is another. *lately*: how many were due in seven days, by where they stand."""

    lines: tuple[Line, ...]
    more: bool
    lately: Mapping[Standing, int]
    patient: Patient | None = None


def listing(ctx: Context, turn: Turn, wanted: Wanted = Wanted(), page: int = 1) -> Listed:
    """List messages, fifty a page: owed ones with the earliest due first, else the latest first.

    Raises NotFound for a patient, InvalidValue for a day that no clinic has.
    """
    ctx.require(Permission.READ)
    if wanted.day:
        check_day(wanted.day, "day")
    with ctx.read() as uow:
        now, turns = ctx.clock(), _Turns(uow, turn)
        patient = uow.people.get(wanted.patient_id) if wanted.patient_id else None
        found = _found(uow, _which(uow, wanted, now), page, turns)
        lines = _lines(uow, found[:PER_PAGE], now, turns)
        return Listed(lines, len(found) > PER_PAGE, uow.outbox.counts(now - _LATELY, now), patient)


def line_of(uow: UnitOfWork, notice: Notice, now: datetime, turn: Turn) -> Line:
    """Give a message as a list shows it."""
    return _lines(uow, [notice], now, _Turns(uow, turn))[0]


@dataclass(frozen=True)
class _Turns:
    """By which channel each message is tried next. What was never tried goes to one patient by the same one."""

    uow: UnitOfWork
    turn: Turn
    known: dict[tuple[object, ...], Channel] = field(default_factory=dict)

    def of(self, notice: Notice) -> Channel:
        """Say it of something that is owed."""
        if notice.attempts or notice.kind in ESCORTED:
            return self.turn(self.uow, notice)
        key = notice.patient_id, notice.kind in NO_DRIVING, notice.kind in BY_MAIL
        if key not in self.known:
            self.known[key] = self.turn(self.uow, notice)
        return self.known[key]


def _which(uow: UnitOfWork, wanted: Wanted, now: datetime) -> Which:
    zone = uow.clinics.get(now).zone
    first, last = (day_start(wanted.day, zone), day_start(wanted.day + DAY, zone)) if wanted.day else (None, None)
    return Which(wanted.standing, wanted.kind, wanted.channel, wanted.patient_id, first, last)


def _found(uow: UnitOfWork, which: Which, page: int, turns: _Turns) -> list[Notice]:
    """Give the messages of a page, and one more where there is another."""
    first, most = (page - 1) * PER_PAGE, PER_PAGE + 1
    if which.channel is None or which.standing not in {None, Standing.OWED}:
        return uow.outbox.page(which, most, first)
    meant = (one for one in _all(uow, which) if not one.open or turns.of(one) is which.channel)
    return list(islice(meant, first, first + most))


def _all(uow: UnitOfWork, which: Which) -> Iterator[Notice]:
    for first in count(0, _AT_ONCE):
        some = uow.outbox.page(which, _AT_ONCE, first)
        yield from some
        if len(some) < _AT_ONCE:
            return


def _lines(uow: UnitOfWork, notices: Sequence[Notice], now: datetime, turns: _Turns) -> tuple[Line, ...]:
    people = uow.people.among({one.patient_id for one in notices if one.patient_id})
    return tuple(_line(one, people.get(one.patient_id) if one.patient_id else None, now, turns) for one in notices)


def _line(notice: Notice, patient: Patient | None, now: datetime, turns: _Turns) -> Line:
    due_at = notice.next_attempt_at if notice.outcome in HELD else notice.due_at
    late = notice.open and now - due_at > SILENT
    went = Channel(notice.channel) if notice.channel in set(Channel) else Channel.MAIL
    return Line(notice, standing_of(notice), turns.of(notice) if notice.open else went, late, patient)
