"""Why no whole course fits, and what would: an irreducible set of rules, and the smallest single relaxation of each kind."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from enum import StrEnum
from functools import partial
from zoneinfo import ZoneInfo

from planner.domain.bitmaps import instant_of
from planner.domain.choices import Choices
from planner.domain.clinic import WEEKDAYS, Clinic, Shift, WeeklyHours
from planner.domain.course import Neighbour
from planner.domain.errors import Code, Fact, Violation
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Placed, Plan, PlanRequest, Relaxation
from planner.domain.planning import placeable, plan
from planner.domain.protocol import Protocol
from planner.domain.reach import course_of
from planner.domain.rules import Around, check_hours, check_patient, check_resources, check_slot, check_spacing
from planner.domain.spacing import Wanted, is_legal, step_costs, units_of, wanted_sessions
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
    """Explain an incomplete plan; where no rule is left to name, the cause lies outside them (check_request knows some)."""
    open_ended = found.wanted - len(wanted_sessions(request, 0))
    ways = tuple(sorted(_ways(request, occupancy, open_ended), key=lambda way: way.plan.units))
    wanted = wanted_sessions(request, open_ended)
    proposals = _proposals(replace(request, relaxation=ways[0].relaxation), occupancy, found, open_ended) if ways else []
    before = found.placed[-1].start if found.placed else None
    last = local_day(before, request.clinic.zone) if before else request.given[-1].day if request.given else None
    keep_by = None
    if last and len(found.placed) < len(wanted):
        keep_by = last + timedelta(days=wanted[len(found.placed)].pace.rule.max_days)
    usable = [local_day(one.placed.start, request.clinic.zone) for one in proposals]
    return Blocked(
        rules=irreducible(request, occupancy, open_ended),
        ways=ways,
        proposals=tuple(proposals[:3]),
        keep_by=keep_by,
        last_usable=max((day for day in usable if keep_by and day <= keep_by), default=None),
    )


def irreducible(request: PlanRequest, occupancy: Occupancy, open_ended: int) -> tuple[Rule, ...]:
    """Drop the rules one by one while the course stays impossible; each that is left is needed to block it."""
    kept = list(Rule)
    if _possible(request, occupancy, kept, open_ended):
        return ()
    for rule in Rule:
        fewer = [other for other in kept if other is not rule]
        if not _possible(request, occupancy, fewer, open_ended):
            kept = fewer
    return tuple(kept)


def _possible(request: PlanRequest, occupancy: Occupancy, rules: list[Rule], open_ended: int) -> bool:
    """Whether the whole course fits when only these rules hold."""
    relaxation, clinic = request.relaxation, request.clinic
    closer = 0 if Rule.MIN_DAYS in rules else _longest_min_days(request.protocol)
    relaxation = replace(
        relaxation,
        min_days=relaxation.min_days + closer,
        per_week=relaxation.per_week if Rule.WEEK_CAP in rules else 7,
        overrun_days=relaxation.overrun_days if Rule.OVERRUN in rules else max(180, _pause(request)),
        availability=relaxation.availability or Rule.AVAILABILITY not in rules,
    )
    if Rule.HOURS not in rules:
        clinic = _always_open(clinic)
    extend = relaxation.hours_minutes
    taken = occupancy.under(clinic, extend=extend) if Rule.BOOKED in rules else Occupancy(clinic, extend=extend)
    kept_apart = tuple(Neighbour(near.day, min(366, near.min_days + closer)) for near in request.neighbours)
    request = replace(
        request,
        clinic=clinic,
        relaxation=replace(relaxation, hours_minutes=0),
        neighbours=kept_apart if Rule.OTHER_COURSE in rules else (),
        gates=request.gates if Rule.GATES in rules else (),
    )
    placed, wanted = placeable(request, taken, open_ended)
    return placed == wanted


def _pause(request: PlanRequest) -> int:
    """Count the days between the last session given and the requested start: after a long one no gap is short enough."""
    return (request.preferences.start - request.given[-1].day).days if request.given else 0


def _longest_min_days(protocol: Protocol) -> int:
    return max(rule.min_days for phase in protocol.phases for rule in (phase.spacing, phase.entry) if rule)


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


def _ways(request: PlanRequest, occupancy: Occupancy, open_ended: int) -> Iterator[Way]:
    for kind, listed in _AMOUNTS.items():
        longer = kind == "overrun_days" and _pause(request) > listed[-1]
        amounts = (*listed, _pause(request)) if longer else listed
        works = partial(_works, request, occupancy, open_ended, kind)
        at = _smallest(amounts, works)
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


def _works(request: PlanRequest, occupancy: Occupancy, open_ended: int, kind: str, amount: int) -> bool:
    relaxed = replace(request, relaxation=_relaxed(request.relaxation, kind, amount))
    placed, wanted = placeable(relaxed, occupancy, open_ended)
    return placed == wanted


def _relaxed(relaxation: Relaxation, kind: str, amount: int) -> Relaxation:
    if kind == "availability":
        return replace(relaxation, availability=True)
    return replace(relaxation, **{kind: getattr(relaxation, kind) + amount})


_BROKEN: Mapping[str, frozenset[Code]] = {
    "availability": frozenset({Code.PATIENT_AWAY}),
    "min_days": frozenset({Code.MIN_DAYS, Code.OTHER_COURSE}),
    "per_week": frozenset({Code.WEEK_CAP}),
    "hours_minutes": frozenset({Code.CLOSED, Code.OUTSIDE_HOURS, Code.RESOURCE}),
    "overrun_days": frozenset({Code.GAP_OVERRUN, Code.FIRST_TOO_LATE}),
}
"""What a plan breaks, without the relaxation, where it makes use of it."""


def _uses(request: PlanRequest, occupancy: Occupancy, kind: str, found: Plan) -> Iterator[Mapping[str, Fact]]:
    """Say where a relaxed plan goes beyond what was asked: one entry for a visit, with the numbers of the rule."""
    zone, wanted = request.clinic.zone, wanted_sessions(request, found.wanted)
    for index, (one, placed) in enumerate(zip(wanted, found.placed, strict=False)):
        around = _around(request, wanted, found.placed[:index], one)
        broken = check_slot(request, occupancy, one, placed.start, around)
        if facts := _beyond(placed, kind, broken, zone):
            yield facts
        if placed.linked:
            follow, profile = placed.linked, request.protocol.visits[placed.linked.visit]
            broken = check_hours(occupancy, profile, follow.start) + check_resources(occupancy, profile, follow.start)
            broken += check_patient(request, occupancy, profile, follow.start)
            if facts := _beyond(follow, kind, broken, zone):
                yield facts | {"visit": follow.visit}


def _beyond(placed: Placed, kind: str, broken: list[Violation], zone: ZoneInfo) -> dict[str, Fact]:
    """Give the facts of the first rule that a visit breaks and that this kind of relaxation lifts; empty for none."""
    violation = next((one for one in broken if one.code in _BROKEN[kind]), None)
    if violation is None:
        return {}
    day = local_day(placed.start, zone)
    facts: dict[str, Fact] = {"number": placed.number, "day": day.isoformat(), "weekday": WEEKDAYS[day.weekday()]}
    if kind in {"availability", "hours_minutes"}:
        start, end = placed.start.astimezone(zone), placed.end.astimezone(zone)
        return facts | {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}
    return {**violation.facts, **facts}


def _around(request: PlanRequest, wanted: list[Wanted], placed: tuple[Placed, ...], one: Wanted) -> Around:
    """Give what lies before a session: the day of the last one, and the days of all of its class."""
    zone, dosing = request.clinic.zone, {session.number: session.dosing for session in wanted}
    days = [(given.day.toordinal(), request.protocol.doses_in(given.phase)) for given in request.given]
    days += [(local_day(each.start, zone).toordinal(), dosing[each.number]) for each in placed]
    others = tuple(day for day, doses in days if doses == one.dosing)
    return Around(before=days[-1][0] if days else None, others=others)


def _proposals(request: PlanRequest, occupancy: Occupancy, found: Plan, open_ended: int) -> list[Proposal]:
    """List legal starts for the first session without a date, cheapest first; of two as cheap, the later."""
    wanted = wanted_sessions(request, open_ended)
    if len(found.placed) >= len(wanted):
        return []
    missing, zone = wanted[len(found.placed)], request.clinic.zone
    if request.relaxation.hours_minutes:
        occupancy = occupancy.under(request.clinic, extend=request.relaxation.hours_minutes)
    course, around = course_of(request, [missing]), _around(request, wanted, found.placed, missing)
    before, choices, options = around.before, Choices(request, occupancy, found.clinician_id), list[Proposal]()
    for day in range(course.origin, (before or course.origin) + course.span + missing.pace.rule.max_days + 1):
        option = choices.on(missing, day)
        if option is None or (before is not None and not is_legal(missing.pace, before, day, course.bounds)):
            continue
        start = instant_of(date.fromordinal(day), option.slot, zone)
        if check_spacing(request, missing, start, around):
            continue
        steps = tuple(step_costs(missing.pace, before, day, course.bounds))
        end = start + timedelta(minutes=request.protocol.visits[missing.visit].minutes)
        gap = None if before is None else day - before
        placed = Placed(missing.number, missing.phase.name, missing.visit, start, end, gap, (), steps)
        options.append(Proposal(placed, units_of(steps) + option.units))
    return sorted(options, key=lambda one: (one.units, -one.placed.start.timestamp()))
