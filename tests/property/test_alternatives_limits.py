"""Alternatives are found under a limit and with much shared: the same as planning each wish by itself and comparing all."""

from hypothesis import given, settings

from oracles.cases import Case
from oracles.strategies import cases
from planner.domain.explaining import Alternative, alternatives, other_wishes
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Plan, PlanRequest
from planner.domain.planning import plan


def one_by_one(request: PlanRequest, occupancy: Occupancy, found: Plan) -> list[Alternative]:
    """Plan every other wish to the end, and take the three cheapest that differ."""
    tried = [Alternative(plan(asked, occupancy), asked, at, days) for asked, at, days in other_wishes(request)]
    seen, chosen = {tuple(placed.start for placed in found.placed)}, []
    for other in sorted((one for one in tried if one.plan.complete), key=lambda one: one.plan.units):
        starts = tuple(placed.start for placed in other.plan.placed)
        if starts not in seen and len(chosen) < 3:
            seen.add(starts)
            chosen.append(other)
    return chosen


@given(cases())
@settings(max_examples=25)
def test_alternatives_are_those_that_planning_one_by_one_finds(made: Case) -> None:
    request, occupancy = made.request, Occupancy(made.request.clinic, made.rows)
    found = plan(request, occupancy)
    assert alternatives(request, occupancy, found) == one_by_one(request, occupancy, found)


@given(cases())
@settings(max_examples=25)
def test_what_one_request_remembers_changes_nothing_for_the_next(made: Case) -> None:
    request, shared = made.request, Occupancy(made.request.clinic, made.rows)
    for asked, _, _ in other_wishes(request):
        assert plan(asked, shared) == plan(asked, Occupancy(made.request.clinic, made.rows))
