"""Points on which the planner and its oracles once parted, each an instance as small as it gets."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

import builders
from oracles.cases import Case
from oracles.laws import broken_rules
from oracles.strategies import best_of, planned
from planner.domain.clinic import Costs
from planner.domain.course import Booked
from planner.domain.visit import Mode, Need, Step, VisitProfile

MONDAY = date(2027, 6, 7)


def guided() -> VisitProfile:
    """A dose that a therapist attends and a nurse gives."""
    needs = (Need("therapist", Mode.PRESENCE), Need("nurse"))
    return VisitProfile("guided", "Guided", (Step("dose", 60, needs, dose=True),))


@pytest.mark.parametrize("named", ["nurse 1", "therapist 1"])
def test_a_promise_costs_nothing_where_the_named_clinician_is_there_too(named: str) -> None:
    """Therapist 2 is promised and on shift; so is therapist 1, or nurse 1 is held: nothing is amiss."""
    week = builders.hours()
    site = builders.clinic(builders.resources("therapist", 2, 1, week), builders.resources("nurse", 1, 4, week))
    course = builders.protocol(builders.phase("dose", 1, (2, 3, 5), visits=("guided",)), visits=(guided(),))
    told = Booked(builders.uid("told"), "dose", builders.wall(MONDAY, "10:00"), clinician_id=builders.uid("therapist 2"))
    asked = builders.request(site, course, MONDAY, at="10:00", standing=(told,))
    wishes = replace(asked.preferences, clinician_id=builders.uid(named))
    made = Case(replace(asked, preferences=wishes), ())
    expected, found = best_of(made), planned(made)
    assert expected
    assert expected.units == 0
    assert (found.units, found.placed[0].costs) == (0, ())


def test_a_promise_kept_is_not_listed_even_at_no_price() -> None:
    site = builders.clinic(costs=Costs(told=0))
    course = builders.protocol(builders.phase("dose", 1, (2, 3, 5)))
    told = Booked(builders.uid("told"), "dose", builders.wall(MONDAY, "10:00"))
    made = Case(builders.request(site, course, MONDAY, at="10:00", standing=(told,)), ())
    found = planned(made)
    assert found.placed[0].start == told.start
    assert broken_rules(made.request, (), found) == []


def test_promises_do_not_change_how_many_sessions_an_open_end_has() -> None:
    """The first session waits two days for the weekday of the rest; told of it, the rest is counted from that day."""
    site = builders.clinic(horizon_days=22)
    course = builders.protocol(builders.phase("first", 1, (1, 2, 3)), builders.phase("open", None, (7, 7, 7)))
    asked = builders.request(site, course, MONDAY, at="10:00")
    asked = replace(asked, preferences=replace(asked.preferences, phase_weekdays={"open": (2,)}))
    first = planned(Case(asked, ()))
    assert [placed.start.date() - MONDAY for placed in first.placed] == [timedelta(days) for days in (2, 9, 16, 23)]
    told = tuple(Booked(builders.uid(str(placed.number)), placed.phase, placed.start) for placed in first.placed)
    again = planned(Case(replace(asked, standing=told), ()))
    assert [placed.start for placed in again.placed] == [placed.start for placed in first.placed]
