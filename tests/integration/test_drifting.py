"""The drift list: who passes the maximum gap, ranked, with times that the move or the booking then really accepts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import phase, protocol
from desks import NOW, at, open_desk
from planner.domain.course import Away, Given
from planner.domain.drift import Way
from planner.domain.orders import Stop
from planner.domain.rechecking import Shown
from planner.domain.span import Span, local_day
from planner.services import booking, calendar, drifting, ordering


@pytest.fixture
def desk(store):
    """A clinic that prescribes a weekly course."""
    made = open_desk(store)
    made.publish(replace(protocol(phase("weekly", 6, (5, 7, 9))), name="weekly"))
    return made


def weekly(desk, patient="Ada Lovelace", given=date(2026, 12, 30), start=date(2027, 1, 4), **more):
    """A course last given on Wednesday 30 December: its maximum gap ends on Friday 8 January."""
    return desk.begin("weekly", start, patient=patient, given=(Given("weekly", given),), **more)


def late(desk, patient="Ada Lovelace", **more):
    """The same, with its next session booked on Tuesday 12 January, four days over."""
    away = (Away(date(2027, 1, 4), date(2027, 1, 11)),)
    course = weekly(desk, patient, away=away, **more)
    desk.book(course)
    back = replace(desk.course(course), preferences=replace(course.preferences, away=()))
    with desk.store.begin(desk.clinic_id) as uow:  # the journey was called off
        uow.courses.save(back)
    return course


def lines(desk):
    return drifting.drifting(desk.scheduler).lines


def test_a_course_in_time_does_not_drift(desk):
    desk.book(weekly(desk))
    assert lines(desk) == ()
    assert drifting.drift_count(desk.scheduler) == 0


def test_a_next_session_beyond_the_maximum_gap_drifts_by_its_days(desk):
    late(desk)
    (line,) = lines(desk)
    drift = line.drift
    assert (drift.last, drift.deadline, drift.hard_end) == (date(2026, 12, 30), date(2027, 1, 8), date(2027, 1, 22))
    assert (drift.booked, drift.days_over, drift.passed) == (date(2027, 1, 12), 4, False)
    assert line.patient.name == "Ada Lovelace"


def test_up_to_three_times_are_given_that_keep_every_rule(desk):
    late(desk)
    (line,) = lines(desk)
    assert [one.start for one in line.openings] == [at("01-04"), at("01-05"), at("01-06")]
    assert all(one.in_time for one in line.openings)
    assert line.ways == ()


def test_each_time_given_is_one_that_the_move_accepts(desk):
    course = late(desk)
    for number in range(3):
        (line,) = lines(desk)
        start = line.openings[number].start
        changed = booking.move(
            desk.scheduler, appointment_id=line.appointment.id, start=start, version=line.appointment.version
        )
        assert lines(desk) == ()
        booking.move(
            desk.scheduler, appointment_id=line.appointment.id, start=at("01-12"), version=changed.appointment.version
        )
    assert desk.walls(course)[0] == "01-12 10:00"


def test_a_closed_day_and_a_taken_chair_are_no_times(desk):
    late(desk)
    calendar.close(desk.scheduler, span=Span(at("01-04", "00:00"), at("01-06", "00:00")), reason="training")
    (line,) = lines(desk)
    assert [local_day(one.start, line.course.preferences.at and desk_zone(desk)) for one in line.openings] == [
        date(2027, 1, 6), date(2027, 1, 7), date(2027, 1, 8),
    ]  # fmt: skip


def desk_zone(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.clinics.get(NOW).zone


def test_a_course_with_nothing_booked_drifts_from_today_on(desk):
    course = weekly(desk)
    desk.book(course)
    desk.clock.now = at("01-05", "08:00")
    first = desk.live(course)[0]
    booking.cancel(
        desk.scheduler, appointment_id=first.id, version=first.version, reason="moving", scope=booking.Scope.COURSE
    )
    (line,) = lines(desk)
    assert (line.appointment, line.drift.booked, line.drift.days_over) == (None, None, 0)
    opening = line.openings[0]
    shown = [Shown(line.number, opening.start, opening.linked_start, pinned=True)]
    booking.book_series(desk.scheduler, course_id=course.id, shown=shown, version=line.course.version)
    assert desk.walls(course) == [f"{opening.start.astimezone(desk_zone(desk)):%m-%d %H:%M}"]
    assert lines(desk) == ()


def test_the_time_of_a_dose_comes_with_one_for_what_follows_it(desk):
    course = desk.begin("psychotherapy", date(2027, 1, 4), given=(Given("dosing", date(2026, 12, 28)),))
    desk.book(course)
    (only,) = [one for one in desk.live(course) if one.linked_to is None]
    booking.cancel(desk.scheduler, appointment_id=only.id, version=only.version, reason="moving")
    (line,) = lines(desk)
    opening = line.openings[0]
    assert timedelta(hours=24) <= opening.linked_start - opening.start <= timedelta(hours=73)
    shown = [Shown(line.number, opening.start, opening.linked_start, pinned=True)]
    booking.book_series(desk.scheduler, course_id=course.id, shown=shown, version=line.course.version)
    assert len(desk.live(course)) == 2


def test_past_the_end_no_time_helps_but_an_order(desk):
    late(desk)
    desk.clock.now = at("01-26", "08:00")
    with desk.store.begin(desk.clinic_id) as uow:
        for one in uow.appointments.of_patient(desk.patient()):
            uow.appointments.save(replace(one, status=type(one.status).NOSHOW))
    (line,) = lines(desk)
    assert (line.drift.passed, line.openings) == (True, ())
    assert line.ways == (Way.RESUME, Way.SPACING)


def test_the_earliest_deadline_comes_first_and_then_the_most_days_over(desk):
    late(desk, "Later", given=date(2026, 12, 31))
    late(desk, "Sooner")
    weekly_two = weekly(desk, "Most over", away=(Away(date(2027, 1, 4), date(2027, 1, 13)),))
    desk.book(weekly_two)
    assert [one.patient.name for one in lines(desk)] == ["Most over", "Sooner", "Later"]


def test_a_course_that_was_stopped_does_not_drift(desk):
    course = late(desk)
    assert drifting.drift_count(desk.scheduler) == 1
    version = desk.course(course).version
    ordering.give(desk.clinician, course_id=course.id, order=Stop(), reason="better", version=version)
    assert drifting.drift_count(desk.scheduler) == 0


def test_a_draft_does_not_drift(desk):
    weekly(desk)
    assert lines(desk) == ()
