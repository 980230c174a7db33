"""Many courses in one constraint model for OR-Tools CP-SAT: the same costs and rules, and every start, chair and nurse.

Each course is the expert model of `oracles.cpsat`; a session's day is the sum of its starts there, a start is given one
resource for each need, and what a resource is held for on a day is one cumulative constraint. To keep the model small a
session may lie no further away than where the sessions two before and two after it stand now.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from time import perf_counter
from uuid import UUID

from ortools.sat.python import cp_model

from oracles.course import Choice, Rules, Wanted, wanted
from oracles.cpsat import Model
from oracles.scan import SLOT, Scan
from planner.domain.clinic import Resource
from planner.domain.plan import PlanRequest
from planner.domain.span import local_day
from planner.domain.visit import Mode, Requirement

REACH = 2


@dataclass(frozen=True)
class Joint:
    """What CP-SAT found: the status, the units (None: no solution in time), a bound from below, and seconds spent."""

    status: str
    units: int | None
    bound: int
    building: float
    solving: float


def solve_together(requests: Sequence[PlanRequest], others: Iterable, *, seconds: float) -> Joint:
    """Place all sessions of all courses beside what *others* take, for the least units; no course has linked visits."""
    began = perf_counter()
    model, rows = cp_model.CpModel(), list(others)
    held: dict[tuple[UUID, bool, date], list[tuple[object, int]]] = defaultdict(list)
    costs: list = []
    scans = [_add_course(model, request, Scan(request, rows), costs, held) for request in requests]
    for (resource_id, starting, day), intervals in held.items():
        _limit(model, scans[0], resource_id, starting, day, intervals)
    model.minimize(sum(costs))
    building = perf_counter() - began
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_time_in_seconds = seconds
    began = perf_counter()
    status = solver.solve(model)
    known = status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    units = round(solver.objective_value) if known else None
    bound = round(solver.best_objective_bound)
    return Joint(solver.status_name(status), units, bound, building, perf_counter() - began)


def _add_course(model: cp_model.CpModel, request: PlanRequest, scan: Scan, costs: list, held: dict) -> Scan:
    rules, sessions = Rules(request, scan, None), wanted(request, 0)
    sessions = sessions[: len(request.standing)]
    choices = [
        {day: choice for day in days if (choice := rules.choice(session, day))}
        for session, days in zip(sessions, _days(request), strict=True)
    ]
    course = Model(rules, sessions, choices, model)
    costs += course.costs
    for index, session in enumerate(sessions):
        for day, least in choices[index].items():
            _add_starts(course, index, session, day, least, costs, held)
    return scan


def _days(request: PlanRequest) -> list[list[date]]:
    """For each session the days between where those two before and two after it stand, and their longest gap beyond."""
    zone = request.clinic.zone
    stands = sorted(local_day(one.start, zone) for one in request.standing)
    first, beyond = request.preferences.start, timedelta(days=request.clinic.overrun_days + 21)
    found = []
    for index in range(len(stands)):
        low = stands[index - REACH] if index >= REACH else first
        high = stands[index + REACH] if index + REACH < len(stands) else stands[-1] + beyond
        found.append([low + timedelta(days=ahead) for ahead in range((high - low).days + 1)])
    return found


def _add_starts(
    course: Model, index: int, session: Wanted, day: date, least: Choice, costs: list, held: dict
) -> None:
    model, scan = course.model, course.rules.scan
    taken: list = []
    slots = {minute: slot for slot, (minute, _) in enumerate(scan.day(day).slots)}
    for choice in course.rules._starts(session, day):
        here = model.new_bool_var("")
        taken.append(here)
        if choice.units > least.units:
            costs.append((choice.units - least.units) * here)
        for need in session.visit.requirements:
            if need.mode is not Mode.PRESENCE:
                _assign(model, scan, need, day, slots[choice.start], here, held)
    model.add(sum(taken) == course.at[index][day])


def _assign(
    model: cp_model.CpModel, scan: Scan, need: Requirement, day: date, slot: int, here: object, held: dict
) -> None:
    starting = need.mode is Mode.START
    able: list[Resource] = (scan.day(day).starters if starting else scan.day(day).holders)(need, slot)
    chosen = []
    for resource in able:
        by = here if len(able) == 1 else model.new_bool_var("")
        chosen.append(by)
        first = slot + need.offset // SLOT
        interval = model.new_optional_fixed_size_interval_var(first, need.minutes // SLOT, by, "")
        held[resource.id, starting, day].append((interval, 1 if starting else need.units))
    model.add(sum(chosen) == here)


def _limit(
    model: cp_model.CpModel, scan: Scan, resource_id: UUID, starting: bool, day: date, intervals: list
) -> None:
    """Hold a resource no more than it is free: what others take is fixed."""
    scanned, resource = scan.day(day), scan.request.clinic.resource(resource_id)
    assert resource
    if starting:
        model.add_no_overlap([interval for interval, _ in intervals])  # starters were found beside the others' starts
        return
    free, start = scanned.units[resource_id], 0
    blocks, demands = [interval for interval, _ in intervals], [units for _, units in intervals]
    while start < len(free):
        end = start
        while end < len(free) and free[end] == free[start]:
            end += 1
        if free[start] < resource.capacity:
            blocks.append(model.new_fixed_size_interval_var(start, end - start, ""))
            demands.append(resource.capacity - free[start])
        start = end
    model.add_cumulative(blocks, demands, resource.capacity)
