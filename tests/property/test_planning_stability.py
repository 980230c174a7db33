"""The same input gives the same plan; a plan that stands, or has begun, is not changed; wall times survive DST."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import builders
from oracles.cases import CHANGES, Case
from oracles.strategies import cases, planned
from planner.domain.course import Booked, Given
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import Placed, Plan, PlanRequest, Relaxation
from planner.domain.planning import plan


def starts(found: Plan) -> list:
    return [(p.number, p.start, p.linked and p.linked.start) for p in found.placed]


@settings(max_examples=60)
@given(cases(), st.integers(0, 999))
def test_the_order_of_bookings_does_not_matter(made: Case, seed: int) -> None:
    rows = list(made.rows)
    Random(seed).shuffle(rows)
    assert planned(Case(made.request, tuple(rows))) == planned(made)


@settings(max_examples=60)
@given(cases())
def test_what_an_occupancy_was_asked_before_does_not_matter(made: Case) -> None:
    request = made.request
    occupancy = Occupancy(request.clinic, [BusyRow(*row) for row in made.rows])
    plan(replace(request, relaxation=Relaxation(1, 1, 5, 60, availability=True), pinned={}), occupancy)
    later = replace(request.preferences, start=request.preferences.start + timedelta(days=9), at=None, weekdays=(2,))
    plan(replace(request, preferences=later, standing=(), neighbours=(), gates=()), occupancy)
    assert plan(request, occupancy) == planned(made)


def told(placed: Placed, *, linked: bool = False) -> list[Booked]:
    """The appointments of a session as the patient was told of them."""
    name = f"{placed.number}{linked}"
    booked = Booked(builders.uid(name), placed.phase, placed.start, linked=linked)
    return [booked, *(told(placed.linked, linked=True) if placed.linked else [])]


@settings(max_examples=80)
@given(cases())
def test_planning_again_what_stands_changes_nothing(made: Case) -> None:
    request = replace(made.request, standing=())
    first = planned(Case(request, made.rows))
    standing = tuple(booked for placed in first.placed for booked in told(placed))
    again = planned(Case(replace(request, standing=standing), made.rows))
    assert starts(again) == starts(first)
    assert again.units == first.units
    assert again.changes == ()


@settings(max_examples=80)
@given(cases())
def test_giving_the_first_session_as_planned_leaves_the_rest_as_it_was(made: Case) -> None:
    first = planned(made := _uncapped(made))
    assume(first.placed)
    request, session = made.request, first.placed[0]
    day = session.start.astimezone(request.clinic.zone).date()
    begun = replace(
        request,
        given=(*request.given, Given(session.phase, day)),
        preferences=replace(request.preferences, start=day, clinician_id=first.clinician_id),
    )
    assert starts(planned(Case(begun, made.rows))) == starts(first)[1:]


def _uncapped(made: Case) -> Case:
    """Leave out what a session given changes: where weeks are counted from, and how far an open end is planned."""
    request: PlanRequest = made.request
    phases = tuple(replace(p, per_week=None, sessions=p.sessions or 1) for p in request.protocol.phases)
    request = replace(request, protocol=replace(request.protocol, phases=phases), standing=())
    return Case(request, made.rows)


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_a_course_keeps_its_wall_time_when_the_clocks_change(zone: str, change: date) -> None:
    week = builders.hours("Mon-Sun", "08:00", "20:00")
    people = (builders.resources("nurse", 1, 4, week), builders.resources("prescriber", 1, 1, week))
    site = builders.clinic(builders.resources("chair", 1), *people, zone=ZoneInfo(zone), opening=week)
    start = change - timedelta(days=change.weekday() + 6)  # a Tuesday a week before
    found = plan(builders.request(site, builders.esketamine(), start, at="10:00"), Occupancy(site, []))
    local = [placed.start.astimezone(site.zone) for placed in found.placed]
    assert {f"{at:%H:%M}" for at in local} == {"10:00"}
    assert len({at.utcoffset() for at in local}) == (1 if zone == "Asia/Kathmandu" else 2)
    assert [at.date() for at in local[:4]] == [start + timedelta(days=days) for days in (0, 2, 7, 9)]
    assert found.units == 0
