"""The same costs as a constraint model for OR-Tools CP-SAT, as an expert would write it.

Starts are scanned outside the model and only the cheapest of each day goes in, so that a session is one boolean a day;
gaps, treatment weeks, pattern dates and promises are integer terms over those.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from time import perf_counter

from ortools.sat.python import cp_model

from oracles.brute import Best, open_ended
from oracles.course import Before, Choice, Rules, Wanted, candidates, last_given, spacing_of, wanted
from oracles.scan import Scan
from planner.domain.clinic import POINT
from planner.domain.plan import PlanRequest
from planner.domain.protocol import Rhythm


@dataclass(frozen=True)
class Solved:
    """The optimum: sessions placed, units, and the seconds spent scanning, building and solving."""

    placed: int
    units: int
    wanted: int
    scanning: float
    building: float
    solving: float


def solve(request: PlanRequest, rows: Iterable, *, seconds: float = 60) -> Solved:
    """Find the optimum by CP-SAT over all candidates for the named clinician; raises TimeoutError.

    How many sessions an open end has is counted by brute force, which is slow behind a long unfinished phase.
    """
    began = perf_counter()
    scan = Scan(request, rows)
    sessions = wanted(request, open_ended(request, scan))
    spent = perf_counter() - began
    found = [_solve_with(Rules(request, scan, named), sessions, seconds) for named in candidates(request)]
    best = max(found, key=lambda solved: (solved.placed, -solved.units))
    scanning = spent + sum(solved.scanning for solved in found)
    building, solving = sum(s.building for s in found), sum(s.solving for s in found)
    return Solved(best.placed, best.units, best.wanted, scanning, building, solving)


def _solve_with(rules: Rules, sessions: list[Wanted], seconds: float) -> Solved:
    began = perf_counter()
    choices = _choices(rules, sessions)
    scanning, building, solving = perf_counter() - began, 0.0, 0.0
    count = next((index for index, days in enumerate(choices) if not days), len(sessions))
    for placed in range(count, 0, -1):
        began = perf_counter()
        model = Model(rules, sessions[:placed], choices[:placed])
        building += perf_counter() - began
        began = perf_counter()
        units = model.solve(seconds)
        solving += perf_counter() - began
        if units is not None:
            return Solved(placed, units, len(sessions), scanning, building, solving)
    return Solved(0, rules.told_units, len(sessions), scanning, building, solving)


def _choices(rules: Rules, sessions: list[Wanted]) -> list[dict[date, Choice]]:
    """For each session the days it can reach, forward from the course's beginning, with the cheapest start of each."""
    found: list[dict[date, Choice]] = []
    before = last_given(rules.request)
    phase = before.phase if before else None
    days = [before.day] if before else []
    for session in sessions:
        ends = [Before(day, phase) for day in days] if phase else [None]
        reach = sorted({day for end in ends for day in rules.window(session, end)})
        placed = {day: choice for day in reach if (choice := rules.choice(session, day))}
        found.append(placed)
        phase, days = session.phase, list(placed)
    return found


class Model:
    """The constraint model of placing all of *sessions*; with *shared*, a part of a larger model that says what is least."""

    def __init__(
        self, rules: Rules, sessions: list[Wanted], choices: list[dict[date, Choice]],
        shared: cp_model.CpModel | None = None,
    ) -> None:  # fmt: skip
        self.rules, self.sessions, self.choices = rules, sessions, choices
        self.model = cp_model.CpModel() if shared is None else shared
        self.costs: list = [rules.told_units]
        self.at = [self._booleans(index, days) for index, days in enumerate(choices)]
        self.day = [self._integer(index) for index in range(len(sessions))]
        for index in range(len(sessions)):
            self._place(index)
        self._cap_weeks()
        if shared is None:
            self.model.minimize(sum(self.costs))

    def _booleans(self, index: int, days: dict[date, Choice]) -> dict[date, cp_model.IntVar]:
        placed = {day: self.model.new_bool_var(f"{index} on {day}") for day in days}
        self.model.add_exactly_one(placed.values())
        return placed

    def _sum(self, index: int, value: dict[date, int]) -> object:
        """The value of the day that the session takes."""
        return sum(value[day] * taken for day, taken in self.at[index].items())

    def _integer(self, index: int) -> cp_model.IntVar:
        numbers = {day: (day - self.rules.wishes.start).days for day in self.choices[index]}
        number = self.model.new_int_var_from_domain(cp_model.Domain.from_values(list(numbers.values())), f"day {index}")
        self.model.add(number == self._sum(index, numbers))
        return number

    def _place(self, index: int) -> None:
        """Add the costs and rules that tie a session to the one before it."""
        session, rules = self.sessions[index], self.rules
        if index == 0:
            before = last_given(rules.request)
            units = {day: c.units + rules.day_units(session, day, before) for day, c in self.choices[0].items()}
            self.costs.append(self._sum(0, units))
            for day, taken in self.at[0].items():
                if not rules.successive(session, day, before):
                    self.model.add(taken == 0)
            return
        self.costs.append(self._sum(index, {day: c.units for day, c in self.choices[index].items()}))
        previous = Before(next(iter(self.choices[index - 1])), self.sessions[index - 1].phase)
        rule, costs = spacing_of(session, previous), rules.clinic.costs
        gap = self.day[index] - self.day[index - 1]
        self.model.add(gap >= max(1, rule.min_days - rules.relaxed.min_days))
        self.model.add(gap <= rule.max_days + rules.clinic.overrun_days + rules.relaxed.overrun_days)
        self._charge(gap - rule.max_days, costs.beyond_max_day)
        if session.phase.rhythm is Rhythm.PATTERN:
            self._pattern(index)
        else:
            self._charge_both(gap - rule.target_days, costs.interval_day)
            asked = rules.weekdays(session.phase)
            off = {day: bool(asked and day.weekday() not in asked) for day in self.choices[index]}
            self.costs.append(costs.off_weekday * POINT * self._sum(index, off))

    def _charge(self, excess: object, points: int) -> None:
        above = self.model.new_int_var(0, 400, "")
        self.model.add(above >= excess)
        self.costs.append(points * POINT * above)

    def _charge_both(self, difference: object, points: int) -> None:
        away = self.model.new_int_var(0, 400, "")
        self.model.add(away >= difference)
        self.model.add(away >= -difference)
        self.costs.append(points * POINT * away)

    def _pattern(self, index: int) -> None:
        """Number the pattern dates; a session belongs to one, and those between it and the last are passed over."""
        session, rules, costs = self.sessions[index], self.rules, self.rules.clinic.costs
        nearest = {day: rules.belongs(day, session.phase) for day in self.choices[index]}
        off = {
            day: (day != date_) * (costs.off_pattern + costs.off_pattern_day * abs((day - date_).days))
            for day, date_ in nearest.items()
        }
        self.costs.append(POINT * self._sum(index, off))
        follows = self.sessions[index - 1].phase.rhythm is Rhythm.PATTERN
        lower = {d: rules.belongs(d, session.phase) if follows else d for d in self.choices[index - 1]}
        # the number of pattern dates up to and including a day, counted from a day before all of them
        origin = min(*nearest.values(), *lower.values(), rules.wishes.start) - timedelta(days=8)
        to = {day: self._dates(origin, date_, session) for day, date_ in nearest.items()}
        of = {day: self._dates(origin, date_, session) for day, date_ in lower.items()}
        if follows:
            self.model.add(self._sum(index, to) >= self._sum(index - 1, of) + 1)
        # only pattern dates from the requested start on count as passed over
        floor = self._dates(origin, rules.wishes.start - timedelta(days=1), session)
        between = self._sum(index, to) - 1 - self._sum(index - 1, {day: max(n, floor) for day, n in of.items()})
        self._charge(between, costs.passed_over)

    def _dates(self, origin: date, day: date, session: Wanted) -> int:
        weekdays = self.rules.weekdays(session.phase)
        return sum((origin + timedelta(n)).weekday() in weekdays for n in range(1, (day - origin).days + 1))

    def _cap_weeks(self) -> None:
        rules = self.rules
        for index, session in enumerate(self.sessions):
            cap, dosing = rules.cap(session), session.visit.dosing
            if cap is None:
                continue
            peers = [i for i in range(index + 1) if self.sessions[i].visit.dosing is dosing]
            for week in {rules.week(day) for day in self.choices[index]}:
                here = [taken for day, taken in self.at[index].items() if rules.week(day) == week]
                taken = [x for i in peers for day, x in self.at[i].items() if rules.week(day) == week]
                room = cap - rules.given_in_week(week, dosing=dosing)
                if len(peers) <= room:
                    continue
                self.model.add(sum(taken) <= room + len(peers) * (1 - sum(here)))

    def solve(self, seconds: float) -> int | None:
        """The least units, or None where the sessions cannot all be placed; raises TimeoutError."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_time_in_seconds = seconds
        status = solver.solve(self.model)
        if status == cp_model.INFEASIBLE:
            return None
        if status != cp_model.OPTIMAL:
            raise TimeoutError(solver.status_name(status))
        return round(solver.objective_value)


def agrees(solved: Solved, best: Best) -> bool:
    """Whether both oracles found the same."""
    return (solved.placed, solved.units) == (best.placed, best.units)
