"""Which days each session of a course can reach at all: sets of days as bitmaps, before anything is priced.

Bit d stands for the local day d days after the requested start. The forward pass counts the sessions of the treatment week,
so it knows exactly how long a prefix of the course can be placed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from planner.domain.bitmaps import CHUNK
from planner.domain.choices import Choices
from planner.domain.clinic import POINT, Costs
from planner.domain.plan import PlanRequest
from planner.domain.protocol import Rhythm
from planner.domain.spacing import MONDAY, Bounds, Edge, Wanted, bounds_of, edges, is_legal, week_anchor

_NEAREST = 3
"""The farthest that a day lies from the pattern date it belongs to, where the pattern has one weekday."""


@dataclass(frozen=True)
class Reach:
    """Days from which the longest possible prefix can still be completed, one bitmap for each of its sessions."""

    alive: tuple[int, ...]
    first: tuple[tuple[int, int], ...]
    """The first session's days, each with the number of sessions in its treatment week up to and including it."""

    @cached_property
    def days(self) -> tuple[tuple[int, ...], ...]:
        """List the days of each session."""
        return tuple(tuple(set_bits(days)) for days in self.alive)


@dataclass(frozen=True)
class Course:
    """What the days of a course are searched with: the sessions wanted, the gaps between them, and the week's phase."""

    wanted: tuple[Wanted, ...]
    bounds: Bounds
    before: int | None
    origin: int
    anchor: int
    span: int
    first_span: int
    given_in_week: tuple[int, int]
    """Sessions given in the treatment week of the requested start, without and with a dose."""

    @cached_property
    def edges(self) -> tuple[tuple[tuple[Edge, ...], ...], ...]:
        """List for each session the legal gaps before it by the weekday of the session before, cheapest first."""
        return tuple(edges(one.pace, self.bounds.costs, self.bounds.overrun_days) for one in self.wanted)

    @cached_property
    def leaving(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """List for each session the gaps before it, each with the days that the session before may leave from by it."""
        alike = {id(gaps): gaps for gaps in self.edges}  # sessions of one pace share their edges
        made = {key: _leaving(gaps, (self.origin - MONDAY) % 7, self.span) for key, gaps in alike.items()}
        return tuple(made[id(gaps)] for gaps in self.edges)

    def week(self, day: int) -> int:
        """Give the treatment week of a day, relative to the anchor."""
        return (self.origin + day - self.anchor) // 7

    def starts_afresh(self, index: int) -> bool:
        """Whether the session is the first of its class, so that the week's count begins again."""
        return index == 0 or self.wanted[index].dosing != self.wanted[index - 1].dosing

    def fresh_count(self, index: int, day: int) -> int:
        """Count the sessions of the week for the first session of a class: those given, and itself."""
        given = self.given_in_week[self.wanted[index].dosing] if self.week(day) == self.week(0) else 0
        return given + 1


def course_of(request: PlanRequest, wanted: list[Wanted]) -> Course:
    """Lay out the search of a request."""
    bounds, anchor = bounds_of(request), week_anchor(request)
    before = request.given[-1].day.toordinal() if request.given else None
    first_span = _first_span(request, wanted, bounds, before)
    span = first_span + sum(one.pace.rule.max_days + bounds.overrun_days for one in wanted[1:])
    week = (bounds.start - anchor) // 7
    counts = [0, 0]
    for given in request.given:
        phase = request.protocol.phase(given.phase)
        if phase and (given.day.toordinal() - anchor) // 7 == week:
            counts[request.protocol.doses(phase)] += 1
    return Course(tuple(wanted), bounds, before, bounds.start, anchor, span, first_span, (counts[0], counts[1]))


def zero_cost_span(course: Course) -> int:
    """Give a number of days from the requested start within which every course with no cost for its days ends."""
    days = 0 if course.before is None else max(0, course.before - course.origin)
    patterned: dict[str, int] = {}
    for index, one in enumerate(course.wanted):
        if one.pace.rhythm is Rhythm.PATTERN:
            patterned[one.phase.name] = patterned.get(one.phase.name, 0) + 1
            days += 7 if patterned[one.phase.name] % len(one.pace.weekdays) == 1 % len(one.pace.weekdays) else 0
            days += _NEAREST if patterned[one.phase.name] == 1 and one.pace.after_pattern else 0
        elif index or course.before is not None:
            days += one.pace.rule.target_days
    return days + 7


def least_per_day(costs: Costs) -> float:
    """Give the least that a day of delay costs, in units: by interval, off the pattern, or by passing a pattern date."""
    return min(costs.interval_day, costs.off_pattern_day, costs.passed_over / 7) * POINT


def _first_span(request: PlanRequest, wanted: list[Wanted], bounds: Bounds, before: int | None) -> int:
    if before is None or not wanted:
        return request.clinic.first_within_days + request.relaxation.overrun_days + 1
    return max(0, before + wanted[0].pace.rule.max_days + bounds.overrun_days - bounds.start + 1)


def feasible_days(course: Course, choices: Choices) -> list[int]:
    """Give for each session the days on which it could take place, whatever lies before and after."""
    found: dict[tuple[str, str, int], int] = {}
    days = []
    for one in course.wanted:
        key = (one.phase.name, one.visit, one.number if choices.is_pinned(one) else 0)
        if key not in found:
            found[key] = _all_days(course, one, choices)
        days.append(found[key])
    return days


def days_near(course: Course, told: Sequence[int], losing: int) -> list[int]:
    """Give for each session the days on which it may lie if at most so many promises are to be broken.

    *told*: the days of the sessions that the patient was told of, in order. A session far from where it was leaves those
    between without theirs.
    """
    last, every = len(course.wanted) - 1, (1 << course.span) - 1
    edges = sorted({day for day in told if day < course.span})
    found = []
    for index in range(last + 1):
        days, before = 0, 0
        for day in (*edges, course.span):
            at, low = bisect_left(told, day), before
            if len(told) - min(at, index) - min(len(told) - at, last - index) <= losing:  # between two of those days
                days |= (1 << day) - (1 << low)
            here = bisect_right(told, day)
            if len(told) - min(at, index) - min(len(told) - here, last - index) - 1 <= losing:
                days |= 1 << day
            before = day + 1
        found.append(days & every)
    return found


def _all_days(course: Course, wanted: Wanted, choices: Choices) -> int:
    first, last = course.origin // CHUNK, (course.origin + course.span - 1) // CHUNK
    bits = sum(choices.days(wanted, chunk) << CHUNK * (chunk - first) for chunk in range(first, last + 1))
    return bits >> (course.origin - first * CHUNK) & ((1 << course.span) - 1)


def reach(course: Course, feasible: list[int]) -> Reach:
    """Find the longest prefix that spacing, weeks and free days allow, and the days on which its sessions may lie."""
    layer = _first_layer(course, feasible[0]) if feasible else {}
    first = tuple((day, count) for count, days in layer.items() for day in set_bits(days))
    reached: list[int] = []
    for index in range(len(course.wanted)):
        if index:
            layer = _next_layer(course, index, layer, feasible[index])
        if not any(layer.values()):
            break
        reached.append(_union(layer))
    alive = _alive(course, reached)
    return Reach(tuple(alive), tuple((day, count) for day, count in first if alive and alive[0] >> day & 1))


def _first_layer(course: Course, feasible: int) -> dict[int, int]:
    wanted, layer = course.wanted[0], dict[int, int]()
    for day in set_bits(feasible & ((1 << course.first_span) - 1)):
        if course.before is not None and not is_legal(wanted.pace, course.before, course.origin + day, course.bounds):
            continue
        count = course.fresh_count(0, day)
        if count <= wanted.cap:
            layer[count] = layer.get(count, 0) | 1 << day
    return layer


def _next_layer(course: Course, index: int, layer: dict[int, int], feasible: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for gap, legal in course.leaving[index]:
        for count, days in layer.items():
            leaving = days & legal
            if not leaving:
                continue
            same = leaving & _same_week(course, gap) if not course.starts_afresh(index) else 0
            found[count + 1] = found.get(count + 1, 0) | same << gap
            found[1] = found.get(1, 0) | (leaving & ~same) << gap
    if course.starts_afresh(index):
        found = _counted_afresh(course, index, found.get(1, 0))
    return {count: days & feasible for count, days in found.items() if count <= course.wanted[index].cap}


def _counted_afresh(course: Course, index: int, days: int) -> dict[int, int]:
    counted: dict[int, int] = {}
    for day in set_bits(days):
        count = course.fresh_count(index, day)
        counted[count] = counted.get(count, 0) | 1 << day
    return counted


def _leaving(gaps_by_weekday: tuple[tuple[Edge, ...], ...], first_weekday: int, span: int) -> tuple[tuple[int, int], ...]:
    leaving: dict[int, int] = {}
    for weekday, gaps in enumerate(gaps_by_weekday):
        days = _every_seventh((weekday - first_weekday) % 7, span)
        for _, gap in gaps:
            leaving[gap] = leaving.get(gap, 0) | days
    return tuple(sorted(leaving.items()))


def _same_week(course: Course, gap: int) -> int:
    if gap >= 7:
        return 0
    offset = (course.anchor - course.origin) % 7
    return sum(_every_seventh((offset + place) % 7, course.span) for place in range(7 - gap))


def _every_seventh(first: int, span: int) -> int:
    weeks = -(-span // 7)
    return ((1 << 7 * weeks) - 1) // 127 << first


def _alive(course: Course, reached: list[int]) -> list[int]:
    alive = list(reached)
    for index in range(len(reached) - 1, 0, -1):
        back = 0
        for gap, legal in course.leaving[index]:
            back |= alive[index] >> gap & legal
        alive[index - 1] &= back
    return alive


def _union(layer: dict[int, int]) -> int:
    days = 0
    for one in layer.values():
        days |= one
    return days


def set_bits(bits: int) -> list[int]:
    """List the positions of the set bits, lowest first."""
    return [place for place, digit in enumerate(reversed(f"{bits:b}")) if digit == "1"]
