"""What could not be sent until it was too late is left to a person, however late the worker comes back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from desks import at
from planner.domain.attendance import MarkKind
from planner.notify.dispatcher import dispatch
from planner.services import attendance, booking
from postroom import Mailbox, notices, open_post, transport_to


@pytest.fixture
def desk(sqlite_store):
    """A clinic that reminds, with a visit on Thursday at ten of which the patient has heard."""
    found = open_post(sqlite_store)
    with found.store.begin(found.clinic_id) as uow:
        uow.calendar.lock(now := found.clock())
        uow.clinics.save(replace(uow.clinics.get(now), reminds=True))
    found.book(found.begin("course", start=at("01-06").date()))
    found.clock.now += timedelta(seconds=11)
    with Mailbox() as mailbox:
        send(found, mailbox)
    return found


def send(desk, mailbox=None):
    return dispatch(desk.store, desk.clock, transport_to(mailbox) if mailbox else None, limit=100)


def first(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return min(uow.appointments.of_patient(desk.patient()), key=lambda one: one.start_at)


def unsent(desk, kind):
    """What the desk is asked to see to, of messages of a kind."""
    (notice,) = [one for one in notices(desk) if one.kind == kind and one.appointment_id == first(desk).id]
    asked = [task for task in desk.tasks("undeliverable") if task.facts["notice"] == str(notice.id)]
    return notice.outcome, len(asked)


def test_a_reminder_that_never_went_is_known_to_the_desk_although_the_visit_has_begun(desk):
    desk.clock.now = first(desk).start_at + timedelta(minutes=4)
    send(desk)
    assert unsent(desk, "prepare") == ("expired", 1)


def test_it_is_although_the_patient_has_come(desk):
    visit = first(desk)
    desk.clock.now = visit.start_at + timedelta(minutes=4)
    attendance.record(desk.scheduler, appointment_id=visit.id, kind=MarkKind.ARRIVED, version=visit.version)
    send(desk)
    assert unsent(desk, "prepare") == ("expired", 1)


def test_a_move_of_which_the_patient_never_heard_is_known_to_the_desk(desk):
    visit = first(desk)
    booking.move(desk.scheduler, appointment_id=visit.id, start=at("01-07", "09:30"), version=visit.version)
    desk.clock.now = first(desk).start_at + timedelta(hours=3)
    send(desk)
    assert unsent(desk, "moved") == ("expired", 1)


def test_what_was_cancelled_in_time_is_nobodys_task(desk):
    visit = first(desk)
    booking.cancel(desk.scheduler, appointment_id=visit.id, version=visit.version, reason="a cold")
    desk.clock.now = visit.start_at + timedelta(minutes=4)
    send(desk)
    assert unsent(desk, "prepare") == ("replaced", 0)
