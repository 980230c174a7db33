"""A course changed on its way: a clinician's order, the difference that it makes, and what is kept."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from builders import clinic, hours, phase, protocol, resources, uid, wall, weekdays
from desks import Desk, HandClock, at, open_desk
from planner.domain.course import AppointmentStatus, CourseStatus, Given, Override, Preferences
from planner.domain.errors import Code, Conflict, Forbidden, InvalidMove, InvalidValue, RuleViolated
from planner.domain.orders import ChangeSpacing
from planner.domain.protocol import SpacingRule
from planner.domain.rechecking import shown_of
from planner.domain.span import Span
from planner.services import booking, calendar, clinics, courses, ordering, proposing
from planner.services.booking import PlanChanged, Scope

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
FOUR_WEEKS = SpacingRule(21, 28, 35)


def west(day: str) -> datetime:
    return wall(date.fromisoformat(f"2027-{day}"), "09:30", LOS_ANGELES)


@pytest.fixture
def lengthened(store):
    """Scenario A3: two-weekly Wednesdays at 09:30 in Los Angeles, the last dose given on 5 May."""
    people = resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours())
    clinics.open_clinic(store, clinic(resources("chair", 2), *people, zone=LOS_ANGELES))
    desk = Desk(store, HandClock(datetime(2027, 5, 6, 17, tzinfo=UTC)))
    desk.publish(replace(protocol(phase("maintenance", None, (10, 14, 21))), name="maintenance"))
    course = desk.begin(
        "maintenance", date(2027, 5, 6), "Wed", "09:30", given=[Given("maintenance", date(2027, 5, 5))]
    )  # fmt: skip
    shown = desk.shown(course, horizon=date(2027, 7, 14))
    desk.book(course, shown)
    desk.clock.now = datetime(2027, 5, 10, 17, tzinfo=UTC)
    return desk, course


def order(desk, course, spacing=FOUR_WEEKS, by=None, **more):
    asked = {"order": ChangeSpacing("maintenance", spacing), "reason": "stable", "version": 2, "horizon": date(2027, 8, 31)}
    return ordering.give(by or desk.clinician, course_id=course.id, **{**asked, **more})


def proposal(desk, course, horizon=date(2027, 8, 31)):
    asked = ChangeSpacing("maintenance", FOUR_WEEKS)
    return proposing.propose(desk.clinician, course_id=course.id, order=asked, horizon=horizon)


def starts(some):
    return [one.booked.start if hasattr(one, "booked") else one.start for one in some]


def test_a_longer_interval_keeps_cancels_and_adds_as_worked_out_by_hand(lengthened):
    desk, course = lengthened
    assert desk.walls(course) == ["05-19 09:30", "06-02 09:30", "06-16 09:30", "06-30 09:30", "07-14 09:30"]
    before = {one.start_at: one for one in desk.live(course)}
    preview = proposal(desk, course)
    assert starts(preview.diff.keep) == [west("06-02"), west("06-30")]
    assert starts(preview.diff.move) == []
    assert starts(preview.diff.cancel) == [west("05-19"), west("06-16"), west("07-14")]
    assert starts(preview.diff.add) == [west("07-28"), west("08-25")]
    assert {one.start_at: one for one in desk.live(course)} == before
    order(desk, course, shown=shown_of(preview.plan))
    assert desk.walls(course) == ["06-02 09:30", "06-30 09:30", "07-28 09:30", "08-25 09:30"]
    after = {one.id: one for one in desk.records(course)}
    for day, sequence, status in (
        ("06-02", 0, AppointmentStatus.BOOKED), ("06-30", 0, AppointmentStatus.BOOKED),
        ("05-19", 1, AppointmentStatus.CANCELLED), ("07-14", 1, AppointmentStatus.CANCELLED),
    ):  # fmt: skip
        now = after[before[west(day)].id]
        assert (now.start_at, now.sequence, now.status) == (west(day), sequence, status)
        assert bool(desk.taken_by(now.id)) is (status is AppointmentStatus.BOOKED)
    assert [one.number for one in desk.live(course)] == [2, 3, 4, 5]
    assert before[west("06-02")].told_at == after[before[west("06-02")].id].told_at


def test_an_order_is_a_clinicians_needs_a_reason_and_is_kept_with_what_it_replaced(lengthened):
    desk, course = lengthened
    for by in (desk.scheduler, desk.admin):
        with pytest.raises(Forbidden):
            order(desk, course, by=by)
    with pytest.raises(InvalidValue):
        order(desk, course, reason="  ")
    with pytest.raises(InvalidValue):
        order(desk, course, order=ChangeSpacing("tapering", FOUR_WEEKS))
    with pytest.raises(Conflict):
        order(desk, course, version=1)
    order(desk, course)
    with desk.store.read(desk.clinic_id) as uow:
        (kept,) = uow.orders.of_course(course.id)
        original = uow.protocols.get("maintenance")
    assert (kept.content, kept.reason) == (ChangeSpacing("maintenance", FOUR_WEEKS), "stable")
    assert kept.previous.protocol.phases[0].spacing == SpacingRule(10, 14, 21)
    assert original.phases[0].spacing == SpacingRule(10, 14, 21)
    assert [(entry.reason, entry.actor_id) for entry in desk.audit("order")] == [("stable", desk.clinician.actor.id)]


def test_a_course_that_has_ended_takes_no_orders(lengthened):
    desk, course = lengthened
    with desk.store.begin(desk.clinic_id) as uow:
        uow.courses.save(replace(uow.courses.get(course.id), status=CourseStatus.REVOKED))
    with pytest.raises(InvalidMove):
        order(desk, course, version=3)


def test_planning_again_what_is_planned_best_changes_nothing(lengthened):
    desk, course = lengthened
    preview = courses.preview(desk.scheduler, course_id=course.id, wish=courses.Wish(horizon=date(2027, 7, 14)))
    assert preview.diff.changes_nothing
    before = desk.live(course)
    desk.book(course, shown_of(preview.plan))
    assert [(one.id, one.sequence, one.start_at) for one in desk.live(course)] == [
        (one.id, one.sequence, one.start_at) for one in before
    ]


def test_a_closed_day_moves_its_session_under_its_own_id_and_tells_calendars_once(lengthened):
    desk, course = lengthened
    day = Span(wall(date(2027, 5, 19), "00:00", LOS_ANGELES), wall(date(2027, 5, 20), "00:00", LOS_ANGELES))
    (broken,) = calendar.close(desk.scheduler, span=day, reason="flood").broken
    preview = courses.preview(desk.scheduler, course_id=course.id, wish=courses.Wish(horizon=date(2027, 7, 14)))
    (move,) = preview.diff.move
    assert move.booked.appointment_id == broken.appointment.id
    desk.book(course, shown_of(preview.plan))
    moved = next(one for one in desk.live(course) if one.id == broken.appointment.id)
    assert (moved.sequence, moved.start_at) == (1, move.placed.start)
    assert [one.sequence for one in desk.live(course)] == [1, 0, 0, 0, 0]
    assert desk.tasks("move-or-cancel") == []


def test_a_proposal_stores_nothing(lengthened):
    desk, course = lengthened
    assert proposal(desk, course).diff.cancel
    assert desk.course(course).version == 2
    assert len(desk.live(course)) == 5


@pytest.fixture
def guided(store):
    """A course of two doses with a therapist, each followed by a conversation, booked from Tuesday, 5 January."""
    desk = open_desk(store)
    course = desk.begin("psychotherapy")
    desk.book(course)
    return desk, course


def doses(desk, course):
    return [one for one in desk.live(course) if one.linked_to is None]


def follows(desk, course):
    return [one for one in desk.live(course) if one.linked_to]


def move(desk, record, start, **more):
    return booking.move(desk.scheduler, appointment_id=record.id, start=start, version=record.version, **more).appointments


def test_each_dose_is_booked_with_the_conversation_that_follows_it(guided):
    desk, course = guided
    assert desk.walls(course) == ["01-05 10:00", "01-07 10:00", "01-12 10:00", "01-14 10:00"]
    assert [one.linked_to for one in follows(desk, course)] == [one.id for one in doses(desk, course)]
    therapists = {one.clinician_id for one in desk.live(course)}
    assert therapists <= {uid("therapist 1"), uid("therapist 2")}
    assert len(therapists) == 1


def test_a_dose_takes_its_conversation_along(guided):
    desk, course = guided
    changed = move(desk, doses(desk, course)[1], at("01-14"))
    assert [one.wall_start for one in changed] == ["2027-01-14T10:00", "2027-01-15T10:15"]
    assert desk.walls(course) == ["01-05 10:00", "01-07 10:00", "01-14 10:00", "01-15 10:15"]
    assert desk.overlaps() == 0


def test_a_conversation_that_still_fits_stays_where_it_is(guided):
    desk, course = guided
    second = doses(desk, course)[1]
    move(desk, second, at("01-11", "11:00"))
    assert desk.walls(course)[2:] == ["01-11 11:00", "01-14 10:00"]
    assert [one.sequence for one in desk.live(course)] == [0, 0, 1, 0]


def test_a_conversation_moves_within_its_window_and_is_refused_outside(guided):
    desk, course = guided
    last = follows(desk, course)[1]
    with pytest.raises(RuleViolated) as refused:
        move(desk, last, at("01-18", "11:00"))
    assert [violation.code for violation in refused.value.violations] == [Code.LINK_WINDOW]
    assert refused.value.nearest == at("01-15", "10:15")
    move(desk, last, refused.value.nearest)
    move(desk, follows(desk, course)[1], at("01-13", "14:00"))
    assert desk.walls(course)[3] == "01-13 14:00"


def test_a_conversation_weeks_ahead_can_be_moved(guided):
    desk, _ = guided
    far = desk.begin("psychotherapy", date(2027, 3, 2), patient="Grace")
    desk.book(far)
    move(desk, follows(desk, far)[1], at("03-11", "14:00"))
    assert desk.walls(far)[3] == "03-11 14:00"


def test_a_conversation_has_no_override(guided):
    desk, course = guided
    last = follows(desk, course)[1]
    with pytest.raises(RuleViolated):
        booking.move(
            desk.clinician, appointment_id=last.id, start=at("01-18", "11:00"), version=last.version,
            override=Override("as she asked"),
        )  # fmt: skip


def test_a_cancelled_dose_cancels_its_conversation(guided):
    desk, course = guided
    second = doses(desk, course)[1]
    booking.cancel(desk.scheduler, appointment_id=second.id, version=second.version, reason="ill")
    assert desk.walls(course) == ["01-05 10:00", "01-07 10:00"]
    talk = follows(desk, course)[0]
    booking.cancel(desk.scheduler, appointment_id=talk.id, version=talk.version, reason="ill")
    assert desk.walls(course) == ["01-05 10:00"]


def test_a_missing_conversation_is_added_again_beside_its_dose(guided):
    desk, course = guided
    talk, dose = follows(desk, course)[0], doses(desk, course)[0]
    booking.cancel(desk.scheduler, appointment_id=talk.id, version=talk.version, reason="ill")
    desk.book(course)
    assert [one.linked_to for one in follows(desk, course)] == [one.id for one in doses(desk, course)]
    assert doses(desk, course)[0].id == dose.id


def test_a_conversation_kept_follows_a_dose_that_is_new(guided):
    desk, course = guided
    first = doses(desk, course)[0]
    with desk.store.begin(desk.clinic_id) as uow:  # as it would be after a correction: the dose lost, its follow-up not
        uow.occupancy.release(first.id)
        uow.appointments.save(replace(first, status=AppointmentStatus.CANCELLED))
    with desk.store.begin(desk.clinic_id) as uow:
        assert uow.appointments.get(first.id).status is AppointmentStatus.CANCELLED
    desk.book(course)
    assert [one.linked_to for one in follows(desk, course)] == [one.id for one in doses(desk, course)]
    assert len(desk.live(course)) == 4


def test_a_promised_therapist_is_kept_or_the_time_is_refused(guided):
    desk, course = guided
    second = doses(desk, course)[1]
    absent = Span(at("01-14", "00:00"), at("01-15", "00:00"))
    calendar.note_absence(desk.scheduler, resource_id=second.clinician_id, span=absent, reason="leave")
    with pytest.raises(RuleViolated) as refused:
        move(desk, second, at("01-14"))
    assert {violation.facts["kind"] for violation in refused.value.violations} == {"therapist"}
    (moved, *_) = move(desk, doses(desk, course)[1], refused.value.nearest)
    assert moved.clinician_id == second.clinician_id
    assert moved.clinician_id in desk.taken_by(moved.id)


def test_an_absent_therapist_breaks_the_promise_and_nobody_else_takes_over_silently(guided):
    desk, course = guided
    second = doses(desk, course)[1]
    absent = Span(at("01-12", "00:00"), at("01-13", "00:00"))
    broken = calendar.note_absence(desk.scheduler, resource_id=second.clinician_id, span=absent, reason="leave").broken
    assert [one.appointment.id for one in broken] == [second.id]
    assert [task.appointment_id for task in desk.tasks("move-or-cancel")] == [second.id]


def test_a_plan_whose_therapist_has_been_taken_is_no_longer_what_was_shown(guided):
    desk, _ = guided
    grace = desk.begin("psychotherapy", patient="Grace")
    shown = desk.shown(grace)
    edith = desk.begin("psychotherapy", patient="Edith", clinician_id=shown[0].clinician_id)
    desk.book(edith)
    with pytest.raises(PlanChanged) as refused:
        desk.book(grace, shown)
    assert {violation.facts["kind"] for violation in refused.value.broken[1]} >= {"therapist"}


def test_cancelling_takes_one_this_and_later_or_all(store):
    desk = open_desk(store)
    for scope, left in ((Scope.ONE, 3), (Scope.LATER, 1), (Scope.COURSE, 0)):
        course = desk.begin(patient=scope)
        second = desk.book(course).appointments[1]
        ids = {"appointment_id": second.id, "version": second.version}
        gone = booking.cancel(desk.scheduler, **ids, reason="ill", scope=scope).appointments
        assert len(desk.live(course)) == left
        assert len(gone) == 4 - left
        assert all((one.status, one.sequence) == (AppointmentStatus.CANCELLED, 1) for one in gone)
        assert not any(desk.taken_by(one.id) for one in gone)
        assert len(desk.records(course)) == 4
    assert [(entry.reason, entry.facts["scope"]) for entry in desk.audit("cancel")] == [
        ("ill", "one"), ("ill", "later"), ("ill", "course"),
    ]  # fmt: skip


def test_a_whole_course_of_twenty_is_enrolled_previewed_and_booked(store):
    desk = open_desk(store)
    course = courses.begin(
        desk.scheduler, patient_id=desk.patient(), protocol="esketamine",
        preferences=Preferences(date(2027, 1, 5), weekdays("Tue Thu"), {"weekly": (1,), "fortnightly": (1,)}),
    )  # fmt: skip
    preview = courses.preview(desk.scheduler, course_id=course.id)
    assert (preview.plan.complete, len(preview.plan.placed), preview.violations) == (True, 20, ())
    desk.book(course, shown_of(preview.plan))
    assert len(desk.live(course)) == 20
