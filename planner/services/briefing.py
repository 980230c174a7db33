"""What the planner must know of a course, gathered from storage: the request, and what is taken."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from planner.domain.attendance import Outcome
from planner.domain.clinic import Clinic
from planner.domain.course import (
    LIVE,
    AppointmentStatus,
    Booked,
    Gate,
    Given,
    Neighbour,
    Preferences,
    SpacingException,
)
from planner.domain.occupancy import BusyRow
from planner.domain.overruling import numbers_in
from planner.domain.plan import PlanRequest
from planner.domain.protocol import Protocol
from planner.domain.span import local_day, minute_of
from planner.storage.records import AppointmentRecord, CourseRecord, GivenRecord
from planner.storage.unit_of_work import UnitOfWork

LEAST_BETWEEN_COURSES = 2
"""Days between doses of two courses where no clinician entered another number (assumed)."""
COUNTS = LIVE | {AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED}
"""What may count as a session while nobody has said what became of it: until somebody does, it takes place."""
FARTHEST = timedelta(days=900)
"""How far ahead of now what is taken is looked at."""


def course_request(
    uow: UnitOfWork, course: CourseRecord, now: datetime, without: Collection[UUID] = ()
) -> PlanRequest:
    """Gather all that a plan of the course depends on; its live appointments from now on are what a plan may change.

    *without*: appointments that are about to be changed, and count for nothing.
    """
    clinic = uow.clinics.get(now)
    theirs = [one for one in uow.appointments.of_patient(course.patient_id) if one.id not in without]
    appointments = [one for one in theirs if one.course_id == course.id]
    given = _given(uow.given.of_course(course.id), appointments, clinic, now)
    ahead = standing(appointments, now)
    preferences = _from_today(course, given, local_day(now, clinic.zone))
    return PlanRequest(
        clinic=clinic,
        protocol=course.protocol,
        patient_id=course.patient_id,
        preferences=preferences,
        given=given,
        standing=tuple(booked_of(one) for one in ahead),
        exceptions=exceptions_of(course, given, ahead),
        resumes_on=course.resumes_on,
        neighbours=neighbours_of(uow, course.patient_id, course, clinic, theirs),
        gates=gates_of(uow, course.protocol, course.patient_id),
        not_before=now,
    )


def exceptions_of(
    course: CourseRecord, given: Iterable[Given], ahead: Iterable[AppointmentRecord]
) -> dict[int, SpacingException]:
    """Give what was overruled for single appointments by the numbers that these have as sessions now."""
    if not course.exceptions:
        return {}
    sessions = sorted((one for one in ahead if one.linked_to is None), key=lambda one: one.start_at)
    names = [(one.id, one.phase or "") for one in sessions]
    numbers = numbers_in(course.protocol, (one.phase for one in given), names)
    return {numbers[one.appointment_id]: one for one in course.exceptions if one.appointment_id in numbers}


def numbers_of(ahead: Iterable[AppointmentRecord], first: int) -> dict[UUID, int]:
    """Give the sessions that are to come their numbers from *first* on, by date; linked visits have none."""
    sessions = sorted((one for one in ahead if one.linked_to is None), key=lambda one: one.start_at)
    return {one.id: number for number, one in enumerate(sessions, first)}


def _given(
    recorded: Sequence[GivenRecord], appointments: Iterable[AppointmentRecord], clinic: Clinic, now: datetime
) -> tuple[Given, ...]:
    """List the sessions that took place: those recorded, and those that have begun of which nobody has said anything."""
    given = [Given(one.phase, one.day, one.elsewhere) for one in recorded]
    known = {(one.phase, one.day) for one in recorded}
    ours = {one.appointment_id for one in recorded}
    for one in appointments:
        day = local_day(one.start_at, clinic.zone)
        if has_begun(one, now) and one.linked_to is None and one.id not in ours and one.phase:
            given += [] if (one.phase, day) in known else [Given(one.phase, day)]
    return tuple(sorted(given, key=lambda one: one.day))


def counts(one: AppointmentRecord) -> bool:
    """Whether an appointment counts as a session: it was given, or nobody has said yet what becomes of it."""
    return one.outcome is Outcome.GIVEN or (one.outcome is None and one.status in COUNTS)


def has_begun(one: AppointmentRecord, now: datetime) -> bool:
    """Whether an appointment that counts has begun: its time has come, or the patient has."""
    return counts(one) and (one.start_at < now or one.arrived_at is not None)


def standing(appointments: Iterable[AppointmentRecord], now: datetime) -> list[AppointmentRecord]:
    """List the appointments of a course, given all of them, that a plan may still change.

    A visit that follows a dose which has begun is not one; where that dose was lost, it is.
    """
    everything = list(appointments)
    begun = {one.id for one in everything if has_begun(one, now)}
    return [one for one in everything if one.status in LIVE and one.start_at >= now and one.linked_to not in begun]


def booked_of(one: AppointmentRecord) -> Booked:
    """Give an appointment as the planner knows it."""
    linked, told = one.linked_to is not None, one.told_at is not None
    return Booked(one.id, one.phase or "", one.start_at, told, one.clinician_id, linked)


def _from_today(course: CourseRecord, given: Sequence[Given], today: date) -> Preferences:
    first = max([course.preferences.start, today, course.resumes_on or today, *(one.day for one in given)])
    return replace(course.preferences, start=first, clinician_id=course.clinician_id)


def neighbours_of(
    uow: UnitOfWork, patient_id: UUID, course: CourseRecord | None, clinic: Clinic, theirs: Iterable[AppointmentRecord]
) -> tuple[Neighbour, ...]:
    """List the doses of the patient's other courses and single visits, with the days that must lie between.

    *theirs*: the appointments of the patient that count.

    That is the smaller of the two minimum gaps, never under two days, unless a clinician entered another number for
    either course: then that, and of two such numbers the larger.
    """
    others = [other for other in uow.courses.of_patient(patient_id) if course is None or other.id != course.id]
    doses: dict[UUID | None, set[date]] = {other.id: set() for other in others} | {None: set()}
    for other in others:
        doses[other.id] |= {one.day for one in uow.given.of_course(other.id) if other.protocol.doses_in(one.phase)}
    for one in theirs:
        if one.course_id in doses and counts(one) and one.profile.dosing:
            doses[one.course_id].add(local_day(one.dosed_at or one.start_at, clinic.zone))
    gaps = {None: _apart(course, None)} | {other.id: _apart(course, other) for other in others}
    return tuple(Neighbour(day, gaps[key]) for key, days in doses.items() for day in sorted(days))


def _apart(*courses: CourseRecord | None) -> int:
    """Give the days between doses of two courses; a single visit (None) has no minimum gap of its own."""
    entered = [one.preferences.other_course_days or 0 for one in courses if one]
    if any(entered):
        return max(entered)
    gaps = [_least_gap(one.protocol) if one else LEAST_BETWEEN_COURSES for one in courses]
    return max(LEAST_BETWEEN_COURSES, min(gaps))


def _least_gap(protocol: Protocol) -> int:
    return min((phase.spacing.min_days for phase in protocol.phases if protocol.doses(phase)), default=1)


def gates_of(uow: UnitOfWork, protocol: Protocol, patient_id: UUID) -> tuple[Gate, ...]:
    """List the gates that the protocol asks for; one that nobody has recorded is not met."""
    if not protocol.gates:
        return ()
    recorded = {gate.name: gate for gate in uow.gates.of_patient(patient_id)}
    return tuple(recorded.get(name, Gate(name, met=False)) for name in protocol.gates)


def taken_from(
    uow: UnitOfWork, now: datetime, without: Iterable[UUID] = (), since: datetime | None = None
) -> list[BusyRow]:
    """List what is taken from now (or earlier) on, less what some appointments take themselves, or expired holds."""
    first = min(now, since or now) - timedelta(days=1)
    expired = set(uow.occupancy.of_expired_holds(now))
    rows = uow.occupancy.rows(minute_of(first), minute_of(now + FARTHEST))
    return less(rows, uow, without) if not expired else [row for row in less(rows, uow, without) if row not in expired]


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
