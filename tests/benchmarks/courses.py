"""A clinic in the middle of its year: courses begun, booked and told, as the planner itself placed them, from a seed."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from random import Random
from uuid import UUID

import builders
from benchmarks.workload import FIRST_DAY, Size, _clinic
from planner.domain.bulk import Affected
from planner.domain.clinic import Clinic
from planner.domain.course import Booked, Given, Preferences
from planner.domain.ledger import Ledger
from planner.domain.occupancy import BusyRow
from planner.domain.plan import Placed, Plan, PlanRequest
from planner.domain.planning import plan
from planner.domain.protocol import Protocol
from planner.domain.seating import seat_visit
from planner.domain.span import Span, local_day

NOW = builders.wall(FIRST_DAY + timedelta(weeks=20), "06:00")
"""A Monday in May, before opening: what lies before it was given, what comes after it is booked."""
_MISSES, _WEEKS = 4, 48
_DAYS = ((0, 3), (1, 4), (1, 3), (2, 5), (0, 2), (3, 5))
_MOST_POINTS = 25
"""A desk does not book a course that fits its patient this badly, in points."""


@dataclass(frozen=True)
class Course:
    """A course as it stands: what is asked for now, and what each of its appointments takes."""

    request: PlanRequest
    rows: dict[UUID, tuple[BusyRow, ...]] = field(repr=False)

    @property
    def days(self) -> dict[UUID, date]:
        """The local day of each appointment."""
        return {one.appointment_id: local_day(one.start, self.request.clinic.zone) for one in self.request.standing}


@dataclass(frozen=True)
class Practice:
    """A clinic, its courses, and what is taken from now on; *used*: the share of chairs' time in the next four weeks."""

    clinic: Clinic
    courses: tuple[Course, ...]
    rows: tuple[BusyRow, ...] = field(repr=False)
    used: float = 0.0

    def under(self, clinic: Clinic, key: int = 0) -> list[Affected]:
        """The courses under a changed clinic that have an appointment on a day or at a time when it can no longer be had."""
        found = []
        for number, course in enumerate(self.courses):
            request = replace(course.request, clinic=clinic)
            if any(_lost(clinic, one) for one in request.standing):
                found.append(Affected(builders.uid(f"{clinic.name} {key} {number}"), request, course.rows))
        return found


def _lost(clinic: Clinic, one: Booked) -> bool:
    day = local_day(one.start, clinic.zone)
    return not clinic.hours.on(day) or any(shut.span.start <= one.start < shut.span.end for shut in clinic.closures)


@cache
def practice(size: Size, number: int = 0, seed: int = 1) -> Practice:
    """Fill a clinic with courses that begin at any time of a year, until hardly one finds its places."""
    random = Random(f"{seed} {size.name} {number} courses")
    clinic = _clinic(Random(f"{seed} {size.name} {number}"), size, number)
    ledger, found, misses = Ledger(clinic, ()), list[tuple[PlanRequest, Plan, list[tuple[Placed, list[BusyRow]]]]](), 0
    while misses < _MISSES:
        request = _wish(random, clinic, len(found))
        planned = plan(request, ledger)
        if not planned.complete or planned.points > _MOST_POINTS:
            misses += 1
            continue
        misses = 0
        visits = [(one, _seat(ledger, request, one)) for one in planned.placed]
        found.append((request, planned, visits))
    courses = [course for request, _, visits in found if (course := _midway(request, visits))]
    rows = [row for course in courses for taken in course.rows.values() for row in taken]
    return Practice(clinic, tuple(courses), tuple(rows), _used(clinic, courses))


def _wish(random: Random, clinic: Clinic, number: int) -> PlanRequest:
    days = random.choice(_DAYS)
    start = FIRST_DAY + timedelta(weeks=random.randint(0, _WEEKS) - 10, days=days[0])
    at = f"{random.randint(8, 15):02}:{random.choice((0, 15, 30, 45)):02}"
    course = builders.esketamine() if random.random() < 0.7 else _infusions()
    weekly = {phase.name: days if index == 0 else days[:1] for index, phase in enumerate(course.phases)}
    request = builders.request(clinic, course, start, at=at)
    wishes = Preferences(start, phase_weekdays=weekly, at=request.preferences.at)
    return replace(request, preferences=wishes, patient_id=builders.uid(f"{clinic.name} patient {number}"))


def _infusions() -> Protocol:
    """Six infusions twice a week, then one a month."""
    return builders.protocol(
        builders.phase("induction", 6, (2, 3, 5), pattern="Tue Thu", per_week=3, visits=("infusion",)),
        builders.phase("boosters", 6, (21, 28, 35), visits=("infusion",)),
    )


def _seat(ledger: Ledger, request: PlanRequest, placed: Placed) -> list[BusyRow]:
    capacity = {resource.id: resource.capacity for resource in request.clinic.resources}
    others = ledger.on_day(local_day(placed.start, request.clinic.zone).toordinal())
    rows = seat_visit(placed.assignments, others, capacity, request.patient_id, Span(placed.start, placed.end))
    ledger.take(rows)
    return rows


def _midway(request: PlanRequest, visits: list[tuple[Placed, list[BusyRow]]]) -> Course | None:
    """Give what was there before now as given, and what comes as booked and told; nothing of a course that is over."""
    zone, today = request.clinic.zone, local_day(NOW, request.clinic.zone)
    ahead = [(one, rows) for one, rows in visits if one.start >= NOW]
    given = tuple(Given(one.phase, local_day(one.start, zone)) for one, _ in visits if one.start < NOW)
    if not ahead:
        return None
    standing = tuple(
        Booked(builders.uid(f"{request.patient_id} {one.number}"), one.phase, one.start) for one, _ in ahead
    )
    wishes = replace(request.preferences, start=max(request.preferences.start, today))
    asked = replace(request, preferences=wishes, given=given, standing=standing, not_before=NOW)
    return Course(asked, {one.appointment_id: tuple(rows) for one, (_, rows) in zip(standing, ahead, strict=True)})


def _used(clinic: Clinic, courses: list[Course]) -> float:
    chairs = {chair.id for chair in clinic.of_kind("chair")}
    first, days = builders.minutes(NOW), 28
    last = first + days * 24 * 60
    every = (row for course in courses for rows in course.rows.values() for row in rows)
    held = sum(row.end - row.start for row in every if row.subject_id in chairs and first <= row.start < last)
    opened = sum(len(clinic.hours.on(local_day(NOW + timedelta(days=n), clinic.zone))) for n in range(days))
    return held / (opened * 600 * len(chairs))
