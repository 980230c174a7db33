"""When a channel does not take a message, the other one that the patient agreed to has its turn; a person is the last."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from gateway import ADA, NUMBER, Gateway, agree, choose, dose, notices, of, owe_one, put
from planner.domain.channels import Channel
from planner.notify.dispatcher import dispatch
from planner.notify.post import Post
from planner.notify.settling import WAITS
from planner.storage.message_records import Attempt
from postroom import LOST, Mailbox, enter, open_post, transport_to

MAIL, SMS = Channel.MAIL, Channel.SMS
ADAS = "ada@mail.example"
AWAY = {ADAS: ["451 later"]}


@pytest.fixture
def desk(store):
    return open_post(store)


@pytest.fixture
def sqlite_desk(sqlite_store):
    return open_post(sqlite_store)


def owe_by_both(desk, *channels):
    """Owe Ada a message, who agreed to texts and named the channels in an order."""
    owe_one(desk)
    agree(desk, ADA)
    choose(desk, channels=channels)
    return notices(desk)[0].id


def owe_safety(desk, *channels):
    """Owe Ada what keeps her from driving, and nothing else."""
    first = owe_by_both(desk, *channels)
    dose(desk)
    key = put(desk)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.withdraw([first], desk.clock(), "copied")
    return key


def follow(desk, key, *, mailbox=None, gateway=None, meanwhile=lambda: None):
    """Dispatch whenever a message is to be tried, until it is settled; gives the minute, channel and answer of each try."""
    transports = ({MAIL: transport_to(mailbox)} if mailbox else {}) | ({SMS: gateway.transport()} if gateway else {})
    began, post = desk.clock.now, Post(transports)
    while (one := of(desk, key)).open:
        desk.clock.now = max(one.next_attempt_at, desk.clock.now) + timedelta(microseconds=1)  # of one instant: no order
        dispatch(desk.store, desk.clock, post)
        meanwhile()
    with desk.store.read(desk.clinic_id) as uow:
        tries = uow.attempts.of_notice(key)
    return [((one.at - began) // timedelta(minutes=1), one.channel, one.outcome) for one in tries]


def test_a_gateway_that_is_down_leaves_the_message_to_the_mail_after_six_minutes(desk):
    key = owe_by_both(desk, SMS, MAIL)
    with Mailbox() as mailbox, Gateway(503) as gateway:
        tries = follow(desk, key, mailbox=mailbox, gateway=gateway)
    assert tries == [(0, SMS, "503"), (1, SMS, "503"), (6, SMS, "503"), (6, MAIL, "sent")]
    assert (len(mailbox.taken), gateway.taken, of(desk, key).channel) == (1, [], MAIL)
    assert desk.tasks("undeliverable") == []


def test_what_keeps_a_patient_from_driving_goes_by_the_other_channel_at_the_first_failure(desk):
    key = owe_safety(desk, SMS, MAIL)
    with Mailbox() as mailbox, Gateway(503) as gateway:
        tries = follow(desk, key, mailbox=mailbox, gateway=gateway)
    assert tries == [(0, SMS, "503"), (0, MAIL, "sent")]
    assert desk.tasks("phone-no-driving") == []


def test_a_mail_server_that_puts_off_strangers_gets_the_mail_before_a_text_is_tried(sqlite_desk):
    key = owe_by_both(sqlite_desk, MAIL, SMS)
    with Mailbox({ADAS: ["451 greylisted", "451 greylisted", "250 OK"]}) as mailbox, Gateway() as gateway:
        tries = follow(sqlite_desk, key, mailbox=mailbox, gateway=gateway)
    assert tries == [(0, MAIL, "451"), (1, MAIL, "451"), (6, MAIL, "sent")]
    assert gateway.tried == 0


def test_nobody_is_texted_who_did_not_agree_though_the_mail_server_is_away_until_the_end(sqlite_desk):
    owe_one(sqlite_desk)
    dose(sqlite_desk)
    key = put(sqlite_desk)
    with Mailbox(AWAY) as mailbox, Gateway() as gateway:
        tries = follow(sqlite_desk, key, mailbox=mailbox, gateway=gateway)
    assert ({channel for _, channel, _ in tries}, gateway.tried) == ({MAIL}, 0)
    assert len(sqlite_desk.tasks("phone-no-driving")) == 1


def test_where_both_are_down_they_take_turns_by_the_table_of_waits_and_then_a_person_phones(desk):
    key = owe_safety(desk, SMS, MAIL)
    with Mailbox(AWAY) as mailbox, Gateway(503) as gateway:
        tries = follow(desk, key, mailbox=mailbox, gateway=gateway)
    assert [channel for _, channel, _ in tries] == [SMS, MAIL] * (len(tries) // 2) + [SMS] * (len(tries) % 2)
    waits = [later - sooner for (sooner, *_), (later, *_) in pairwise(tries)]
    assert waits == [0, *WAITS[1:], *[WAITS[-1]] * (len(waits) - len(WAITS))]
    assert (of(desk, key).outcome, len(desk.tasks("phone-no-driving"))) == ("expired", 1)


def test_a_text_whose_answer_was_lost_may_come_as_a_mail_too_and_what_was_taken_never_comes_again(sqlite_desk):
    key = owe_safety(sqlite_desk, MAIL, SMS)
    with Mailbox({ADAS: [LOST]}) as mailbox, Gateway() as gateway:
        tries = follow(sqlite_desk, key, mailbox=mailbox, gateway=gateway)
        sqlite_desk.clock.now += timedelta(hours=3)
        follow(sqlite_desk, key, mailbox=mailbox, gateway=gateway)
    assert [(channel, outcome) for _, channel, outcome in tries] == [(MAIL, "no-answer"), (SMS, "sent")]
    assert (len(mailbox.taken), len(gateway.taken)) == (1, 1)


def test_stop_between_two_tries_ends_the_turns_of_texts(sqlite_desk):
    key = owe_safety(sqlite_desk, MAIL, SMS)

    def stop_after_the_first_text():
        if gateway.tried == 1:
            sqlite_desk.clock.now += timedelta(seconds=1)
            agree(sqlite_desk, ADA, given=False)

    with Mailbox({ADAS: ["451 later"] * 3 + ["250 OK"]}) as mailbox, Gateway(503) as gateway:
        tries = follow(sqlite_desk, key, mailbox=mailbox, gateway=gateway, meanwhile=stop_after_the_first_text)
    assert [channel for _, channel, _ in tries] == [MAIL, SMS, MAIL, MAIL, MAIL]
    assert gateway.tried == 1


def test_a_mail_refused_for_good_drops_out_and_the_texts_go_on(sqlite_desk):
    key = owe_safety(sqlite_desk, MAIL, SMS)
    with Mailbox({ADAS: ["451 later", "550 no such user"]}) as mailbox, Gateway(503, 503, 503, 200) as gateway:
        tries = follow(sqlite_desk, key, mailbox=mailbox, gateway=gateway)
    assert [channel for _, channel, _ in tries] == [MAIL, SMS, MAIL, SMS, SMS, SMS]


class Broken:
    """What falls over, whatever it is given."""

    def deliver(self, letter):
        raise RuntimeError(letter.message_id)


def test_a_channel_that_falls_over_leaves_the_message_to_the_other(sqlite_desk):
    key = owe_safety(sqlite_desk, SMS, MAIL)
    with Mailbox() as mailbox:
        for _ in range(2):
            dispatch(sqlite_desk.store, sqlite_desk.clock, Post({SMS: Broken(), MAIL: transport_to(mailbox)}))
    assert (of(sqlite_desk, key).outcome, len(mailbox.taken)) == ("sent", 1)


def test_without_a_mail_server_the_turns_are_those_of_what_there_is(sqlite_desk):
    key = owe_by_both(sqlite_desk, SMS, MAIL)
    with Gateway(503, 503, 503, 503, 200) as gateway:
        tries = follow(sqlite_desk, key, gateway=gateway)
    assert [channel for _, channel, _ in tries] == [SMS] * 5


def test_what_keeps_a_patient_from_driving_waits_for_no_mail_server_that_is_not_there(sqlite_desk):
    key = owe_safety(sqlite_desk, SMS, MAIL)
    tried_for_another(sqlite_desk, "sent")
    with Gateway(wrong={NUMBER}) as gateway:
        tries = follow(sqlite_desk, key, gateway=gateway)
    assert [minute for minute, *_ in tries] == [0, 1, 6]
    found = of(sqlite_desk, key)
    assert found.outcome == "no-server"
    assert found.given_up_at - tried_at(sqlite_desk, key) < timedelta(seconds=1)
    assert len(sqlite_desk.tasks("phone-no-driving")) == 1


def test_a_wrong_number_is_refused_for_good_at_the_third_time_and_the_mail_goes(desk):
    key = owe_by_both(desk, SMS, MAIL)
    with Mailbox() as mailbox, Gateway(wrong={NUMBER}) as gateway:
        tries = follow(desk, key, mailbox=mailbox, gateway=gateway)
    assert tries == [*((minute, SMS, "refused 400") for minute in (0, 1, 6)), (6, MAIL, "sent")]


@pytest.mark.parametrize("other", [None, "sent"])
def test_a_wrong_number_without_a_mail_address_is_a_task_at_the_third_refusal(sqlite_desk, other):
    key = owe_safety(sqlite_desk, SMS)
    tried_for_another(sqlite_desk, other)
    with Gateway(wrong={NUMBER}) as gateway:
        tries = follow(sqlite_desk, key, gateway=gateway)
    assert tries == [(minute, SMS, "refused 400") for minute in (0, 1, 6)]
    assert (of(sqlite_desk, key).outcome, len(sqlite_desk.tasks("phone-no-driving"))) == ("refused 400", 1)


def test_a_service_that_refuses_everybodys_number_is_tried_until_it_is_mended(sqlite_desk):
    key = owe_safety(sqlite_desk, SMS)
    tried_for_another(sqlite_desk, "refused 400")
    with Gateway(*[400] * 5, 200) as gateway:
        tries = follow(sqlite_desk, key, gateway=gateway)
    assert [outcome for *_, outcome in tries] == ["refused 400"] * 5 + ["sent"]


def test_trouble_of_the_service_is_never_taken_for_a_wrong_number(sqlite_desk):
    key = owe_safety(sqlite_desk, SMS)
    tried_for_another(sqlite_desk, "sent")
    with Gateway(*[429] * 5, 200) as gateway:
        tries = follow(sqlite_desk, key, gateway=gateway)
    assert [outcome for *_, outcome in tries] == ["429"] * 5 + ["sent"]


def tried_at(desk, key):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.attempts.of_notice(key)[-1].at


def tried_for_another(desk, outcome):
    """Let somebody else have been texted in a minute's time, with an outcome."""
    if outcome is None:
        return
    other, key = enter(desk, "Grace Hopper"), uuid4()
    with desk.store.begin(desk.clinic_id) as uow:
        now, like = desk.clock.now, uow.notices.of_patient(desk.people[ADA])[0]
        uow.notices.put(replace(like, id=key, key=str(key), patient_id=other, withdrawn_at=now))
        uow.attempts.add(Attempt(uuid4(), key, SMS, now + timedelta(minutes=1), outcome))

