"""Orders: looked at without a trace, given as they were shown, kept for good and taken back."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest

from builders import wall
from desks import SITE_ID, at, open_desk
from ordered import LOS_ANGELES, Ordered, begun, maintained
from planner.domain.course import AppointmentStatus, CourseStatus
from planner.domain.difference import Kind
from planner.domain.errors import Conflict, Forbidden, InvalidMove, InvalidValue
from planner.domain.orders import (
    ChangeDose,
    ChangeObservation,
    ChangePattern,
    ChangeSpacing,
    DeclineSuggestion,
    Extend,
    Hold,
    Stop,
    TakeBack,
)
from planner.domain.protocol import SpacingRule
from planner.domain.rechecking import shown_of
from planner.domain.span import Span
from planner.domain.stranding import StrandCode
from planner.services import booking, calendar, ordering, undoing
from planner.services.ordering import OrderChanged

FOUR_WEEKS = ChangeSpacing("maintenance", SpacingRule(21, 28, 35))
AUGUST = date(2027, 8, 31)


def west(day: str, at_time: str = "09:30") -> datetime:
    return wall(date.fromisoformat(f"2027-{day}"), at_time, LOS_ANGELES)


@pytest.fixture
def a3(store) -> Ordered:
    return maintained(store)


@pytest.fixture
def ada(store) -> Ordered:
    return begun(store)


@pytest.fixture
def four(store) -> Ordered:
    """Four doses and no more."""
    desk = open_desk(store)
    course = desk.begin(days="Tue Thu")
    desk.book(course)
    return Ordered(desk, course)


def kinds(seen, kind):
    return [row.at for row in seen.rows if row.kind is kind]


class TestScenarioA3:
    """Maintenance lengthened from two to four weeks on 10 May."""

    def test_every_session_is_kept_cancelled_or_added_to_the_minute(self, a3):
        seen = a3.propose(FOUR_WEEKS, horizon=AUGUST)
        assert kinds(seen, Kind.KEEP) == [west("06-02"), west("06-30")]
        assert kinds(seen, Kind.CANCEL) == [west("05-19"), west("06-16"), west("07-14")]
        assert kinds(seen, Kind.ADD) == [west("07-28"), west("08-25")]
        assert {f"{one:%H:%M}" for one in kinds(seen, Kind.ADD)} == {"16:30"}
        assert kinds(seen, Kind.MOVE) == []

    def test_the_days_between_are_told_as_they_were_and_as_they_will_be(self, a3):
        rows = {f"{row.at:%m-%d}": (row.gap_was, row.gap) for row in a3.propose(FOUR_WEEKS, horizon=AUGUST).rows}
        assert rows == {
            "05-19": (14, None), "06-02": (14, 28), "06-16": (14, None), "06-30": (14, 28), "07-14": (14, None),
            "07-28": (None, 28), "08-25": (None, 28),
        }  # fmt: skip

    def test_what_is_kept_keeps_its_identity_and_calendars_hear_nothing_of_it(self, a3):
        before = {one.start_at: one for one in a3.live}
        a3.order(FOUR_WEEKS, horizon=AUGUST)
        for day in ("06-02", "06-30"):
            kept = next(one for one in a3.live if one.start_at == west(day))
            assert (kept.id, kept.sequence, kept.told_at) == (before[west(day)].id, 0, before[west(day)].told_at)

    def test_what_is_cancelled_says_so_once_and_gives_its_chair_back(self, a3):
        before = {one.start_at: one for one in a3.live}
        a3.order(FOUR_WEEKS, horizon=AUGUST)
        found = {one.id: one for one in a3.desk.records(a3.course)}
        for day in ("05-19", "06-16", "07-14"):
            gone = found[before[west(day)].id]
            assert (gone.status, gone.sequence) == (AppointmentStatus.CANCELLED, 1)
            assert a3.desk.taken_by(gone.id) == set()

    def test_the_patient_gets_one_message_about_all_of_it(self, a3):
        before = {one.start_at: str(one.id) for one in a3.live}
        a3.order(FOUR_WEEKS, horizon=AUGUST)
        (notice,) = [one for one in a3.notices if one.open]
        assert set(notice.facts["cancelled"]) == {before[west(day)] for day in ("05-19", "06-16", "07-14")}
        assert set(notice.facts["added"]) == {str(one.id) for one in a3.live if one.start_at > west("07-01")}
        assert notice.facts["moved"] == []

    def test_a_frequency_outside_the_label_asks_for_a_reason(self, a3):
        seen = a3.propose(FOUR_WEEKS, horizon=AUGUST)
        strand = next(one for one in seen.strands if one.code is StrandCode.OUTSIDE_LABEL)
        assert (strand.asks_why, strand.facts["target_days"], strand.facts["label_most"]) == (True, 28, 14)

    def test_planning_again_changes_nothing(self, a3):
        a3.order(FOUR_WEEKS, horizon=AUGUST)
        assert a3.changes_nothing()

    def test_the_audit_names_each_appointment(self, a3):
        a3.order(FOUR_WEEKS, horizon=AUGUST, reason="stable for three months")
        (entry,) = a3.desk.audit("order")
        named = entry.facts["cancelled_ids"].split() + entry.facts["added_ids"].split()
        changed = [one for one in a3.desk.records(a3.course) if one.start_at not in {west("06-02"), west("06-30")}]
        assert sorted(named) == sorted(str(one.id) for one in changed)
        assert entry.reason == "stable for three months"


def test_another_interval_is_kept_to_though_the_dates_before_would_do(a3):
    seen = a3.order(ChangeSpacing("maintenance", SpacingRule(14, 21, 28)))
    assert [one.wall_start[5:10] for one in seen.appointments] == ["05-26", "06-16", "07-07", "07-28"]


class TestGiving:
    def test_an_order_is_kept_with_who_gave_it_why_from_when_and_what_it_replaced(self, a3):
        before = a3.now.terms
        a3.order(FOUR_WEEKS, reason="stable")
        (kept,) = a3.orders
        assert (kept.content, kept.reason, kept.author_id) == (FOUR_WEEKS, "stable", a3.desk.clinician.actor.id)
        assert (kept.previous, kept.effective_on) == (before, date(2027, 5, 10))

    def test_only_a_clinician_looks_and_gives(self, a3):
        for by in (a3.desk.scheduler, a3.desk.admin):
            with pytest.raises(Forbidden):
                ordering.give(by, course_id=a3.course.id, order=FOUR_WEEKS, reason="stable", version=a3.now.version)

    def test_a_reason_is_always_needed(self, a3):
        with pytest.raises(InvalidValue) as refused:
            a3.give(FOUR_WEEKS, reason="  ")
        assert refused.value.path == "reason"
        assert a3.orders == []

    def test_a_stale_page_is_refused_and_given_the_difference_of_now(self, a3):
        version = a3.now.version
        a3.give(Hold())
        with pytest.raises(OrderChanged) as refused:
            a3.give(FOUR_WEEKS, version=version)
        assert refused.value.fresh.course.status is CourseStatus.ON_HOLD
        assert len(a3.orders) == 1

    def test_a_session_that_was_taken_since_is_refused_and_looked_for_anew(self, a3):
        seen = a3.propose(FOUR_WEEKS, horizon=AUGUST)
        day = Span(west("07-28", "00:00"), west("07-29", "00:00"))
        calendar.close(a3.desk.scheduler, span=day, reason="flood")
        with pytest.raises(OrderChanged) as refused:
            a3.give(FOUR_WEEKS, horizon=AUGUST, shown=shown_of(seen.plan))
        assert west("07-28") not in kinds(refused.value.fresh, Kind.ADD)
        assert a3.orders == []

    def test_an_order_after_a_booking_makes_that_booking_final(self, store):
        desk = open_desk(store)
        course = Ordered(desk, desk.begin(days="Tue Thu"))
        booked = desk.book(course.course)
        desk.clock.now += timedelta(seconds=2)
        course.give(ChangePattern(at=time(11)))
        with pytest.raises(Conflict):
            undoing.undo(desk.scheduler, undo_id=booked.undo_id)

    def test_an_order_after_a_cancellation_makes_that_final_even_if_it_touches_nothing(self, store):
        desk = open_desk(store)
        course = Ordered(desk, desk.begin(days="Tue Thu"))
        first = desk.book(course.course).appointments[0]
        gone = booking.cancel(
            desk.scheduler, appointment_id=first.id, version=first.version, reason="ill", scope=booking.Scope.COURSE
        )  # fmt: skip
        desk.clock.now += timedelta(seconds=2)
        course.give(Stop())
        with pytest.raises(Conflict):
            undoing.undo(desk.scheduler, undo_id=gone.undo_id)
        assert course.live == []

    def test_a_draft_takes_orders_and_stays_a_draft(self, store):
        desk = open_desk(store)
        course = Ordered(desk, desk.begin(days="Tue Thu"))
        course.order(Extend("induction", 2))
        assert (course.now.status, course.live) == (CourseStatus.DRAFT, [])
        desk.book(course.course)
        assert len(course.live) == 6
        with pytest.raises(InvalidMove):
            Ordered(desk, desk.begin(patient="Grace")).give(Hold())

    def test_a_session_that_finds_no_place_leaves_one_task_until_it_has_one(self, ada):
        everything = Span(at("01-12", "00:00"), at("03-30", "00:00"))
        calendar.close(ada.desk.scheduler, span=everything, reason="flood")
        ada.give(ChangePattern(at=time(11)))
        (task,) = ada.desk.tasks("unplaced")
        assert (task.course_id, task.facts["sessions"]) == (ada.course.id, 5)
        ada.give(Stop())
        assert ada.desk.tasks("unplaced") == []


class TestTakeBack:
    def test_the_terms_are_as_before_and_the_dates_too(self, a3):
        before, walls = a3.now.terms, a3.walls
        given = a3.order(FOUR_WEEKS)
        a3.order(TakeBack(given.order.id))
        assert a3.now.terms == before
        assert a3.walls[:5] == walls

    def test_only_the_latest_that_stands(self, a3):
        first, second = a3.give(FOUR_WEEKS), a3.give(ChangePattern(at=time(10)))
        with pytest.raises(InvalidMove):
            a3.propose(TakeBack(first.order.id))
        a3.give(TakeBack(second.order.id))
        a3.give(TakeBack(first.order.id))
        assert a3.now.protocol.phase("maintenance").spacing == SpacingRule(10, 14, 21)
        assert len(a3.orders) == 4

    def test_a_stop_is_taken_back(self, a3):
        walls = a3.walls
        given = a3.order(Stop())
        a3.order(TakeBack(given.order.id))
        assert (a3.now.status, a3.walls[:5]) == (CourseStatus.ACTIVE, walls)

    def test_a_hold_that_is_over_is_taken_back(self, a3):
        given = a3.order(Hold(date(2027, 5, 20)))
        with a3.desk.store.begin(SITE_ID) as uow:
            uow.courses.save(replace(a3.now, status=CourseStatus.ACTIVE))
        a3.order(TakeBack(given.order.id))
        assert (a3.now.status, a3.now.resumes_on) == (CourseStatus.ACTIVE, None)

    def test_what_was_ordered_of_a_draft_leaves_a_booked_course_active(self, store):
        desk = open_desk(store)
        course = Ordered(desk, desk.begin(days="Tue Thu"))
        given = course.give(Extend("induction", 2))
        desk.book(course.course)
        course.order(TakeBack(given.order.id))
        assert (course.now.status, len(course.live)) == (CourseStatus.ACTIVE, 4)

    def test_sessions_given_in_between_count(self, ada):
        given = ada.order(Extend("induction", 1))
        for _ in range(5):
            ada.dose()
        ada.order(TakeBack(given.order.id))
        assert [one.phase for one in ada.live] == ["weekly"] * 3


class TestLater:
    """Orders that hold from a later day on."""

    def test_another_interval_keeps_what_lies_before(self, a3):
        before = a3.live[:2]
        a3.order(FOUR_WEEKS, effective_on=date(2027, 6, 10), horizon=AUGUST)
        assert [(one.id, one.start_at) for one in a3.live[:2]] == [(one.id, one.start_at) for one in before]
        assert a3.walls == ["05-19 09:30", "06-02 09:30", "06-30 09:30", "07-28 09:30", "08-25 09:30"]
        assert a3.orders[0].effective_on == date(2027, 6, 10)
        assert a3.changes_nothing()

    def test_another_dose_keeps_what_lies_before(self, a3):
        a3.order(ChangeDose("maintenance", "spravato-84"), effective_on=date(2027, 6, 10), horizon=date(2027, 7, 14))
        assert [one.profile.name for one in a3.live] == 2 * ["spravato"] + 3 * ["spravato-84"]

    def test_other_weekdays_keep_what_lies_before(self, a3):
        a3.order(ChangePattern((1,)), effective_on=date(2027, 6, 10), horizon=date(2027, 7, 14))
        assert [f"{one.start_at:%a}" for one in a3.live[:3]] == ["Wed", "Wed", "Tue"]

    @pytest.mark.parametrize("order", [Stop(), Hold(), ChangeObservation(180)])
    def test_what_cannot_wait_is_not_put_off(self, a3, order):
        with pytest.raises(InvalidValue) as refused:
            a3.propose(order, effective_on=date(2027, 6, 10))
        assert refused.value.path == "effective_on"


def test_declining_a_suggestion_leaves_everything_as_it_is(a3):
    day = Span(west("05-19", "00:00"), west("05-20", "00:00"))
    calendar.close(a3.desk.scheduler, span=day, reason="flood")
    before = a3.live
    assert a3.propose(DeclineSuggestion(uuid4())).rows == ()
    a3.give(DeclineSuggestion(uuid4()))
    assert a3.live == before
