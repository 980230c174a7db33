"""Who drifts, by how much, and which times would still do; days are local, and a gap on its maximum is none."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import clinic, hours, infusion, phase, protocol, request, resources, wall
from planner.domain.course import Given
from planner.domain.drift import Opening, Way, drift_of, openings_for, ways_out
from planner.domain.occupancy import Occupancy
from planner.domain.rules import Around
from planner.domain.spacing import wanted_sessions

LAST, TODAY = date(2027, 3, 1), date(2027, 3, 4)
WEEKLY = protocol(phase("weekly", 3, (5, 7, 9)))
ONCE = (Given("weekly", LAST),)
WEEK = hours("Mon-Sun")
SITE = clinic(resources("chair", 2), resources("nurse", 2, 4, WEEK), resources("prescriber", 1, 1, WEEK), opening=WEEK)


def asked(given=ONCE, course=WEEKLY, start=LAST, site=SITE, **more):
    return request(site, course, start, at="10:00", given=tuple(given), **more)


def drift(booked, today=TODAY, **more):
    return drift_of(asked(**more), LAST, booked, today)


def test_a_session_on_the_last_day_of_the_gap_does_not_drift():
    assert drift(LAST + timedelta(days=9)) is None


def test_a_session_a_day_later_does():
    found = drift(LAST + timedelta(days=10))
    assert (found.deadline, found.hard_end, found.days_over) == (date(2027, 3, 10), date(2027, 3, 24), 1)


@pytest.mark.parametrize(
    ("today", "over", "passed"), [(4, 0, False), (10, 0, False), (11, 1, False), (24, 14, False), (25, 15, True)]
)
def test_with_nothing_booked_the_days_count_to_today(today, over, passed):
    found = drift(None, date(2027, 3, today))
    assert (found.booked, found.days_over, found.passed) == (None, over, passed)


def test_a_course_that_is_complete_does_not_drift():
    assert drift(None, given=[Given("weekly", LAST - timedelta(days=7 * ago)) for ago in (2, 1, 0)]) is None


def test_a_course_without_a_dose_is_held_against_the_day_it_was_asked_for():
    found = drift_of(asked(given=()), LAST, None, TODAY)
    assert (found.last, found.deadline) == (None, LAST + timedelta(days=14))
    assert drift_of(asked(given=()), LAST, LAST + timedelta(days=14), TODAY) is None


def test_the_next_session_wanted_sets_the_gap_and_not_the_one_booked():
    course = protocol(phase("induction", 4, (2, 3, 5), pattern="Mon Thu"), phase("weekly", 3, (5, 7, 9)))
    found = drift_of(asked([Given("induction", LAST)], course), LAST, LAST + timedelta(days=7), TODAY)
    assert (found.phase, found.deadline) == ("induction", LAST + timedelta(days=5))


def test_a_course_taken_up_again_counts_from_that_day():
    found = drift(date(2027, 4, 20), resumes_on=date(2027, 4, 1))
    assert found.deadline == date(2027, 4, 3)


def openings(booked, count=3, occupancy=None, around=None, **more):
    made = asked(**more)
    found = drift_of(made, LAST, booked, TODAY)
    (wanted, *_) = wanted_sessions(made, 0)
    return openings_for(
        found, made, occupancy or Occupancy(made.clinic), wanted, around or Around(LAST.toordinal()), count
    )


def days(found):
    return [one.start.date().day for one in found]


def test_times_begin_after_the_minimum_gap_and_come_sooner_than_what_is_booked():
    found = openings(date(2027, 3, 12), count=20)
    assert days(found) == [6, 7, 8, 9, 10, 11]
    assert [one.in_time for one in found] == [True] * 5 + [False]


def test_three_times_are_enough():
    assert days(openings(date(2027, 3, 12))) == [6, 7, 8]


def test_no_time_is_past_the_end_of_the_overrun():
    assert days(openings(None, count=40))[-1] == 24


def test_no_time_starves_the_session_after_it():
    made = asked()
    second = wanted_sessions(made, 0)[1]
    around = Around(LAST.toordinal(), (date(2027, 3, 17).toordinal(), second))
    assert days(openings(date(2027, 3, 14), count=20, around=around)) == [6, 7, 8, 9, 10, 11, 12]


def test_a_closed_clinic_has_no_times():
    assert openings(date(2027, 3, 14), site=replace(SITE, hours=hours("Mon-Sun", "09:00", "09:30"))) == ()


def test_what_another_phase_gives_keeps_its_own_visit():
    course = protocol(phase("weekly", 3, (5, 7, 9), visits=("infusion",)), visits=(infusion(),))
    assert openings(date(2027, 3, 14), course=course) == ()  # there is no pump


def opening(*, in_time):
    return Opening(wall(TODAY, "10:00"), None, in_time)


@pytest.mark.parametrize(
    ("found", "ways"),
    [([True], ()), ([False, True], ()), ([False], (Way.SPACING,)), ([], (Way.RESUME, Way.SPACING))],
)
def test_an_order_is_named_where_no_time_comes_in_time(found, ways):
    assert ways_out(drift(None), tuple(opening(in_time=one) for one in found)) == ways


def test_a_course_without_a_dose_cannot_be_resumed():
    assert ways_out(replace(drift(None), last=None), ()) == (Way.SPACING,)
