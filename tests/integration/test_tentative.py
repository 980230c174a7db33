"""What comes after a review that nobody has decided is tentative, and told as such, until a clinician lets it go on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import phase, protocol
from desks import SITE_ID, at, open_desk
from planner.domain.attendance import MarkKind, Outcome
from planner.domain.course import AppointmentStatus, Given
from planner.domain.orders import ChangePattern, Continue, TakeBack
from planner.domain.protocol import Review
from planner.domain.rechecking import shown_of
from planner.domain.subscribing import Wanted
from planner.feeds.kept import Kept
from planner.notify.letters import sample
from planner.notify.matters import matter_of
from planner.notify.wording import is_neutral
from planner.services import attendance, booking, courses, feeds, fetching, missing, ordering, proposing, undoing
from planner.services.misses import MISSED_TASK
from planner.storage.desk_records import Letterhead

BOOKED, TENTATIVE = AppointmentStatus.BOOKED, AppointmentStatus.TENTATIVE


@pytest.fixture
def desk(store):
    found = open_desk(store)
    induction = replace(phase("induction", 2, (2, 3, 5), pattern="Tue Thu", per_week=2), review=Review("Evaluate"))
    found.publish(replace(protocol(induction, phase("weekly", 2, (5, 7, 10))), name="reviewed"))
    return found


def booked(desk):
    course = desk.begin("reviewed")
    desk.book(course)
    desk.clock.now += timedelta(seconds=30)
    return course


def statuses(desk, course):
    return [(one.phase, one.status) for one in desk.live(course)]


def give(desk, course, order):
    version = desk.course(course).version
    ordered = ordering.give(desk.clinician, course_id=course.id, order=order, reason="she is well", version=version)
    desk.clock.now += timedelta(seconds=30)
    return ordered


def notices(desk, course):
    with desk.store.begin(SITE_ID) as uow:
        return uow.notices.keep(patient_id=course.patient_id)


def letter(desk, notice):
    with desk.store.begin(SITE_ID) as uow:
        matter = matter_of(uow, notice, desk.clock())
    _, text = sample(notice.kind, Letterhead("The Clinic", "office@clinic.example", "555 0100", desk.clock()), matter)
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_series_is_booked_up_to_its_review_and_tentative_after_it(desk):
    course = booked(desk)
    assert statuses(desk, course) == [
        ("induction", BOOKED), ("induction", BOOKED), ("weekly", TENTATIVE), ("weekly", TENTATIVE),
    ]  # fmt: skip
    assert all(desk.taken_by(one.id) for one in desk.live(course))


def test_a_course_that_was_begun_elsewhere_after_its_review_waits_for_none(desk):
    given = [Given("induction", at("01-01").date(), elsewhere=True), Given("weekly", at("01-03").date(), elsewhere=True)]
    course = desk.begin("reviewed", start=at("01-08").date(), given=given)
    desk.book(course)
    assert statuses(desk, course) == [("weekly", BOOKED)]
    assert desk.tasks("review") == []


def test_to_go_on_books_what_waited_moves_nothing_and_ticks_the_review_off(desk):
    course = booked(desk)
    before = desk.live(course)
    assert len(desk.tasks("review")) == 1
    give(desk, course, Continue("induction"))
    after = desk.live(course)
    assert [(one.id, one.start_at) for one in after] == [(one.id, one.start_at) for one in before]
    assert {one.status for one in after} == {BOOKED}
    assert [one.sequence for one in after] == [0, 0, 1, 1]
    assert desk.tasks("review") == []


def test_a_review_that_was_decided_is_not_owed_again_when_something_moves(desk):
    course = booked(desk)
    give(desk, course, Continue("induction"))
    last = desk.live(course)[1]
    booking.move(desk.scheduler, appointment_id=last.id, start=at("01-08"), version=last.version)
    assert desk.tasks("review") == []


def test_a_decision_that_is_taken_back_makes_it_tentative_and_due_again(desk):
    course = booked(desk)
    order = give(desk, course, Continue("induction")).order
    give(desk, course, TakeBack(order.id))
    assert [status for _, status in statuses(desk, course)] == [BOOKED, BOOKED, TENTATIVE, TENTATIVE]
    assert len(desk.tasks("review")) == 1


def test_one_message_says_that_the_dates_stand(desk):
    course = booked(desk)
    with desk.store.begin(SITE_ID) as uow:
        uow.notices.withdraw([one.id for one in uow.notices.keep(patient_id=course.patient_id)], desk.clock(), "read")
    give(desk, course, Continue("induction"))
    (notice,) = notices(desk, course)
    ids = [str(one.id) for one in desk.live(course)[2:]]
    assert (notice.kind, notice.facts["confirmed"]) == ("confirmed", ids)
    text = letter(desk, notice)
    assert "These appointments are confirmed" in text
    assert "provisional" not in text.lower()
    assert text.count("- ") == 2
    assert is_neutral(text)


def test_a_letter_says_line_by_line_what_is_provisional_and_until_when(desk):
    course = booked(desk)
    (notice,) = notices(desk, course)
    text = letter(desk, notice)
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert [line.endswith("; provisional") for line in lines[:4]] == [False, False, True, True]
    assert "your clinician decides after your visit on Thursday, January 7, 2027" in text
    assert is_neutral(text)


def test_what_was_never_heard_of_is_told_once_as_it_is_in_the_end(desk):
    course = desk.begin("reviewed")
    desk.book(course)
    give(desk, course, Continue("induction"))
    (notice,) = notices(desk, course)
    assert (notice.kind, len(notice.facts["added"])) == ("booked", 4)
    assert "provisional" not in letter(desk, notice).lower()


def test_a_tentative_session_that_moves_stays_tentative_and_its_letter_says_so(desk):
    course = booked(desk)
    with desk.store.begin(SITE_ID) as uow:
        uow.notices.withdraw([one.id for one in uow.notices.keep(patient_id=course.patient_id)], desk.clock(), "read")
    third = desk.live(course)[2]
    later = third.start_at + timedelta(days=1)
    moved = booking.move(desk.scheduler, appointment_id=third.id, start=later, version=third.version)
    assert (moved.appointment.status, moved.appointment.sequence) == (TENTATIVE, 1)
    (notice,) = notices(desk, course)
    assert "; provisional" in letter(desk, notice)


def test_a_tentative_session_can_be_cancelled_and_that_undone(desk):
    course = booked(desk)
    third = desk.live(course)[2]
    gone = booking.cancel(desk.scheduler, appointment_id=third.id, version=third.version, reason="away")
    assert gone.appointment.status is AppointmentStatus.CANCELLED
    undoing.undo(desk.scheduler, undo_id=gone.undo_id)
    assert desk.live(course)[2].status is TENTATIVE


def test_a_dose_before_the_decision_is_a_fact_and_one_taken_back_waits_again(desk):
    course = booked(desk)
    third = desk.live(course)[2]
    desk.clock.now = third.start_at + timedelta(minutes=40)
    for kind in (MarkKind.ARRIVED, MarkKind.DOSED):
        third = attendance.record(desk.clinician, appointment_id=third.id, kind=kind, version=third.version)
    assert third.outcome is Outcome.GIVEN
    for mark in reversed(attendance.marks_of(desk.clinician, third.id)):
        third = attendance.correct(
            desk.clinician, appointment_id=third.id, mark_id=mark.id, version=third.version, reason="wrong patient",
            withdraw=True,
        )  # fmt: skip
    assert (third.outcome, third.status) == (None, TENTATIVE)


def test_another_order_leaves_what_waits_waiting(desk):
    course = booked(desk)
    give(desk, course, ChangePattern((0, 2), phase="weekly"))
    assert {status for name, status in statuses(desk, course) if name == "weekly"} == {TENTATIVE}


def test_a_series_that_is_booked_again_keeps_what_waits_and_is_undone_as_it_was(desk):
    course = booked(desk)
    preview = courses.preview(desk.scheduler, course_id=course.id)
    again = desk.book(course, shown_of(preview.plan))
    assert [status for _, status in statuses(desk, course)] == [BOOKED, BOOKED, TENTATIVE, TENTATIVE]
    undoing.undo(desk.scheduler, undo_id=again.undo_id)
    assert [status for _, status in statuses(desk, course)] == [BOOKED, BOOKED, TENTATIVE, TENTATIVE]


def test_what_was_booked_before_reviews_made_it_tentative_is_undone_to_what_it_was(desk):
    course = booked(desk)
    with desk.store.begin(SITE_ID) as uow:
        uow.appointments.save_all([replace(one, status=BOOKED) for one in uow.appointments.of_course(course.id)], "status")
    again = desk.book(course, desk.shown(course))
    assert desk.live(course)[3].status is TENTATIVE
    undoing.undo(desk.scheduler, undo_id=again.undo_id)
    assert desk.live(course)[3].status is BOOKED


def test_a_look_at_going_on_says_that_nothing_moves(desk):
    course = booked(desk)
    found = proposing.propose(desk.clinician, course_id=course.id, order=Continue("induction"))
    assert found.diff.changes_nothing
    assert found.strands == ()


def test_a_make_up_in_the_induction_is_booked_at_once(desk):
    course = booked(desk)
    second = desk.live(course)[1]
    desk.clock.now = second.start_at + timedelta(hours=5)
    attendance.record(desk.scheduler, appointment_id=second.id, kind=MarkKind.NO_SHOW, version=second.version)
    assert desk.tasks(MISSED_TASK)
    found = missing.options(desk.scheduler, appointment_id=second.id)
    fit = found.remedies[0].fit
    made = missing.make_up(
        desk.scheduler, appointment_id=second.id, choice=found.proposed, version=found.course.version,
        shown=missing.Shown(fit.placed.start),
    )  # fmt: skip
    assert made.appointment.status is BOOKED
    (review,) = desk.tasks("review")
    assert review.due_at == made.appointment.end_at


def test_calendars_show_a_tentative_session_as_one_and_hear_that_it_stands(desk):
    course = booked(desk)
    made = feeds.create(desk.scheduler, Wanted("phone"), patient_id=course.patient_id)
    kept = Kept()
    before = fetching.fetch(desk.store, desk.clock, kept, made.token, "a reader").body.decode()
    assert (before.count("STATUS:TENTATIVE"), before.count("SUMMARY:Appointment (provisional)")) == (4, 2)
    give(desk, course, Continue("induction"))
    after = fetching.fetch(desk.store, desk.clock, kept, made.token, "a reader").body.decode()
    assert ("TENTATIVE" in after, "provisional" in after, after.count("SEQUENCE:1")) == (False, False, 4)
