"""One message about each change: never one a session, never a time that no longer holds, nothing of what nobody heard of."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import uid
from desks import EVALUATION, at, open_desk
from planner.domain.notices import UNDO_WINDOW
from planner.services import booking, visits
from planner.storage.desk_records import Notice


@pytest.fixture
def desk(store):
    return open_desk(store)


@pytest.fixture
def course(desk):
    return desk.begin(days="Tue Thu")


def notices(desk, patient="Ada Lovelace"):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.notices.of_patient(desk.patient(patient))


def owed(desk):
    return [one for one in notices(desk) if one.open]


def says(notice):
    """What a message is about: lists of ids by what happened to them."""
    return {name: set(notice.facts[name]) for name in ("added", "moved", "cancelled") if notice.facts[name]}


def ids(*appointments):
    return {str(one.id) for one in appointments}


def send_all(desk):
    """Let the worker send all that waits, ten seconds later."""
    desk.clock.now += timedelta(seconds=11)
    with desk.store.begin(desk.clinic_id) as uow:
        for notice in uow.notices.of_patient(desk.patient()):
            if notice.open:
                uow.notices.settle(replace(notice, sent_at=desk.clock.now), notice.next_attempt_at)


def move(desk, appointment, start, **more):
    return booking.move(desk.scheduler, appointment_id=appointment.id, start=start, version=appointment.version, **more)


def cancel(desk, appointment, **more):
    version = appointment.version
    return booking.cancel(desk.scheduler, appointment_id=appointment.id, version=version, reason="ill", **more)


def test_a_series_owes_one_message_that_waits_for_undo(desk, course):
    booked = desk.book(course)
    (notice,) = owed(desk)
    assert (notice.kind, notice.channel, notice.course_id) == ("booked", "mail", course.id)
    assert says(notice) == {"added": ids(*booked.appointments)}
    assert notice.due_at == notice.next_attempt_at == desk.clock.now + UNDO_WINDOW
    assert notice.expires_at == booked.appointments[-1].start_at


def test_a_visit_owes_one_message_of_its_own(desk):
    changed = visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("01-05"))
    (notice,) = owed(desk)
    assert (notice.kind, notice.appointment_id, says(notice)) == (
        "booked", changed.appointment.id, {"added": ids(changed.appointment)},
    )  # fmt: skip


def test_a_move_says_what_it_was_moved_from(desk, course):
    second = desk.book(course).appointments[1]
    send_all(desk)
    move(desk, second, at("01-08"))
    (notice,) = owed(desk)
    assert (notice.kind, says(notice)) == ("moved", {"moved": ids(second)})
    assert notice.facts["from"] == {str(second.id): "2027-01-07T10:00"}


def test_cancelling_what_is_left_of_a_course_owes_one_message(desk, course):
    booked = desk.book(course).appointments
    send_all(desk)
    cancel(desk, booked[1], scope=booking.Scope.LATER)
    (notice,) = owed(desk)
    assert (notice.kind, says(notice)) == ("cancelled", {"cancelled": ids(*booked[1:])})
    assert notice.expires_at == booked[-1].start_at


@pytest.mark.parametrize("change", ["book", "move", "cancel"])
def test_what_is_not_to_be_told_owes_nothing(desk, course, change):
    booked = desk.book(course, told=change != "book").appointments
    send_all(desk)
    if change == "move":
        move(desk, booked[1], at("01-08"), told=False)
    if change == "cancel":
        cancel(desk, booked[1], told=False)
    assert owed(desk) == []


def test_cancelling_what_the_patient_never_heard_of_owes_nothing(desk, course):
    booked = desk.book(course, told=False).appointments
    cancel(desk, booked[1])
    assert notices(desk) == []


def test_moving_what_the_patient_never_heard_of_is_news_of_an_appointment(desk, course):
    booked = desk.book(course, told=False).appointments
    move(desk, booked[1], at("01-08"))
    (notice,) = owed(desk)
    assert (notice.kind, says(notice)) == ("booked", {"added": ids(booked[1])})


class TestBeforeAnybodyHasHeard:
    """The first message has not gone out when the next change comes."""

    def test_a_move_takes_its_place_in_the_message_about_the_series(self, desk, course):
        booked = desk.book(course).appointments
        move(desk, booked[1], at("01-08"))
        assert [one.outcome for one in notices(desk) if not one.open] == ["replaced"]
        (notice,) = owed(desk)
        assert (notice.kind, says(notice)) == ("booked", {"added": ids(*booked)})

    def test_a_cancellation_drops_out_of_the_message_about_the_series(self, desk, course):
        booked = desk.book(course).appointments
        cancel(desk, booked[1])
        (notice,) = owed(desk)
        assert (notice.kind, says(notice)) == ("booked", {"added": ids(booked[0], *booked[2:])})

    def test_a_series_that_is_cancelled_at_once_sends_nothing(self, desk, course):
        booked = desk.book(course).appointments
        cancel(desk, booked[0], scope=booking.Scope.COURSE)
        assert owed(desk) == []

    def test_two_moves_are_one_from_the_time_that_was_heard(self, desk, course):
        second = desk.book(course).appointments[1]
        send_all(desk)
        moved = move(desk, second, at("01-08")).appointment
        move(desk, moved, at("01-08", "13:00"))
        (notice,) = owed(desk)
        assert (notice.kind, notice.facts["from"]) == ("moved", {str(second.id): "2027-01-07T10:00"})

    def test_a_move_there_and_back_sends_nothing(self, desk, course):
        second = desk.book(course).appointments[1]
        send_all(desk)
        moved = move(desk, second, at("01-08")).appointment
        move(desk, moved, second.start_at)
        assert owed(desk) == []

    def test_a_move_and_a_cancellation_are_a_cancellation(self, desk, course):
        second = desk.book(course).appointments[1]
        send_all(desk)
        moved = move(desk, second, at("01-08")).appointment
        cancel(desk, moved)
        (notice,) = owed(desk)
        assert (notice.kind, says(notice)) == ("cancelled", {"cancelled": ids(second)})

    def test_an_untold_cancellation_still_drops_out_of_what_waits(self, desk, course):
        booked = desk.book(course).appointments
        cancel(desk, booked[1], told=False)
        (notice,) = owed(desk)
        assert says(notice) == {"added": ids(booked[0], *booked[2:])}

    def test_a_change_of_another_appointment_leaves_it_alone(self, desk, course):
        desk.book(course)
        visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("01-11"))
        assert [one.open for one in notices(desk)] == [True, True]

    def test_what_somebody_has_tried_to_send_counts_as_heard(self, desk, course):
        booked = desk.book(course).appointments
        desk.clock.now += timedelta(seconds=11)
        with desk.store.begin_installation() as installation:
            installation.lease(desk.clock.now, desk.clock.now + timedelta(minutes=2), 5)
        cancel(desk, booked[1])
        assert [(one.kind, one.open) for one in notices(desk)] == [("booked", True), ("cancelled", True)]


def test_a_replan_that_changes_several_things_owes_one_message_about_them(desk, course):
    booked = desk.book(course).appointments
    send_all(desk)
    shown = desk.shown(course)
    desk.book(course, [shown[0], replace(shown[1], start=at("01-08"), pinned=True), shown[2]])
    (notice,) = owed(desk)
    assert notice.kind == "booked"
    assert says(notice) == {"moved": ids(booked[1]), "cancelled": ids(booked[3])}


def test_a_replan_that_changes_nothing_owes_nothing(desk, course):
    desk.book(course)
    send_all(desk)
    desk.book(course)
    assert owed(desk) == []


def test_reminders_of_an_appointment_that_is_moved_away_are_withdrawn(desk, course):
    second = desk.book(course).appointments[1]
    now, later = desk.clock.now, second.start_at
    reminder = Notice(
        uid("reminder"), "key", "no-driving-evening", "mail", second.patient_id, course.id, second.id, {}, now, later, later,
        later + timedelta(hours=9),
    )  # fmt: skip
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.put(reminder)
    move(desk, second, at("01-08"))
    with desk.store.read(desk.clinic_id) as uow:
        assert not uow.notices.get(reminder.id).open


def test_facts_hold_ids_and_times_and_no_name(desk, course):
    desk.book(course)
    (notice,) = owed(desk)
    assert "Lovelace" not in str(notice.facts) + notice.key
    assert set(notice.facts) == {"appointments", "added", "moved", "cancelled", "from"}
