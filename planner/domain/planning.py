"""The exact optimiser: the best whole course over days, each day with its cheapest start.

Objective, in order: most sessions placed as a prefix of the course, then least cost; of two as cheap, the one whose first
differing date is later. Dynamic programming over (session, day, sessions already in that treatment week): first which
days can be reached at all, then a narrow pass that finds some good plan, then a pass that keeps every state which that
plan's cost does not rule out. Nothing is estimated: the last pass holds every optimal plan.
"""

import math
from dataclasses import replace
from uuid import UUID

from planner.domain.assembling import Path, assemble
from planner.domain.choices import Choices, Shared
from planner.domain.clinic import POINT
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Plan, PlanRequest, Relaxation
from planner.domain.protocol import MOST_SESSIONS
from planner.domain.reach import Course, Reach, course_of, days_near, feasible_days, least_per_day, reach, zero_cost_span
from planner.domain.searching import Search, told_days, told_linked
from planner.domain.spacing import wanted_sessions

_SLACK_DAYS = 42
_SPAN_STEP = 28


def plan(request: PlanRequest, occupancy: Occupancy) -> Plan:
    """Find the best plan; of several clinicians the course may keep to, with each in turn. Never raises for no room."""
    tries = Tries(request, occupancy)
    return tries.assemble(request, tries.best(request, open_ended(request, tries.occupancy)))


class Tries:
    """Plans for requests that differ only in the weekdays and the time preferred: what does not depend on them is shared."""

    def __init__(self, request: PlanRequest, occupancy: Occupancy) -> None:
        if request.relaxation.hours_minutes:
            occupancy = occupancy.under(occupancy.clinic, extend=request.relaxation.hours_minutes)
        self.occupancy, self._shared = occupancy, Shared()
        self._reached: dict[object, Reach] = {}

    def best(self, request: PlanRequest, open_ended: int) -> Path:
        """Find the best path of a request, with this many sessions of an open-ended last phase."""
        paths = [self._search(request, clinician, open_ended) for clinician in _clinicians(request)]
        return min(paths, key=lambda path: path.rank)

    def within(self, request: PlanRequest, limit: int | None, sessions: int | None = None) -> Path | None:
        """Find the best path of a request that places every session and costs no more than *limit* units.

        *sessions*: how many of an open-ended last phase, where the horizon is not to say.
        """
        if sessions is None:
            sessions = open_ended(request, self.occupancy)
        paths = (self._search(request, clinician, sessions, limit) for clinician in _clinicians(request))
        whole = (path for path in paths if len(path.options) == len(path.wanted))
        best = min(whole, key=lambda path: path.rank, default=None)
        return best if best and (limit is None or best.units <= limit) else None

    def assemble(self, request: PlanRequest, path: Path) -> Plan:
        """Make a path of a request its plan."""
        return assemble(request, self.occupancy, path, len(path.wanted))

    def _search(self, request: PlanRequest, clinician_id: UUID | None, open_ended: int, limit: int | None = None) -> Path:
        """Search a short stretch first; a whole course found there bounds how much delay the best one can afford.

        So does a limit: then nothing is found that costs more.
        """
        choices = Choices(request, self.occupancy, clinician_id, self._shared)
        course, rate = course_of(request, wanted_sessions(request, open_ended)), least_per_day(request.clinic.costs)
        told, least = told_linked(request), zero_cost_span(course)
        if limit is not None and rate:
            return self._swept(request, course, choices, _affordable(least, limit + told, rate), limit).best(clinician_id)
        search = self._swept(request, course, choices, least + _SLACK_DAYS)
        affordable = course.span
        if search.bound is not None and len(search.reached.alive) == len(course.wanted) and rate:
            affordable = _affordable(least, search.bound + told, rate)
        if search.course.span < min(course.span, affordable):
            search = self._swept(request, course, choices, affordable)
        return search.best(clinician_id)

    def _swept(
        self, request: PlanRequest, course: Course, choices: Choices, span: int, limit: int | None = None
    ) -> "Search":
        """Search the first days of a course: weeks more than asked for, so that others share what they can reach."""
        within = replace(course, span=min(course.span, -(-span // _SPAN_STEP) * _SPAN_STEP))
        asked = request.preferences
        told, price = told_days(request, within.origin), request.clinic.costs.told * POINT
        losing = limit // price if limit is not None and told and price else None
        key = (asked.weekdays, tuple(sorted(asked.phase_weekdays.items())), within.span, len(course.wanted), losing)
        if key not in self._reached:
            feasible = feasible_days(within, choices)
            if losing is not None:
                near = days_near(within, told, losing)
                feasible = [days & allowed for days, allowed in zip(feasible, near, strict=True)]
            self._reached[key] = reach(within, feasible)
        search = Search(request, within, choices, self._reached[key])
        search.sweep(limit)
        return search


def _affordable(least: int, units: int, rate: float) -> int:
    """Count the days within which a course ends that costs no more than this."""
    return least + math.ceil(units / rate) + 1


def placeable(request: PlanRequest, occupancy: Occupancy, open_ended: int) -> tuple[int, int]:
    """Count the sessions that can be placed, whatever they cost, and those wanted, *open_ended* of an open-ended phase."""
    if request.relaxation.hours_minutes:
        occupancy = occupancy.under(occupancy.clinic, extend=request.relaxation.hours_minutes)
    wanted = wanted_sessions(request, open_ended)
    if not wanted:
        return 0, 0
    choices, course = Choices(request, occupancy, None), course_of(request, wanted)
    return len(reach(course, feasible_days(course, choices)).alive), len(wanted)


def _clinicians(request: PlanRequest) -> list[UUID | None]:
    named = request.preferences.clinician_id
    if named is None and request.protocol.clinician:
        return [person.id for person in request.clinic.of_kind(request.protocol.clinician)] or [None]
    return [named]


def open_ended(request: PlanRequest, occupancy: Occupancy) -> int:
    """Count the sessions of an open-ended last phase: as many targets as fit between the last session and the horizon.

    Where no horizon is asked for there are at least as many as stand: what was booked further ahead is not given up.
    """
    phase = request.protocol.phases[-1]
    if phase.sessions is not None:
        return 0
    horizon = request.horizon.toordinal() if request.horizon else None
    booked = 0
    if horizon is None:
        horizon = request.preferences.start.toordinal() + request.clinic.horizon_days
        booked = sum(one.phase == phase.name and not one.linked for one in request.standing)
    fixed = wanted_sessions(request, 0)
    last = request.given[-1].day.toordinal() if request.given else request.preferences.start.toordinal()
    if fixed:
        unpromised = replace(request, standing=())  # what the patient was told does not change how many there are
        here = Tries(replace(unpromised, relaxation=Relaxation()), occupancy)  # whose hours are as relaxed as asked already
        best = here.best(unpromised, 0)
        if len(best.options) < len(fixed):
            return 0
        last = best.options[-1].day
    return min(max(booked, _fitting(request, last, horizon)), MOST_SESSIONS)


def _fitting(request: PlanRequest, last: int, horizon: int) -> int:
    """Count the targets of an open-ended phase between two days (ordinals), those of single sessions included."""
    target = request.protocol.phases[-1].spacing.target_days
    if not request.exceptions and request.resumes_on is None:
        return max(0, (horizon - last) // target)
    sessions = wanted_sessions(request, MOST_SESSIONS)
    fixed = len(wanted_sessions(request, 0))
    for ahead, one in enumerate(sessions[fixed:]):
        own = one.number in request.exceptions or (one.number == len(request.given) + 1 and request.resumes_on)
        last += one.pace.rule.target_days if own else target
        if last > horizon:
            return ahead
    return MOST_SESSIONS
