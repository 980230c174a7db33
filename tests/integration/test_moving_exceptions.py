"""A move by the desk inside the clinician's band, where rules were overruled for single sessions or a course has paused."""

from dataclasses import replace
from datetime import date

import pytest

from builders import phase, protocol
from desks import at, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.errors import Code, RuleViolated
from planner.domain.orders import Hold, OverrideSpacing
from planner.services import attendance, booking, ordering


@pytest.fixture
def desk(store):
    found = open_desk(store)
    rows = phase("induction", 4, (2, 3, 5), pattern="Tue Thu", per_week=3)
    found.publish(replace(protocol(rows), name="short"))
    found.publish(replace(protocol(rows, phase("weekly", 2, (5, 7, 9))), name="two-phases"))
    return found


def order(desk, course, content):
    desk.clock.now = desk.clock.now.replace(second=desk.clock.now.second + 1)
    ordering.give(
        desk.clinician, course_id=course.id, order=content, reason="as agreed", version=desk.course(course).version
    )



def codes(refused):
    return {one.code for one in refused.value.violations}


def overruled(desk):
    """Four sessions of which the third comes, by an order, one day after the second."""
    course = desk.begin("short")
    desk.book(course)
    order(desk, course, OverrideSpacing(desk.live(course)[2].id, at("01-08")))
    assert desk.walls(course)[:3] == ["01-05 10:00", "01-07 10:00", "01-08 10:00"]
    return course


def moved(desk, course, index, start):
    one = desk.live(course)[index]
    return booking.move(desk.scheduler, appointment_id=one.id, start=start, version=one.version)


def test_the_neighbour_of_an_overruled_session_moves_by_what_was_overruled_for_that_session(desk):
    course = overruled(desk)
    moved(desk, course, 1, at("01-07", "11:00"))
    assert "01-07 11:00" in desk.walls(course)


def test_what_was_overruled_for_one_session_lets_no_other_come_closer(desk):
    course = overruled(desk)
    with pytest.raises(RuleViolated) as refused:
        moved(desk, course, 1, at("01-06"))
    assert codes(refused) == {Code.MIN_DAYS}


def test_an_overruled_session_moves_within_what_was_overruled(desk):
    course = overruled(desk)
    moved(desk, course, 2, at("01-08", "12:00"))
    assert "01-08 12:00" in desk.walls(course)


def test_a_session_after_a_miss_is_the_one_that_its_date_makes_it(desk):
    course = desk.begin("two-phases")
    first, second, *_ = desk.book(course).appointments
    desk.clock.now = at("01-05", "10:20")
    for kind in (MarkKind.ARRIVED, MarkKind.DOSED):
        first = attendance.record(desk.scheduler, appointment_id=first.id, kind=kind, version=first.version)
    desk.clock.now = at("01-07", "15:00")
    attendance.record(desk.scheduler, appointment_id=second.id, kind=MarkKind.NO_SHOW, version=second.version)
    weekly = next(one for one in desk.live(course) if one.phase == "weekly")
    with pytest.raises(RuleViolated) as refused:
        booking.move(desk.scheduler, appointment_id=weekly.id, start=at("01-18"), version=weekly.version)
    assert codes(refused) == {Code.MIN_DAYS}
    booking.move(desk.scheduler, appointment_id=weekly.id, start=at("01-19", "12:00"), version=weekly.version)


def test_the_first_session_after_a_pause_moves_by_the_day_on_which_the_course_is_taken_up(desk):
    course = desk.begin("short")
    first = desk.book(course).appointments[0]
    desk.clock.now = at("01-05", "10:20")
    for kind in (MarkKind.ARRIVED, MarkKind.DOSED):
        first = attendance.record(desk.scheduler, appointment_id=first.id, kind=kind, version=first.version)
    order(desk, course, Hold(date(2027, 2, 16)))
    after = desk.live(course)
    assert after[0].start_at >= at("02-16")
    moved(desk, course, 0, after[0].start_at.replace(hour=after[0].start_at.hour + 1))
    with pytest.raises(RuleViolated) as refused:
        moved(desk, course, 0, at("02-15"))
    assert codes(refused) == {Code.BEFORE_START}
