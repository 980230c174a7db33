"""A number or address that is refused for good while another channel takes the message: somebody is asked to correct it."""

from datetime import timedelta

import pytest

from gateway import ADA, NUMBER, Gateway, agree, attempts, choose, notices, owe_one, put, send
from planner.domain.channels import Channel
from planner.notify.bounces import Bounce, take_back
from planner.services.clinics import NewPatient
from planner.services.patients import correct
from planner.services.tasks import finish
from planner.web.render import task_words
from postroom import Mailbox, open_post, still_owed

MAIL, SMS = Channel.MAIL, Channel.SMS


@pytest.fixture
def desk(store):
    return open_post(store)


@pytest.fixture
def sqlite_desk(sqlite_store):
    return open_post(sqlite_store)


def go_on(desk, mailbox, gateway):
    """Send until nothing is owed; gives the channels of the tries that this took."""
    before = len(attempts(desk))
    while waiting := still_owed(desk):
        desk.clock.now = max(desk.clock.now, min(one.next_attempt_at for one in waiting))
        send(desk, mailbox, gateway)
    return [channel for channel, *_ in attempts(desk)[before:]]


def refuse_the_number(desk, mailbox, gateway):
    owe_one(desk)
    agree(desk, ADA)
    choose(desk, channels=(SMS, MAIL))
    assert go_on(desk, mailbox, gateway) == [SMS, SMS, SMS, MAIL]
    desk.clock.now += timedelta(minutes=1)


def owe_more(desk):
    return put(desk, kind="booked", facts=notices(desk)[0].facts)


def words(desk):
    return [task_words(task) for task in desk.tasks("undeliverable")]


NUMBER_WORDS = "The number for texts was refused (400): correct it, or take the channel away"


def test_a_wrong_number_is_one_task_and_later_messages_do_not_try_it_first(desk):
    with Mailbox() as mailbox, Gateway(wrong={NUMBER}) as gateway:
        refuse_the_number(desk, mailbox, gateway)
        assert words(desk) == [NUMBER_WORDS]
        owe_more(desk)
        assert go_on(desk, mailbox, gateway) == [MAIL]
    assert words(desk) == [NUMBER_WORDS]


@pytest.mark.parametrize("done", ["consent", "task", "record"])
def test_the_number_is_tried_again_once_somebody_has_seen_to_it(sqlite_desk, done):
    with Mailbox() as mailbox, Gateway(wrong={NUMBER}) as gateway:
        refuse_the_number(sqlite_desk, mailbox, gateway)
        if done == "consent":
            agree(sqlite_desk, ADA)
        elif done == "record":
            changed = NewPatient(ADA, phone="+1 212 555 0101", email="lovelace@mail.example")
            correct(sqlite_desk.scheduler, patient_id=sqlite_desk.people[ADA], version=2, changed=changed)
        else:
            finish(sqlite_desk.scheduler, task_id=sqlite_desk.tasks("undeliverable")[0].id, reason="the telephone was off")
        gateway.wrong = ()
        owe_more(sqlite_desk)
        assert go_on(sqlite_desk, mailbox, gateway) == [SMS]


def test_a_wrong_number_is_tried_all_the_same_where_nothing_else_is_left(sqlite_desk):
    with Mailbox() as mailbox, Gateway(wrong={NUMBER}) as gateway:
        refuse_the_number(sqlite_desk, mailbox, gateway)
        agree(sqlite_desk, ADA, MAIL, given=False)
        owe_more(sqlite_desk)
        assert set(go_on(sqlite_desk, mailbox, gateway)) == {SMS}
    assert words(sqlite_desk) == [NUMBER_WORDS, "Tell the patient: a message did not arrive"]


@pytest.mark.parametrize(("answer", "tasks"), [("550 no such user", 1), ("554 your letter is spam", 0)])
def test_a_wrong_mail_address_is_a_task_and_is_tried_each_time(desk, answer, tasks):
    with Mailbox({"ada@mail.example": [answer]}) as mailbox, Gateway() as gateway:
        owe_one(desk)
        agree(desk, ADA)
        assert go_on(desk, mailbox, gateway) == [MAIL, SMS]
        desk.clock.now += timedelta(minutes=1)
        owe_more(desk)
        assert go_on(desk, mailbox, gateway) == [MAIL, SMS]
    assert words(desk) == ["The mail address was refused (550): correct it, or take the channel away"] * tasks


def test_a_mail_that_came_back_is_a_task_once_a_text_was_taken(sqlite_desk):
    owe_one(sqlite_desk)
    agree(sqlite_desk, ADA)
    with Mailbox() as mailbox, Gateway() as gateway:
        go_on(sqlite_desk, mailbox, gateway)
        sqlite_desk.clock.now += timedelta(minutes=1)
        take_back(sqlite_desk.store, sqlite_desk.clock, Bounce(notices(sqlite_desk)[0].id, "5.1.1"))
        assert words(sqlite_desk) == []
        assert go_on(sqlite_desk, mailbox, gateway) == [SMS]
    assert words(sqlite_desk) == ["The mail address was refused (bounced 5.1.1): correct it, or take the channel away"]
