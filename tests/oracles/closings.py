"""Random clinics with several courses booked in them, and a change of the clinic that breaks some of what is booked."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

import builders
from oracles.cases import case
from oracles.places import SMALL, chance
from planner.domain.bulk import Affected, Replanned
from planner.domain.clinic import Absence, Clinic, Closure
from planner.domain.course import Booked
from planner.domain.ledger import Ledger
from planner.domain.occupancy import BusyRow
from planner.domain.plan import Placed, PlanRequest, Relaxation
from planner.domain.planning import plan
from planner.domain.seating import seat_visit
from planner.domain.span import Span, local_day


@dataclass(frozen=True)
class Closing:
    """The clinic before and after a change, and its courses under the change."""

    before: Clinic
    after: Clinic
    courses: tuple[Affected, ...]

    @property
    def taken(self) -> list[BusyRow]:
        return [row for one in self.courses for row in one.taken]

    @property
    def unchanged(self) -> tuple[Affected, ...]:
        return tuple(replace(one, request=replace(one.request, clinic=self.before)) for one in self.courses)

    def beside(self, found: tuple[Replanned, ...], key: UUID) -> list[BusyRow]:
        """What everybody else takes in the end."""
        return [row for one in found if one.key != key for row in one.rows]


def closing(random: Random) -> Closing:
    """Book up to five courses one after the other, then close some days, or let somebody or something be away."""
    first = case(random, SMALL).request
    clinic, start = first.clinic, first.preferences.start
    ledger, courses = Ledger(clinic, ()), list[Affected]()
    for number in range(random.randint(1, 5)):
        request = _plain(case(random, SMALL).request, clinic, start, number)
        placed = plan(request, ledger).placed
        if placed:
            courses.append(_booked(random, request, placed, ledger, number))
    booked = [one.start for course in courses for one in course.request.standing]
    after = _changed(random, clinic, random.choice(booked)) if booked else clinic
    return Closing(clinic, after, tuple(replace(c, request=replace(c.request, clinic=after)) for c in courses))


def _plain(request: PlanRequest, clinic: Clinic, start: date, number: int) -> PlanRequest:
    """Ask for a course of its own in this clinic, from nothing."""
    named = request.preferences.clinician_id
    wishes = replace(request.preferences, start=start, clinician_id=named if named and clinic.resource(named) else None)
    return replace(
        request, clinic=clinic, preferences=wishes, patient_id=builders.uid(f"patient {number}"), given=(), standing=(),
        neighbours=(), gates=(), pinned={}, not_before=None, relaxation=Relaxation(),
    )  # fmt: skip


def _booked(random: Random, request: PlanRequest, placed: tuple[Placed, ...], ledger: Ledger, number: int) -> Affected:
    standing, rows = list[Booked](), dict[UUID, tuple[BusyRow, ...]]()
    visits = [(visit, visit is session.linked) for session in placed for visit in (session, session.linked) if visit]
    for one, linked in visits:
        booked = Booked(builders.uid(f"{number} {one.start}"), one.phase, one.start, chance(random, 0.8), None, linked)
        standing.append(booked)
        rows[booked.appointment_id] = tuple(_seats(request, one, ledger))
        ledger.take(rows[booked.appointment_id])
    return Affected(builders.uid(f"course {number}"), replace(request, standing=tuple(standing)), rows)


def _seats(request: PlanRequest, placed: Placed, ledger: Ledger) -> list[BusyRow]:
    capacity = {resource.id: resource.capacity for resource in request.clinic.resources}
    others = ledger.on_day(local_day(placed.start, request.clinic.zone).toordinal())
    return seat_visit(placed.assignments, others, capacity, request.patient_id, Span(placed.start, placed.end))


def _changed(random: Random, clinic: Clinic, at: datetime) -> Clinic:
    """Close for some hours or days around an appointment, or let somebody or something be away then."""
    first = at - timedelta(hours=random.choice((0, 1, 6, 24)))
    span = Span(first, first + timedelta(hours=random.choice((2, 26, 72))))
    if chance(random, 0.6):
        return replace(clinic, closures=(*clinic.closures, Closure(span, "closed")))
    away = random.choice(clinic.resources)
    resources = (
        replace(one, absences=(*one.absences, Absence(span, "away"))) if one is away else one for one in clinic.resources
    )
    return replace(clinic, resources=tuple(resources))
