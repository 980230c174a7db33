"""A patient's answers belong to an appointment as it is: kept once, voided by a move, and nobody else's to give."""

from datetime import timedelta

import pytest

from answering import bearer_for, present
from desks import at, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.errors import Conflict, Forbidden, InvalidMove, InvalidValue, NotFound
from planner.domain.reaching import Purpose
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.services import attendance, booking, replying, undoing

COME, RIDE = ReplyKind.COME, ReplyKind.RIDE
MARIA = Ride(RideKind.ADULT, "Maria", "555-0100")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(store):
    """A clinic's desk."""
    return open_desk(store)


@pytest.fixture
def one(desk):
    """The first session of a booked course."""
    course = desk.begin()
    desk.book(course)
    return desk.live(course)[0]


@pytest.fixture
def patient(desk, one):
    """Its patient, by their page."""
    return bearer_for(desk, one)


def said(desk, record):
    with desk.store.read(desk.clinic_id) as uow:
        return replying.replies_of(uow, [present(desk, record.id)])[record.id]


def stored(desk, record):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.replies.of_appointments([record.id])


def move(desk, record, start):
    found = present(desk, record.id)
    return booking.move(desk.scheduler, appointment_id=found.id, start=start, version=found.version).appointment


@pytest.mark.parametrize("change", ["move", "cancel"])
def test_what_was_said_holds_again_when_a_change_is_undone(desk, one, patient, change):
    replying.reply(patient, appointment_id=one.id, kind=COME)
    replying.reply(patient, appointment_id=one.id, kind=RIDE, ride=MARIA)
    if change == "move":
        done = booking.move(desk.scheduler, appointment_id=one.id, start=at("01-05", "13:00"), version=one.version)
    else:
        done = booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason="a cold")
    undoing.undo(desk.scheduler, undo_id=done.undo_id)
    found = said(desk, one)
    assert (set(found), found[RIDE].ride, found[RIDE].at) == ({COME, RIDE}, MARIA, desk.clock.now)


def test_what_was_never_said_does_not_hold_when_a_change_is_undone(desk, one):
    done = booking.move(desk.scheduler, appointment_id=one.id, start=at("01-05", "13:00"), version=one.version)
    undoing.undo(desk.scheduler, undo_id=done.undo_id)
    assert said(desk, one) == {}


def test_who_says_that_they_come_is_expected(desk, one, patient):
    replying.reply(patient, appointment_id=one.id, kind=COME)
    assert said(desk, one)[COME].at == desk.clock.now


def test_who_takes_them_home_is_kept(desk, one, patient):
    replying.reply(patient, appointment_id=one.id, kind=RIDE, ride=MARIA)
    assert said(desk, one)[RIDE].ride == MARIA


def test_the_same_answer_twice_is_kept_once(desk, one, patient):
    for _ in range(2):
        replying.reply(patient, appointment_id=one.id, kind=RIDE, ride=MARIA)
        desk.clock.now += MINUTE
    assert len(stored(desk, one)) == 1


def test_another_answer_takes_the_place_of_the_first(desk, one, patient):
    replying.reply(patient, appointment_id=one.id, kind=RIDE, ride=MARIA)
    desk.clock.now += MINUTE
    replying.reply(patient, appointment_id=one.id, kind=RIDE, ride=Ride(RideKind.SHUTTLE))
    assert said(desk, one)[RIDE].ride == Ride(RideKind.SHUTTLE)


def test_a_move_voids_what_was_said(desk, one, patient):
    replying.reply(patient, appointment_id=one.id, kind=COME)
    move(desk, one, at("01-05", "11:00"))
    assert said(desk, one) == {}


def test_what_was_said_of_the_time_before_is_not_taken_for_the_new_one(desk, one, patient):
    seen = one.sequence
    move(desk, one, at("01-05", "11:00"))
    with pytest.raises(Conflict):
        replying.reply(patient, appointment_id=one.id, kind=COME, sequence=seen)


def test_arriving_voids_nothing(desk, one, patient):
    replying.reply(patient, appointment_id=one.id, kind=RIDE, ride=MARIA)
    desk.clock.now = one.start_at
    attendance.record(desk.scheduler, appointment_id=one.id, kind=MarkKind.ARRIVED, version=one.version)
    assert said(desk, one)[RIDE].ride == MARIA


def test_nobody_answers_for_another_patient(desk, patient):
    other = desk.begin(patient="Grace Hopper")
    desk.book(other)
    with pytest.raises(NotFound):
        replying.reply(patient, appointment_id=desk.live(other)[0].id, kind=COME)


def test_a_link_for_one_appointment_says_nothing_of_the_next(desk, one):
    mailed = bearer_for(desk, one, Purpose.COME)
    with desk.store.read(desk.clinic_id) as uow:
        later = uow.appointments.of_course(one.course_id)[1]
    with pytest.raises(NotFound):
        replying.reply(mailed, appointment_id=later.id, kind=COME)


def test_a_link_to_say_that_one_comes_names_no_ride(desk, one):
    with pytest.raises(NotFound):
        replying.reply(bearer_for(desk, one, Purpose.COME), appointment_id=one.id, kind=RIDE, ride=MARIA)


def test_a_link_for_its_own_appointment_answers(desk, one):
    replying.reply(bearer_for(desk, one, Purpose.RIDE), appointment_id=one.id, kind=RIDE, ride=MARIA)
    assert RIDE in said(desk, one)


def test_what_has_begun_takes_no_answer(desk, one, patient):
    desk.clock.now = one.start_at
    with pytest.raises(InvalidMove):
        replying.reply(patient, appointment_id=one.id, kind=COME)


def test_what_is_cancelled_takes_no_answer(desk, one, patient):
    booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason="flu")
    with pytest.raises(InvalidMove):
        replying.reply(patient, appointment_id=one.id, kind=COME)


def test_a_time_of_which_the_patient_has_not_heard_is_not_there(desk, one, patient):
    start = at("01-05", "11:00")
    booking.move(desk.scheduler, appointment_id=one.id, start=start, version=one.version, told=False)
    with pytest.raises(NotFound):
        replying.reply(patient, appointment_id=one.id, kind=COME)


def test_a_visit_without_a_dose_needs_no_ride(desk):
    course = desk.begin("psychotherapy", patient="Grace Hopper")
    desk.book(course)
    talk = next(one for one in desk.live(course) if one.linked_to)
    with pytest.raises(InvalidMove):
        replying.reply(bearer_for(desk, talk), appointment_id=talk.id, kind=RIDE, ride=MARIA)


def test_a_ride_must_be_said(one, patient):
    with pytest.raises(InvalidValue):
        replying.reply(patient, appointment_id=one.id, kind=RIDE)


def test_another_time_is_not_asked_for_without_one(one, patient):
    with pytest.raises(InvalidValue):
        replying.reply(patient, appointment_id=one.id, kind=ReplyKind.CHANGE)


def test_the_audit_names_the_link_and_not_the_ride(desk, one, patient):
    replying.reply(patient, appointment_id=one.id, kind=RIDE, ride=MARIA)
    (entry,) = desk.audit("reply")
    assert (entry.actor_id, entry.facts["ride"]) == (patient.link.id, "adult")
    assert "Maria" not in str(entry)
    assert "555-" not in str(entry)


def test_the_desk_writes_down_what_was_said_by_phone(desk, one):
    replying.reply_for(desk.scheduler, appointment_id=one.id, kind=RIDE, ride=MARIA)
    assert said(desk, one)[RIDE].by == desk.scheduler.actor.id


def test_who_may_not_attend_writes_down_nothing(desk, one):
    with pytest.raises(Forbidden):
        replying.reply_for(desk.admin, appointment_id=one.id, kind=COME)


def test_a_link_is_no_member_of_staff(one, patient):
    with pytest.raises(Forbidden):
        replying.reply_for(patient.ctx, appointment_id=one.id, kind=COME)
