"""The drift list: which active courses pass their maximum gap and when, and the times that still keep every rule."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.course import CourseStatus, Given
from planner.domain.drift import Drift, Opening, Way, drift_of, openings_for, ways_out
from planner.domain.occupancy import Occupancy
from planner.domain.plan import PlanRequest
from planner.domain.roles import Permission
from planner.domain.rules import Around
from planner.domain.spacing import wanted_sessions
from planner.domain.span import local_day
from planner.services.briefing import COUNTS, course_request, standing
from planner.services.context import Context
from planner.services.moving import linked_of, sought_for
from planner.services.remembering import occupancy_from
from planner.storage.records import AppointmentRecord, CourseRecord, GivenRecord, Patient
from planner.storage.unit_of_work import UnitOfWork

MOST_SHOWN = 100
"""Courses for which times are looked for at once: the most urgent."""


@dataclass(frozen=True)
class Drifting:
    """A course that drifts: what is booked next, up to three earlier times, and which orders help otherwise.

    *number* is the next session's number in the course.
    """

    course: CourseRecord
    patient: Patient
    drift: Drift
    number: int
    appointment: AppointmentRecord | None = None
    openings: tuple[Opening, ...] = ()
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True)
class DriftList:
    """The courses that drift, the most urgent first; *total* counts those that are not shown as well."""

    lines: tuple[Drifting, ...]
    total: int


@dataclass(frozen=True)
class _Passing:
    course: CourseRecord
    drift: Drift
    number: int


def drifting(ctx: Context, *, most: int = MOST_SHOWN) -> DriftList:
    """List the active courses that will pass their maximum gap, or have: by deadline, then by days over."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        clinic = uow.clinics.get(now)
        passing = _passing(uow, clinic, now)
        patients = uow.people.among({one.course.patient_id for one in passing[:most]})
        taken = occupancy_from(uow, clinic, now) if passing else Occupancy(clinic)
        lines = tuple(_line(uow, one, patients[one.course.patient_id], taken, now) for one in passing[:most])
    return DriftList(lines, len(passing))


def drift_count(ctx: Context) -> int:
    """Count the active courses that drift; their times are not looked for."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        return len(_passing(uow, uow.clinics.get(now), now))


def _passing(uow: UnitOfWork, clinic: Clinic, now: datetime) -> list[_Passing]:
    """Find who drifts in four reads, however many courses there are."""
    courses, given = uow.courses.with_status(CourseStatus.ACTIVE), uow.given.of_courses(CourseStatus.ACTIVE)
    soonest, unsaid = uow.appointments.next_sessions(now), dict[UUID | None, list[AppointmentRecord]]()
    for one in uow.appointments.unsaid(now, *COUNTS):
        unsaid.setdefault(one.course_id, []).append(one)
    found, today = list[_Passing](), local_day(now, clinic.zone)
    for course in courses:
        if course.exceptions:
            request = course_request(uow, course, now)
        else:
            request = _request(course, _given(given.get(course.id, []), unsaid.get(course.id, []), clinic), clinic)
        start = soonest.get(course.id)
        drift = drift_of(request, course.preferences.start, local_day(start, clinic.zone) if start else None, today)
        found += [_Passing(course, drift, len(request.given) + 1)] if drift else []
    return sorted(found, key=lambda one: (one.drift.deadline, -one.drift.days_over, one.course.id.bytes))


def _given(
    recorded: list[GivenRecord], unsaid: list[AppointmentRecord], clinic: Clinic
) -> tuple[Given, ...]:
    """List what was given, and what has begun without a word: until somebody says otherwise, it takes place."""
    days = {(one.phase, one.day) for one in recorded}
    days |= {(one.phase, local_day(one.start_at, clinic.zone)) for one in unsaid if one.phase}
    return tuple(Given(phase, day) for phase, day in sorted(days, key=lambda one: one[1]))


def _request(course: CourseRecord, given: tuple[Given, ...], clinic: Clinic) -> PlanRequest:
    """Give as much of a course's request as says when its next session is due."""
    first = max([course.preferences.start, *(one.day for one in given)])
    asked = replace(course.preferences, start=first)
    return PlanRequest(
        clinic, course.protocol, course.patient_id, asked, given, resumes_on=course.resumes_on
    )  # fmt: skip


def _line(uow: UnitOfWork, one: _Passing, patient: Patient, taken: Occupancy, now: datetime) -> Drifting:
    """Find times for one course. What its own next appointment takes lies after all of them, and is in nobody's way."""
    course = one.course
    ahead = [record for record in standing(uow.appointments.of_course(course.id), now) if record.linked_to is None]
    if ahead:
        record, own = ahead[0], [ahead[0].id, *(linked.id for linked in linked_of(uow, ahead[0], now))]
        sought = sought_for(uow, record, record.start_at, now, own, taken)
        found = openings_for(one.drift, sought.request, sought.occupancy, sought.wanted, sought.around)
        return Drifting(course, patient, one.drift, one.number, record, found, ways_out(one.drift, found))
    request = course_request(uow, course, now)
    wanted = wanted_sessions(request, 1)[0]
    last = request.given[-1].day.toordinal() if request.given else None
    alike = (given.day.toordinal() for given in request.given if request.protocol.doses_in(given.phase) == wanted.dosing)
    found = openings_for(one.drift, request, taken, wanted, Around(last, None, tuple(alike)))
    return Drifting(course, patient, one.drift, one.number, None, found, ways_out(one.drift, found))
