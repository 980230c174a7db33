"""One search over the days of a course, for one clinician: the states that can be reached, and the best path through."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from planner.domain.assembling import Path
from planner.domain.choices import Choices, Option
from planner.domain.clinic import POINT
from planner.domain.plan import PlanRequest
from planner.domain.reach import Course, Reach
from planner.domain.remainder import Rest, cheapest_rests
from planner.domain.spacing import step_costs, units_of, weekday_of
from planner.domain.span import local_day

_COUNTS = 8
_NARROW = 8
_UNBOUND = 1 << 60

Layer = dict[int, tuple[int, list[int]]]
"""States of one session: day * 8 + count in the treatment week -> least cost so far, and the states it came from."""


def told_days(request: PlanRequest, origin: int) -> list[int]:
    """List the days of the sessions that the patient was told of, counted from *origin*: those before it lie on it."""
    zone = request.clinic.zone
    told = (booked for booked in request.standing if booked.told and not booked.linked)
    return sorted(max(0, local_day(booked.start, zone).toordinal() - origin) for booked in told)


def told_linked(request: PlanRequest) -> int:
    """Price the linked visits that the patient was told of, in units."""
    return sum(booked.told and booked.linked for booked in request.standing) * request.clinic.costs.told * POINT


@dataclass
class Search:
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
        days, total = Counter(told_days(self.request, self.course.origin)), 0
        for day in range(self.course.span):
            total += days[day]
            self.told.append(total * self.price)
        self.all_told = days.total() * self.price
        self.linked_told = told_linked(self.request)

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
