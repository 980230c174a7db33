"""Why no whole course fits, and what would: an irreducible set of rules, and the smallest single relaxation of each kind."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from enum import StrEnum

from planner.domain.bitmaps import instant_of
from planner.domain.choices import Choices
from planner.domain.clinic import WEEKDAYS, Clinic, Shift, WeeklyHours
from planner.domain.errors import Fact
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Placed, Plan, PlanRequest, Relaxation
from planner.domain.planning import placeable, plan
from planner.domain.reach import course_of
from planner.domain.rules import check_hours, check_patient
from planner.domain.spacing import is_legal, step_costs, units_of, wanted_sessions
from planner.domain.span import local_day

_ALWAYS = WeeklyHours(tuple(Shift(weekday, time(0), time(23, 59)) for weekday in range(7)))


class Rule(StrEnum):
    """A rule that may stand in the way of a whole course."""

    MIN_DAYS = "min-days"
    WEEK_CAP = "week-cap"
    OVERRUN = "overrun"
    OTHER_COURSE = "other-course"
    GATES = "gates"
    AVAILABILITY = "availability"
    BOOKED = "booked"
    HOURS = "hours"


@dataclass(frozen=True)
class Way:
    """One relaxation that works, with the plan it makes possible and where that plan uses it."""

    relaxation: Relaxation
    kind: str
    amount: int
    plan: Plan
    uses: tuple[Mapping[str, Fact], ...]


@dataclass(frozen=True)
class Proposal:
    """A start for the first session that has no date, under the cheapest relaxation: its cost and days since the last."""

    placed: Placed
    units: int


@dataclass(frozen=True)
class Blocked:
    """Why a plan is incomplete: rules of which each one is needed to block it, the ways out (cheapest first), proposals.

    *keep_by*: the last day that keeps the first missing session's maximum gap; *last_usable*: the last proposal day by then.
    """

    rules: tuple[Rule, ...]
    ways: tuple[Way, ...]
    proposals: tuple[Proposal, ...]
    keep_by: date | None
    last_usable: date | None


def explain_blocked(request: PlanRequest, occupancy: Occupancy, found: Plan) -> Blocked:
    """Explain an incomplete plan."""
    ways = tuple(sorted(_ways(request, occupancy), key=lambda way: way.plan.units))
    proposals = _proposals(replace(request, relaxation=ways[0].relaxation), occupancy, found) if ways else []
    wanted = wanted_sessions(request, 1)
    before = found.placed[-1].start if found.placed else None
    last = local_day(before, request.clinic.zone) if before else request.given[-1].day if request.given else None
    keep_by = None
    if last and len(found.placed) < len(wanted):
        keep_by = last + timedelta(days=wanted[len(found.placed)].pace.rule.max_days)
    usable = [local_day(one.placed.start, request.clinic.zone) for one in proposals]
    return Blocked(
        rules=irreducible(request, occupancy),
        ways=ways,
        proposals=tuple(proposals[:3]),
        keep_by=keep_by,
        last_usable=max((day for day in usable if keep_by and day <= keep_by), default=None),
    )


def irreducible(request: PlanRequest, occupancy: Occupancy) -> tuple[Rule, ...]:
    """Drop the rules one by one while the course stays impossible; each that is left is needed to block it."""
    kept = list(Rule)
    for rule in Rule:
        fewer = [other for other in kept if other is not rule]
        if not _possible(request, occupancy, fewer):
            kept = fewer
    return tuple(kept)


def _possible(request: PlanRequest, occupancy: Occupancy, rules: list[Rule]) -> bool:
    """Whether the whole course fits when only these rules hold."""
    relaxation, clinic = request.relaxation, request.clinic
    relaxation = replace(
        relaxation,
        min_days=relaxation.min_days if Rule.MIN_DAYS in rules else 366,
        per_week=relaxation.per_week if Rule.WEEK_CAP in rules else 7,
        overrun_days=relaxation.overrun_days if Rule.OVERRUN in rules else 180,
        availability=relaxation.availability or Rule.AVAILABILITY not in rules,
    )
    if Rule.HOURS not in rules:
        clinic = _always_open(clinic)
    taken = occupancy.under(clinic, extend=relaxation.hours_minutes) if Rule.BOOKED in rules else Occupancy(clinic)
    request = replace(
        request,
        clinic=clinic,
        relaxation=replace(relaxation, hours_minutes=0),
        neighbours=request.neighbours if Rule.OTHER_COURSE in rules else (),
        gates=request.gates if Rule.GATES in rules else (),
    )
    placed, wanted = placeable(request, taken)
    return placed == wanted


def _always_open(clinic: Clinic) -> Clinic:
    resources = tuple(replace(resource, hours=None, absences=()) for resource in clinic.resources)
    return replace(clinic, hours=_ALWAYS, closures=(), holidays=(), resources=resources)


_AMOUNTS: Mapping[str, tuple[int, ...]] = {
    "availability": (1,),
    "min_days": tuple(range(1, 31)),
    "per_week": (1, 2, 3, 4),
    "hours_minutes": (15, 30, 60, 90, 120, 180, 240),
    "overrun_days": (1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 56, 84, 112),
}


def _ways(request: PlanRequest, occupancy: Occupancy) -> Iterator[Way]:
    for kind, amounts in _AMOUNTS.items():
        at = _smallest(amounts, lambda amount, kind=kind: _works(request, occupancy, kind, amount))  # type: ignore[misc]
        if at is None:
            continue
        relaxation = _relaxed(request.relaxation, kind, at)
        found = plan(replace(request, relaxation=relaxation), occupancy)
        if found.complete:
            yield Way(relaxation, kind, at, found, tuple(_uses(request, occupancy, kind, found)))


def _smallest(amounts: tuple[int, ...], works: Callable[[int], bool]) -> int | None:
    """Find the smallest amount that works, by halving: what a larger amount allows includes what a smaller one does."""
    if not works(amounts[-1]):
        return None
    low, high = 0, len(amounts) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if works(amounts[middle]) else (middle + 1, high)
    return amounts[low]


def _works(request: PlanRequest, occupancy: Occupancy, kind: str, amount: int) -> bool:
    placed, wanted = placeable(replace(request, relaxation=_relaxed(request.relaxation, kind, amount)), occupancy)
    return placed == wanted


def _relaxed(relaxation: Relaxation, kind: str, amount: int) -> Relaxation:
    if kind == "availability":
        return replace(relaxation, availability=True)
    return replace(relaxation, **{kind: getattr(relaxation, kind) + amount})


def _uses(request: PlanRequest, occupancy: Occupancy, kind: str, found: Plan) -> Iterator[Mapping[str, Fact]]:
    """Say where a relaxed plan goes beyond what was asked."""
    zone, overrun = request.clinic.zone, request.clinic.overrun_days + request.relaxation.overrun_days
    rules = {one.number: one.pace.rule for one in wanted_sessions(request, len(found.placed))}
    for placed in found.placed:
        day, rule, gap = local_day(placed.start, zone), rules[placed.number], placed.gap_days
        facts: dict[str, Fact] = {"number": placed.number, "day": day.isoformat(), "weekday": WEEKDAYS[day.weekday()]}
        profile = request.protocol.visits[placed.visit]
        if kind == "min_days" and gap is not None and gap < rule.min_days:
            yield facts | {"gap_days": gap, "min_days": rule.min_days}
        elif kind == "overrun_days" and gap is not None and gap > rule.max_days + overrun:
            yield facts | {"gap_days": gap, "at_most": rule.max_days + overrun}
        elif kind == "availability" and check_patient(request, occupancy, profile, placed.start):
            yield facts | {"start": f"{placed.start.astimezone(zone):%H:%M}"}
        elif kind == "hours_minutes" and check_hours(occupancy, profile, placed.start):
            yield facts | {"start": f"{placed.start.astimezone(zone):%H:%M}", "end": f"{placed.end.astimezone(zone):%H:%M}"}


def _proposals(request: PlanRequest, occupancy: Occupancy, found: Plan) -> list[Proposal]:
    """List starts for the first session without a date, cheapest first; of two as cheap, the later."""
    wanted = wanted_sessions(request, 1)
    if len(found.placed) >= len(wanted):
        return []
    missing, zone = wanted[len(found.placed)], request.clinic.zone
    if request.relaxation.hours_minutes:
        occupancy = occupancy.under(request.clinic, extend=request.relaxation.hours_minutes)
    course = course_of(request, [missing])
    before = local_day(found.placed[-1].start, zone).toordinal() if found.placed else course.before
    choices, options = Choices(request, occupancy, found.clinician_id), []
    for day in range(course.origin, (before or course.origin) + course.span + missing.pace.rule.max_days + 1):
        option = choices.on(missing, day)
        if option is None or (before is not None and not is_legal(missing.pace, before, day, course.bounds)):
            continue
        steps = tuple(step_costs(missing.pace, before, day, course.bounds))
        start = instant_of(date.fromordinal(day), option.slot, zone)
        end = start + timedelta(minutes=request.protocol.visits[missing.visit].minutes)
        gap = None if before is None else day - before
        placed = Placed(missing.number, missing.phase.name, missing.visit, start, end, gap, (), steps)
        options.append(Proposal(placed, units_of(steps) + option.units))
    return sorted(options, key=lambda one: (one.units, -one.placed.start.timestamp()))
