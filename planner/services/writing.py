"""Writing visits into the calendar, under its lock: appointments with what they take, and what follows from a change."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from planner.domain.clinic import Clinic
from planner.domain.course import AppointmentStatus, check_move
from planner.domain.occupancy import BusyRow
from planner.domain.plan import Placed
from planner.domain.protocol import Protocol
from planner.domain.replanning import Diff
from planner.domain.seating import by_subject, seat_visit
from planner.domain.span import Span
from planner.domain.terms import undecided
from planner.domain.visit import VisitProfile
from planner.services.context import Context
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)

CHANGE_TASK = "move-or-cancel"
"""The task that an appointment leaves which its clinic can no longer give as booked."""
OUTCOME_TASK = "outcome-missing"
"""The task that an appointment leaves of which nobody has said what became."""
RIDE_TASK = "ride-unconfirmed"
"""The task that an appointment leaves of which nobody knows, by the noon before, who takes the patient home."""
REFUSED_RIDE = "refused"
"""The fact of such a task that names the way home which the clinic does not accept any more."""
WANTED_TASK = "change-wanted"
"""The task that a patient leaves who asks for another time."""


@dataclass(frozen=True)
class Visit:
    """A visit to be written: the session placed, and the appointment it is, new or changed."""

    record: AppointmentRecord
    placed: Placed


def wall_start(start: datetime, clinic: Clinic) -> str:
    """Give the promise: the local wall time, to the minute."""
    return f"{start.astimezone(clinic.zone):%Y-%m-%dT%H:%M}"


def held_span(start: datetime, profile: VisitProfile) -> tuple[datetime, datetime]:
    """Give all the time that a visit may take anything, its dose start included."""
    longest = max([profile.held_minutes, *(need.offset + need.minutes for need in profile.requirements)])
    return start, start + timedelta(minutes=longest)


def new_visit(
    placed: Placed, profile: VisitProfile, clinic: Clinic, patient_id: UUID, now: datetime, *, told: bool,
    course_id: UUID | None = None, linked_to: UUID | None = None, tentative: bool = False,
) -> Visit:  # fmt: skip
    """Make the appointment of a placed session or linked visit; *told*: the patient hears of it now.

    *tentative*: a review that comes before it is not decided yet.
    """
    record = AppointmentRecord(
        id=uuid4(),
        patient_id=patient_id,
        start_at=placed.start,
        end_at=placed.end,
        wall_start=wall_start(placed.start, clinic),
        profile=profile,
        created_at=now,
        updated_at=now,
        course_id=course_id,
        phase=placed.phase if course_id else None,
        number=placed.number if course_id else None,
        linked_to=linked_to,
        clinician_id=placed.clinician_id,
        told_at=now if told else None,
        status=AppointmentStatus.TENTATIVE if tentative else AppointmentStatus.BOOKED,
    )
    return Visit(record, placed)


def changed_visit(
    old: AppointmentRecord, placed: Placed, profile: VisitProfile, clinic: Clinic, now: datetime, *, told: bool,
    status: AppointmentStatus | None = None,
) -> Visit:  # fmt: skip
    """Make the same appointment at its new place, with another *status* if given.

    Calendars hear of it only when its start, its end or its status changes.
    """
    status = status or old.status
    heard = (old.start_at, old.end_at, old.status) != (placed.start, placed.end, status)
    changed = replace(
        old,
        start_at=placed.start,
        end_at=placed.end,
        wall_start=wall_start(placed.start, clinic),
        profile=profile,
        phase=placed.phase if old.course_id else None,
        number=placed.number if old.course_id else None,
        clinician_id=placed.clinician_id,
        updated_at=now if heard else old.updated_at,
        told_at=now if told else (None if old.start_at != placed.start else old.told_at),
        status=status,
        sequence=old.sequence + heard,
    )
    return Visit(changed, placed)


def rows_of(visits: Sequence[Visit], clinic: Clinic, taken: Sequence[BusyRow]) -> list[tuple[UUID, Sequence[BusyRow]]]:
    """Seat one patient's visits beside what others take; raises Conflict where a resource is full."""
    seats = seat_all([visit.placed for visit in visits], clinic, visits[0].record.patient_id, taken)
    return [(visit.record.id, seats[visit.placed.start]) for visit in visits]


Seats = Mapping[datetime, Sequence[BusyRow]]
"""What each visit of one patient takes, by its start: nobody has two at once."""


def seat_all(placed: Iterable[Placed], clinic: Clinic, patient_id: UUID, taken: Iterable[BusyRow]) -> Seats:
    """Seat one patient's visits one after the other beside what others take; raises Conflict where a resource is full."""
    capacity = {resource.id: resource.capacity for resource in clinic.resources}
    busy, seats = by_subject(taken), dict[datetime, list[BusyRow]]()
    for one in placed:
        rows = seats[one.start] = seat_visit(one.assignments, busy, capacity, patient_id, Span(one.start, one.end))
        for row in rows:
            busy.setdefault(row.subject_id.int, []).append(row)
    return seats


def cancel_all(
    uow: UnitOfWork, records: Sequence[AppointmentRecord], now: datetime
) -> list[AppointmentRecord]:
    """Cancel appointments: their time is free again, and their tasks are done."""
    for one in records:
        check_move(one.status, AppointmentStatus.CANCELLED)
    cancelled = [
        replace(one, status=AppointmentStatus.CANCELLED, updated_at=now, sequence=one.sequence + 1) for one in records
    ]
    uow.occupancy.release(*(one.id for one in records))
    saved = uow.appointments.save_all(cancelled, "status", "updated_at", "sequence")
    finish_tasks(uow, [one.id for one in records], now, "cancelled")
    return saved


def finish_tasks(uow: UnitOfWork, appointment_ids: Sequence[UUID], now: datetime, reason: str) -> None:
    """Mark what was to be done about some appointments as done."""
    if not appointment_ids:
        return
    for task in uow.tasks.open_of_appointments(appointment_ids, CHANGE_TASK, OUTCOME_TASK, RIDE_TASK, WANTED_TASK):
        uow.tasks.finish(task.id, at=now, reason=reason)


@dataclass(frozen=True)
class Change:
    """A difference to write: what is booked now, and the whole course as it shall be."""

    diff: Diff
    old: Mapping[UUID, AppointmentRecord]
    told: bool


def apply_change(
    uow: UnitOfWork, change: Change, protocol: Protocol, clinic: Clinic, patient_id: UUID, course_id: UUID,
    seats: Seats, now: datetime,
) -> list[AppointmentRecord]:  # fmt: skip
    """Write a re-plan as one: cancel, keep, move and add, the kept and moved ones under their own ids.

    What comes after a review that nobody has decided, as the course's terms stand now, is tentative; the rest is booked.
    """
    diff, old, waiting = change.diff, change.old, undecided(uow.courses.get(course_id).terms)
    cancel_all(uow, [old[booked.appointment_id] for booked in diff.cancel], now)
    stays = [(one, False) for one in diff.keep] + [(one, True) for one in diff.move]
    changed = [
        changed_visit(
            old[one.booked.appointment_id], one.placed, protocol.visits[one.placed.visit], clinic, now,
            told=change.told and moved, status=_status(one.placed, waiting),
        )
        for one, moved in stays
    ]  # fmt: skip
    uow.occupancy.release(*(visit.record.id for visit in changed))
    hosts = {visit.placed.number: visit.record.id for visit in changed if visit.record.linked_to is None}
    added = _added(change, hosts, waiting, protocol, clinic, patient_id, course_id, now)
    uow.appointments.add(*(visit.record for visit in added))  # first: a visit that is kept may follow a new session
    saved = uow.appointments.save_all([_relinked(visit, hosts) for visit in changed])
    uow.occupancy.put_all((visit.record.id, seats[visit.placed.start]) for visit in [*changed, *added])
    finish_tasks(uow, [one.booked.appointment_id for one, moved in stays if moved], now, "moved")
    return [*saved, *(visit.record for visit in added)]


def _added(
    change: Change, hosts: dict[int, UUID], waiting: Collection[str], protocol: Protocol, clinic: Clinic,
    patient_id: UUID, course_id: UUID, now: datetime,
) -> list[Visit]:  # fmt: skip
    """Make the new appointments: first the sessions, then the linked visits, each to its session's appointment."""
    added: list[Visit] = []
    for placed in sorted(change.diff.add, key=lambda one: protocol_order(one, protocol)):
        linked_to = hosts.get(placed.number) if is_linked(placed, protocol) else None
        visit = new_visit(
            placed, protocol.visits[placed.visit], clinic, patient_id, now, told=change.told, course_id=course_id,
            linked_to=linked_to, tentative=placed.phase in waiting,
        )  # fmt: skip
        added.append(visit)
        if linked_to is None:
            hosts[placed.number] = visit.record.id
    return added


def _status(placed: Placed, waiting: Collection[str]) -> AppointmentStatus:
    return AppointmentStatus.TENTATIVE if placed.phase in waiting else AppointmentStatus.BOOKED


def _relinked(visit: Visit, hosts: Mapping[int, UUID]) -> AppointmentRecord:
    if visit.record.linked_to is None:
        return visit.record
    return replace(visit.record, linked_to=hosts[visit.placed.number])


def is_linked(placed: Placed, protocol: Protocol) -> bool:
    """Whether a placed visit is the one that follows a session."""
    phase = protocol.phase(placed.phase)
    return phase is not None and phase.link is not None and phase.link.visit == placed.visit


def protocol_order(placed: Placed, protocol: Protocol) -> tuple[bool, datetime]:
    """Order visits so that a session comes before the visits that follow it."""
    return is_linked(placed, protocol), placed.start


def explained(former: Mapping[UUID, AppointmentRecord], written: Iterable[AppointmentRecord]) -> dict[str, str]:
    """Give facts that name the appointments which a change added, moved and cancelled, so that the audit explains each.

    *former*: all that the change may have touched, as it was; what of it is not *written* again is cancelled. What is moved
    stands with the wall times that it left, in the same order.
    """
    by_id = {one.id: one for one in written}
    lists = {
        "added": [key for key in by_id if key not in former],
        "moved": [key for key, one in by_id.items() if key in former and former[key].start_at != one.start_at],
        "cancelled": [key for key in former if key not in by_id],
    }  # fmt: skip
    facts = {f"{name}_ids": " ".join(map(str, some)) for name, some in lists.items() if some}
    left = [former[key].wall_start for key in lists["moved"]]
    return facts | ({"moved_from": " ".join(left)} if left else {})


def audit(
    ctx: Context, uow: UnitOfWork, now: datetime, action: str, subject_kind: str, subject_id: UUID,
    facts: Mapping[str, Any] | None = None, reason: str | None = None,
) -> None:  # fmt: skip
    """Write down who did what, and log it: facts are ids and numbers, and a reason, which may hold a name, is not logged."""
    log.info("%s of %s %s by %s", action, subject_kind, subject_id, ctx.actor.id)
    uow.audit.put(
        at=now, actor_id=ctx.actor.id, action=action, subject_kind=subject_kind, subject_id=subject_id, facts=facts,
        reason=reason,
    )  # fmt: skip
