"""Attendance: what really happened at a visit. Occupancy is the plan, attendance is fact.

Recording locks only its appointment, never changes what is occupied and is never refused for lack of room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from planner.domain.attendance import Attended, MarkKind, Outcome, add_up, check_time, standing_marks
from planner.domain.course import AppointmentStatus
from planner.domain.dosing_facts import LEFT_WITH, check_facts
from planner.domain.errors import Conflict, Fact, InvalidMove, InvalidValue, NotFound
from planner.domain.roles import Permission
from planner.domain.span import check_instant, local_day
from planner.domain.terms import undecided
from planner.services.context import Context
from planner.services.escorting import owe_escorts
from planner.services.inviting import owe_invitations
from planner.services.misses import owe_missed
from planner.services.reminding import owe_driving
from planner.services.suggestions import MISSES, look
from planner.services.touching import Touched
from planner.services.writing import OUTCOME_TASK, RIDE_TASK, WANTED_TASK, audit
from planner.storage.desk_records import Mark
from planner.storage.records import AppointmentRecord, GivenRecord
from planner.storage.unit_of_work import UnitOfWork

RECORDED = "outcome recorded"
"""Why the task that asks for an outcome is done, where nobody ticked it off."""
_LONGEST_REASON = 500


def record(
    ctx: Context, *, appointment_id: UUID, kind: MarkKind, version: int, at: datetime | None = None,
    facts: Mapping[str, object] | None = None, reason: str | None = None,
) -> AppointmentRecord:  # fmt: skip
    """Record what happened at a visit, now or at another time; gives the appointment as it is then.

    *facts* of a dose: *devices* (1 to 3), or *infusion_start* and *infusion_end*. Raises InvalidMove for a mark that cannot
    follow, InvalidValue for a time that cannot be (*at*), Conflict for a stale version, NotFound, Forbidden.
    """
    ctx.require(Permission.ATTEND)
    with ctx.begin() as uow:
        now = ctx.clock()
        appointment = _locked(uow, appointment_id, version)
        marks, happened = uow.marks.of_appointment(appointment_id), check_instant(at or now, "at")
        add_up(marks).and_then(kind, happened)
        check_time(kind, happened, appointment.span, now)
        noted = _noted(uow, appointment, kind, facts or {}, happened, now)
        mark = Mark(uuid4(), appointment_id, kind, happened, now, ctx.actor.id, noted, reason=_worded(reason))
        saved = _add(uow, appointment, marks, mark, now)
        told = {name: value for name, value in noted.items() if name != LEFT_WITH}
        audit(ctx, uow, now, "attend", "appointment", appointment_id, {"mark": kind.value, **told}, mark.reason)
    return saved


def correct(
    ctx: Context, *, appointment_id: UUID, mark_id: UUID, version: int, reason: str, at: datetime | None = None,
    facts: Mapping[str, object] | None = None, withdraw: bool = False,
) -> AppointmentRecord:  # fmt: skip
    """Correct a mark's time or facts, or take it back, with a reason; what was recorded first is kept.

    Raises InvalidMove where what was recorded after it could not have happened then, Conflict for a mark that was corrected
    already or a stale version, InvalidValue, NotFound, Forbidden.
    """
    ctx.require(Permission.ATTEND)
    why = _worded(reason)
    if why is None:
        raise InvalidValue("reason", "a correction needs a reason")
    if not withdraw and at is None and facts is None:
        raise InvalidValue("at", "say what is corrected: the time, the facts, or all of it")
    with ctx.begin() as uow:
        now = ctx.clock()
        appointment = _locked(uow, appointment_id, version)
        marks = uow.marks.of_appointment(appointment_id)
        old = _correctable(marks, mark_id)
        happened = old.at if withdraw or at is None else check_instant(at, "at")
        check_time(old.kind, happened, appointment.span, now)
        noted = old.facts if withdraw or facts is None else _noted(uow, appointment, old.kind, facts, happened, now)
        mark = Mark(
            uuid4(), appointment_id, old.kind, happened, now, ctx.actor.id, noted, old.id, why, withdrawn=withdraw
        )  # fmt: skip
        saved = _add(uow, appointment, marks, mark, now)
        facts_of = {"mark": old.kind.value, "withdrawn": withdraw, "at": happened.isoformat()}
        audit(ctx, uow, now, "correct", "appointment", appointment_id, facts_of, why)
    return saved


def marks_of(ctx: Context, appointment_id: UUID) -> list[Mark]:
    """List the marks of an appointment as they were recorded, corrected ones included; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        uow.appointments.get(appointment_id)
        return uow.marks.of_appointment(appointment_id)


def _locked(uow: UnitOfWork, appointment_id: UUID, version: int) -> AppointmentRecord:
    found = uow.appointments.lock(appointment_id)
    if found.version != version:
        raise Conflict("somebody else changed this appointment first")
    if found.status is AppointmentStatus.CANCELLED and found.outcome is None:
        raise InvalidMove("an appointment that is cancelled does not take place")
    return found


def _correctable(marks: Sequence[Mark], mark_id: UUID) -> Mark:
    if mark_id not in {one.id for one in marks}:
        raise NotFound(f"no mark {mark_id} of this appointment")
    standing = next((one for one in standing_marks(marks) if one.id == mark_id), None)
    if standing is None:
        raise Conflict("this mark was corrected already")
    return standing


def _worded(reason: str | None) -> str | None:
    text = (reason or "").strip()
    if len(text) > _LONGEST_REASON:
        raise InvalidValue("reason", f"must be at most {_LONGEST_REASON} characters")
    if not text.isprintable():
        raise InvalidValue("reason", "must not contain control characters")
    return text or None


def _noted(
    uow: UnitOfWork, appointment: AppointmentRecord, kind: MarkKind, facts: Mapping[str, object], at: datetime, now: datetime
) -> dict[str, Fact]:
    if facts and not appointment.profile.dosing:
        raise InvalidValue("facts", "this visit gives no dose to note anything of")
    modality = uow.courses.get(appointment.course_id).protocol.modality if facts and appointment.course_id else None
    return check_facts(kind, facts, at, now, modality)


def _add(
    uow: UnitOfWork, appointment: AppointmentRecord, marks: Sequence[Mark], mark: Mark, now: datetime
) -> AppointmentRecord:
    """Write a mark, and all that follows from what the marks add up to now."""
    attended = _added_up([*marks, mark])
    uow.marks.add(mark)
    saved = uow.appointments.save(replace(
        _heard(appointment, attended, now), status=_status(uow, appointment, attended), arrived_at=attended.arrived_at,
        dosed_at=attended.dosed_at, discharged_at=attended.discharged_at, outcome=attended.outcome,
    ))  # fmt: skip
    _count(uow, saved, now)
    owe_escorts(uow, [saved], now)  # first: it keeps all that is owed to the patient, in the order in which everybody does
    owe_driving(uow, saved, now)
    owe_invitations(uow, [Touched(appointment, saved)], now, told=saved.told_at is not None)
    owe_missed(uow, saved, now)
    if saved.course_id and MISSES & {appointment.outcome, saved.outcome}:
        look(uow, uow.courses.get(saved.course_id), now)
    if saved.outcome:
        for task in uow.tasks.of_appointment(saved.id):
            if task.kind in {OUTCOME_TASK, RIDE_TASK, WANTED_TASK} and task.done_at is None:
                uow.tasks.finish(task.id, at=now, reason=RECORDED)
    return saved


def _status(uow: UnitOfWork, appointment: AppointmentRecord, attended: Attended) -> AppointmentStatus:
    """Give the status that the marks add up to; without any, whether it is booked or waits for a review."""
    if attended.status is not AppointmentStatus.BOOKED or appointment.course_id is None:
        return attended.status
    waits = appointment.phase in undecided(uow.courses.get(appointment.course_id).terms)
    return AppointmentStatus.TENTATIVE if waits else AppointmentStatus.BOOKED


def _heard(appointment: AppointmentRecord, attended: Attended, now: datetime) -> AppointmentRecord:
    """Give the appointment as calendars hear of it: of a late cancellation and of its correction, of nothing else."""
    gone = AppointmentStatus.CANCELLED
    if (appointment.status is gone) == (attended.status is gone):
        return appointment
    return replace(appointment, sequence=appointment.sequence + 1, updated_at=now)


def _added_up(marks: Sequence[Mark]) -> Attended:
    try:
        return add_up(marks)
    except InvalidMove:
        raise InvalidMove("what was recorded after it must be taken back first") from None


def _count(uow: UnitOfWork, appointment: AppointmentRecord, now: datetime) -> None:
    """Count the visit as a session of its course on the day that it was given, or no longer."""
    if appointment.course_id is None or appointment.phase is None or appointment.linked_to:
        return
    counted = [one for one in uow.given.of_course(appointment.course_id) if one.appointment_id == appointment.id]
    given = appointment.dosed_at if appointment.outcome is Outcome.GIVEN else None
    day = local_day(given, uow.clinics.get(now).zone) if given else None
    for one in counted:
        if one.day != day:
            uow.given.remove(one.id)
    if day and all(one.day != day for one in counted):
        phase, course = appointment.phase, appointment.course_id
        uow.given.add(GivenRecord(uuid4(), course, phase, day, appointment_id=appointment.id))
