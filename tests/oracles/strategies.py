"""Hypothesis strategies over the random requests."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from oracles.brute import Best, best
from oracles.cases import Case, case
from oracles.places import SMALL, Size
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import Plan, PlanRequest, Relaxation
from planner.domain.planning import plan

_SIMPLER: Mapping[str, Callable[[PlanRequest], PlanRequest]] = {
    "standing": lambda request: replace(request, standing=()),
    "pinned": lambda request: replace(request, pinned={}),
    "neighbours": lambda request: replace(request, neighbours=()),
    "gates": lambda request: replace(request, gates=()),
    "given": lambda request: replace(request, given=(), pinned={}),
    "not_before": lambda request: replace(request, not_before=None),
    "relaxation": lambda request: replace(request, relaxation=Relaxation()),
    "closures": lambda request: replace(request, clinic=replace(request.clinic, closures=(), holidays=())),
    "away": lambda request: replace(request, preferences=replace(request.preferences, away=(), hours=None)),
    "at": lambda request: replace(request, preferences=replace(request.preferences, at=None)),
    "clinician": lambda request: replace(request, preferences=replace(request.preferences, clinician_id=None), standing=()),
}
"""What can be taken out of a request to make it simpler: a failure shrinks to what it needs."""


@st.composite
def cases(draw: st.DrawFn, size: Size = SMALL) -> Case:
    """Requests with bookings: made from a seed, and mostly with all that it made up."""
    made = case(Random(draw(st.integers(0, 2**32 - 1))), size)
    request, rows = made.request, made.rows
    for simpler in _SIMPLER.values():
        if not draw(st.integers(0, 15)):
            request = simpler(request)
    return Case(request, rows if draw(st.integers(0, 15)) else ())


def planned(made: Case) -> Plan:
    """Plan a case from nothing."""
    return plan(made.request, Occupancy(made.request.clinic, [BusyRow(*row) for row in made.rows]))


def best_of(made: Case) -> Best | None:
    """The best plan by brute force, or None where there are too many lists of dates to go through."""
    try:
        return best(made.request, made.rows, most_lists=5000)
    except OverflowError:
        return None
