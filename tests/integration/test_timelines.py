"""A course as one line of time, on both databases: what counts, the days between, what is due, what held when."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import esketamine
from desks import at, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.course import CourseStatus, Given
from planner.domain.orders import ChangeObservation, ChangeSpacing, Hold, Succeed, TakeBack
from planner.domain.pausing import Lapse
from planner.domain.protocol import SpacingRule
from planner.domain.roles import Role
from planner.domain.timeline import Due, Gap, SessionState
from planner.services import attendance, booking, openings, ordering, outlook, particulars, timelines
from planner.services.booking import Scope


@pytest.fixture
def desk(store):
    """A clinic's desk."""
    return open_desk(store)


def look(desk, course):
    return timelines.timeline(desk.scheduler, course_id=course.id)


def mark(desk, appointment_id, *kinds, late=timedelta(0)):
    for kind in kinds:
        one = particulars.particulars(desk.scheduler, appointment_id=appointment_id).record
        desk.clock.now = max(desk.clock.now, one.start_at + late)
        attendance.record(desk.scheduler, appointment_id=one.id, kind=kind, version=one.version)


def give(desk, *appointments):
    for one in appointments:
        mark(desk, one.id, MarkKind.ARRIVED, MarkKind.DOSED)


def states(whole):
    return [line.state.value for line in whole.lines]


def gaps(whole):
    return [line.gap.days for line in whole.lines if line.gap]


def test_gaps_are_local_days_over_both_changes_of_the_clocks(desk):
    for start in (date(2027, 3, 9), date(2027, 11, 2)):
        course = desk.begin(start=start, patient=f"since {start}")
        desk.book(course)
        assert gaps(look(desk, course)) == [2, 5, 2]


def test_a_no_show_is_no_session_and_the_gap_goes_across_it(desk):
    course = desk.begin()
    first, second, third, _ = desk.book(course).appointments
    give(desk, first)
    mark(desk, second.id, MarkKind.NO_SHOW)
    give(desk, third)
    whole = look(desk, course)
    assert states(whole) == ["given", "no-show", "given", "planned"]
    assert [line.number for line in whole.lines] == [1, None, 2, 3]
    assert whole.lines[2].gap == Gap(7, SpacingRule(2, 3, 5))
    assert whole.lines[2].gap.over == 2


def test_a_withdrawn_dose_is_no_longer_given(desk):
    course = desk.begin()
    first = desk.book(course).appointments[0]
    give(desk, first)
    assert look(desk, course).counted == 1
    dose = attendance.marks_of(desk.scheduler, first.id)[-1]
    version = particulars.particulars(desk.scheduler, appointment_id=first.id).record.version
    attendance.correct(
        desk.scheduler, appointment_id=first.id, mark_id=dose.id, version=version, reason="the other patient", withdraw=True
    )
    whole = look(desk, course)
    assert (whole.counted, whole.lines[0].state) == (0, SessionState.HERE)


def test_what_has_begun_counts_from_its_day_until_somebody_says_otherwise(desk):
    course = desk.begin()
    desk.book(course)
    desk.clock.now = at("01-05", "18:00")
    whole = look(desk, course)
    assert (whole.lines[0].state, whole.counted) == (SessionState.UNSAID, 0)
    assert whole.due == Due(date(2027, 1, 7), date(2027, 1, 10), SpacingRule(2, 3, 5), date(2027, 1, 5))


def test_a_session_entered_without_its_appointment_is_shown_once(desk):
    from uuid import uuid4

    from planner.storage.records import GivenRecord

    course = desk.begin()
    desk.book(course)
    desk.clock.now = at("01-06")
    with desk.store.begin(desk.clinic_id) as uow:
        uow.given.add(GivenRecord(uuid4(), course.id, "induction", date(2027, 1, 5)))
    assert states(look(desk, course)) == ["given", "planned", "planned", "planned"]


def test_what_was_given_elsewhere_comes_first_and_counts(desk):
    course = desk.begin(given=[Given("induction", date(2027, 1, 2), elsewhere=True)])
    desk.book(course)
    whole = look(desk, course)
    assert (whole.lines[0].elsewhere, whole.lines[0].planned, whole.counted) == (True, None, 1)
    assert gaps(whole)[0] == (whole.lines[1].planned - date(2027, 1, 2)).days


def test_nobody_is_due_before_the_start_that_was_asked_for(desk):
    course = desk.begin()
    assert look(desk, course).due == Due(date(2027, 1, 5), date(2027, 1, 19))


@pytest.mark.parametrize("status", [CourseStatus.COMPLETED, CourseStatus.REVOKED, CourseStatus.ON_HOLD])
def test_nothing_is_due_in_a_course_that_does_not_go_on(desk, status):
    course = desk.begin()
    with desk.store.begin(desk.clinic_id) as uow:
        uow.courses.save(replace(uow.courses.get(course.id), status=status))
    assert look(desk, course).due is None


@pytest.mark.parametrize(("day", "off"), [(6, -1), (7, 0), (10, 0), (12, 2)])
def test_a_day_is_off_by_what_separates_it_from_the_window(day, off):
    assert Due(date(2027, 1, 7), date(2027, 1, 10)).off(date(2027, 1, day)) == off


def test_a_later_order_does_not_change_what_held_before(desk):
    course = desk.begin()
    first, second, *_ = desk.book(course).appointments
    give(desk, first, second)
    desk.clock.now = at("01-08")
    ordering.give(
        desk.clinician, course_id=course.id, order=ChangeSpacing("induction", SpacingRule(4, 5, 6)), reason="slower",
        version=desk.course(course).version,
    )  # fmt: skip
    whole = look(desk, course)
    assert [line.gap.rule.min_days for line in whole.lines if line.gap and line.counts] == [2, 4, 4]
    assert whole.due.first == date(2027, 1, 11)


def test_the_first_session_of_a_phase_is_held_to_its_way_in(desk):
    stepped = esketamine()
    phases = (stepped.phases[0], replace(stepped.phases[1], entry=SpacingRule(3, 5, 6)), *stepped.phases[2:])
    desk.publish(replace(stepped, name="stepped", phases=phases))
    course = desk.begin("stepped")
    desk.book(course)
    weekly = [line.gap.rule for line in look(desk, course).lines if line.phase == "weekly"]
    assert weekly[:2] == [SpacingRule(3, 5, 6), SpacingRule(5, 7, 10)]


def test_a_conversation_follows_and_counts_for_nothing(desk):
    course = desk.begin("psychotherapy")
    desk.book(course)
    whole = look(desk, course)
    assert [(line.follows, line.number) for line in whole.lines] == [(False, 1), (True, None), (False, 2), (True, None)]
    assert gaps(whole) == [7]


def test_what_was_undone_was_never_there(desk):
    from planner.services import undoing

    course = desk.begin()
    made = desk.book(course)
    undoing.undo(desk.scheduler, undo_id=made.undo_id)
    whole = look(desk, course)
    assert whole.lines == ()
    assert [one.entry.action for one in whole.happenings] == ["undo", "book-series", "begin"]


def test_what_was_cancelled_and_told_stays(desk):
    course = desk.begin()
    last = desk.book(course).appointments[-1]
    booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="away")
    assert states(look(desk, course)) == ["planned", "planned", "planned", "cancelled"]


def test_an_opening_breaks_no_rule_whichever_it_is(desk):
    course = desk.begin("esketamine")
    one = desk.book(course).appointments[12]
    found = openings.openings(desk.scheduler, appointment_id=one.id)
    version = one.version
    for start in (*found.that_day[::7], *found.other_days):
        version = booking.move(desk.scheduler, appointment_id=one.id, start=start, version=version).appointment.version
    assert len(found.that_day) > 10
    assert [start.date().day for start in found.other_days] == [8, 9, 10, 12, 15]  # ten days from either neighbour


def test_a_conversation_is_offered_only_what_lies_in_its_window(desk):
    course = desk.begin("psychotherapy")
    _, talk, *_ = desk.book(course).appointments
    found = openings.openings(desk.scheduler, appointment_id=talk.id)
    for start in (*found.that_day[:3], *found.other_days):
        version = particulars.particulars(desk.scheduler, appointment_id=talk.id).record.version
        booking.move(desk.scheduler, appointment_id=talk.id, start=start, version=version)
    assert {start.date() for start in found.other_days} <= {date(2027, 1, 6), date(2027, 1, 8)}


def test_particulars_list_what_each_scope_would_take(desk):
    course = desk.begin("psychotherapy")
    first, talk, *_ = desk.book(course).appointments
    scopes = particulars.particulars(desk.scheduler, appointment_id=first.id).scopes
    assert {scope: len(gone) for scope, gone in scopes.items()} == {Scope.ONE: 2, Scope.LATER: 4, Scope.COURSE: 4}
    assert particulars.particulars(desk.scheduler, appointment_id=talk.id).host.id == first.id


def test_the_list_puts_what_comes_next_on_top(desk):
    later, sooner = desk.begin(start=date(2027, 1, 12), patient="Ada"), desk.begin(patient="Zoe")
    desk.book(later)
    desk.book(sooner)
    lines = timelines.listed(desk.acting(Role.ADMIN))
    assert [(one.course.id, one.next) for one in lines] == [(sooner.id, at("01-05")), (later.id, at("01-12"))]


def order(desk, course, asked):
    return ordering.give(
        desk.clinician, course_id=course.id, order=asked, reason="as discussed", version=desk.course(course).version
    )  # fmt: skip


def test_a_course_names_the_one_that_it_follows_and_an_order_that_began_another_is_not_taken_back(desk):
    course = desk.begin()
    desk.book(course)
    done = order(desk, course, Succeed("infusions", date(2027, 2, 1)))
    assert look(desk, done.successor).predecessor == course.id
    assert look(desk, course).predecessor is None
    assert look(desk, course).latest is None


def test_the_latest_order_that_stands_can_be_taken_back_and_the_history_says_which_one_was(desk):
    course = desk.begin()
    desk.book(course)
    first = order(desk, course, ChangeObservation(150)).order
    desk.clock.now += timedelta(minutes=1)
    second = order(desk, course, Hold()).order
    assert look(desk, course).latest == second.id
    desk.clock.now += timedelta(minutes=1)
    order(desk, course, TakeBack(second.id))
    whole = look(desk, course)
    assert whole.latest == first.id
    assert [one.about.id for one in whole.happenings if one.about] == [second.id]


@pytest.mark.parametrize(("days", "lapse"), [(28, None), (29, Lapse.LONG_GAP), (60, Lapse.LONG_GAP), (61, Lapse.LAPSED)])
def test_a_long_gap_since_the_last_dose_has_a_name(desk, days, lapse):
    course = desk.begin(given=[Given("induction", date(2027, 1, 4) - timedelta(days=days), elsewhere=True)])
    assert look(desk, course).lapse is lapse


def test_a_course_on_hold_until_a_day_is_due_from_that_day_on(desk):
    course = desk.begin(given=[Given("induction", date(2027, 1, 3), elsewhere=True)])
    desk.book(course)
    order(desk, course, Hold(date(2027, 1, 19)))
    assert look(desk, course).due.last >= date(2027, 1, 19)
    order(desk, course, Hold())
    assert look(desk, course).due is None


def test_whoever_looks_sees_what_was_done_since_and_nothing_that_was_there_before(desk):
    course = desk.begin()
    desk.book(course)
    order(desk, course, ChangeObservation(150))
    seen = outlook.outlook(desk.clinician, course_id=course.id).seen
    desk.clock.now += timedelta(minutes=1)
    done = order(desk, course, Hold()).order
    booking.cancel(
        desk.scheduler,
        appointment_id=desk.book(desk.begin(patient="Grace Hopper")).appointments[0].id,
        version=1,
        reason="away",
    )
    since = outlook.outlook(desk.clinician, course_id=course.id).since(seen)
    assert [one.order.id for one in since if one.order] == [done.id]
    assert len(since) == 1
