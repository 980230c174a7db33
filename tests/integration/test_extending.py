"""The nightly extension: courses without an end are booked ahead once, with one message a patient, and one task."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from builders import phase, protocol
from desks import NOW, at, open_desk
from planner.domain.course import CourseStatus
from planner.domain.errors import Forbidden
from planner.domain.orders import Hold
from planner.domain.roles import Role
from planner.domain.span import Span
from planner.services import booking, calendar, extending, ordering
from planner.services.booking import Scope
from planner.storage.records import GivenRecord
from postroom import notices

WEEK = timedelta(days=7)


@pytest.fixture
def desk(store):
    """A clinic that prescribes a fortnightly course without an end."""
    made = open_desk(store)
    made.publish(replace(protocol(phase("fortnightly", None, (10, 14, 21))), name="endless"))
    return made


@pytest.fixture
def course(desk):
    """Booked over twelve weeks from Tuesday 5 January on."""
    begun = desk.begin("endless", days="Tue")
    desk.book(begun)
    return begun


def night(desk, weeks=0):
    """Let weeks pass, and extend as the worker does."""
    desk.clock.now += weeks * WEEK
    return extending.extend(desk.acting(Role.SYSTEM))


def test_what_time_brings_within_the_horizon_is_booked_and_all_else_stays(desk, course):
    before = desk.live(course)
    found = night(desk, weeks=4)
    after = desk.live(course)
    assert (found.courses, found.added, found.failed) == (1, 2, 0)
    assert [one.id for one in after[: len(before)]] == [one.id for one in before]
    assert [one.version for one in after[: len(before)]] == [one.version for one in before]
    days = [date.fromisoformat(one.wall_start[:10]) for one in after]
    assert {(later - day).days for day, later in pairwise(days)} == {14}


def test_a_second_run_adds_nothing(desk, course):
    night(desk, weeks=4)
    known = desk.records(course)
    assert night(desk) == extending.Extended()
    assert desk.records(course) == known


def test_nothing_is_added_while_the_horizon_is_full(desk, course):
    assert night(desk).added == 0
    assert desk.audit("extend") == []


def test_the_patient_gets_one_message_about_all_that_was_added(desk, course):
    desk.clock.now += timedelta(minutes=1)
    before = {one.id for one in notices(desk)}
    night(desk, weeks=4)
    (notice,) = [one for one in notices(desk) if one.id not in before]
    assert len(notice.facts["added"]) == 2


def test_two_courses_of_one_patient_are_one_message(desk, course):
    talks = replace(protocol(phase("talks", None, (10, 14, 21), visits=("talk",))), name="talks")
    desk.publish(talks)
    desk.book(desk.begin("talks", date(2027, 1, 7), days="Thu"))
    desk.clock.now += timedelta(minutes=1)
    before = {one.id for one in notices(desk)}
    assert night(desk, weeks=4).courses == 2
    (notice,) = [one for one in notices(desk) if one.id not in before and one.outcome != "replaced"]
    assert len(notice.facts["added"]) == 4


def test_a_course_with_an_end_is_left_alone(desk):
    desk.book(desk.begin())
    assert night(desk, weeks=4) == extending.Extended()


def test_what_the_desk_cancelled_is_not_booked_again_by_night(desk, course):
    desk.clock.now += timedelta(minutes=1)
    last = desk.live(course)[-1]
    booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="on holiday")
    night(desk)
    assert last.wall_start not in [one.wall_start for one in desk.live(course)]
    night(desk, weeks=4)
    added = desk.live(course)[-1]
    assert added.start_at > last.start_at


def test_a_course_given_up_by_the_desk_becomes_a_task_and_no_bookings(desk, course):
    desk.clock.now += timedelta(minutes=1)
    second = desk.live(course)[1]
    booking.cancel(
        desk.scheduler, appointment_id=second.id, version=second.version, reason="wants to think", scope=Scope.LATER
    )
    assert night(desk).added == 0
    assert [task.course_id for task in desk.tasks("unplaced")] == [course.id]


def test_what_finds_no_place_is_one_task_until_it_has_one(desk, course):
    span = Span(at("03-20", "00:00"), at("08-01", "00:00"))
    calendar.close(desk.scheduler, span=span, reason="rebuilding")
    assert night(desk, weeks=4).unplaced == 2
    night(desk)
    (task,) = desk.tasks("unplaced")
    assert (task.course_id, task.facts["sessions"]) == (course.id, 2)
    calendar.reopen(desk.scheduler, span=span)
    assert night(desk).added == 2
    assert desk.tasks("unplaced") == []


def test_a_course_whose_pause_is_over_is_active_again(desk, course):
    desk.clock.now = at("01-05", "18:00")
    version = desk.course(course).version
    held = ordering.give(
        desk.clinician, course_id=course.id, order=Hold(date(2027, 2, 9)), reason="abroad", version=version
    )
    assert held.course.status is CourseStatus.ON_HOLD
    assert night(desk).resumed == 0
    desk.clock.now = at("02-09", "03:00")
    assert night(desk).resumed == 1
    assert desk.course(course).status is CourseStatus.ACTIVE
    (entry,) = desk.audit("take-up")
    assert entry.subject_id == course.id


def test_a_course_that_fails_does_not_stop_the_others(desk, course, caplog):
    desk.book(desk.begin("endless", days="Thu", patient="Grace Hopper"))
    with desk.store.begin(desk.clinic_id) as uow:  # no use-case writes such a thing
        uow.given.add(GivenRecord(uuid4(), course.id, "a phase that is not there", date(2027, 1, 5)))
    found = night(desk, weeks=4)
    assert (found.courses, found.failed) == (1, 1)
    assert str(course.id) in caplog.text
    assert "Lovelace" not in caplog.text


def test_who_may_not_book_may_not_extend(desk):
    with pytest.raises(Forbidden):
        extending.extend(desk.admin)


def test_the_night_is_written_down(desk, course):
    night(desk, weeks=4)
    (entry,) = desk.audit("extend")
    added = " ".join(str(one.id) for one in desk.live(course)[-2:])
    assert (entry.subject_id, dict(entry.facts)) == (course.id, {"sessions": 2, "unplaced": 0, "added_ids": added})
    assert entry.at == NOW + 4 * WEEK
