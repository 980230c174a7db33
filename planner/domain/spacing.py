"""What the days between two sessions cost, and which are legal: the only place that knows pattern, interval and gap.

Costs depend on a session and the one before it, never on a grid of nominal dates, so a re-plan has no anchor to keep and
never hurries to catch up. Days are local and written as ordinals (date.toordinal()); Monday is weekday 0.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from planner.domain.clinic import POINT, Costs
from planner.domain.pausing import resumed
from planner.domain.plan import CostCode, CostItem, PlanRequest
from planner.domain.protocol import Phase, Rhythm, SpacingRule

MONDAY = 1  # date(1, 1, 1).toordinal() == 1, and it was a Monday


@dataclass(frozen=True)
class Pace:
    """What governs the days before a session; *after_pattern*: the session before it is in a pattern phase."""

    rhythm: Rhythm
    rule: SpacingRule
    weekdays: tuple[int, ...]
    after_pattern: bool


@dataclass(frozen=True)
class Wanted:
    """A session to be placed: its number in the course, its phase and profile, and its pace.

    *cap*: the most sessions of its class (with or without a dose) in a treatment week.
    """

    number: int
    phase: Phase
    visit: str
    dosing: bool
    pace: Pace
    cap: int


@dataclass(frozen=True)
class Bounds:
    """The clinic's prices and limits that a step between two days is judged by."""

    costs: Costs
    overrun_days: int
    start: int


def weekday_of(ordinal: int) -> int:
    """Give the weekday of a day ordinal, 0 for Monday."""
    return (ordinal - MONDAY) % 7


@lru_cache(maxsize=1024)
def _offsets(weekdays: tuple[int, ...]) -> tuple[int, ...]:
    """For each weekday, the days to the nearest pattern date; where two are as near, the earlier one."""
    near = sorted(range(-6, 7), key=lambda days: (abs(days), days))
    return tuple(next(days for days in near if (weekday + days) % 7 in weekdays) for weekday in range(7))


def belongs(ordinal: int, weekdays: tuple[int, ...]) -> int:
    """Give the pattern date that a day belongs to: the nearest, and of two as near the earlier."""
    return ordinal + _offsets(weekdays)[weekday_of(ordinal)]


def passed_over(after: int, before: int, weekdays: tuple[int, ...]) -> list[int]:
    """List the pattern dates strictly between two days."""
    return [day for day in range(after + 1, before) if weekday_of(day) in weekdays]


def is_legal(pace: Pace, before: int, day: int, bounds: Bounds) -> bool:
    """Whether a session may lie on *day* after one on *before*, by spacing alone."""
    if not pace.rule.min_days <= day - before <= pace.rule.max_days + bounds.overrun_days:
        return False
    if pace.rhythm is Rhythm.PATTERN and pace.after_pattern:
        return belongs(day, pace.weekdays) > belongs(before, pace.weekdays)
    return True


def step_costs(pace: Pace, before: int | None, day: int, bounds: Bounds) -> Iterator[CostItem]:
    """Itemise what it costs to place a session on *day* when the one before lies on *before* (None: there is none)."""
    costs, gap = bounds.costs, None if before is None else day - before
    if pace.rhythm is Rhythm.PATTERN:
        yield from _pattern_costs(pace, before, day, bounds)
    else:
        asked = bounds.start if gap is None else pace.rule.target_days
        off = day - asked if gap is None else gap - asked
        if off:
            facts = {"gap_days": gap, "target_days": None if gap is None else asked, "off_days": off}
            yield CostItem(CostCode.INTERVAL, abs(off) * costs.interval_day * POINT, facts)
        if pace.weekdays and weekday_of(day) not in pace.weekdays:
            yield CostItem(CostCode.OFF_WEEKDAY, costs.off_weekday * POINT, {"weekday": weekday_of(day)})
    if gap is not None and gap > pace.rule.max_days:
        over = gap - pace.rule.max_days
        facts = {"gap_days": gap, "max_days": pace.rule.max_days, "over_days": over}
        yield CostItem(CostCode.BEYOND_MAX, over * costs.beyond_max_day * POINT, facts)


def _pattern_costs(pace: Pace, before: int | None, day: int, bounds: Bounds) -> Iterator[CostItem]:
    costs, nominal = bounds.costs, belongs(day, pace.weekdays)
    if nominal != day:
        points = costs.off_pattern + costs.off_pattern_day * abs(day - nominal)
        yield CostItem(CostCode.OFF_PATTERN, points * POINT, {"pattern_day": nominal, "off_days": day - nominal})
    lower = bounds.start - 1
    if before is not None:
        lower = max(lower, belongs(before, pace.weekdays) if pace.after_pattern else before)
    passed = passed_over(lower, nominal, pace.weekdays)
    if passed:
        facts = {"days": len(passed), "first_day": passed[0]}
        yield CostItem(CostCode.PASSED_OVER, len(passed) * costs.passed_over * POINT, facts)


Edge = tuple[int, int]


@lru_cache(maxsize=4096)
def edges(pace: Pace, costs: Costs, overrun_days: int) -> tuple[tuple[Edge, ...], ...]:
    """List, for each weekday of the session before, the legal gaps as (cost in units, days), cheapest first."""
    bounds = Bounds(costs, overrun_days, start=0)
    return tuple(_edges_from(MONDAY + 7 * 1000 + weekday, pace, bounds) for weekday in range(7))


def _edges_from(before: int, pace: Pace, bounds: Bounds) -> tuple[Edge, ...]:
    gaps = range(pace.rule.min_days, pace.rule.max_days + bounds.overrun_days + 1)
    legal = (gap for gap in gaps if is_legal(pace, before, before + gap, bounds))
    return tuple(sorted((units_of(step_costs(pace, before, before + gap, bounds)), gap) for gap in legal))


def units_of(items: Iterable[CostItem]) -> int:
    """Sum up costs, in units."""
    return sum(item.units for item in items)


def wanted_sessions(request: PlanRequest, open_ended: int) -> list[Wanted]:
    """List the sessions still to be placed, in order; *open_ended*: how many of an open-ended last phase.

    A phase before one that has begun is behind: who enters a course in its taper need not count the induction's doses.
    """
    wanted: list[Wanted] = []
    before = request.protocol.phase(request.given[-1].phase) if request.given else None
    given = {one.phase for one in request.given}
    begun = [index for index, phase in enumerate(request.protocol.phases) if phase.name in given]
    for phase in request.protocol.phases[max(begun, default=0) :]:
        done = sum(given.phase == phase.name for given in request.given)
        total = done + open_ended if phase.sessions is None else phase.sessions
        for index in range(done, total):
            wanted.append(_wanted(request, phase, index, before, len(request.given) + len(wanted) + 1))
            before = phase
    return wanted


def _wanted(request: PlanRequest, phase: Phase, index: int, before: Phase | None, number: int) -> Wanted:
    asked, relax = request.preferences, request.relaxation
    entering = before is not None and before.name != phase.name
    least = before.link.least_days if before and before.link else 1
    rule = phase.entry if phase.entry and entering else phase.spacing
    exception = request.exceptions.get(number)
    if exception:
        rule = exception.rule
    if number == len(request.given) + 1:
        rule = resumed(rule, request.given[-1].day if request.given else None, request.resumes_on)
    more = exception.more_per_week if exception else 0
    weekdays = asked.phase_weekdays.get(phase.name) or asked.weekdays
    if not weekdays and phase.rhythm is Rhythm.PATTERN:
        weekdays = phase.weekdays
    return Wanted(
        number=number,
        phase=phase,
        visit=phase.visit_of(index),
        dosing=request.protocol.doses(phase),
        pace=Pace(
            Rhythm.INTERVAL if exception else phase.rhythm,
            SpacingRule(max(min(least, rule.min_days), rule.min_days - relax.min_days), rule.target_days, rule.max_days),
            tuple(sorted(weekdays)),
            after_pattern=before is not None and before.rhythm is Rhythm.PATTERN,
        ),
        cap=7 if phase.per_week is None else min(7, phase.per_week + relax.per_week + more),
    )


def bounds_of(request: PlanRequest) -> Bounds:
    """Give the limits that the request's clinic and relaxation set."""
    overrun = request.clinic.overrun_days + request.relaxation.overrun_days
    return Bounds(request.clinic.costs, overrun, request.preferences.start.toordinal())


def week_anchor(request: PlanRequest) -> int:
    """Give the day from which treatment weeks count: the first dose, or the requested start until one is given."""
    for given in request.given:
        if request.protocol.doses_in(given.phase):
            return given.day.toordinal()
    return request.preferences.start.toordinal()
