"""What a patient says of an appointment: that they come, and who takes them home; by their link, or by phone to the desk.

What is said belongs to the appointment as it is: moving it voids the answer, and undoing that lets it hold again. Saying
something else replaces it.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol as Interface
from uuid import UUID, uuid4

from planner.domain.errors import Conflict, InvalidMove, InvalidValue, NotFound
from planner.domain.reaching import Purpose
from planner.domain.replies import ReplyKind, Ride, RideKind, standing
from planner.domain.roles import Permission
from planner.services.bearing import Bearer
from planner.services.context import Context
from planner.services.escorting import owe_escorts
from planner.services.foretelling import owe_before
from planner.services.freed import is_ahead
from planner.services.writing import RIDE_TASK, WANTED_TASK, audit
from planner.storage.link_records import Reply
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

__all__ = [
    "Asked", "Replies", "Reply", "asked", "check_answerable", "hold_again", "keep", "replies_of", "reply", "reply_for",
    "ways_home",
]  # fmt: skip

Replies = Mapping[ReplyKind, Reply]
"""What a patient has said of one appointment as it is now."""


def reply(
    bearer: Bearer, *, appointment_id: UUID, kind: ReplyKind, ride: Ride | None = None, sequence: int | None = None
) -> Reply:
    """Write down that a patient comes (COME), or who takes them home (RIDE, with a *ride*); the same again changes nothing.

    *sequence*: the appointment's as the patient saw it. Raises NotFound for an appointment that is not theirs or that they
    have not heard of, InvalidMove for one that is not ahead, Conflict where it was moved since it was seen, InvalidValue.
    """
    bearer.check(Purpose.PAGE, Purpose(kind.value))
    _check(kind, ride)
    with bearer.begin() as uow:
        now = bearer.ctx.clock()
        bearer.own(uow, appointment_id)
        record = check_answerable(uow.appointments.lock(appointment_id), now, sequence)
        return _answer(bearer.ctx, uow, record, now, kind, ride)


class Counted(Interface):
    """An appointment, or a row of a board about one: *sequence* counts its moves."""

    @property
    def id(self) -> UUID:
        """Which appointment."""

    @property
    def sequence(self) -> int:
        """How often it was moved, confirmed or cancelled."""


@dataclass(frozen=True)
class Asked:
    """An appointment about which its patient is asked something; *ahead*: it is still to come; *said*: what they said.

    *ways*: the ways home that the clinic accepts.
    """

    record: AppointmentRecord
    said: Replies
    ahead: bool
    ways: tuple[RideKind, ...] = tuple(RideKind)


def asked(bearer: Bearer, *, appointment_id: UUID) -> Asked:
    """Show an appointment to whom it belongs; raises NotFound for any other, or one that they have not heard of."""
    with bearer.ctx.read() as uow:
        now, record = bearer.ctx.clock(), check_told(bearer.own(uow, appointment_id))
        said = replies_of(uow, [record])[record.id]
        return Asked(record, said, is_ahead(record, now), ways_home(uow, record, now))


def reply_for(
    ctx: Context, *, appointment_id: UUID, kind: ReplyKind, ride: Ride | None = None, sequence: int | None = None
) -> Reply:
    """Write down at the desk what a patient said by phone; raises the same, and Forbidden."""
    ctx.require(Permission.ATTEND)
    _check(kind, ride)
    with ctx.begin() as uow:
        now, record = ctx.clock(), uow.appointments.lock(appointment_id)
        _check_ahead(record, now, sequence)
        return _answer(ctx, uow, record, now, kind, ride)


def check_answerable(record: AppointmentRecord, now: datetime, sequence: int | None = None) -> AppointmentRecord:
    """Refuse an appointment about which its patient may say nothing; raises as *reply* does."""
    _check_ahead(check_told(record), now, sequence)
    return record


def check_told(record: AppointmentRecord) -> AppointmentRecord:
    """Refuse an appointment, or a time of it, of which its patient has not heard; raises NotFound."""
    if record.told_at is None:
        raise NotFound("no such appointment")
    return record


def _check_ahead(record: AppointmentRecord, now: datetime, sequence: int | None) -> None:
    if not is_ahead(record, now):
        raise InvalidMove("the appointment has begun, or was cancelled")
    if sequence not in {None, record.sequence}:
        raise Conflict("the appointment was changed since this page was opened")


def _check(kind: ReplyKind, ride: Ride | None) -> None:
    if kind is ReplyKind.CHANGE:
        raise InvalidValue("kind", "another time is asked for by choosing one")
    if (ride is None) is (kind is ReplyKind.RIDE):
        raise InvalidValue("ride", "is missing" if ride is None else "is not asked for here")


def _answer(
    ctx: Context, uow: UnitOfWork, record: AppointmentRecord, now: datetime, kind: ReplyKind, ride: Ride | None
) -> Reply:
    if ride and not record.profile.dosing:
        raise InvalidMove("nobody needs to be taken home from this appointment")
    if ride and ride.kind not in ways_home(uow, record, now):
        raise InvalidValue("kind", "is no way home that the clinic accepts from this appointment")
    before = replies_of(uow, [record])[record.id].get(kind)
    if before and before.ride == ride:
        return before
    said = keep(uow, record, kind, ctx.actor.id, now, ride=ride)
    owe_before(uow, [record], now)
    if ride:
        owe_escorts(uow, [record], now)
        _finish_ride_task(uow, record, now)
    named = {"ride": ride.kind.value, "contact": ride.contact} if ride else {}
    facts = {"kind": kind.value, "sequence": record.sequence, **named}
    audit(ctx, uow, now, "reply", "appointment", record.id, facts)
    return said


def ways_home(uow: UnitOfWork, record: AppointmentRecord, now: datetime) -> tuple[RideKind, ...]:
    """Give the ways home from an appointment that the clinic accepts now."""
    policy = uow.clinics.get(now).rides
    asks = record.course_id is not None and bool(policy.by_modality)
    return policy.allowed(uow.courses.get(record.course_id).protocol.modality if asks and record.course_id else None)


def _finish_ride_task(uow: UnitOfWork, record: AppointmentRecord, now: datetime) -> None:
    for task in uow.tasks.open_of_appointments([record.id], RIDE_TASK):
        uow.tasks.finish(task.id, at=now, reason="the ride is named")


def keep(
    uow: UnitOfWork, record: AppointmentRecord, kind: ReplyKind, by: UUID, now: datetime, *, ride: Ride | None = None,
    start_at: datetime | None = None,
) -> Reply:  # fmt: skip
    """Store what was said of an appointment as it is now; the last one of its kind stands."""
    said = Reply(uuid4(), record.patient_id, record.id, kind, record.sequence, now, by, ride, start_at)
    uow.replies.add(said)
    return said


def hold_again(uow: UnitOfWork, was: Mapping[UUID, int], restored: Iterable[AppointmentRecord]) -> None:
    """Let what patients said hold again of appointments that are as they were: that they come, and who takes them home.

    *was*: by appointment, its SEQUENCE before the change that is undone.
    """
    raised = {one.id: one.sequence for one in restored if was.get(one.id, one.sequence) != one.sequence}
    said = uow.replies.of_appointments(raised) if raised else []
    for key, sequence in raised.items():
        stood = standing((one for one in said if one.appointment_id == key), was[key])
        again = [one for kind, one in stood.items() if kind is not ReplyKind.CHANGE]
        uow.replies.add(*(replace(one, id=uuid4(), sequence=sequence) for one in again))


def replies_of(uow: UnitOfWork, records: Iterable[Counted]) -> Mapping[UUID, Replies]:
    """Give, for each of some appointments, what stands of what its patient said of it; an empty mapping for nothing.

    That another time is wanted stands until the desk has dealt with it.
    """
    sequences = {one.id: one.sequence for one in records}
    said: dict[UUID, list[Reply]] = {key: [] for key in sequences}
    for one in uow.replies.of_appointments(sequences) if sequences else ():
        said[one.appointment_id].append(one)
    found = {key: standing(some, sequences[key]) for key, some in said.items()}
    if any(ReplyKind.CHANGE in some for some in found.values()):
        waiting = {task.facts.get("reply") for task in uow.tasks.open() if task.kind == WANTED_TASK}
        found = {key: _undecided(some, waiting) for key, some in found.items()}
    return found


def _undecided(some: Replies, waiting: Container[object]) -> dict[ReplyKind, Reply]:
    return {kind: one for kind, one in some.items() if kind is not ReplyKind.CHANGE or str(one.id) in waiting}
