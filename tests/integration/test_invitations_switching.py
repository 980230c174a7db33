"""Beginning and ending with invitations: a calendar that is mailed them holds each appointment once, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC

import pytest

from desks import at
from inviting import MailedCalendar, choose, event_in, invitations, says, send
from planner.domain.reaching import Delivery
from planner.services import booking, undoing
from postroom import Mailbox, notices, open_post

FEED, INVITATIONS, NEITHER = Delivery.FEED, Delivery.INVITATIONS, Delivery.NEITHER


@pytest.fixture
def desk(store):
    return open_post(store)


@pytest.fixture
def invited(desk):
    choose(desk, INVITATIONS)
    return desk


@pytest.fixture
def mailbox():
    with Mailbox() as opened:
        yield opened


def move(desk, one, start):
    return booking.move(desk.scheduler, appointment_id=one.id, start=start, version=one.version)


def cancel(desk, one):
    return booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason="ill")


def booked(desk):
    course = desk.begin()
    desk.book(course)
    return course


def single(desk):
    """Book a course, and cancel all of it but the first appointment before anybody hears of it."""
    course = booked(desk)
    for one in desk.live(course)[1:]:
        cancel(desk, one)
    return desk.live(course)[0]


def test_who_begins_with_invitations_is_invited_to_all_that_is_ahead(desk, mailbox):
    course = booked(desk)
    send(desk, mailbox)
    desk.clock.now = at("01-06")
    choose(desk, INVITATIONS)
    sent = send(desk, mailbox)
    assert [says(mail) for mail in sent] == [("REQUEST", 0, "CONFIRMED")] * 3
    assert {str(event_in(mail)["UID"]) for mail in sent} == {str(one.id) for one in desk.live(course)[1:]}


def test_who_ends_invitations_has_them_taken_out_and_reads_that_the_appointment_stays(invited, mailbox):
    single(invited)
    send(invited, mailbox)
    choose(invited, FEED)
    (mail,) = send(invited, mailbox)
    assert says(mail) == ("CANCEL", 1, "CANCELLED")
    assert mail["Subject"] == "Taken out of your calendar: Appointment, Tuesday, January 5, 2027"
    assert "Your appointment at Harbor Rooms stays as it is" in mail.get_body(("plain",)).get_content()
    assert event_in(mail)["COMMENT"] == "Your appointment stays as it is. It is only taken out of this calendar."


@pytest.mark.parametrize("other", [FEED, NEITHER])
def test_changing_back_and_forth_leaves_nothing_twice_and_nothing_out(invited, mailbox, other):
    course, calendar = booked(invited), MailedCalendar()
    for delivery in (other, INVITATIONS, other, INVITATIONS):
        calendar.receive(*send(invited, mailbox))
        expected = {} if delivery is INVITATIONS else {str(one.id): one.start_at for one in invited.live(course)}
        assert calendar.shows() == expected
        choose(invited, delivery)
    moved = move(invited, invited.live(course)[0], at("01-05", "13:00")).appointment
    calendar.receive(*send(invited, mailbox))
    assert calendar.shows()[str(moved.id)] == at("01-05", "13:00").astimezone(UTC)


def test_a_change_of_mind_within_seconds_sends_nothing(invited, mailbox):
    booked(invited)
    send(invited, mailbox)
    choose(invited, FEED)
    choose(invited, INVITATIONS)
    assert send(invited, mailbox) == []


def test_ending_and_beginning_leaves_the_appointment_and_its_answers_as_they_are(invited, mailbox):
    one = single(invited)
    send(invited, mailbox)
    choose(invited, FEED)
    choose(invited, INVITATIONS)
    with invited.store.read(invited.clinic_id) as uow:
        assert uow.appointments.get(one.id) == one


def test_an_undo_after_the_end_of_invitations_invites_nobody(invited, mailbox):
    one = single(invited)
    undo_id = move(invited, one, at("01-05", "13:00")).undo_id
    choose(invited, FEED)
    undoing.undo(invited.scheduler, undo_id=undo_id)
    assert invitations(send(invited, mailbox)) == []


def test_an_undo_after_the_beginning_of_invitations_invites_to_what_it_brings_back(desk, mailbox):
    one = single(desk)
    send(desk, mailbox)
    undo_id = cancel(desk, one).undo_id
    choose(desk, INVITATIONS)
    undoing.undo(desk.scheduler, undo_id=undo_id)
    (mail,) = send(desk, mailbox)
    assert says(mail) == ("REQUEST", 2, "CONFIRMED")


def test_what_is_booked_beside_a_choice_is_invited_to_whichever_came_first(desk):
    course = desk.begin()
    with ThreadPoolExecutor() as together:
        for done in [together.submit(desk.book, course), together.submit(choose, desk, INVITATIONS)]:
            done.result()
    owed = {one.appointment_id for one in notices(desk) if one.kind == "invitation" and one.open}
    assert owed == {one.id for one in desk.live(course)}
