"""Patients who get invitations: a real mail server takes them, and a calendar that is mailed them is right after each."""

from dataclasses import replace
from datetime import timedelta

import pytest
from icalendar import Calendar

from builders import phase, protocol
from desks import at
from inviting import (
    calendar_in,
    calendar_part,
    choose,
    event_in,
    invitations,
    letters,
    restrictions,
    says,
    send,
)
from planner.domain.attendance import MarkKind
from planner.domain.protocol import Review
from planner.domain.reaching import Delivery, Language
from planner.notify.letters import message_id
from planner.services import attendance, booking, undoing
from planner.services.letterhead import change_letterhead
from postroom import LOST, Mailbox, notices, open_post

FEED, INVITATIONS = Delivery.FEED, Delivery.INVITATIONS


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


def move(desk, one, start, **more):
    return booking.move(desk.scheduler, appointment_id=one.id, start=start, version=one.version, **more)


def cancel(desk, one):
    return booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason="ill")


def booked(desk, **more):
    course = desk.begin()
    desk.book(course, **more)
    return course


def single(desk):
    """Book a course, and cancel all of it but the first appointment before anybody hears of it."""
    course = booked(desk)
    for one in desk.live(course)[1:]:
        cancel(desk, one)
    return desk.live(course)[0]


PIER = "12 Pier Street, New York"


def with_address(desk):
    harbor = {"public_name": "Harbor Rooms", "sender": "hello@harbor.example", "phone": "+1 212 555 0100"}
    change_letterhead(desk.admin, **harbor, address=PIER, version=1)


def test_an_invitation_says_where_only_to_who_wants_it_said(desk, mailbox):
    with_address(desk)
    choose(desk, INVITATIONS)
    single(desk)
    (silent,) = invitations(send(desk, mailbox))
    assert "location" not in event_in(silent)
    assert PIER not in str(silent.get_body(("plain",)))


def test_it_says_where_in_the_file_and_in_words_and_so_does_its_withdrawal(desk, mailbox):
    with_address(desk)
    choose(desk, INVITATIONS, shows_place=True)
    one = single(desk)
    (sent,) = invitations(send(desk, mailbox))
    assert event_in(sent)["location"] == PIER
    assert f"Where: {PIER}." in sent.get_body(("plain",)).get_content()
    cancel(desk, one)
    (gone,) = invitations(send(desk, mailbox))
    assert event_in(gone)["location"] == PIER


def test_an_invitation_of_a_clinic_without_an_address_says_nothing_of_it(desk, mailbox):
    choose(desk, INVITATIONS, shows_place=True)
    single(desk)
    (sent,) = invitations(send(desk, mailbox))
    assert "location" not in event_in(sent)


def test_an_appointment_is_published_moved_and_cancelled_under_one_uid_with_a_rising_sequence(invited, mailbox):
    one = single(invited)
    sent = invitations(send(invited, mailbox))
    moved = move(invited, one, at("01-05", "13:00")).appointment
    sent += invitations(send(invited, mailbox))
    cancel(invited, moved)
    sent += invitations(send(invited, mailbox))
    assert [says(mail) for mail in sent] == [
        ("REQUEST", 0, "CONFIRMED"), ("REQUEST", 1, "CONFIRMED"), ("CANCEL", 2, "CANCELLED"),
    ]  # fmt: skip
    assert {str(event_in(mail)["UID"]) for mail in sent} == {str(one.id)}
    assert [event_in(mail)["DTSTART"].dt for mail in sent] == [at("01-05"), *[at("01-05", "13:00")] * 2]


def test_each_mail_keeps_to_itip_by_libical(invited, mailbox):
    course = booked(invited)
    sent = send(invited, mailbox)
    move(invited, invited.live(course)[0], at("01-05", "13:00"))
    cancel(invited, invited.live(course)[1])
    sent += send(invited, mailbox)
    choose(invited, FEED)
    sent += send(invited, mailbox)
    with restrictions() as asked:
        found = [asked(calendar_in(mail)) for mail in invitations(sent)]
    assert [one["wrong"] for one in found] == [[]] * 9
    assert [one["events"] for one in found] == [1] * 9


def test_a_mail_is_an_alternative_of_text_html_and_calendar_whose_methods_agree(invited, mailbox):
    single(invited)
    (mail,) = invitations(send(invited, mailbox))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html", "text/calendar"]
    part = calendar_part(mail)
    assert part["Content-Transfer-Encoding"] == "base64"
    assert dict(part["Content-Type"].params) == {"charset": "utf-8", "method": "REQUEST"}
    assert str(Calendar.from_ical(calendar_in(mail))["METHOD"]) == "REQUEST"
    assert part.get_filename() is None


def test_the_organizer_is_the_sender_and_the_one_attendee_the_recipient_without_a_name(invited, mailbox):
    single(invited)
    (mail,) = invitations(send(invited, mailbox))
    organizer, attendee, (sender,) = event_in(mail)["ORGANIZER"], event_in(mail)["ATTENDEE"], mail["From"].addresses
    assert organizer == f"mailto:{sender.addr_spec}"
    assert dict(organizer.params) == {"CN": sender.display_name}
    assert attendee == f"mailto:{mail['To'].addresses[0].addr_spec}"
    assert dict(attendee.params) == {
        "CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"
    }  # fmt: skip


def test_an_invitation_says_when_and_that_an_answer_to_it_is_not_read(invited, mailbox):
    single(invited)
    (mail,) = invitations(send(invited, mailbox))
    assert mail["Subject"] == "Invitation: Appointment, Tuesday, January 5, 2027"
    text = " ".join(mail.get_body(("plain",)).get_content().replace("\xa0", " ").split())
    assert text == (
        "Appointment at Harbor Rooms: Tuesday, January 5, 2027, 10:00 am until about 12:35 pm, New York time (EST). "
        "With this mail your calendar program can enter the appointment, or correct what it has of it. "
        "An answer that your calendar program sends is not read. To tell us that you come, or that you need another time, "
        "use your private page, or call +1 212 555 0100."
    )
    html = mail.get_body(("html",)).get_content()
    assert html.splitlines()[:2] == ["<!DOCTYPE html>", '<html lang="en">']
    assert "Tuesday, January 5, 2027" in html


def test_an_invitation_is_in_the_patients_language_and_words(desk, mailbox):
    choose(desk, INVITATIONS, language=Language.SPANISH)
    single(desk)
    (mail,) = invitations(send(desk, mailbox))
    assert mail["Subject"] == "Invitación: Cita, martes, 5 de enero de 2027"
    assert event_in(mail)["SUMMARY"] == "Cita"
    assert "La respuesta que envíe" in mail.get_body(("plain",)).get_content()


def test_the_letter_about_a_change_comes_once_beside_the_invitations(invited, mailbox):
    booked(invited)
    sent = send(invited, mailbox)
    assert (len(letters(sent)), len(invitations(sent))) == (1, 4)


def test_what_is_undone_in_time_sends_nothing(invited, mailbox):
    course = booked(invited)
    send(invited, mailbox)
    undo_id = move(invited, invited.live(course)[0], at("01-05", "13:00")).undo_id
    undoing.undo(invited.scheduler, undo_id=undo_id)
    assert send(invited, mailbox) == []


def test_an_undone_move_leaves_the_first_invitation_to_be_sent_with_the_newest_sequence(invited, mailbox):
    one = single(invited)
    undoing.undo(invited.scheduler, undo_id=move(invited, one, at("01-05", "13:00")).undo_id)
    (mail,) = invitations(send(invited, mailbox))
    assert says(mail) == ("REQUEST", 2, "CONFIRMED")
    assert event_in(mail)["DTSTART"].dt == at("01-05")


def test_two_moves_in_a_row_send_one_update_with_the_last_time(invited, mailbox):
    one = single(invited)
    send(invited, mailbox)
    moved = move(invited, one, at("01-05", "13:00")).appointment
    move(invited, moved, at("01-05", "14:00"))
    (mail,) = invitations(send(invited, mailbox))
    assert says(mail) == ("REQUEST", 2, "CONFIRMED")
    assert event_in(mail)["DTSTART"].dt == at("01-05", "14:00")


def test_what_is_cancelled_before_it_was_sent_sends_nothing(invited, mailbox):
    cancel(invited, single(invited))
    assert send(invited, mailbox) == []


def test_nobody_is_invited_to_what_nobody_tells_them_of(invited, mailbox):
    booked(invited, told=False)
    assert send(invited, mailbox) == []


def test_what_is_in_the_calendar_is_put_right_even_where_no_letter_is_sent(invited, mailbox):
    one = single(invited)
    send(invited, mailbox)
    move(invited, one, at("01-05", "13:00"), told=False)
    (mail,) = send(invited, mailbox)
    assert says(mail) == ("REQUEST", 1, "CONFIRMED")


def test_a_late_cancellation_takes_the_appointment_out_of_the_calendar(invited, mailbox):
    one = single(invited)
    send(invited, mailbox)
    invited.clock.now = one.start_at - timedelta(hours=2)
    mark = {"kind": MarkKind.LATE_CANCEL, "version": one.version}
    attendance.record(invited.scheduler, appointment_id=one.id, **mark)
    (mail,) = send(invited, mailbox)
    assert says(mail) == ("CANCEL", 1, "CANCELLED")
    assert mail["Subject"] == "Cancelled: Appointment, Tuesday, January 5, 2027"


def test_who_has_arrived_is_not_taken_out_of_their_own_calendar(invited, mailbox):
    one = single(invited)
    send(invited, mailbox)
    invited.clock.now = one.start_at - timedelta(minutes=20)
    attendance.record(invited.scheduler, appointment_id=one.id, kind=MarkKind.ARRIVED, version=one.version)
    assert invitations(send(invited, mailbox)) == []


def test_what_has_begun_is_not_sent_any_more(invited, mailbox):
    one = single(invited)
    invited.clock.now = one.start_at
    assert invitations(send(invited, mailbox)) == []
    assert {one.outcome for one in notices(invited) if one.kind == "invitation"} == {"replaced", "superseded"}


def test_an_answer_of_the_mail_server_that_is_lost_costs_a_second_copy_of_the_same_mail(invited):
    single(invited)
    with Mailbox({"ada@mail.example": [LOST, LOST, "250 OK"]}) as mailbox:
        send(invited, mailbox)
        invited.clock.now += timedelta(minutes=1)
        send(invited, mailbox)
        sent = invitations(mailbox.mails())
    (notice,) = [one for one in notices(invited) if one.sent_at and one.kind == "invitation"]
    assert [mail["Message-ID"] for mail in sent] == [f"<{message_id(notice)}>"] * 2
    assert [says(mail)[:2] for mail in sent] == [("REQUEST", 0)] * 2


def test_what_may_have_come_is_taken_out_again_although_nobody_knows_whether_it_came(invited):
    one = single(invited)
    with Mailbox({"ada@mail.example": [LOST, LOST, "250 OK"]}) as mailbox:
        send(invited, mailbox)
        cancel(invited, one)
        sent = invitations(send(invited, mailbox))
    assert [says(mail) for mail in sent] == [("CANCEL", 1, "CANCELLED")]


def test_an_address_that_refuses_everything_is_one_task_for_all_invitations(invited):
    booked(invited)
    with Mailbox({"ada@mail.example": ["550 no such user"]}) as mailbox:
        send(invited, mailbox)
    assert sorted(one.facts["kind"] for one in invited.tasks("undeliverable")) in (["booked"], ["booked", "invitation"])


def test_a_provisional_date_is_tentative_in_the_calendar_too(invited, mailbox):
    induction = replace(phase("induction", 2, (2, 3, 5), pattern="Tue Thu", per_week=2), review=Review("Evaluate"))
    invited.publish(replace(protocol(induction, phase("weekly", 2, (5, 7, 10))), name="reviewed"))
    course = invited.begin("reviewed")
    invited.book(course)
    sent = {str(event_in(mail)["UID"]): mail for mail in invitations(send(invited, mailbox))}
    last = invited.live(course)[-1]
    event = event_in(sent[str(last.id)])
    assert (event["STATUS"], event["SUMMARY"]) == ("TENTATIVE", "Appointment (provisional)")
    assert "is provisional" in sent[str(last.id)].get_body(("plain",)).get_content()


def test_a_patient_without_an_address_any_more_is_a_task_for_a_person(invited, mailbox):
    single(invited)
    with invited.store.begin(invited.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(invited.patient()), email=None))
    send(invited, mailbox)
    assert {one.facts["kind"] for one in invited.tasks("undeliverable")} >= {"booked"}
    assert mailbox.taken == []
