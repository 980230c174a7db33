"""No plan breaks a hard rule, whatever is asked; and the checker of that notices when one does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings

import builders
from oracles.cases import Case
from oracles.laws import broken_rules
from oracles.strategies import cases, planned
from planner.domain.occupancy import BusyRow
from planner.domain.plan import CostCode, CostItem, Placed

SOUND = Case(builders.request(builders.clinic(), builders.esketamine(), date(2027, 3, 2), at="10:00"), ())


@settings(max_examples=200)
@given(cases())
def test_no_plan_breaks_a_rule_or_misstates_a_cost(made: Case) -> None:
    assert broken_rules(made.request, made.rows, planned(made)) == []


def test_a_sound_plan_has_nothing_to_complain_of() -> None:
    found = planned(SOUND)
    assert found.complete
    assert found.units == 0
    assert broken_rules(SOUND.request, (), found) == []


def moved(placed: Placed, by: timedelta) -> Placed:
    held = tuple(replace(held, start=held.start + by, end=held.end + by) for held in placed.assignments)
    return replace(placed, start=placed.start + by, end=placed.end + by, assignments=held)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda session: moved(session, timedelta(minutes=7)), "off the grid"),
        (lambda session: moved(session, timedelta(days=-4)), "too soon"),
        (lambda session: moved(session, timedelta(days=-2)), "too many in treatment week"),
        (lambda session: moved(session, timedelta(hours=6)), "the clinic is closed"),
        (lambda session: moved(session, timedelta(hours=1)), "costs"),
        (lambda session: replace(session, costs=(CostItem(CostCode.OFF_PATTERN, 720),)), "costs"),
        (lambda session: replace(session, assignments=session.assignments[1:]), "has no"),
        (lambda session: replace(session, end=session.end + timedelta(minutes=5)), "does not end with discharge"),
        (lambda session: replace(session, number=7), "not numbered"),
    ],
)
def test_a_plan_that_was_tampered_with_is_noticed(change: Callable[[Placed], Placed], complaint: str) -> None:
    found = planned(SOUND)
    tampered = replace(found, placed=(*found.placed[:2], change(found.placed[2]), *found.placed[3:]))
    assert any(complaint in words for words in broken_rules(SOUND.request, (), tampered))


def test_a_chair_taken_twice_is_noticed() -> None:
    found = planned(SOUND)
    chair = found.placed[0].assignments[0]
    rows = [BusyRow(chair.resource_id, 1, builders.minutes(chair.start), builders.minutes(chair.end))]
    assert broken_rules(SOUND.request, rows, found) == ["session 1: chair 1 is overbooked"]
