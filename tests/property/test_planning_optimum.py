"""The plan is the best there is: equal to brute force on small requests and to CP-SAT on whole courses."""

from random import Random

import pytest
from hypothesis import assume, given, settings

from oracles.brute import best
from oracles.cases import Case, case
from oracles.cpsat import agrees, solve
from oracles.laws import broken_rules
from oracles.places import LARGE
from oracles.scan import to_minute
from oracles.strategies import best_of, cases, planned

WHOLE_COURSES = (16, 17, 29, 31, 43, 54)
"""Seeds of requests of 11 to 20 sessions, of those that CP-SAT solves within seconds."""


@settings(max_examples=200)
@given(cases())
def test_the_plan_is_the_one_that_brute_force_finds(made: Case) -> None:
    expected = best_of(made)
    assume(expected is not None)
    assert expected
    found = planned(made)
    assert (len(found.placed), found.wanted, found.units) == (expected.placed, expected.wanted, expected.units)
    assert tuple(to_minute(placed.start) for placed in found.placed) == expected.starts
    linked = tuple(placed.linked and to_minute(placed.linked.start) for placed in found.placed)
    assert linked == expected.linked
    assert found.clinician_id == (expected.named and expected.named.id)


@pytest.mark.parametrize("seed", WHOLE_COURSES)
def test_a_whole_course_costs_what_cp_sat_finds(seed: int) -> None:
    made = case(Random(seed), LARGE)
    found, expected = planned(made), solve(made.request, made.rows)
    assert (len(found.placed), found.wanted, found.units) == (expected.placed, expected.wanted, expected.units)
    assert broken_rules(made.request, made.rows, found) == []


@pytest.mark.parametrize("seed", range(24))
def test_brute_force_and_cp_sat_agree(seed: int) -> None:
    made = case(Random(seed))
    assert agrees(solve(made.request, made.rows), best(made.request, made.rows))
