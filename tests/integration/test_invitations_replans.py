"""What changes several appointments of an invited patient: one letter for all, and a mail for each that did change."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import phase, protocol
from closures import DROP_MONDAYS, B, monday_desk
from inviting import MailedCalendar, choose, event_in, invitations, letters, says, send
from ordered import maintained
from planner.domain.orders import ChangeSpacing
from planner.domain.protocol import SpacingRule
from planner.domain.reaching import Delivery
from planner.domain.roles import Role
from planner.services import booking, committing, extending, rescheduling
from planner.services.letterhead import change_letterhead
from postroom import Mailbox, open_post

INVITATIONS = Delivery.INVITATIONS


@pytest.fixture
def invited(store):
    desk = open_post(store)
    choose(desk, INVITATIONS)
    return desk


@pytest.fixture
def mailbox():
    with Mailbox() as opened:
        yield opened


def with_mail(found):
    """Let the clinic's letters go out, and the patient have a mail address."""
    change_letterhead(
        found.desk.admin, public_name="Harbor Rooms", sender="hello@harbor.example", phone="+1 212 555 0100", version=None
    )
    with found.desk.store.begin(found.desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(found.course.patient_id), email="ada@mail.example"))
    return found


def test_a_cancelled_course_is_taken_out_whole(invited, mailbox):
    course = invited.begin()
    invited.book(course)
    first = invited.live(course)[0]
    send(invited, mailbox)
    whole = booking.Scope.COURSE
    booking.cancel(invited.scheduler, appointment_id=first.id, version=first.version, reason="ill", scope=whole)
    sent = send(invited, mailbox)
    assert len(letters(sent)) == 1
    assert [says(mail) for mail in invitations(sent)] == [("CANCEL", 1, "CANCELLED")] * 4


def test_an_order_of_another_interval_sends_nothing_about_what_it_keeps(store, mailbox):
    a3, calendar = with_mail(maintained(store)), MailedCalendar()
    choose(a3.desk, INVITATIONS)
    calendar.receive(*send(a3.desk, mailbox))
    a3.order(ChangeSpacing("maintenance", SpacingRule(21, 28, 35)), horizon=date(2027, 8, 31), reason="stable")
    sent = send(a3.desk, mailbox)
    calendar.receive(*sent)
    assert len(letters(sent)) == 1
    assert sorted(says(mail) for mail in invitations(sent)) == [
        *[("CANCEL", 1, "CANCELLED")] * 3, *[("REQUEST", 0, "CONFIRMED")] * 2,
    ]  # fmt: skip
    assert calendar.shows() == {str(one.id): one.start_at for one in a3.live}


def test_a_closure_sends_each_patient_what_it_moved_for_them(store, mailbox):
    desk, courses = monday_desk(store)
    choose(desk, INVITATIONS, patient=B)
    send(desk, mailbox)
    made = rescheduling.draft(desk.admin, change=DROP_MONDAYS)
    committing.commit(desk.admin, replan_id=made.id, version=made.version)
    sent = invitations(send(desk, mailbox))
    assert {mail["To"] for mail in sent} == {"ben@mail.example"}
    starts = {str(event_in(mail)["UID"]): event_in(mail)["DTSTART"].dt for mail in sent}
    assert starts == {str(one.id): one.start_at for one in desk.live(courses[B])}
    assert {says(mail) for mail in sent} == {("REQUEST", 1, "CONFIRMED")}


def test_a_night_that_adds_appointments_invites_to_those_alone(invited, mailbox):
    invited.publish(replace(protocol(phase("fortnightly", None, (10, 14, 21))), name="endless"))
    course = invited.begin("endless", days="Tue")
    invited.book(course)
    known = {one.id for one in invited.live(course)}
    send(invited, mailbox)
    invited.clock.now += timedelta(weeks=4)
    extending.extend(invited.acting(Role.SYSTEM))
    added = [one for one in invited.live(course) if one.id not in known]
    sent = send(invited, mailbox)
    assert {str(event_in(mail)["UID"]) for mail in invitations(sent)} == {str(one.id) for one in added}
    assert (len(invitations(sent)), len(letters(sent))) == (2, 1)
