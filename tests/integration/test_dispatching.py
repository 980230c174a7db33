"""Sending what is owed over a real SMTP server: once, again, never, to a person instead; and nobody waits for another."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest

from desks import at
from planner.notify.dispatcher import dispatch
from planner.notify.letters import message_id
from planner.services import booking
from planner.services.letterhead import letterhead
from postroom import LOST, Mailbox, address, notices, open_post, owe, still_owed, transport_to

LEASE = timedelta(minutes=2)


@pytest.fixture
def desk(store):
    return open_post(store)


def send(desk, mailbox, **more):
    return dispatch(desk.store, desk.clock, transport_to(mailbox), **more)


def test_a_booking_waits_for_its_undo_and_is_then_sent_once(desk):
    desk.book(desk.begin())
    with Mailbox() as mailbox:
        assert send(desk, mailbox).leased == 0
        desk.clock.now += timedelta(seconds=11)
        assert (send(desk, mailbox).sent, send(desk, mailbox).leased) == (1, 0)
    ((to, content),) = mailbox.taken
    assert to == "ada@mail.example"
    assert b"Auto-Submitted: auto-generated" in content
    (notice,) = notices(desk)
    assert (notice.sent_at, notice.outcome, notice.attempts) == (desk.clock.now, "sent", 1)
    assert mailbox.ids() == [f"<{message_id(notice)}>"]


def test_what_is_undone_in_time_is_never_sent(desk):
    course = desk.begin()
    desk.book(course)
    first = desk.live(course)[0]
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="x", scope=booking.Scope.COURSE)
    desk.clock.now += timedelta(minutes=1)
    with Mailbox() as mailbox:
        send(desk, mailbox)
    assert mailbox.taken == []


def test_a_refusal_for_now_is_tried_again_after_a_minute_and_delivered_once(desk):
    owe(desk, 1)
    with Mailbox({address(0): ["451 later", "250 OK"]}) as mailbox:
        assert send(desk, mailbox).later == 1
        assert still_owed(desk)[0].next_attempt_at == desk.clock.now + timedelta(minutes=1)
        assert send(desk, mailbox).leased == 0
        desk.clock.now += timedelta(minutes=1)
        assert send(desk, mailbox).sent == 1
    assert len(mailbox.taken) == 1


def test_one_refused_for_good_is_a_task_and_the_others_are_sent(desk):
    owe(desk, 5)
    with Mailbox({address(2): ["550 no such user"]}) as mailbox:
        done = send(desk, mailbox)
    assert (done.sent, done.failed) == (4, 1)
    (task,) = desk.tasks("undeliverable")
    (failed,) = [one for one in notices(desk) if one.given_up_at]
    assert (task.patient_id, task.facts) == (failed.patient_id, {"notice": str(failed.id), "kind": "booked"})
    assert failed.outcome == "550"


def test_a_reply_that_is_lost_costs_a_second_copy_under_the_same_message_id(desk):
    owe(desk, 1)
    with Mailbox({address(0): [LOST, "250 OK"]}) as mailbox:
        assert send(desk, mailbox).later == 1
        desk.clock.now += timedelta(minutes=1)
        assert send(desk, mailbox).sent == 1
    assert len(mailbox.taken) == 2
    assert len(set(mailbox.ids())) == 1


def test_a_server_slower_than_the_limit_is_tried_again(desk):
    owe(desk, 1)
    with Mailbox({address(0): [1.0, "250 OK"]}) as mailbox:
        slow = dispatch(desk.store, desk.clock, transport_to(mailbox, seconds=0.3))
        assert (slow.later, still_owed(desk)[0].outcome) == (1, "no-answer")
        desk.clock.now += timedelta(minutes=1)
        assert send(desk, mailbox).sent == 1


def test_a_server_that_is_away_is_tried_again_and_counted(desk):
    owe(desk, 1)
    with Mailbox() as mailbox:
        pass
    assert send(desk, mailbox).later == 1
    assert (still_owed(desk)[0].outcome, still_owed(desk)[0].attempts) == ("no-answer", 1)


def test_waits_grow_to_an_hour_until_the_message_expires(desk):
    expires, waits = desk.clock.now + timedelta(hours=6), []
    owe(desk, 1, expires_at=expires)
    with Mailbox({address(0): ["451 later"]}) as mailbox:
        while still_owed(desk):
            desk.clock.now = still_owed(desk)[0].next_attempt_at
            send(desk, mailbox)
            waits += [(one.next_attempt_at - desk.clock.now) // timedelta(minutes=1) for one in still_owed(desk)]
    assert waits[:7] == [1, 5, 15, 30, 60, 60, 60]
    assert desk.clock.now == expires
    assert [one.outcome for one in notices(desk) if one.given_up_at] == ["expired"]
    assert len(desk.tasks("undeliverable")) == 1


def as_safety(desk):
    """Make what is owed a no-driving message of an appointment at which a dose was given."""
    with desk.store.begin(desk.clinic_id) as uow:
        (visit,) = uow.appointments.among([one.appointment_id or _first(uow, one) for one in still_owed(desk)]).values()
        uow.appointments.save(replace(visit, arrived_at=visit.start_at, dosed_at=visit.start_at))
        for one in still_owed(desk):
            uow.notices.withdraw([one.id], desk.clock(), "copied")
            uow.notices.put(
                replace(one, id=visit.id, key="safety", kind="no-driving-evening", facts={"appointment": str(visit.id)})
            )


def _first(uow, notice):
    return uow.appointments.of_course(notice.course_id)[0].id


@pytest.mark.parametrize("answer", ["550 no", None])
def test_a_safety_message_that_fails_or_expires_is_a_telephone_call(desk, answer):
    owe(desk, 1)
    as_safety(desk)
    with Mailbox({address(0): [answer or "250 OK"]}) as mailbox:
        if answer is None:
            desk.clock.now = still_owed(desk)[0].expires_at
        assert send(desk, mailbox).failed == 1
    assert [task.facts["kind"] for task in desk.tasks("phone-no-driving")] == ["no-driving-evening"]
    assert desk.tasks("undeliverable") == mailbox.taken == []


def test_what_expired_while_no_worker_ran_is_not_sent_and_what_still_holds_is(desk):
    owe(desk, 2)
    with desk.store.begin(desk.clinic_id) as uow:
        (held, _) = still_owed(desk)
        uow.notices.put(replace(held, id=uow.clinic_id, key="late", expires_at=desk.clock.now + timedelta(hours=1)))
    desk.clock.now += timedelta(hours=3)
    with Mailbox() as mailbox:
        done = send(desk, mailbox)
    assert (done.sent, done.failed, len(mailbox.taken)) == (2, 1, 2)
    assert [one.outcome for one in notices(desk) if one.given_up_at] == ["expired"]


def test_without_a_letterhead_or_a_mail_server_messages_wait_without_being_counted(desk):
    owe(desk, 1)
    found = letterhead(desk.admin)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.letterheads._connection.execute(uow.letterheads._table.delete())
    with Mailbox() as mailbox:
        assert send(desk, mailbox).later == 1
        assert (still_owed(desk)[0].outcome, still_owed(desk)[0].attempts) == ("no-letterhead", 0)
        with desk.store.begin(desk.clinic_id) as uow:
            uow.letterheads.save(found)
        desk.clock.now += timedelta(minutes=1)
        assert dispatch(desk.store, desk.clock, None).later == 1
        assert still_owed(desk)[0].outcome == "no-mail-server"
        desk.clock.now += timedelta(minutes=1)
        assert send(desk, mailbox).sent == 1


def test_a_patient_without_an_address_is_a_task_and_stops_nobody(desk):
    owe(desk, 2)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(desk.people["patient0 of many"]), email=None))
    with Mailbox() as mailbox:
        done = send(desk, mailbox)
    assert (done.sent, done.failed) == (1, 1)
    assert len(desk.tasks("undeliverable")) == 1


def test_an_address_that_is_none_is_a_task_and_stops_nobody(desk):
    owe(desk, 2)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(desk.people["patient0 of many"]), email="a@b.example\r\nBcc: e@x.example"))
    with Mailbox() as mailbox:
        assert (send(desk, mailbox).sent, len(mailbox.taken)) == (1, 1)
    assert [one.outcome for one in notices(desk) if one.given_up_at] == ["bad-header"]


def test_a_safety_letter_that_cannot_be_made_stops_nobody_and_is_a_telephone_call_in_the_end(desk):
    owe(desk, 1)
    (whole,) = still_owed(desk)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.put(replace(whole, id=uow.clinic_id, key="broken", kind="no-driving-evening", facts={}))
    with Mailbox() as mailbox:
        done = send(desk, mailbox)
        assert (done.sent, done.later) == (1, 1)
        desk.clock.now = whole.expires_at
        assert send(desk, mailbox).failed == 1
    assert [task.facts["kind"] for task in desk.tasks("phone-no-driving")] == ["no-driving-evening"]


def test_what_is_withdrawn_while_it_is_sent_is_kept_as_sent(desk):
    owe(desk, 1)
    (notice,) = still_owed(desk)

    def withdraw(_):
        with desk.store.begin(desk.clinic_id) as uow:
            uow.notices.withdraw([notice.id], desk.clock(), "replaced")

    with Mailbox(on_mail=withdraw) as mailbox:
        assert send(desk, mailbox).sent == 1
    (kept,) = [one for one in notices(desk) if one.id == notice.id]
    assert kept.sent_at
    assert kept.withdrawn_at


def test_what_is_withdrawn_while_it_is_refused_stays_withdrawn(desk):
    owe(desk, 1)
    (notice,) = still_owed(desk)

    def withdraw(_):
        with desk.store.begin(desk.clinic_id) as uow:
            uow.notices.withdraw([notice.id], desk.clock(), "replaced")

    with Mailbox({address(0): ["550 no"]}, on_mail=withdraw) as mailbox:
        send(desk, mailbox)
    (kept,) = [one for one in notices(desk) if one.id == notice.id]
    assert (kept.outcome, kept.given_up_at, desk.tasks("undeliverable")) == ("replaced", None, [])


def test_a_worker_that_stops_gives_back_what_it_has_not_begun(desk):
    owe(desk, 5)
    asked = []
    with Mailbox(on_mail=asked.append) as mailbox:
        done = send(desk, mailbox, stopping=lambda: len(asked) >= 2)
        assert (done.sent, done.given_back) == (2, 3)
        assert {(one.next_attempt_at, one.attempts) for one in still_owed(desk)} == {(desk.clock.now, 0)}
        assert send(desk, mailbox).sent == 3


def test_what_a_dead_worker_had_taken_is_sent_when_its_lease_has_run_out(desk):
    owe(desk, 2)
    with desk.store.begin_installation() as installation:
        assert len(installation.lease(desk.clock.now, desk.clock.now + LEASE, 10)) == 2
    with Mailbox() as mailbox:
        assert send(desk, mailbox).leased == 0
        desk.clock.now += LEASE
        assert send(desk, mailbox).sent == 2


def test_four_dispatchers_at_once_lose_nothing_and_send_nothing_twice(desk):
    owe(desk, 40)
    desk.clock.now += timedelta(minutes=1)

    def work():
        while send(desk, mailbox, limit=3).leased:
            pass

    with Mailbox() as mailbox:
        workers = [Thread(target=work) for _ in range(4)]
        for one in workers:
            one.start()
        for one in workers:
            one.join()
    assert Counter(to for to, _ in mailbox.taken) == Counter(address(number) for number in range(40))
    assert still_owed(desk) == []


def test_a_move_that_is_told_reaches_the_patient_with_its_new_time(desk):
    course = desk.begin()
    desk.book(course)
    desk.clock.now += timedelta(seconds=11)
    with Mailbox() as mailbox:
        send(desk, mailbox)
        second = desk.live(course)[1]
        booking.move(desk.scheduler, appointment_id=second.id, start=at("01-07", "11:00"), version=second.version)
        desk.clock.now += timedelta(seconds=11)
        send(desk, mailbox)
    mail = mailbox.mails()[1]
    assert "Thursday, January 7, 2027, 11:00 am, New York time (EST)" in " ".join(mail.get_content().split())
    assert mail["From"].addresses[0].display_name == "Harbor Rooms"
