"""Booking further ahead is done once: what is booked stays, and a second night adds nothing, whatever the clinic is like."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given, settings

import builders
from oracles.cases import Case
from oracles.strategies import cases
from planner.domain.course import Booked
from planner.domain.extension import extension_of
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import Placed, Relaxation
from planner.domain.protocol import Rhythm
from planner.domain.seating import by_subject, seat_visit
from planner.domain.span import Span, local_day


def endless(made: Case) -> Case:
    """The case as a course whose last phase has no end, in a clinic that plans five weeks ahead."""
    request, last = made.request, made.request.protocol.phases[-1]
    phases = (*request.protocol.phases[:-1], replace(last, sessions=None, rhythm=Rhythm.INTERVAL, weekdays=()))
    site, course = replace(request.clinic, horizon_days=35), replace(request.protocol, phases=phases)
    return Case(replace(request, clinic=site, protocol=course, relaxation=Relaxation(), pinned={}), made.rows)


def visits(placed: Placed) -> list[Placed]:
    return [placed, *(visits(placed.linked) if placed.linked else [])]


def booked(placed: Placed) -> list[Booked]:
    ids = {one.start: builders.uid(f"added {one.start}") for one in visits(placed)}
    return [Booked(ids[one.start], one.phase, one.start, linked=one is placed.linked) for one in visits(placed)]


def taken(made: Case, placed: tuple[Placed, ...]) -> list[BusyRow]:
    """All rows of the case, and what the added visits take."""
    rows = [BusyRow(*row) for row in made.rows]
    capacity = {one.id: one.capacity for one in made.request.clinic.resources}
    for one in (visit for session in placed for visit in visits(session)):
        span = Span(one.start, one.end)
        rows += seat_visit(one.assignments, by_subject(rows), capacity, made.request.patient_id, span)
    return rows


@settings(max_examples=80)
@given(cases())
def test_a_second_extension_adds_nothing(made: Case) -> None:
    made = endless(made)
    request = made.request
    first = extension_of(request, Occupancy(request.clinic, taken(made, ())))
    assume(first.placed)
    standing = (*request.standing, *(one for placed in first.placed for one in booked(placed)))
    again = extension_of(replace(request, standing=standing), Occupancy(request.clinic, taken(made, first.placed)))
    assert again.placed == ()
    assert again.missing == first.missing


@settings(max_examples=80)
@given(cases())
def test_what_is_added_comes_after_all_that_is_booked_and_keeps_its_distance(made: Case) -> None:
    request = endless(made).request
    added = extension_of(request, Occupancy(request.clinic, [BusyRow(*row) for row in made.rows])).placed
    zone, spacing = request.clinic.zone, {phase.name: phase for phase in request.protocol.phases}
    sessions = [one for one in request.standing if not one.linked]
    before = max([*(one.day for one in request.given), *(local_day(one.start, zone) for one in sessions)], default=None)
    for one in added:
        day, phase = local_day(one.start, zone), spacing[one.phase]
        least = min(rule.min_days for rule in (phase.entry, phase.spacing) if rule)
        assert before is None or day - before >= timedelta(days=least)
        before = day
