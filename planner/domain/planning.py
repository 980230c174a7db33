"""The exact optimiser: the best whole course over days, each day with its cheapest start.

Objective, in order: most sessions placed as a prefix of the course, then least cost; of two as cheap, the one whose first
differing date is later. Dynamic programming over (session, day, sessions already in that treatment week): first which
days can be reached at all, then a narrow pass that finds some good plan, then a pass that keeps every state which that
plan's cost does not rule out. Nothing is estimated: the last pass holds every optimal plan.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from planner.domain.assembling import Path, assemble
from planner.domain.choices import Choices, Option
from planner.domain.clinic import POINT
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Plan, PlanRequest
from planner.domain.protocol import MOST_SESSIONS
from planner.domain.reach import Course, Reach, course_of, feasible_days, least_per_day, reach, set_bits, zero_cost_span
from planner.domain.spacing import step_costs, units_of, wanted_sessions, weekday_of
from planner.domain.span import local_day

_COUNTS = 8
_NARROW = 8
_UNPRICED = 1 << 61
_SLACK_DAYS = 42

Layer = dict[int, tuple[int, list[int]]]
"""States of one session: day * 8 + count in the treatment week -> least cost so far, and the states it came from."""


def plan(request: PlanRequest, occupancy: Occupancy) -> Plan:
    """Find the best plan; of several clinicians the course may keep to, with each in turn. Never raises for no room."""
    if request.relaxation.hours_minutes:
        occupancy = occupancy.under(occupancy.clinic, extend=request.relaxation.hours_minutes)
    open_ended = _open_ended(request, occupancy)
    paths = [_search(request, occupancy, clinician, open_ended) for clinician in _clinicians(request)]
    best = min(paths, key=lambda path: path.rank)
    return assemble(request, occupancy, best, len(wanted_sessions(request, open_ended)))


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


def _open_ended(request: PlanRequest, occupancy: Occupancy) -> int:
    """Count the sessions of an open-ended last phase: as many targets as fit between the last session and the horizon."""
    phase = request.protocol.phases[-1]
    if phase.sessions is not None:
        return 0
    horizon = request.horizon.toordinal() if request.horizon else None
    if horizon is None:
        horizon = request.preferences.start.toordinal() + request.clinic.horizon_days
    fixed = wanted_sessions(request, 0)
    last = request.given[-1].day.toordinal() if request.given else request.preferences.start.toordinal()
    if fixed:
        unpromised = replace(request, standing=())  # what the patient was told does not change how many there are
        paths = [_search(unpromised, occupancy, clinician, 0) for clinician in _clinicians(request)]
        best = min(paths, key=lambda path: path.rank)
        if len(best.options) < len(fixed):
            return 0
        last = best.options[-1].day
    return max(0, min((horizon - last) // phase.spacing.target_days, MOST_SESSIONS))


def _search(request: PlanRequest, occupancy: Occupancy, clinician_id: UUID | None, open_ended: int) -> Path:
    wanted = wanted_sessions(request, open_ended)
    choices = Choices(request, occupancy, clinician_id)
    course = course_of(request, wanted)
    return _within_reason(request, course, choices, clinician_id)


def _within_reason(request: PlanRequest, course: Course, choices: Choices, clinician_id: UUID | None) -> Path:
    """Search a short stretch first; a whole course found there bounds how much delay the best one can afford."""
    rate, least = least_per_day(request.clinic.costs), zero_cost_span(course)
    short = replace(course, span=min(course.span, least + _SLACK_DAYS))
    search = _Search(request, short, choices)
    bound = search.bound()
    whole = len(search.reached.alive) == len(course.wanted)
    affordable = course.span
    if whole and rate and bound is not None:
        affordable = least + math.ceil((bound + search.linked_told) / rate) + 1
    if short.span < min(course.span, affordable):
        search = _Search(request, replace(course, span=min(course.span, affordable)), choices)
        bound = search.bound()
    return search.best(bound, clinician_id)


@dataclass
class _Search:
    """One search: the course, its choices, and what the patient was told, by day."""

    request: PlanRequest
    course: Course
    choices: Choices
    told: list[int] = field(default_factory=list)
    reached: Reach = field(default_factory=lambda: Reach((), ()))

    def __post_init__(self) -> None:
        """Count what was told up to each day: passing such a day without keeping the promise costs, at once."""
        self.price = self.request.clinic.costs.told * POINT
        zone, days = self.request.clinic.zone, dict[int, int]()
        for booked in self.request.standing:
            if booked.told and not booked.linked:
                day = max(0, local_day(booked.start, zone).toordinal() - self.course.origin)
                days[day] = days.get(day, 0) + 1
        total = 0
        for day in range(self.course.span):
            total += days.get(day, 0)
            self.told.append(total * self.price)
        self.all_told = sum(days.values()) * self.price
        self.reached = reach(self.course, feasible_days(self.course, self.choices))
        self.linked_told = sum(b.told and b.linked for b in self.request.standing) * self.price

    def bound(self) -> int | None:
        """Give the cost of some good plan, or none where the narrow pass ends in a dead end."""
        narrow = self._sweep(self.reached, bound=None, width=_NARROW) if self.reached.alive else [Layer()]
        return min((self._final(key, cost) for key, (cost, _) in narrow[-1].items()), default=None)

    def best(self, bound: int | None, clinician_id: UUID | None) -> Path:
        """Give the best path through the days, which costs no more than *bound*."""
        course = self.course
        if not self.reached.alive:
            return Path(course.wanted, (), clinician_id, self.all_told + self.linked_told)
        layers = self._sweep(self.reached, bound, width=None)
        days = _latest(layers, self._final)
        options = tuple(self._option(index, day) for index, day in enumerate(days))
        cost = min(self._final(key, cost) for key, (cost, _) in layers[-1].items())
        return Path(course.wanted, options, clinician_id, cost + self.linked_told)

    def _option(self, index: int, day: int) -> Option:
        option = self.choices.on(self.course.wanted[index], self.course.origin + day)
        if option is None:
            raise AssertionError("a planned day has a start")
        return option

    def _final(self, key: int, cost: int) -> int:
        """Add to a state's cost what was told for later days and is lost."""
        return cost + self.all_told - self.told[key // _COUNTS]

    def _sweep(self, reached: Reach, bound: int | None, width: int | None) -> list[Layer]:
        """Go session by session, keeping states within *bound* and, in the narrow pass, only the *width* cheapest."""
        layers = [self._first_layer(reached)]
        for index in range(1, len(reached.alive)):
            layers.append(self._next_layer(index, layers[-1], reached.alive[index], bound))
            if width is not None and len(layers[-1]) > width:
                kept = sorted(layers[-1].items(), key=lambda state: (state[1][0], -state[0]))[:width]
                layers[-1] = dict(kept)
        return layers

    def _first_layer(self, reached: Reach) -> Layer:
        course, wanted, layer = self.course, self.course.wanted[0], Layer()
        for day, count in reached.first:
            units = units_of(step_costs(wanted.pace, course.before, course.origin + day, course.bounds))
            cost = units + self._option(0, day).units + self.told[day]
            layer[day * _COUNTS + count] = (cost, [])
        return layer

    def _next_layer(self, index: int, layer: Layer, alive: int, bound: int | None) -> Layer:
        course, wanted, told = self.course, self.course.wanted[index], self.told
        cap, afresh, found = wanted.cap, course.starts_afresh(index), Layer()
        gaps, into_week = course.edges[index], (course.origin - course.anchor) % 7
        most = (1 << 60) if bound is None else bound + self.linked_told
        first_weekday = weekday_of(course.origin)
        units: dict[int, int] = dict.fromkeys(set_bits(alive), _UNPRICED)
        for key, (cost, _) in layer.items():
            day, count = divmod(key, _COUNTS)
            days_left = 7 - (day + into_week) % 7
            room = most - cost
            paid = cost - told[day]
            for edge, gap in gaps[(day + first_weekday) % 7]:
                if edge > room:
                    break
                to = day + gap
                own = units.get(to)
                if own is None:
                    continue
                if own == _UNPRICED:
                    own = units[to] = self._option(index, to).units + told[to]
                total = paid + edge + own
                if total > most:
                    continue
                number = course.fresh_count(index, to) if afresh else count + 1 if gap < days_left else 1
                if number > cap:
                    continue
                state = to * _COUNTS + number
                old = found.get(state)
                if old is None or total < old[0]:
                    found[state] = (total, [key])
                elif total == old[0]:
                    old[1].append(key)
        return found


def _latest(layers: list[Layer], final: Callable[[int, int], int]) -> list[int]:
    """Walk the optimal paths from the first session on, always by the latest day."""
    least = min(final(key, cost) for key, (cost, _) in layers[-1].items())
    marked = [{key for key, (cost, _) in layers[-1].items() if final(key, cost) == least}]
    for layer in reversed(layers[1:]):
        marked.append({before for key in marked[-1] for before in layer[key][1]})
    marked.reverse()
    key = max(marked[0])
    days = [key // _COUNTS]
    for layer, keys in zip(layers[1:], marked[1:], strict=True):
        key = max(state for state in keys if key in layer[state][1])
        days.append(key // _COUNTS)
    return days
