"""The worker as a thread: what it does by itself, whatever happens to its clock and its database."""

import logging
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import pytest
import time_machine

from planner.bootstrap import Parts
from planner.clock import system_clock
from planner.domain.attendance import MarkKind
from planner.services import attendance
from planner.worker.running import run
from postroom import PATIENCE, Mailbox, notices, owe, post_of_today, still_owed, transport_to, until

MANY = 20


@pytest.fixture
def desk(store):
    return post_of_today(store)


@pytest.fixture
def sqlite_desk(sqlite_store):
    return post_of_today(sqlite_store)


@contextmanager
def working(desk, mailbox, lease=timedelta(seconds=2)):
    """Let a worker work while the block lasts; it must live until then, and end when it is told to."""
    stop = Event()
    parts = Parts(desk.store, system_clock, transport_to(mailbox) if mailbox else None, lease)
    thread = Thread(target=run, args=(parts, stop))
    thread.start()
    try:
        yield
        assert thread.is_alive()
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def last_beat(desk):
    with desk.store.read_installation() as installation:
        return installation.last_beat()


def test_a_worker_sends_what_is_due_and_says_that_it_lives(desk):
    owe(desk, 3)
    before = system_clock()
    with Mailbox() as mailbox, working(desk, mailbox):
        until(lambda: len(mailbox.taken) == 3 and last_beat(desk))
    assert still_owed(desk) == []
    assert last_beat(desk) >= before


def test_a_worker_looks_after_visits_that_nobody_has_closed(sqlite_desk):
    desk = sqlite_desk
    desk.book(desk.begin(start=system_clock().date() + timedelta(days=1)))
    with desk.store.begin(desk.clinic_id) as uow:
        first = uow.appointments.of_patient(desk.patient())[0]
    with time_machine.travel(first.start_at, tick=False):
        attendance.record(desk.scheduler, appointment_id=first.id, kind=MarkKind.ARRIVED, version=first.version)
    with time_machine.travel(first.end_at + timedelta(hours=1)), Mailbox() as mailbox, working(desk, mailbox):
        until(lambda: desk.tasks("outcome-missing"))
        until(lambda: any("Do not drive" in mail.get_content() for mail in mailbox.mails()))


def test_without_a_mail_server_messages_wait_and_the_worker_lives(sqlite_desk):
    owe(sqlite_desk, 1)
    with working(sqlite_desk, None):
        until(lambda: last_beat(sqlite_desk) and still_owed(sqlite_desk)[0].outcome)
    assert still_owed(sqlite_desk)[0].outcome == "no-mail-server"


def test_a_clock_set_back_a_little_does_not_freeze_the_ticks(sqlite_desk):
    with time_machine.travel(system_clock()) as clock, Mailbox() as mailbox, working(sqlite_desk, mailbox):
        until(lambda: last_beat(sqlite_desk))
        clock.shift(-timedelta(minutes=4))
        owe(sqlite_desk, 1)
        began = monotonic()
        until(lambda: mailbox.taken)
        assert monotonic() - began < 6


def test_a_database_that_goes_away_in_the_middle_costs_no_message(postgres_store, postgres_admin, caplog):
    desk, name = post_of_today(postgres_store), postgres_store.engine.url.database
    owe(desk, MANY)
    tenth = Event()
    with Mailbox(on_mail=lambda _: tenth.set() if len(mailbox.taken) == 10 else None) as mailbox, working(desk, mailbox):
        tenth.wait(PATIENCE)
        with postgres_admin.connect() as admin:
            admin.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            admin.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            until(lambda: "the database cannot be used" in caplog.text)
            admin.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        until(lambda: len({to for to, _ in mailbox.taken}) == MANY)
        until(lambda: not still_owed(desk))
    assert len(mailbox.taken) <= MANY + 1
    assert len(set(mailbox.ids())) == MANY
    assert {one.outcome for one in notices(desk) if one.sent_at} == {"sent"}
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
