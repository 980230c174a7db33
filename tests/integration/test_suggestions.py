"""Suggestions to a clinician: made after a miss with a worse score, answered by an order, at most one in 28 days."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid5

import pytest

from builders import phase, protocol, uid
from desks import TUESDAY, at, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.course import Given
from planner.domain.errors import Conflict, Forbidden, InvalidMove, InvalidValue, NotFound
from planner.domain.orders import ChangeSpacing, DeclineSuggestion, Stop
from planner.domain.protocol import PhaseKind, SpacingRule
from planner.domain.scores import Scale
from planner.services import attendance, ordering, score_pages, scores, suggestions, tasks
from planner.services.suggestions import SUGGESTION_TASK

EVERY_WEEK = SpacingRule(5, 7, 10)


def kept_up():
    """Weekly four times, then every two weeks for long."""
    weekly = replace(phase("weekly", 4, (5, 7, 10)), kind=PhaseKind.TAPER)
    return replace(protocol(weekly, phase("fortnightly", 12, (10, 14, 21))), name="kept up")


@pytest.fixture
def desk(store):
    desk = open_desk(store)
    desk.publish(kept_up())
    return desk


@pytest.fixture
def course(desk):
    """A course that has had its four weekly sessions, booked every two weeks from 5 January on."""
    days = (date(2026, 12, 1), date(2026, 12, 8), date(2026, 12, 15), date(2026, 12, 22))
    course = desk.begin("kept up", TUESDAY, given=[Given("weekly", day) for day in days])
    desk.book(course)
    return course


def score(desk, day, value):
    desk.clock.now = max(desk.clock.now, at(day, "12:00"))
    return scores.record(
        desk.scheduler, patient_id=desk.patient(), scale=Scale.PHQ_9, value=value, day=date.fromisoformat(f"2027-{day}")
    )


def miss(desk, course, kind=MarkKind.NO_SHOW):
    """Miss the next session, and give it."""
    one = next(one for one in desk.live(course) if one.outcome is None)
    desk.clock.now = one.start_at + timedelta(hours=1)
    return attendance.record(desk.scheduler, appointment_id=one.id, kind=kind, version=one.version)


def suggested(desk):
    return desk.tasks(SUGGESTION_TASK)


def test_a_missed_session_with_a_worse_score_suggests_going_back_to_weekly(desk, course):
    score(desk, "01-04", 7)
    missed = miss(desk, course)
    assert suggested(desk) == []
    score(desk, "01-12", 17)
    (task,) = suggested(desk)
    assert task.id == uuid5(missed.id, SUGGESTION_TASK)
    assert (task.appointment_id, task.course_id, task.patient_id) == (missed.id, course.id, desk.patient())
    assert {name: task.facts[name] for name in ("phase", "scale", "from", "to", "missed_on", "was_days")} == {
        "phase": "fortnightly", "scale": "phq-9", "from": 7, "to": 17, "missed_on": "2027-01-05", "was_days": 14,
    }  # fmt: skip
    assert SpacingRule(*(task.facts[name] for name in ("min_days", "target_days", "max_days"))) == EVERY_WEEK


def test_a_miss_that_is_entered_after_the_score_suggests_it_too(desk, course):
    score(desk, "01-04", 7)
    one = desk.live(course)[0]
    score(desk, "01-12", 17)
    attendance.record(
        desk.scheduler, appointment_id=one.id, kind=MarkKind.NO_SHOW, version=one.version, at=one.start_at
    )
    assert len(suggested(desk)) == 1


def test_a_late_cancellation_is_a_miss(desk, course):
    score(desk, "01-04", 7)
    miss(desk, course, MarkKind.LATE_CANCEL)
    score(desk, "01-12", 17)
    assert len(suggested(desk)) == 1


def test_nothing_is_suggested_without_a_score_before(desk, course):
    miss(desk, course)
    score(desk, "01-12", 17)
    assert suggested(desk) == []


def test_nothing_is_suggested_when_the_score_is_hardly_worse(desk, course):
    score(desk, "01-04", 13)
    miss(desk, course)
    score(desk, "01-12", 17)
    assert suggested(desk) == []


def test_the_plan_is_not_touched_by_a_suggestion(desk, course):
    score(desk, "01-04", 7)
    miss(desk, course)
    before = (desk.course(course), desk.records(course))
    score(desk, "01-12", 17)
    assert (desk.course(course), desk.records(course)) == before


@pytest.fixture
def task(desk, course):
    """The suggestion of 12 January."""
    score(desk, "01-04", 7)
    miss(desk, course)
    score(desk, "01-12", 17)
    (task,) = suggested(desk)
    return task


def decline(desk, course, task, reason="the ride failed, not the treatment"):
    return suggestions.decline(desk.clinician, course_id=course.id, task_id=task.id, reason=reason)


def test_a_clinician_declines_by_an_order_that_changes_nothing(desk, course, task):
    before = desk.course(course)
    order = decline(desk, course, task)
    assert order.content == DeclineSuggestion(task.id)
    assert (order.previous, order.reason) == (before.terms, "the ride failed, not the treatment")
    assert desk.course(course) == before
    assert suggested(desk) == []
    with desk.store.read(desk.clinic_id) as uow:
        assert uow.orders.of_course(course.id) == [order]
    assert desk.audit("order")[0].facts["order"] == str(order.id)


def test_only_a_clinician_declines(desk, course, task):
    with pytest.raises(Forbidden):
        suggestions.decline(desk.scheduler, course_id=course.id, task_id=task.id, reason="no")


def test_declining_needs_a_reason(desk, course, task):
    with pytest.raises(InvalidValue, match="reason"):
        decline(desk, course, task, " ")
    assert suggested(desk) == [task]


def test_a_suggestion_is_answered_once(desk, course, task):
    decline(desk, course, task)
    with pytest.raises(Conflict):
        decline(desk, course, task)


def test_a_suggestion_belongs_to_its_course(desk, course, task):
    other = desk.begin(patient="Grace Hopper")
    with pytest.raises(NotFound):
        suggestions.decline(desk.clinician, course_id=other.id, task_id=task.id, reason="no")
    with pytest.raises(NotFound):
        suggestions.decline(desk.clinician, course_id=course.id, task_id=uid("nothing"), reason="no")


def test_the_desk_cannot_tick_a_suggestion_off(desk, course, task):
    with pytest.raises(InvalidMove):
        tasks.finish(desk.scheduler, task_id=task.id, reason="done")
    assert suggested(desk) == [task]


def test_after_declining_the_next_comes_after_28_days(desk, course, task):
    desk.clock.now = at("01-13", "12:00")
    decline(desk, course, task)
    found = score_pages.of_course(desk.clinician, course_id=course.id)
    assert (found.suggestion, found.next_suggestion) == (None, date(2027, 2, 10))
    score(desk, "01-18", 8)
    miss(desk, course)  # of 19 January
    score(desk, "02-09", 18)
    assert suggested(desk) == []
    score(desk, "02-10", 19)
    assert len(suggested(desk)) == 1


def test_an_order_to_space_otherwise_answers_the_suggestion(desk, course, task):
    given = desk.course(course)
    ordering.give(
        desk.clinician, course_id=course.id, order=ChangeSpacing("fortnightly", EVERY_WEEK), reason="worse",
        version=given.version,
    )  # fmt: skip
    assert suggested(desk) == []
    assert score_pages.of_course(desk.clinician, course_id=course.id).next_suggestion == date(2027, 2, 9)


def test_a_course_that_is_stopped_suggests_nothing_more(desk, course, task):
    given = desk.course(course)
    ordering.give(desk.clinician, course_id=course.id, order=Stop(), reason="moved away", version=given.version)
    assert suggested(desk) == []
    score(desk, "01-13", 20)
    assert suggested(desk) == []


def test_a_suggestion_goes_with_the_score_that_was_its_reason(desk, course, task):
    worse = score_pages.of_patient(desk.scheduler, patient_id=desk.patient()).standing[-1]
    scores.correct(desk.scheduler, patient_id=desk.patient(), score_id=worse.id, value=7, reason="misread")
    assert suggested(desk) == []


def test_a_corrected_score_that_is_still_worse_words_it_anew(desk, course, task):
    worse = score_pages.of_patient(desk.scheduler, patient_id=desk.patient()).standing[-1]
    scores.correct(desk.scheduler, patient_id=desk.patient(), score_id=worse.id, value=16, reason="misread")
    (again,) = suggested(desk)
    assert (again.id, again.facts["to"]) == (task.id, 16)


def test_a_suggestion_goes_with_the_miss_that_was_none(desk, course, task):
    (mark,) = attendance.marks_of(desk.scheduler, task.appointment_id)
    one = next(one for one in desk.records(course) if one.id == task.appointment_id)
    attendance.correct(
        desk.scheduler, appointment_id=one.id, mark_id=mark.id, version=one.version, reason="came late", withdraw=True
    )
    assert suggested(desk) == []
