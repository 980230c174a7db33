"""Changing when a clinic works: always accepted, with what it breaks listed and kept as tasks until moved or cancelled.

A changed shift first reassigns silently: nurse and chair are assignments, not promises; what nobody can cover is broken.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.assembling import assign
from planner.domain.clinic import Absence, Clinic, Closure, Resource, WeeklyHours
from planner.domain.course import LIVE
from planner.domain.errors import NotFound, Violation
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.protocol import Protocol
from planner.domain.roles import Permission
from planner.domain.rules import check_hours, check_resources
from planner.domain.seating import by_subject, seat_visit
from planner.domain.span import Span, minute_of
from planner.services.assigned import assigned, preferred
from planner.services.briefing import taken_from
from planner.services.context import Context
from planner.services.moving import with_promised
from planner.services.writing import CHANGE_TASK, audit, held_span
from planner.storage.records import AppointmentRecord, HolidayCalendar, Task
from planner.storage.unit_of_work import UnitOfWork

_FAR = timedelta(days=900)


@dataclass(frozen=True)
class Broken:
    """An appointment that the clinic can no longer give as booked, and the rules in its way."""

    appointment: AppointmentRecord
    violations: tuple[Violation, ...]


def close(ctx: Context, *, span: Span, reason: str) -> list[Broken]:
    """Close the clinic for a stretch, whole days or part of one; gives the appointments that this breaks."""
    closure = Closure(span, reason)
    return _change(ctx, "close", lambda clinic: replace(clinic, closures=(*clinic.closures, closure)), span)


def reopen(ctx: Context, *, span: Span) -> list[Broken]:
    """Take a closure back; gives the appointments that are still broken."""
    return _change(
        ctx, "reopen", lambda clinic: replace(clinic, closures=tuple(c for c in clinic.closures if c.span != span)), span
    )


def set_hours(ctx: Context, *, hours: WeeklyHours) -> list[Broken]:
    """Replace the clinic's weekly hours (each opening with its effective dates); gives what this breaks."""
    ctx.require(Permission.CONFIGURE)
    return _change(ctx, "set-hours", lambda clinic: replace(clinic, hours=hours))


def set_shifts(ctx: Context, *, resource_id: UUID, hours: WeeklyHours | None) -> list[Broken]:
    """Replace a resource's own hours, or let it follow whenever it is asked for; gives what this breaks."""
    ctx.require(Permission.CONFIGURE)
    return _change(ctx, "set-shifts", lambda clinic: _with_resource(clinic, resource_id, lambda r: replace(r, hours=hours)))


def note_absence(ctx: Context, *, resource_id: UUID, span: Span, reason: str) -> list[Broken]:
    """Note that a person or a thing is not there for a stretch; gives the appointments that nobody else can cover."""
    absence = Absence(span, reason)
    return _change(
        ctx, "absence",
        lambda clinic: _with_resource(clinic, resource_id, lambda r: replace(r, absences=(*r.absences, absence))), span,
    )  # fmt: skip


def end_absence(ctx: Context, *, resource_id: UUID, span: Span) -> list[Broken]:
    """Take an absence back; gives the appointments that are still broken."""
    return _change(
        ctx, "end-absence",
        lambda clinic: _with_resource(
            clinic, resource_id, lambda r: replace(r, absences=tuple(a for a in r.absences if a.span != span))
        ),
        span,
    )  # fmt: skip


def keep_holidays(ctx: Context, *, calendar: HolidayCalendar | None) -> list[Broken]:
    """Set whose public holidays the clinic keeps; gives what this breaks. Raises InvalidValue for an unknown country."""
    ctx.require(Permission.CONFIGURE)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        uow.clinics.keep_holidays(calendar)
        return _settle(ctx, uow, "keep-holidays", now)


def broken_appointments(ctx: Context) -> list[Broken]:
    """List the live appointments from now on that the clinic cannot give as booked."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return _examine(uow, ctx.clock())[0]


def _with_resource(clinic: Clinic, resource_id: UUID, change: Callable[[Resource], Resource]) -> Clinic:
    if clinic.resource(resource_id) is None:
        raise NotFound(f"no resource {resource_id} in this clinic")
    changed = (change(one) if one.id == resource_id else one for one in clinic.resources)
    return replace(clinic, resources=tuple(changed))


def _change(ctx: Context, action: str, change: Callable[[Clinic], Clinic], span: Span | None = None) -> list[Broken]:
    ctx.require(Permission.CLOSE)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        uow.clinics.save(change(uow.clinics.get(now)))
        return _settle(ctx, uow, action, now, span)


def _settle(ctx: Context, uow: UnitOfWork, action: str, now: datetime, span: Span | None = None) -> list[Broken]:
    """Reassign what somebody else can cover, and keep a task for each appointment that nobody can."""
    broken, reassigned = _examine(uow, now)
    uow.occupancy.release(*reassigned)
    uow.occupancy.put_all(reassigned.items())
    _keep_tasks(uow, broken, now)
    facts = {"broken": len(broken), "reassigned": len(reassigned)}
    stretch = {"from": span.start.isoformat(), "to": span.end.isoformat()} if span else {}
    audit(ctx, uow, now, action, "clinic", uow.clinic_id, facts | stretch)
    return broken


def _examine(uow: UnitOfWork, now: datetime) -> tuple[list[Broken], dict[UUID, list[BusyRow]]]:
    """Check every live appointment from now on; give the broken ones, and what those take that others now cover."""
    clinic = uow.clinics.get(now)
    empty = Occupancy(clinic)
    records = uow.appointments.between(now, now + _FAR, *LIVE)
    own = uow.occupancy.of_appointments(one.id for one in records)
    taken = set(taken_from(uow, now))
    broken, reassigned = list[Broken](), dict[UUID, list[BusyRow]]()
    for record in records:
        violations = check_hours(empty, record.profile, record.start_at)
        violations += check_resources(empty, record.profile, record.start_at)
        if not violations and all(empty.is_there(row) for row in own[record.id] if row.subject_id != record.patient_id):
            continue
        others = taken.difference(own[record.id])
        theirs = with_promised(clinic, _protocol_of(uow, record), record.clinician_id)
        found = _reassigned(theirs, record, own[record.id], others) if not violations else Broken(record, tuple(violations))
        if isinstance(found, Broken):
            broken.append(found)
        else:
            reassigned[record.id] = found
            taken = others.union(found)
    return broken, reassigned


def _protocol_of(uow: UnitOfWork, record: AppointmentRecord) -> Protocol | None:
    return uow.courses.get(record.course_id).protocol if record.course_id and record.clinician_id else None


def _reassigned(
    clinic: Clinic, record: AppointmentRecord, own: Iterable[BusyRow], others: Iterable[BusyRow]
) -> list[BusyRow] | Broken:
    """Seat an appointment anew beside what the others take, or say what nobody can cover; who still can, keeps it."""
    first, last = (minute_of(instant) for instant in held_span(record.start_at, record.profile))
    near = [row for row in others if row.start < last and first < row.end]
    occupancy = Occupancy(clinic, near)
    violations = check_resources(occupancy, record.profile, record.start_at)
    if violations:
        return Broken(record, tuple(violations))
    has_now = preferred(assigned(record, own, clinic))
    assignments = assign(occupancy, record.profile, record.start_at, (record.clinician_id,), has_now)
    capacity = {resource.id: resource.capacity for resource in clinic.resources}
    return seat_visit(assignments, by_subject(near), capacity, record.patient_id, record.span)


def _keep_tasks(uow: UnitOfWork, broken: Sequence[Broken], now: datetime) -> None:
    """Keep one open task for each broken appointment, and finish those of appointments to come that fit again."""
    concerned = {one.appointment.id: one for one in broken}
    for task in uow.tasks.open():
        if task.kind != CHANGE_TASK or task.appointment_id is None:
            continue
        if concerned.pop(task.appointment_id, None) is None and task.due_at >= now:
            uow.tasks.finish(task.id, at=now, reason="fits again")
    for one in concerned.values():
        record = one.appointment
        facts = {"codes": ",".join(sorted({violation.code.value for violation in one.violations}))}
        uow.tasks.add(
            Task(uuid4(), CHANGE_TASK, record.start_at, now, facts, record.id, record.course_id, record.patient_id)
        )
