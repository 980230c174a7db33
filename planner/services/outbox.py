"""The outbox at the desk: what is owed, sent, failed and withdrawn, page by page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from planner.domain.channels import Channel, route
from planner.domain.notices import ALONE, HELD
from planner.domain.outbox import Standing, standing_of
from planner.domain.roles import Permission
from planner.domain.span import DAY, check_day, day_start
from planner.domain.usable import usable_channels
from planner.services.context import Context
from planner.services.health import SILENT
from planner.storage.desk_records import Notice
from planner.storage.outbox import Which
from planner.storage.records import Patient
from planner.storage.unit_of_work import UnitOfWork

PER_PAGE = 50
SENDS = (Channel.MAIL, Channel.SMS)
"""The channels by which an installation may send."""
_LATELY = timedelta(days=7)


@dataclass(frozen=True)
class Wanted:
    """Which messages are asked for; None: whatever it is. *day*: the clinic's day on which they were or are due."""

    standing: Standing | None = None
    kind: str | None = None
    channel: Channel | None = None
    patient_id: UUID | None = None
    day: date | None = None


@dataclass(frozen=True)
class Line:
    """A message in a list. *channel*: by which it went, or is to go. *late*: owed, and due for two minutes."""

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


def listing(ctx: Context, wanted: Wanted = Wanted(), page: int = 1, sends: Collection[Channel] = SENDS) -> Listed:
    """List messages, fifty a page: owed ones with the earliest due first, else the latest first.

    *sends*: by which channels this installation sends.

    Raises NotFound for a patient, InvalidValue for a day that no clinic has.
    """
    ctx.require(Permission.READ)
    if wanted.day:
        check_day(wanted.day, "day")
    with ctx.read() as uow:
        now = ctx.clock()
        patient = uow.people.get(wanted.patient_id) if wanted.patient_id else None
        found = uow.outbox.page(_which(uow, wanted, now), PER_PAGE + 1, (page - 1) * PER_PAGE)
        lines = lines_of(uow, found[:PER_PAGE], now, sends)
        return Listed(lines, len(found) > PER_PAGE, uow.outbox.counts(now - _LATELY, now), patient)


def _which(uow: UnitOfWork, wanted: Wanted, now: datetime) -> Which:
    zone = uow.clinics.get(now).zone
    first, last = (day_start(wanted.day, zone), day_start(wanted.day + DAY, zone)) if wanted.day else (None, None)
    return Which(wanted.standing, wanted.kind, wanted.channel, wanted.patient_id, first, last)


def lines_of(
    uow: UnitOfWork, notices: Sequence[Notice], now: datetime, sends: Collection[Channel]
) -> tuple[Line, ...]:
    """Give messages as a list shows them, in their order."""
    people = uow.people.among({one.patient_id for one in notices if one.patient_id})
    whose = {one.id: people.get(one.patient_id) for one in notices if one.patient_id}
    waiting = {one.patient_id for one in notices if one.open and one.patient_id in people}
    ways = {key: _ways(uow, people[key], sends) for key in waiting if key}
    return tuple(_line(one, whose.get(one.id), now, ways) for one in notices)


def _ways(uow: UnitOfWork, patient: Patient, sends: Collection[Channel]) -> tuple[Channel, ...]:
    """Give the ways by which something may reach a patient now, as it is decided again when it is sent."""
    usable = usable_channels(patient.email, patient.phone, uow.consents.standing(patient.id), sends)
    return route(uow.correspondence.of_patient(patient.id).channels, usable)


def _line(notice: Notice, patient: Patient | None, now: datetime, ways: Mapping[UUID, Sequence[Channel]]) -> Line:
    due_at = notice.next_attempt_at if notice.outcome in HELD else notice.due_at
    late = notice.open and now - due_at > SILENT
    channel = Channel(notice.channel) if notice.channel in set(Channel) else Channel.MAIL
    if notice.open and patient and notice.kind not in ALONE:
        channel = ways[patient.id][0]
    return Line(notice, standing_of(notice), channel, late, patient)
