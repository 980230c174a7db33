"""STOP holds for the next message: what was owed as a text goes another way, or to a person, and never to the number."""

from datetime import timedelta

import pytest

from planner.domain.channels import Channel
from planner.domain.notices import UNDO_WINDOW
from planner.notify.dispatcher import UNDELIVERABLE_TASK, Post, dispatch
from planner.services import clinics, consents, wishes
from planner.services.wishes import Wish
from postroom import notices, open_post

MAIL, SMS, PHONE, _ = Channel
NUMBER = "+12125550100"


class Tray:
    """What takes messages and keeps them."""

    def __init__(self):
        self.letters = []

    def deliver(self, letter):
        self.letters.append(letter)


@pytest.fixture
def desk(store):
    return open_post(store)


def owe(desk, email):
    """Owe a message to a patient who agreed to texts and wants them first."""
    entered = clinics.NewPatient("Grace Hopper", email=email, phone="+1 (212) 555-0100")
    (made,) = clinics.register_patients(desk.scheduler, [entered])
    desk.people[made.name] = made.id
    consents.say(desk.scheduler, made.id, SMS, True, "by phone")
    wishes.wish_for(desk.scheduler, made.id, Wish((SMS, MAIL, PHONE), None, reminders=True, version=0))
    desk.book(desk.begin(patient=made.name))
    desk.clock.now += UNDO_WINDOW + timedelta(seconds=1)
    return made.id


def send(desk):
    trays = {MAIL: Tray(), SMS: Tray()}
    dispatch(desk.store, desk.clock, Post(trays))
    return len(trays[SMS].letters), len(trays[MAIL].letters)


def test_without_stop_it_goes_to_the_number(desk):
    owe(desk, "grace@mail.example")
    assert send(desk) == (1, 0)


def test_after_stop_what_was_owed_already_goes_by_mail(desk):
    owe(desk, "grace@mail.example")
    consents.stop_by_number(desk.store, desk.clock, NUMBER)
    assert send(desk) == (0, 1)


def test_after_stop_without_mail_it_is_left_to_a_person_and_not_lost(desk):
    grace = owe(desk, None)
    consents.stop_by_number(desk.store, desk.clock, NUMBER)
    assert send(desk) == (0, 0)
    (notice,) = [one for one in notices(desk) if one.patient_id == grace]
    assert notice.given_up_at
    assert [task.patient_id for task in desk.tasks(UNDELIVERABLE_TASK)] == [grace]


def test_stop_holds_for_what_a_worker_has_leased_already(desk):
    owe(desk, "grace@mail.example")
    ada = clinics.NewPatient("Ada Byron", email="byron@mail.example", phone="+1 212 555 0107")
    (made,) = clinics.register_patients(desk.scheduler, [ada])
    desk.people[ada.name] = made.id
    consents.say(desk.scheduler, made.id, SMS, True, "by phone")
    wishes.wish_for(desk.scheduler, made.id, Wish((SMS, MAIL, PHONE), None, reminders=True, version=0))
    desk.book(desk.begin(patient=ada.name))
    desk.clock.now += UNDO_WINDOW + timedelta(seconds=1)

    class Stopping(Tray):
        def deliver(self, letter):
            super().deliver(letter)
            for number in {NUMBER, "+12125550107"} - {letter.to}:
                consents.stop_by_number(desk.store, desk.clock, number)

    texts, mails = Stopping(), Tray()
    dispatch(desk.store, desk.clock, Post({SMS: texts, MAIL: mails}))
    assert (len(texts.letters), len(mails.letters)) == (1, 1)
