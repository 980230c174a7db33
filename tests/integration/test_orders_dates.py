"""Orders that change which sessions there are: skip, extend, end, hold, resume, stop, another course."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from desks import SITE_ID, open_desk
from ordered import Ordered, begun, maintained
from planner.domain.course import AppointmentStatus, CourseStatus
from planner.domain.errors import InvalidMove, InvalidValue
from planner.domain.orders import (
    ChangeDose,
    ChangePattern,
    ChangeSpacing,
    EndPhase,
    Extend,
    Hold,
    Resume,
    Skip,
    Stop,
    Succeed,
    TakeBack,
)
from planner.domain.protocol import SpacingRule
from planner.domain.stranding import StrandCode
from planner.services import timelines

FOUR_WEEKS = ChangeSpacing("maintenance", SpacingRule(21, 28, 35))


@pytest.fixture
def a3(store) -> Ordered:
    return maintained(store)


@pytest.fixture
def ada(store) -> Ordered:
    return begun(store)


class TestSkip:
    @pytest.mark.parametrize("which", [0, 1, 2, 3, 4, 6])
    def test_the_others_stay_where_they_are(self, ada, which):
        before = ada.live
        ada.order(Skip(before[which].id))
        assert [(one.id, one.start_at, one.sequence) for one in ada.live] == [
            (one.id, one.start_at, one.sequence) for index, one in enumerate(before) if index != which
        ]
        assert ada.changes_nothing()

    @pytest.mark.parametrize("which", [0, 2, 3])
    def test_an_endless_course_goes_on_as_it_was(self, a3, which):
        before = a3.live
        a3.order(Skip(before[which].id), horizon=date(2027, 7, 14))
        assert [one.start_at for one in a3.live] == [one.start_at for at, one in enumerate(before) if at != which]
        a3.give(ChangeDose("maintenance", "spravato"))
        assert {one.start_at for one in before} - {one.start_at for one in a3.live} == {before[which].start_at}

    def test_after_the_last_one_booked_the_next_comes_two_intervals_later(self, a3):
        a3.order(Skip(a3.live[-1].id))
        assert a3.walls[-2:] == ["06-30 09:30", "07-28 09:30"]
        assert a3.changes_nothing()

    def test_two_in_a_row(self, a3):
        first, second = a3.live[1:3]
        a3.order(Skip(first.id))
        a3.order(Skip(second.id))
        assert {first.id, second.id}.isdisjoint({one.id for one in a3.live})
        assert a3.walls[:2] == ["05-19 09:30", "06-30 09:30"]
        assert a3.changes_nothing()

    def test_a_lost_session_that_is_planned_anew_does_not_take_the_day_that_was_skipped(self, a3):
        a3.miss()
        skipped = a3.live[1]
        a3.order(Skip(skipped.id))
        a3.desk.book(a3.course)
        assert skipped.start_at not in {one.start_at for one in a3.live}

    def test_what_is_past_is_not_skipped(self, ada):
        given = ada.dose()
        with pytest.raises(InvalidValue):
            ada.propose(Skip(given.id))

    def test_the_visit_that_follows_is_cancelled_with_it(self, store):
        desk = open_desk(store)
        course = Ordered(desk, desk.begin("psychotherapy"))
        desk.book(course.course)
        course.order(Skip(course.live[1].id))
        assert course.walls == ["01-05 10:00", "01-07 10:00"]

    def test_the_later_of_two_orders_is_the_latest_though_a_clock_was_set_back(self, ada):
        ada.order(Skip(ada.live[2].id))
        ada.desk.clock.now -= timedelta(hours=1)
        after_one, second = ada.walls, ada.order(Skip(ada.live[2].id))
        ada.order(TakeBack(second.order.id))
        assert ada.walls == after_one

    def test_of_two_sessions_in_a_row_left_out_the_second_comes_back_where_it_was(self, ada):
        first = ada.order(Skip(ada.live[2].id))
        after_one = ada.walls
        second = ada.order(Skip(ada.live[2].id))
        ada.order(TakeBack(second.order.id))
        assert ada.walls == after_one
        ada.order(TakeBack(first.order.id))
        assert ada.walls[2:4] == ["01-12 10:00", "01-14 10:00"]


class TestExtendAndEnd:
    def test_more_sessions_are_added_to_a_phase(self, ada):
        before = {one.id for one in ada.live}
        ada.order(Extend("weekly", 2))
        assert len(ada.live) == 9
        assert before <= {one.id for one in ada.live}

    def test_an_endless_phase_or_one_that_is_behind_is_not_extended(self, a3):
        with pytest.raises(InvalidValue):
            a3.propose(Extend("maintenance", 2))

    def test_a_phase_that_is_behind_takes_no_orders(self, ada):
        for _ in range(5):
            ada.dose()
        for order in (Extend("induction", 1), EndPhase("induction"), ChangeSpacing("induction", SpacingRule(2, 3, 5))):
            with pytest.raises(InvalidValue):
                ada.propose(order)

    def test_a_phase_ends_with_what_was_given_and_the_next_follows(self, ada):
        ada.dose()
        ada.dose()
        ada.order(EndPhase("induction"))
        assert [one.phase for one in ada.live] == ["weekly"] * 3
        assert ada.now.protocol.phase("induction").sessions == 2

    def test_a_phase_ends_before_it_began(self, ada):
        ada.order(EndPhase("induction"))
        assert [one.phase for one in ada.live] == ["weekly"] * 3
        assert {one.status for one in ada.live} == {AppointmentStatus.BOOKED}

    def test_an_endless_phase_ends(self, a3):
        a3.order(EndPhase("maintenance"))
        assert a3.live == []
        assert a3.now.protocol.phase("maintenance").sessions == 1

    def test_a_phase_that_ends_sooner_owes_its_review_from_its_last_dose_on(self, ada):
        dosed = ada.dose()
        ada.order(EndPhase("induction"))
        assert [task.due_at for task in ada.desk.tasks("review")] == [dosed.end_at]


class TestHoldAndResume:
    def test_held_until_a_day_nothing_comes_before_it(self, a3):
        a3.order(Hold(date(2027, 6, 20)))
        assert (a3.now.status, a3.now.resumes_on) == (CourseStatus.ON_HOLD, date(2027, 6, 20))
        assert a3.walls[0] >= "06-20"
        assert a3.changes_nothing()

    def test_a_course_that_is_held_until_a_day_can_be_booked(self, a3):
        a3.order(Hold(date(2027, 6, 20)))
        a3.desk.book(a3.course)
        assert a3.now.status is CourseStatus.ON_HOLD

    def test_held_until_cleared_everything_is_given_up(self, a3):
        a3.order(Hold())
        assert (a3.live, a3.now.status) == ([], CourseStatus.ON_HOLD)
        with pytest.raises(InvalidMove):
            a3.desk.book(a3.course)

    @pytest.mark.parametrize(("day", "lapse"), [("06-01", None), ("06-03", "long-gap"), ("07-05", "lapsed")])
    def test_taken_up_again_the_gap_since_the_last_dose_is_told(self, a3, day, lapse):
        a3.give(Hold())
        seen = a3.propose(Resume(date.fromisoformat(f"2027-{day}")))
        found = [one for one in seen.strands if one.code is StrandCode.PAUSED]
        assert [one.facts["lapse"] for one in found] == ([lapse] if lapse else [])
        assert any(one.asks_why for one in found) is (lapse == "lapsed")
        assert not any(one.code is StrandCode.GAP_BEYOND for one in seen.strands)

    def test_taken_up_again_it_goes_on_from_there_and_stays_so(self, a3):
        a3.give(Hold())
        a3.order(Resume(date(2027, 9, 1)))
        assert a3.walls[:2] == ["09-01 09:30", "09-15 09:30"]
        assert a3.changes_nothing()
        assert a3.now.status is CourseStatus.ACTIVE

    def test_a_year_later_it_is_begun_anew(self, a3):
        a3.give(Hold())
        with pytest.raises(InvalidValue):
            a3.propose(Resume(date(2028, 6, 1)))

    def test_a_day_that_is_behind_us_is_refused(self, a3):
        for order in (Hold(date(2027, 5, 10)), Resume(date(2027, 5, 9))):
            with pytest.raises(InvalidValue):
                a3.propose(order)


class TestStop:
    def test_all_that_is_to_come_is_cancelled_and_released(self, a3):
        ids = [one.id for one in a3.live]
        a3.order(Stop())
        assert (a3.live, a3.now.status) == ([], CourseStatus.REVOKED)
        assert all(a3.desk.taken_by(key) == set() for key in ids)
        assert len(a3.desk.records(a3.course)) == 5

    def test_what_has_ended_takes_no_orders_until_it_is_resumed(self, a3):
        a3.give(Stop())
        for order in (FOUR_WEEKS, Hold(), Stop(), Extend("maintenance", 1)):
            with pytest.raises(InvalidMove):
                a3.propose(order)
        a3.order(Resume(date(2027, 5, 19)))
        assert a3.walls[0] == "05-19 09:30"

    def test_a_completed_course_is_extended_and_active_again(self, ada):
        for _ in range(7):
            ada.dose()
        with ada.desk.store.begin(SITE_ID) as uow:
            uow.courses.save(replace(ada.now, status=CourseStatus.COMPLETED))
        with pytest.raises(InvalidMove):
            ada.propose(ChangePattern(at=time(11)))
        ada.order(Extend("weekly", 2))
        assert (ada.now.status, len(ada.live)) == (CourseStatus.ACTIVE, 2)


class TestSucceed:
    def test_a_second_induction_is_a_new_course_and_keeps_clear_of_the_last_dose(self, ada):
        ada.dose()
        given = ada.order(Succeed("staged", date(2027, 1, 6)))
        new = Ordered(ada.desk, given.successor)
        assert (ada.live, ada.now.status) == ([], CourseStatus.REVOKED)
        assert (new.walls[0], len(new.live), new.now.status) == ("01-07 10:00", 7, CourseStatus.ACTIVE)
        assert ada.orders[0].successor_id == given.successor.id
        assert ada.desk.overlaps() == 0

    def test_a_switch_keeps_the_days_that_the_clinician_enters(self, ada):
        ada.dose()
        given = ada.order(Succeed("infusions", date(2027, 1, 6), other_course_days=7))
        assert Ordered(ada.desk, given.successor).walls[0] >= "01-12"

    def test_both_courses_are_one_message(self, ada):
        ada.order(Succeed("infusions", date(2027, 1, 6)))
        assert len([one for one in ada.notices if one.open]) == 1

    def test_it_is_not_taken_back(self, ada):
        given = ada.give(Succeed("infusions", date(2027, 1, 6)))
        with pytest.raises(InvalidMove):
            ada.propose(TakeBack(given.order.id))

    def test_what_the_switch_strands_is_told_of_the_new_course(self, ada):
        seen = ada.propose(Succeed("infusions", date(2027, 1, 6)))
        assert not any(one.code is StrandCode.TENTATIVE for one in seen.strands)


def test_a_correction_of_the_interval_counts_from_the_last_dose_not_from_a_missed_session(a3):
    a3.dose()
    a3.miss()
    a3.order(ChangeSpacing("maintenance", SpacingRule(14, 21, 24)))
    assert a3.walls[0] == "06-09 09:30"


def gaps(course):
    """The days that each session of the course's page is over or under its rule."""
    lines = timelines.timeline(course.desk.clinician, course_id=course.course.id).lines
    return [(one.gap.over, one.gap.under) for one in lines if one.counts and one.gap]


def test_a_gap_that_a_clinician_asked_for_is_not_shown_as_too_long_nor_too_short(a3):
    a3.order(Skip(a3.live[1].id))
    assert set(gaps(a3)) == {(0, 0)}
    a3.dose(a3.live[0])
    a3.dose(a3.live[0])
    assert set(gaps(a3)) == {(0, 0)}


def test_the_gap_of_a_pause_counts_from_the_day_of_resuming(a3):
    a3.order(Hold(date(2027, 7, 20)))
    assert set(gaps(a3)) == {(0, 0)}
    a3.dose()
    a3.order(Hold(date(2027, 9, 15)))
    a3.dose()
    assert set(gaps(a3)) == {(0, 0)}
