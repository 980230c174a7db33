"""What a change of the clinic does to what is booked: who silently takes over, and what nobody can cover.

Nurse and chair are assignments, not promises, so another takes over without a word; what nobody can cover becomes a task
until it is moved or cancelled. Each change can be looked up afterwards by its id.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.assembling import assign
from planner.domain.clinic import Clinic
from planner.domain.course import LIVE
from planner.domain.errors import Conflict, NotFound, Violation
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
from planner.storage.records import AppointmentRecord, AuditEntry, Patient, Task
from planner.storage.unit_of_work import UnitOfWork

_FAR = timedelta(days=900)


@dataclass(frozen=True)
class Broken:
    """An appointment that the clinic can no longer give as booked, and the rules in its way."""

    appointment: AppointmentRecord
    violations: tuple[Violation, ...]


@dataclass(frozen=True)
class Effects:
    """What a change did: all that is broken now, what of it was not before, who was reassigned, and what fits again.

    *change_id* finds the change again (`change_of`).
    """

    change_id: UUID
    broken: tuple[Broken, ...]
    newly: frozenset[UUID]
    reassigned: tuple[UUID, ...]
    settled: tuple[UUID, ...]

    @property
    def any(self) -> bool:
        """Whether anything that is booked was touched."""
        return bool(self.newly or self.reassigned or self.settled)


@dataclass(frozen=True)
class Affected:
    """An appointment that a change touched, as it is now, and whose it is; *violations* are in its way today."""

    appointment: AppointmentRecord
    patient: Patient
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True)
class Change:
    """A change of the clinic that was made, and the appointments that it broke, reassigned and mended."""

    entry: AuditEntry
    broken: tuple[Affected, ...]
    reassigned: tuple[Affected, ...]
    settled: tuple[Affected, ...]


def change_clinic(
    ctx: Context, action: str, change: Callable[[Clinic], Clinic], *, span: Span | None = None, seen: int | None = None
) -> Effects:
    """Write a changed clinic under the calendar's lock, and settle what follows; raises Conflict for a stale page.

    *seen* is the clinic's version as the page showed it; None takes it as it is.
    """
    with ctx.begin() as uow:
        now = ctx.clock()
        check_seen(uow.calendar.lock(now), seen)
        changed = change(uow.clinics.get(now))
        uow.clinics.save(changed)
        uow.feed_links.revoke_beyond([one.id for one in changed.resources], now)
        return settle(ctx, uow, action, now, span)


def check_seen(version: int, seen: int | None) -> None:
    """Refuse a page that shows what has since been changed; raises Conflict."""
    if seen is not None and seen != version:
        raise Conflict("somebody else changed the clinic's settings first")


def broken_appointments(ctx: Context) -> list[Broken]:
    """List the live appointments from now on that the clinic cannot give as booked."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return examine(uow, ctx.clock())[0]


def change_of(ctx: Context, change_id: UUID) -> Change:
    """Give a change of the clinic with the appointments that it touched, as they are now; raises NotFound."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        entry = change_entry(uow, change_id)
        reasons = {one.appointment.id: one.violations for one in examine(uow, ctx.clock())[0]}
        lists = [_ids(entry, name) for name in ("broken_ids", "reassigned_ids", "settled_ids")]
        rows = {one: uow.appointments.get(one) for some in lists for one in some}
        names = uow.people.among({row.patient_id for row in rows.values()})
        affected = {one: Affected(row, names[row.patient_id], reasons.get(one, ())) for one, row in rows.items()}
        return Change(entry, *(tuple(affected[one] for one in some) for some in lists))


def change_entry(uow: UnitOfWork, change_id: UUID) -> AuditEntry:
    """Find what was written down of a change; raises NotFound."""
    found = [one for one in uow.audit.of_subject(uow.clinic_id) if one.facts.get("change") == str(change_id)]
    if not found:
        raise NotFound(f"no change {change_id} in this clinic")
    return found[0]


def _ids(entry: AuditEntry, name: str) -> list[UUID]:
    return [UUID(one) for one in str(entry.facts.get(name, "")).split()]


def settle(ctx: Context, uow: UnitOfWork, action: str, now: datetime, span: Span | None = None) -> Effects:
    """Reassign what somebody else can cover, and keep a task for each appointment that nobody can."""
    broken, reassigned = examine(uow, now)
    uow.occupancy.release(*reassigned)
    uow.occupancy.put_all(reassigned.items())
    newly, settled = keep_tasks(uow, broken, now)
    effects = Effects(uuid4(), tuple(broken), frozenset(newly), tuple(reassigned), tuple(settled))
    stretch = {"from": span.start.isoformat(), "to": span.end.isoformat()} if span else {}
    audit(ctx, uow, now, action, "clinic", uow.clinic_id, facts_of(effects) | stretch)
    return effects


def facts_of(effects: Effects) -> dict[str, str | int]:
    """Give what the audit keeps of a change, so that it can be looked up again."""
    lists = {"broken_ids": sorted(effects.newly), "reassigned_ids": effects.reassigned, "settled_ids": effects.settled}
    told = {name: " ".join(map(str, some)) for name, some in lists.items() if some}
    counts = {"broken": len(effects.broken), "reassigned": len(effects.reassigned)}
    return {"change": str(effects.change_id), **counts, **told}


def examine(
    uow: UnitOfWork, now: datetime, changed: Clinic | None = None
) -> tuple[list[Broken], dict[UUID, list[BusyRow]]]:
    """Check every live appointment from now on; give the broken ones, and what those take that others now cover.

    *changed*: the clinic as it would be; None is the clinic as it is.
    """
    clinic = changed or uow.clinics.get(now)
    empty = Occupancy(clinic)
    records = uow.appointments.between(now, now + _FAR, *LIVE)
    own = uow.occupancy.of_appointments(one.id for one in records)
    taken: set[BusyRow] | None = None  # a year of a clinic is many rows: read once somebody must be found for a visit
    broken, reassigned = list[Broken](), dict[UUID, list[BusyRow]]()
    for record in records:
        violations = check_hours(empty, record.profile, record.start_at)
        violations += check_resources(empty, record.profile, record.start_at)
        if violations:
            broken.append(Broken(record, tuple(violations)))
        elif not all(empty.is_there(row) for row in own[record.id] if row.subject_id != record.patient_id):
            taken = (set(taken_from(uow, now)) if taken is None else taken).difference(own[record.id])
            theirs = _with_promised(clinic, _protocol_of(uow, record), record.clinician_id)
            found = _reassigned(theirs, record, own[record.id], taken)
            taken.update(own[record.id] if isinstance(found, Broken) else found)
            if isinstance(found, Broken):
                broken.append(found)
            else:
                reassigned[record.id] = found
    return broken, reassigned


def _with_promised(clinic: Clinic, protocol: Protocol | None, clinician_id: UUID | None) -> Clinic:
    """Give the clinic as a course sees it that keeps to a person: when they have left, nobody takes over silently."""
    if protocol is None or clinician_id is None or clinic.resource(clinician_id):
        return with_promised(clinic, protocol, clinician_id)
    return replace(clinic, resources=tuple(one for one in clinic.resources if one.kind != protocol.clinician))


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


def keep_tasks(uow: UnitOfWork, broken: Sequence[Broken], now: datetime) -> tuple[list[UUID], list[UUID]]:
    """Keep one open task for each broken appointment, and finish those of appointments to come that fit again.

    Gives the appointments that are newly broken, and those that fit again.
    """
    concerned, settled = {one.appointment.id: one for one in broken}, list[UUID]()
    for task in uow.tasks.open():
        if task.kind != CHANGE_TASK or task.appointment_id is None:
            continue
        if concerned.pop(task.appointment_id, None) is None and task.due_at >= now:
            uow.tasks.finish(task.id, at=now, reason="fits again")
            settled.append(task.appointment_id)
    for one in concerned.values():
        record = one.appointment
        facts = {"codes": ",".join(sorted({violation.code.value for violation in one.violations}))}
        uow.tasks.add(
            Task(uuid4(), CHANGE_TASK, record.start_at, now, facts, record.id, record.course_id, record.patient_id)
        )
    return list(concerned), settled
