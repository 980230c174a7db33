"""A worker whose clock jumps (F12), that was off for hours (F14), or must end while a server hangs (F17)."""

from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread
from time import monotonic, sleep
from uuid import UUID

import pytest

from planner.bootstrap import Parts
from planner.clock import system_clock
from planner.notify.transports import LONGEST
from planner.worker.running import run
from postroom import PATIENCE, Mailbox, address, notices, owe, post_of_today, still_owed, transport_to, until, working
from restoring import shifted

TICK = 2.0
"""Seconds between two rounds of sending."""


@pytest.fixture
def desk(sqlite_store):
    return post_of_today(sqlite_store)


def test_a_clock_two_hours_off_stops_a_worker_and_loses_nothing(desk, sqlite_url, tmp_path):
    long_due = {"due_at": system_clock() - timedelta(hours=3), "next_attempt_at": system_clock() - timedelta(hours=3)}
    worker, clock = shifted(tmp_path, timedelta(0), "worker"), tmp_path / "shift0"
    with Mailbox() as mailbox, working(sqlite_url, mailbox, worker):
        until(lambda: last_beat(desk))
        clock.write_text("7200")
        sleep(0.2)
        owe(desk, 3, **long_due)
        for off in ("7200", "-7200"):
            clock.write_text(off)
            sleep(TICK + 0.2)
            assert mailbox.taken == []
        clock.write_text("0")
        began = monotonic()
        until(lambda: not still_owed(desk))
        assert monotonic() - began < TICK + 2
    assert (len(mailbox.taken), len(set(mailbox.ids()))) == (3, 3)


def last_beat(desk):
    with desk.store.read_installation() as installation:
        return installation.last_beat()


def test_off_for_three_hours_it_sends_what_holds_and_leaves_the_rest_to_the_desk(store, database_url, tmp_path):
    desk, now, hour = post_of_today(store), system_clock(), timedelta(hours=1)
    owe(desk, 4)
    whole = still_owed(desk)
    with desk.store.begin(desk.clinic_id) as uow:
        visit = uow.appointments.of_patient(desk.people["Ada Lovelace"])[0]
        uow.appointments.save(replace(visit, arrived_at=visit.start_at, dosed_at=visit.start_at))
        for number, (kind, expires) in enumerate(
            [("booked", hour), ("booked", 2 * hour), ("no-driving-discharge", 2 * hour), ("no-driving-evening", 9 * hour)]
        ):
            facts = whole[0].facts if kind == "booked" else {"appointment": str(visit.id)}
            about = None if kind == "booked" else visit.id
            uow.notices.put(replace(
                whole[0], id=UUID(int=number), key=f"off {number}", kind=kind, facts=facts, due_at=now + hour / 2,
                next_attempt_at=now + hour / 2, expires_at=now + expires, appointment_id=about, patient_id=visit.patient_id,
            ))  # fmt: skip
    with Mailbox() as mailbox, working(database_url, mailbox, shifted(tmp_path, 3 * hour, "worker")):
        until(lambda: not still_owed(desk))
    sent, expired = ({one.id for one in notices(desk) if one.outcome == word} for word in ("sent", "expired"))
    assert sent == {one.id for one in whole} | {UUID(int=3)}
    assert expired == {UUID(int=0), UUID(int=1), UUID(int=2)}
    assert len(mailbox.taken) == len(set(mailbox.ids())) == len(sent)
    assert [task.facts["notice"] for task in desk.tasks("phone-no-driving")] == [str(UUID(int=2))]
    assert {task.facts["notice"] for task in desk.tasks("undeliverable")} == {str(UUID(int=0)), str(UUID(int=1))}


def test_told_to_end_while_a_server_hangs_it_ends_when_the_letter_has_had_its_time(desk):
    owe(desk, 2)
    stop, limit = Event(), 1.0
    with Mailbox({address(number): [5.0] for number in range(2)}) as mailbox:
        thread = Thread(target=run, args=(Parts(desk.store, system_clock, transport_to(mailbox, limit)), stop))
        thread.start()
        until(lambda: mailbox.tried)
        stop.set()
        began = monotonic()
        thread.join(PATIENCE)
        assert monotonic() - began < limit + 1
    assert LONGEST + 5 < 30, "the same with the product's own limit ends within the 30 s that are promised"
    left = {one.attempts: one for one in still_owed(desk)}
    assert left[1].outcome == "no-answer"
    assert left[0].next_attempt_at <= system_clock()
