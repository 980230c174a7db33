"""What the planner must know of a course, gathered from storage: the request, and what is taken."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.course import LIVE, Booked, Gate, Given, Neighbour, Preferences
from planner.domain.occupancy import BusyRow
from planner.domain.plan import PlanRequest
from planner.domain.protocol import Protocol
from planner.domain.span import local_day, minute_of
from planner.storage.records import AppointmentRecord, CourseRecord
from planner.storage.unit_of_work import UnitOfWork

LEAST_BETWEEN_COURSES = 2
"""Days between doses of two courses where no clinician entered another number (assumed)."""
_FARTHEST = timedelta(days=900)


def course_request(uow: UnitOfWork, course: CourseRecord, now: datetime) -> PlanRequest:
    """Gather all that a plan of the course depends on; its live appointments from now on are what a plan may change."""
    clinic = uow.clinics.get(now)
    given = tuple(Given(one.phase, one.day, one.elsewhere) for one in uow.given.of_course(course.id))
    appointments = uow.appointments.of_course(course.id)
    return PlanRequest(
        clinic=clinic,
        protocol=course.protocol,
        patient_id=course.patient_id,
        preferences=_from_today(course, given, local_day(now, clinic.zone)),
        given=tuple(sorted(given, key=lambda one: one.day)),
        standing=tuple(booked_of(one) for one in standing(appointments, now)),
        neighbours=neighbours_of(uow, course.patient_id, course, clinic, now),
        gates=_gates(uow, course.protocol, course.patient_id),
        not_before=now,
    )


def standing(appointments: Iterable[AppointmentRecord], now: datetime) -> list[AppointmentRecord]:
    """List the appointments of a course that a plan may still change; a visit linked to a past dose is not one."""
    live = [one for one in appointments if one.status in LIVE and one.start_at >= now]
    ids = {one.id for one in live}
    return [one for one in live if one.linked_to is None or one.linked_to in ids]


def booked_of(one: AppointmentRecord) -> Booked:
    """Give an appointment as the planner knows it."""
    linked, told = one.linked_to is not None, one.told_at is not None
    return Booked(one.id, one.phase or "", one.start_at, told, one.clinician_id, linked)


def _from_today(course: CourseRecord, given: Sequence[Given], today: date) -> Preferences:
    first = max([course.preferences.start, today, *(one.day for one in given)])
    return replace(course.preferences, start=first, clinician_id=course.clinician_id)


def neighbours_of(
    uow: UnitOfWork, patient_id: UUID, course: CourseRecord | None, clinic: Clinic, now: datetime
) -> tuple[Neighbour, ...]:
    """List the doses of the patient's other courses and single visits, with the days that must lie between.

    That is the smaller of the two minimum gaps, never under two days, unless a clinician entered another number.
    """
    own = _least_gap(course.protocol) if course else LEAST_BETWEEN_COURSES
    entered = course.preferences.other_course_days if course else None
    neighbours: list[Neighbour] = []
    for other in uow.courses.of_patient(patient_id):
        if course and other.id == course.id:
            continue
        gap = entered or max(LEAST_BETWEEN_COURSES, min(own, _least_gap(other.protocol)))
        days = {one.day for one in uow.given.of_course(other.id) if _doses(other.protocol, one.phase)}
        live = standing(uow.appointments.of_course(other.id), now)
        days |= {local_day(one.start_at, clinic.zone) for one in live if one.profile.dosing}
        neighbours += (Neighbour(day, gap) for day in sorted(days))
    singles = (one for one in uow.appointments.of_patient(patient_id) if one.course_id is None and one.profile.dosing)
    live = standing(singles, now)
    return (*neighbours, *(Neighbour(local_day(one.start_at, clinic.zone), entered or own) for one in live if course))


def _doses(protocol: Protocol, phase_name: str) -> bool:
    phase = protocol.phase(phase_name)
    return phase is not None and protocol.doses(phase)


def _least_gap(protocol: Protocol) -> int:
    return min((phase.spacing.min_days for phase in protocol.phases if protocol.doses(phase)), default=1)


def _gates(uow: UnitOfWork, protocol: Protocol, patient_id: UUID) -> tuple[Gate, ...]:
    """List the gates that the protocol asks for; one that nobody has recorded is not met."""
    if not protocol.gates:
        return ()
    recorded = {gate.name: gate for gate in uow.gates.of_patient(patient_id)}
    return tuple(recorded.get(name, Gate(name, met=False)) for name in protocol.gates)


def taken_from(uow: UnitOfWork, now: datetime, without: Iterable[UUID] = ()) -> list[BusyRow]:
    """List what is taken from now on, less what some appointments take themselves."""
    rows = uow.occupancy.rows(minute_of(now - timedelta(days=1)), minute_of(now + _FARTHEST))
    return less(rows, uow, without)


def taken_around(
    uow: UnitOfWork, spans: Iterable[tuple[datetime, datetime]], without: Iterable[UUID] = ()
) -> list[BusyRow]:
    """List only what touches some spans, less what some appointments take themselves."""
    return less(uow.occupancy.rows_touching((minute_of(start), minute_of(end)) for start, end in spans), uow, without)


def less(rows: Iterable[BusyRow], uow: UnitOfWork, without: Iterable[UUID]) -> list[BusyRow]:
    """Leave out what some appointments take themselves."""
    ids = list(without)
    if not ids:
        return list(rows)
    own = {row for taken in uow.occupancy.of_appointments(ids).values() for row in taken}
    return [row for row in rows if row not in own]
