"""By which channel messages go, and when: consent, order, refusals, quiet hours, limits, and several that are one."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from threading import Event, Thread
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from gateway import (
    ADA,
    NUMBER,
    REFUSED,
    Gateway,
    agree,
    attempts,
    choose,
    dose,
    first_visit,
    merged,
    of,
    owe_one,
    put,
    send,
    set_policy,
)
from planner.bootstrap import Parts
from planner.domain.channels import Channel, Quiet
from planner.notify.dispatcher import dispatch
from planner.notify.letters import message_id
from planner.notify.post import Post
from planner.storage.records import Task
from planner.worker.ticks import Worker
from planner.worker.watch import ClockWatch
from postroom import Mailbox, notices, open_post, owe, still_owed

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def desk(store):
    return open_post(store)


@pytest.fixture
def sqlite_desk(sqlite_store):
    return open_post(sqlite_store)


def test_a_refused_mail_goes_as_a_text_where_the_patient_agreed_to_texts(desk):
    owe_one(desk)
    agree(desk, ADA)
    with Mailbox(REFUSED) as mailbox, Gateway() as gateway:
        assert send(desk, mailbox, gateway).later == 1
        assert send(desk, mailbox, gateway).sent == 1
    ((to, text),) = gateway.taken
    assert to == NUMBER
    assert "Harbor Rooms" in text
    (notice,) = notices(desk)
    assert (notice.channel, notice.outcome) == ("sms", "sent")
    assert attempts(desk) == [("mail", "550", True), ("sms", "sent", False)]
    assert [task.facts["by"] for task in desk.tasks("undeliverable")] == ["mail"]


def test_a_refused_mail_is_a_task_where_the_patient_did_not_agree_to_texts(desk):
    owe_one(desk)
    with Mailbox(REFUSED) as mailbox, Gateway() as gateway:
        assert send(desk, mailbox, gateway).failed == 1
    assert gateway.tried == 0
    assert len(desk.tasks("undeliverable")) == 1
    assert attempts(desk) == [("mail", "550", True)]


def test_a_reminder_that_fails_is_a_task_beside_one_about_who_takes_the_patient_home(sqlite_desk):
    owe_one(sqlite_desk)
    visit = first_visit(sqlite_desk)
    with sqlite_desk.store.begin(sqlite_desk.clinic_id) as uow:
        now, facts = sqlite_desk.clock.now, {"notice": str(uuid4()), "kind": "pick-up"}
        uow.tasks.add(Task(uuid4(), "undeliverable", now, now, facts, patient_id=sqlite_desk.people[ADA]))
        uow.notices.withdraw([one.id for one in notices(sqlite_desk)], now, "copied")
    put(sqlite_desk, kind="ride", facts={"appointments": [str(visit.id)], "sequence": visit.sequence})
    with Mailbox(REFUSED) as mailbox:
        assert send(sqlite_desk, mailbox).failed == 1
    assert {one.facts["kind"] for one in sqlite_desk.tasks("undeliverable")} == {"pick-up", "ride"}


def test_an_opt_out_between_two_tries_is_honoured(sqlite_desk):
    owe_one(sqlite_desk)
    agree(sqlite_desk, ADA)
    with Mailbox(REFUSED) as mailbox, Gateway() as gateway:
        assert send(sqlite_desk, mailbox, gateway).later == 1
        sqlite_desk.clock.now += timedelta(seconds=1)
        agree(sqlite_desk, ADA, given=False)
        assert send(sqlite_desk, mailbox, gateway).failed == 1
    assert gateway.tried == 0
    assert len(sqlite_desk.tasks("undeliverable")) == 1


def test_the_channel_that_the_patient_named_first_is_tried_first(sqlite_desk):
    owe_one(sqlite_desk)
    agree(sqlite_desk, ADA)
    choose(sqlite_desk, channels=(Channel.SMS, Channel.MAIL))
    with Mailbox() as mailbox, Gateway() as gateway:
        assert send(sqlite_desk, mailbox, gateway).sent == 1
    assert (len(gateway.taken), len(mailbox.taken)) == (1, 0)


def test_who_wants_neither_mail_nor_text_gets_a_person_at_once(sqlite_desk):
    owe_one(sqlite_desk)
    choose(sqlite_desk, channels=(Channel.PRINT,))
    with Mailbox() as mailbox:
        assert send(sqlite_desk, mailbox).failed == 1
    (task,) = sqlite_desk.tasks("undeliverable")
    assert (task.facts["by"], mailbox.taken) == ("print", [])
    assert (notices(sqlite_desk)[0].channel, notices(sqlite_desk)[0].outcome) == ("print", "by-print")


def test_who_wants_no_reminders_gets_none_but_what_a_dose_owes(sqlite_desk):
    owe_one(sqlite_desk)
    choose(sqlite_desk, reminders=False)
    dose(sqlite_desk)
    visit = first_visit(sqlite_desk)
    reminder = put(sqlite_desk, kind="prepare", facts={"appointments": [str(visit.id)], "sequence": visit.sequence})
    safety = put(sqlite_desk)
    with Mailbox() as mailbox:
        send(sqlite_desk, mailbox)
    assert (of(sqlite_desk, reminder).outcome, bool(of(sqlite_desk, safety).sent_at)) == ("reminders-off", True)


def test_what_falls_into_quiet_hours_waits_for_their_end_and_is_not_late(desk):
    owe_one(desk)
    set_policy(desk, quiet=Quiet(time(21), time(8)))
    with Mailbox() as mailbox:
        assert send(desk, mailbox).held == 1
        eight = datetime(2027, 1, 4, 13, tzinfo=UTC)
        assert (still_owed(desk)[0].next_attempt_at, still_owed(desk)[0].attempts) == (eight, 0)
        with desk.store.read_installation() as installation:
            assert installation.oldest_due() == eight
        desk.clock.now = eight - timedelta(seconds=1)
        assert send(desk, mailbox).leased == 0
        desk.clock.now = eight
        assert send(desk, mailbox).sent == 1


def test_the_patients_own_quiet_hours_stand_before_the_clinics(sqlite_desk):
    owe_one(sqlite_desk)
    set_policy(sqlite_desk, quiet=Quiet(time(21), time(8)))
    choose(sqlite_desk, quiet=Quiet(time(22), time(6)))
    with Mailbox() as mailbox:
        assert send(sqlite_desk, mailbox).sent == 1


@pytest.mark.parametrize(("exempt", "sent"), [(True, 1), (False, 0)])
def test_a_safety_message_comes_in_quiet_hours_where_the_policy_says_so(sqlite_desk, exempt, sent):
    owe_one(sqlite_desk)
    dose(sqlite_desk)
    put(sqlite_desk)
    set_policy(sqlite_desk, quiet=Quiet(time(21), time(8)), safety_in_quiet=exempt)
    with Mailbox() as mailbox:
        done = send(sqlite_desk, mailbox)
    assert (done.sent, done.held) == (sent, 2 - sent)


def test_what_would_mislead_after_the_quiet_hours_is_a_telephone_call_at_once(sqlite_desk):
    owe_one(sqlite_desk)
    dose(sqlite_desk)
    put(sqlite_desk, expires_at=sqlite_desk.clock.now + timedelta(minutes=30))
    set_policy(sqlite_desk, quiet=Quiet(time(21), time(8)), safety_in_quiet=False)
    with Mailbox() as mailbox:
        assert send(sqlite_desk, mailbox).failed == 1
    assert (len(sqlite_desk.tasks("phone-no-driving")), mailbox.taken) == (1, [])


def test_a_safety_message_does_not_wait_for_room(sqlite_desk):
    owe(sqlite_desk, 2)
    with Mailbox() as mailbox:
        send(sqlite_desk, mailbox, mail=1)
        dose(sqlite_desk)
        put(sqlite_desk)
        assert send(sqlite_desk, mailbox, mail=1).sent == 1


def test_two_messages_to_one_person_are_one_with_safety_first(desk):
    safety = merged(desk)
    with Mailbox() as mailbox:
        assert send(desk, mailbox).sent == 2
    (mail,) = mailbox.mails()
    text = mail.get_content()
    assert "drive" in text[: text.index("10:00")]
    assert text.count("Hello,") == 1
    assert {one.sent_at for one in notices(desk)} == {desk.clock.now}
    assert mail["Message-ID"].partition("@")[0] == "<" + min(one.id.hex for one in notices(desk))
    assert of(desk, safety).outcome == "sent"
    assert len(attempts(desk)) == 2


def test_texts_that_would_be_too_long_together_go_one_by_one_with_safety_first(desk):
    safety = merged(desk)
    visit = first_visit(desk)
    facts, soon = {"appointments": [str(visit.id)], "sequence": visit.sequence}, desk.clock.now + timedelta(hours=1)
    reminder = put(desk, kind="ride", facts=facts, due_at=soon)
    agree(desk, ADA)
    choose(desk, channels=(Channel.SMS, Channel.MAIL))
    with Mailbox() as mailbox, Gateway() as gateway:
        done = send(desk, mailbox, gateway)
        assert (done.sent, done.given_back, mailbox.taken) == (2, 1, [])
        assert "drive" in gateway.taken[0][1]
        desk.clock.now = soon
        assert send(desk, mailbox, gateway).sent == 1
    assert [len(text) <= 300 for _, text in gateway.taken] == [True] * 3
    assert (of(desk, safety).outcome, of(desk, reminder).outcome, of(desk, reminder).attempts) == ("sent", "sent", 1)


def test_a_reminder_due_within_two_hours_goes_along_and_a_later_one_does_not(desk):
    owe_one(desk)
    visit = first_visit(desk)
    facts = {"appointments": [str(visit.id)], "sequence": visit.sequence}
    soon = put(desk, kind="prepare", facts=facts, due_at=desk.clock.now + timedelta(hours=2))
    later = put(desk, kind="ride", facts=facts, due_at=desk.clock.now + timedelta(hours=2, seconds=1))
    with Mailbox() as mailbox:
        assert send(desk, mailbox).sent == 2
    assert (bool(of(desk, soon).sent_at), bool(of(desk, later).sent_at), len(mailbox.taken)) == (True, False, 1)
    assert (of(desk, later).attempts, of(desk, later).next_attempt_at) == (0, of(desk, later).due_at)


def test_a_safety_message_never_goes_before_its_time_and_a_reminder_waits_for_it(sqlite_desk):
    owe_one(sqlite_desk)
    with Mailbox() as mailbox:
        send(sqlite_desk, mailbox)
        dose(sqlite_desk)
        visit, soon = first_visit(sqlite_desk), sqlite_desk.clock.now + timedelta(hours=1)
        safety = put(sqlite_desk, due_at=soon)
        reminder = put(sqlite_desk, kind="prepare", facts={"appointments": [str(visit.id)], "sequence": visit.sequence})
        assert (send(sqlite_desk, mailbox).held, len(mailbox.taken)) == (1, 1)
        assert of(sqlite_desk, reminder).next_attempt_at == of(sqlite_desk, safety).due_at == soon
        sqlite_desk.clock.now = soon
        assert (send(sqlite_desk, mailbox).sent, len(mailbox.taken)) == (2, 2)


def test_a_reminder_does_not_wait_for_a_safety_message_that_is_due_when_it_is_quiet(sqlite_desk):
    owe_one(sqlite_desk)
    dose(sqlite_desk)
    visit = first_visit(sqlite_desk)
    hour = sqlite_desk.clock.now.astimezone(NEW_YORK).hour
    choose(sqlite_desk, quiet=Quiet(time(hour + 1), time(hour)))
    put(sqlite_desk, due_at=sqlite_desk.clock.now + timedelta(hours=1))
    reminder = put(
        sqlite_desk, kind="prepare", facts={"appointments": [str(visit.id)], "sequence": visit.sequence},
        expires_at=sqlite_desk.clock.now + timedelta(hours=11),
    )  # fmt: skip
    with Mailbox() as mailbox:
        send(sqlite_desk, mailbox)
    assert of(sqlite_desk, reminder).outcome == "sent"


def test_one_that_cannot_be_written_does_not_keep_the_others_of_the_same_person(sqlite_desk):
    owe_one(sqlite_desk)
    broken = put(sqlite_desk, facts={})
    with Mailbox() as mailbox:
        done = send(sqlite_desk, mailbox)
    assert (done.sent, done.later, len(mailbox.taken)) == (1, 1, 1)
    assert of(sqlite_desk, broken).outcome == "mistake"


def test_four_dispatchers_at_once_send_each_of_a_persons_messages_once(desk):
    owe(desk, 15)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.put(*(replace(one, id=uuid4(), key=f"again {one.id}") for one in still_owed(desk)))

    def work():
        while send(desk, mailbox).leased:
            pass

    with Mailbox() as mailbox:
        workers = [Thread(target=work) for _ in range(4)]
        for one in workers:
            one.start()
        for one in workers:
            one.join()
    everything = Counter(outcome for _, outcome, _ in attempts(desk))
    assert (everything, still_owed(desk)) == (Counter(sent=30), [])
    assert len(mailbox.taken) >= 15


def test_a_link_that_was_asked_for_and_an_invitation_go_alone(sqlite_desk):
    owe_one(sqlite_desk)
    link = put(sqlite_desk, kind="page-link", facts={}, appointment_id=None)
    with Mailbox() as mailbox:
        assert send(sqlite_desk, mailbox).sent == 2
    assert len(mailbox.taken) == 2
    assert f"<{message_id(of(sqlite_desk, link))}>" in mailbox.ids()


def test_a_mail_server_that_is_not_set_keeps_mails_waiting_though_texts_could_go(sqlite_desk):
    owe_one(sqlite_desk)
    with Gateway() as gateway:
        assert dispatch(sqlite_desk.store, sqlite_desk.clock, Post({Channel.SMS: gateway.transport()})).later == 1
    assert (still_owed(sqlite_desk)[0].outcome, still_owed(sqlite_desk)[0].attempts) == ("no-mail-server", 0)


def test_a_worker_sends_by_all_that_its_process_is_configured_for(sqlite_desk):
    owe_one(sqlite_desk)
    agree(sqlite_desk, ADA)
    choose(sqlite_desk, channels=(Channel.SMS,))
    with Gateway() as gateway:
        parts = Parts(sqlite_desk.store, sqlite_desk.clock, transports={Channel.SMS: gateway.transport()})
        Worker(parts, "a worker", ClockWatch(sqlite_desk.clock), Event()).send()
    assert [to for to, _ in gateway.taken] == [NUMBER]
