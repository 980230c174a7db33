"""Why a plan is as it is: for each session the reason where it is not what was asked for, and other plans to choose from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from enum import StrEnum

from planner.domain.assembling import Path
from planner.domain.bitmaps import slot_of
from planner.domain.choices import Choices
from planner.domain.clinic import WEEKDAYS
from planner.domain.errors import Fact, Violation
from planner.domain.occupancy import Occupancy
from planner.domain.plan import CostCode, CostItem, Placed, Plan, PlanRequest
from planner.domain.planning import Tries
from planner.domain.protocol import Rhythm
from planner.domain.rules import check_gates, check_hours, check_neighbours, check_patient, check_resources
from planner.domain.spacing import Wanted, bounds_of, is_legal, wanted_sessions
from planner.domain.span import at_wall, local_day


class Because(StrEnum):
    """Why the wish was not met, where no single rule forbade it."""

    SPACING = "spacing"
    NO_ROOM = "no-room"
    CHEAPER = "cheaper"


@dataclass(frozen=True)
class Reason:
    """One deviation of a session: what it cost, what was wished, and the rule (or the trade) that stood in the way."""

    cost: CostItem
    wished: Mapping[str, Fact]
    violation: Violation | None
    because: Because | None = None


@dataclass(frozen=True)
class Alternative:
    """Another whole plan, optimal for a changed wish: another time of day, or other weekdays."""

    plan: Plan
    request: PlanRequest
    at: time | None = None
    weekdays: tuple[int, ...] = ()


def reasons(request: PlanRequest, occupancy: Occupancy, found: Plan) -> dict[int, tuple[Reason, ...]]:
    """Give the reasons of every session that is not what was asked for, by session number."""
    teller = _Teller(request, occupancy, found)
    return {placed.number: told for placed in found.placed if (told := tuple(teller.of(placed)))}


@dataclass
class _Teller:
    request: PlanRequest
    occupancy: Occupancy
    plan: Plan
    wanted: dict[int, Wanted] = field(default_factory=dict)
    days: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.request.relaxation.hours_minutes:
            self.occupancy = self.occupancy.under(self.request.clinic, extend=self.request.relaxation.hours_minutes)
        self.wanted = {one.number: one for one in wanted_sessions(self.request, len(self.plan.placed))}
        self.days = {p.number: local_day(p.start, self.request.clinic.zone).toordinal() for p in self.plan.placed}
        wish = replace(self.request, pinned={}, standing=())
        self.choices = Choices(wish, self.occupancy, None)

    def of(self, placed: Placed) -> Iterator[Reason]:
        """Go through the costs of a session and say what stood in the way of each wish."""
        day = self.days[placed.number]
        for cost in placed.costs:
            if cost.code is CostCode.OFF_PATTERN:
                yield self._instead_of(placed, cost, int(cost.facts["pattern_day"] or 0))
            elif cost.code is CostCode.PASSED_OVER:
                yield self._instead_of(placed, cost, int(cost.facts["first_day"] or 0))
            elif cost.code is CostCode.INTERVAL:
                yield self._instead_of(placed, cost, day - int(cost.facts["off_days"] or 0))
            elif cost.code is CostCode.OFF_WEEKDAY:
                yield self._instead_of(placed, cost, self._nearest_wished_weekday(placed, day))
            elif cost.code is CostCode.TIME_OF_DAY:
                yield self._instead_of_time(placed, cost)
            else:
                yield Reason(cost, {}, None)

    def _nearest_wished_weekday(self, placed: Placed, day: int) -> int:
        weekdays = self.wanted[placed.number].pace.weekdays
        near = sorted(range(-3, 4), key=lambda off: (abs(off), off))
        return next(day + off for off in near if date.fromordinal(day + off).weekday() in weekdays)

    def _instead_of(self, placed: Placed, cost: CostItem, wished: int) -> Reason:
        """Say why a session is not on the day wished: closed, away, no room, too close, or dearer as a whole."""
        day = date.fromordinal(wished)
        facts: Mapping[str, Fact] = {"day": day.isoformat(), "weekday": WEEKDAYS[day.weekday()]}
        violation = self._why_not(placed, day, None)
        if violation:
            return Reason(cost, facts, violation)
        if self.choices.on(self.wanted[placed.number], wished) is None:
            return Reason(cost, facts, None, Because.NO_ROOM)
        return Reason(cost, facts, None, Because.CHEAPER if self._fits_between(placed, wished) else Because.SPACING)

    def _fits_between(self, placed: Placed, day: int) -> bool:
        bounds, one = bounds_of(self.request), self.wanted[placed.number]
        before = self.days.get(placed.number - 1)
        if before is None and self.request.given:
            before = self.request.given[-1].day.toordinal()
        if day < bounds.start or (before is not None and not is_legal(one.pace, before, day, bounds)):
            return False
        after, following = self.days.get(placed.number + 1), self.wanted.get(placed.number + 1)
        return after is None or following is None or is_legal(following.pace, day, after, bounds)

    def _instead_of_time(self, placed: Placed, cost: CostItem) -> Reason:
        wish = self.request.preferences.at or time()
        day = date.fromordinal(self.days[placed.number])
        violation = self._why_not(placed, day, wish)
        facts: Mapping[str, Fact] = {"time": f"{wish:%H:%M}", "day": day.isoformat()}
        return Reason(cost, facts, violation, None if violation else Because.CHEAPER)

    def _why_not(self, placed: Placed, day: date, wish: time | None) -> Violation | None:
        """Give the first rule against a day: as a whole (wish None), or at a wall time."""
        request, profile = self.request, self.request.protocol.visits[placed.visit]
        at = wish or request.preferences.at or local_time(placed, request)
        start = at_wall(day, at, request.clinic.zone)
        found = check_hours(self.occupancy, profile, start) + check_patient(request, self.occupancy, profile, start)
        found += check_gates(request.gates, day) if profile.dosing else []
        found += check_neighbours(request.kept_apart, day, start, request.clinic.zone) if profile.dosing else []
        found += check_resources(self.occupancy, profile, start)
        if wish is None and self._any_start(placed, day):
            return None
        return found[0] if found else None

    def _any_start(self, placed: Placed, day: date) -> bool:
        return self.choices.on(self.wanted[placed.number], day.toordinal()) is not None


def local_time(placed: Placed, request: PlanRequest) -> time:
    """Give the wall time at which a session starts."""
    return placed.start.astimezone(request.clinic.zone).time()


def alternatives(request: PlanRequest, occupancy: Occupancy, found: Plan, most: int = 3) -> list[Alternative]:
    """Give at most three other complete plans, cheapest first: at other times of day, and on other weekdays."""
    zone, tries = request.clinic.zone, Tries(request, occupancy)
    days = ((local_day(placed.start, zone), placed.start) for placed in found.placed)
    shown = tuple((day.toordinal(), slot_of(start, day, zone)) for day, start in days)
    wishes, cheapest = list(other_wishes(request)), dict[tuple[tuple[int, int], ...], tuple[int, int, Path]]()
    for place in reversed(range(len(wishes))):  # other weekdays, often the cheaper ones, before other times
        costs = sorted(units for units, _, _ in cheapest.values())
        path = tries.within(wishes[place][0], limit=costs[most - 1] if len(costs) >= most else None)
        starts = tuple((option.day, option.slot) for option in path.options) if path else shown
        if path and starts != shown and (starts not in cheapest or path.units <= cheapest[starts][0]):
            cheapest[starts] = (path.units, place, path)
    chosen = sorted(cheapest.values(), key=lambda one: one[:2])[:most]
    return [
        Alternative(tries.assemble(changed, path), changed, at, weekdays)
        for (_, place, path) in chosen for changed, at, weekdays in [wishes[place]]
    ]  # fmt: skip


def other_wishes(request: PlanRequest) -> Iterator[tuple[PlanRequest, time | None, tuple[int, ...]]]:
    """Go through what else might be wished: another time, the weekdays freed, or other weekdays."""
    asked = request.preferences
    for at in _other_times(request):
        yield replace(request, preferences=replace(asked, at=at)), at, ()
    pattern = next((phase for phase in request.protocol.phases if phase.rhythm is Rhythm.PATTERN), None)
    if pattern is None:
        if asked.weekdays or asked.phase_weekdays:
            yield replace(request, preferences=replace(asked, weekdays=(), phase_weekdays={})), None, ()
        return
    weekdays = asked.phase_weekdays.get(pattern.name) or asked.weekdays or pattern.weekdays
    if asked.weekdays or len(asked.phase_weekdays) > 1:
        yield replace(request, preferences=replace(asked, weekdays=(), phase_weekdays={pattern.name: weekdays})), None, ()
    for shift in range(1, 7):
        moved = tuple(sorted((weekday + shift) % 7 for weekday in weekdays))
        if moved != tuple(sorted(weekdays)) and all(_works_on(request, weekday) for weekday in moved):
            yield replace(request, preferences=replace(asked, weekdays=moved, phase_weekdays={})), None, moved


def _works_on(request: PlanRequest, weekday: int) -> bool:
    return any(shift.weekday == weekday for shift in request.clinic.hours.shifts)


def _other_times(request: PlanRequest) -> list[time]:
    """Give wall times on the hour, nearest to the wish first, within the clinic's usual day."""
    asked, shifts = request.preferences.at, request.clinic.hours.shifts
    if asked is None or not shifts:
        return []
    longest = max(request.protocol.visits[name].open_minutes for phase in request.protocol.phases for name in phase.visits)
    first = min(shift.start.hour * 60 + shift.start.minute for shift in shifts)
    last = max(shift.end.hour * 60 + shift.end.minute for shift in shifts) - longest
    wish = asked.hour * 60 + asked.minute
    steps = sorted((wish + 60 * hours for hours in range(-12, 13) if hours), key=lambda at: (abs(at - wish), at))
    return [time(at // 60, at % 60) for at in steps if first <= at <= last][:6]

