"""The exact optimiser: the best whole course over days, each day with its cheapest start.

Objective, in order: most sessions placed as a prefix of the course, then least cost; of two as cheap, the one whose first
differing date is later. Dynamic programming over (session, day, sessions already in that treatment week): first which
days can be reached at all, then a narrow pass that finds some good plan, then a pass that keeps every state which that
plan's cost does not rule out. Nothing is estimated: the last pass holds every optimal plan.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from planner.domain.assembling import Path, assemble
from planner.domain.choices import Choices, Option, Shared
from planner.domain.clinic import POINT
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Plan, PlanRequest, Relaxation
from planner.domain.protocol import MOST_SESSIONS
from planner.domain.reach import Course, Reach, course_of, days_near, feasible_days, least_per_day, reach, zero_cost_span
from planner.domain.remainder import Rest, cheapest_rests
from planner.domain.spacing import step_costs, units_of, wanted_sessions, weekday_of
from planner.domain.span import local_day

_COUNTS = 8
_NARROW = 8
_UNBOUND = 1 << 60
_SLACK_DAYS = 42
_SPAN_STEP = 28

Layer = dict[int, tuple[int, list[int]]]
"""States of one session: day * 8 + count in the treatment week -> least cost so far, and the states it came from."""


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
        told, least = _told_linked(request), zero_cost_span(course)
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
    ) -> "_Search":
        """Search the first days of a course: weeks more than asked for, so that others share what they can reach."""
        within = replace(course, span=min(course.span, -(-span // _SPAN_STEP) * _SPAN_STEP))
        asked = request.preferences
        told, price = _told_days(request, within.origin), request.clinic.costs.told * POINT
        losing = limit // price if limit is not None and told and price else None
        key = (asked.weekdays, tuple(sorted(asked.phase_weekdays.items())), within.span, len(course.wanted), losing)
        if key not in self._reached:
            feasible = feasible_days(within, choices)
            if losing is not None:
                near = days_near(within, told, losing)
                feasible = [days & allowed for days, allowed in zip(feasible, near, strict=True)]
            self._reached[key] = reach(within, feasible)
        search = _Search(request, within, choices, self._reached[key])
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


def _told_days(request: PlanRequest, origin: int) -> list[int]:
    """List the days of the sessions that the patient was told of, counted from *origin*: those before it lie on it."""
    zone = request.clinic.zone
    told = (booked for booked in request.standing if booked.told and not booked.linked)
    return sorted(max(0, local_day(booked.start, zone).toordinal() - origin) for booked in told)


def _told_linked(request: PlanRequest) -> int:
    """Price the linked visits that the patient was told of, in units."""
    return sum(booked.told and booked.linked for booked in request.standing) * request.clinic.costs.told * POINT


@dataclass
class _Search:
    """One search: the course, its choices, and what the patient was told, by day."""

    request: PlanRequest
    course: Course
    choices: Choices
    reached: Reach
    told: list[int] = field(default_factory=list)
    rests: list[Rest] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    bound: int | None = None

    def __post_init__(self) -> None:
        """Count what was told up to each day: passing such a day without keeping the promise costs, at once."""
        self.price = self.request.clinic.costs.told * POINT
        days, total = Counter(_told_days(self.request, self.course.origin)), 0
        for day in range(self.course.span):
            total += days[day]
            self.told.append(total * self.price)
        self.all_told = days.total() * self.price
        self.linked_told = _told_linked(self.request)

    def sweep(self, limit: int | None = None) -> None:
        """Find every optimal plan: at first at the least cost that the days alone allow, then at that of some good plan.

        Of those that cost more than a *limit* none is found.
        """
        if not self.reached.alive or (limit is not None and len(self.reached.alive) < len(self.course.wanted)):
            return
        self.rests = cheapest_rests(self.course, self.reached.days, self._prices)
        self.bound = min(self._entering(day) + self.rests[0].units[day] for day, _ in self.reached.first) + self.all_told
        if limit is not None and self.bound + self.linked_told > limit:
            return
        self.layers = self._sweep(self.bound, width=None)
        if self.layers[-1]:
            return
        narrow = self._sweep(bound=None, width=_NARROW)
        self.bound = min((self._final(key, cost) for key, (cost, _) in narrow[-1].items()), default=None)
        self.layers = self._sweep(self.bound, width=None)

    def best(self, clinician_id: UUID | None) -> Path:
        """Give the best path through the days."""
        course = self.course
        if not self.layers:
            return Path(course.wanted, (), clinician_id, self.all_told + self.linked_told)
        days = _latest(self.layers, self._final)
        options = tuple(self._option(index, day) for index, day in enumerate(days))
        cost = min(self._final(key, cost) for key, (cost, _) in self.layers[-1].items())
        return Path(course.wanted, options, clinician_id, cost + self.linked_told)

    def _option(self, index: int, day: int) -> Option:
        option = self.choices.on(self.course.wanted[index], self.course.origin + day)
        if option is None:
            raise AssertionError("a planned day has a start")
        return option

    def _prices(self, index: int, days: Sequence[int]) -> dict[int, int]:
        """Price a session on some days by itself."""
        known, origin = self.choices.prices(self.course.wanted[index]), self.course.origin
        try:
            return {day: known[origin + day] for day in days}
        except KeyError:
            for day in days:
                if origin + day not in known:
                    known[origin + day] = self._option(index, day).units
        return {day: known[origin + day] for day in days}

    def _final(self, key: int, cost: int) -> int:
        """Add to a state's cost what was told for later days and is lost."""
        return cost + self.all_told - self.told[key // _COUNTS]

    def _entering(self, day: int) -> int:
        """Price the first session's day by the days before it alone."""
        course = self.course
        return units_of(step_costs(course.wanted[0].pace, course.before, course.origin + day, course.bounds))

    def _sweep(self, bound: int | None, width: int | None) -> list[Layer]:
        """Go session by session, keeping states within *bound* and, in the narrow pass, only the *width* best."""
        room = _UNBOUND if bound is None else bound - self.all_told
        layers = [self._first_layer(room)]
        for index in range(1, len(self.rests)):
            layers.append(self._next_layer(index, layers[-1], room))
            if width is not None and len(layers[-1]) > width:
                rest, told = self.rests[index], self.told
                ahead = {key: cost - told[key // _COUNTS] - rest.own[key // _COUNTS] + rest.units[key // _COUNTS]
                         for key, (cost, _) in layers[-1].items()}  # fmt: skip
                kept = sorted(ahead, key=lambda key: (ahead[key], -key))[:width]
                layers[-1] = {key: layers[-1][key] for key in kept}
        return layers

    def _first_layer(self, room: int) -> Layer:
        rest, layer = self.rests[0], Layer()
        for day, count in self.reached.first:
            entering = self._entering(day)
            if entering + rest.units[day] <= room:
                layer[day * _COUNTS + count] = (entering + rest.own[day] + self.told[day], [])
        return layer

    def _next_layer(self, index: int, layer: Layer, room: int) -> Layer:
        course, rest, told = self.course, self.rests[index], self.told
        cap, afresh, found = course.wanted[index].cap, course.starts_afresh(index), Layer()
        gaps, into_week = course.edges[index], (course.origin - course.anchor) % 7
        first_weekday, ahead, own, least = weekday_of(course.origin), rest.units, rest.own, rest.least
        for key, (cost, _) in layer.items():
            day, count = divmod(key, _COUNTS)
            days_left, paid = 7 - (day + into_week) % 7, cost - told[day]
            left = room - paid
            for edge, gap in gaps[(day + first_weekday) % 7]:
                if edge + least > left:
                    break
                to = day + gap
                then = ahead.get(to)
                if then is None or edge + then > left:
                    continue
                number = course.fresh_count(index, to) if afresh else count + 1 if gap < days_left else 1
                if number > cap:
                    continue
                state, total = to * _COUNTS + number, paid + edge + own[to] + told[to]
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
