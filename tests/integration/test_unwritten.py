"""What a round cannot write down: a database that takes nothing for a while, and a message that nobody can write."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event
from uuid import uuid4

import pytest
from sqlalchemy import event

from gateway import change
from planner.bootstrap import Parts
from planner.domain.errors import NotFound, Unavailable
from planner.notify.dispatcher import LEASE, dispatch
from planner.notify.writing import Book, Books
from planner.services.health import SILENT, look
from planner.storage.records import Task
from planner.worker.ticks import Worker
from planner.worker.watch import ClockWatch
from postroom import Mailbox, address, notices, open_post, owe, still_owed, transport_to

REFUSING = {
    "sqlite": ("connect", lambda connection, _: connection.execute("PRAGMA query_only = ON")),
    "postgresql": ("begin", lambda connection: connection.exec_driver_sql("SET TRANSACTION READ ONLY")),
}
"""What a database is told, and when, that then refuses to write."""


@dataclass
class Taker:
    """A mail server that takes everything; something happens as each letter goes."""

    happens: object = lambda _: None
    taken: list = field(default_factory=list)

    def deliver(self, letter):
        self.taken.append(letter)
        self.happens(len(self.taken))

    @property
    def copies(self):
        return Counter(one.to for one in self.taken)


@pytest.fixture
def desk(store):
    return open_post(store)


@pytest.fixture
def sqlite_desk(sqlite_store):
    return open_post(sqlite_store)


@contextmanager
def read_only(store):
    """Let the database take nothing: a disk that is full, or was mounted anew to be read only."""

    when, refuse = REFUSING[store.engine.dialect.name]
    store.engine.dispose()
    event.listen(store.engine, when, refuse)
    yield
    event.remove(store.engine, when, refuse)
    store.engine.dispose()


def worker(desk, mail):
    steady = ClockWatch(desk.clock, lambda: desk.clock().timestamp())
    return Worker(Parts(desk.store, desk.clock, mail), "one", steady, Event())


def each_once(many):
    return {address(number): 1 for number in range(many)}


def test_with_a_database_that_takes_nothing_nothing_goes_and_everybody_is_told(desk):
    owe(desk, 3)
    mail, one = Taker(), worker(desk, Taker())
    one.beat()
    with read_only(desk.store):
        for tick in one.ticks()[:2]:
            one.run(tick)
        with pytest.raises(Unavailable):
            dispatch(desk.store, desk.clock, mail)
        assert mail.taken == []
        assert look(desk.store, desk.clock).ready
        desk.clock.now += SILENT + timedelta(seconds=1)
        assert look(desk.store, desk.clock).silent
    assert [one.sent_at for one in notices(desk)] == [None] * 4
    assert dispatch(desk.store, desk.clock, mail).sent == 3


def test_what_could_not_be_written_is_written_before_anything_else_goes_and_nothing_comes_twice(desk):
    owe(desk, 3)
    books = Books(desk.store)
    full = read_only(desk.store)
    mail = Taker(lambda gone: full.__enter__() if gone == 1 else None)
    for _ in range(3):
        with pytest.raises(Unavailable):
            dispatch(desk.store, desk.clock, mail, books=books)
    full.__exit__(None, None, None)
    assert (len(mail.taken), len(still_owed(desk))) == (1, 3)
    assert dispatch(desk.store, desk.clock, mail, books=books).sent == 1  # what was not begun does not wait for its lease
    desk.clock.now += LEASE
    dispatch(desk.store, desk.clock, mail, books=books)
    assert mail.copies == each_once(3)
    assert still_owed(desk) == []


@pytest.mark.parametrize("ends", [False, True])
def test_a_worker_keeps_what_it_could_not_write_for_its_next_round_or_its_end(desk, ends):
    owe(desk, 2)
    full = read_only(desk.store)
    mail = Taker(lambda gone: full.__enter__() if gone == 1 else None)
    one = worker(desk, mail)
    one.run(one.ticks()[0])
    full.__exit__(None, None, None)
    if ends:
        one.end()
        one = worker(desk, mail)
    desk.clock.now += LEASE
    one.run(one.ticks()[0])
    assert mail.copies == each_once(2)


def test_of_what_waits_to_be_written_each_is_that_can_be(sqlite_desk):
    desk = sqlite_desk
    owe(desk, 3)
    ids, book = [one.id for one in still_owed(desk)], Book(desk.store, desk.clinic_id)

    def withdraw(number):
        return lambda uow: uow.notices.withdraw([ids[number]], desk.clock(), f"write {number}")

    def impossible(_):
        raise NotFound("no such thing")

    for write in (withdraw(0), impossible, withdraw(1)):
        book.soon(write, None)
    book.write(withdraw(2))
    assert Counter(one.outcome for one in notices(desk)) == Counter(["copied", *(f"write {number}" for number in range(3))])


def broken(desk, *kinds):
    """Owe what nobody can write: its facts name nothing that there is."""
    owe(desk, 1)
    whole = still_owed(desk)[0]
    facts, longer = {"appointments": ["no id"]}, {"expires_at": whole.due_at + timedelta(days=90)}
    with desk.store.begin(desk.clinic_id) as uow:
        for kind in kinds:
            uow.notices.put(replace(whole, id=uuid4(), key=kind, kind=kind, facts=facts, **longer))


def test_what_cannot_be_written_is_left_to_a_person_within_the_hour_and_what_is_for_safety_within_minutes(sqlite_desk):
    desk = sqlite_desk
    broken(desk, "booked", "no-driving-evening")
    began, mail, left = desk.clock.now, Taker(), {}
    while owed := still_owed(desk):
        desk.clock.now = max(desk.clock.now, min(one.next_attempt_at for one in owed))
        dispatch(desk.store, desk.clock, mail)
        for one in notices(desk):
            if one.given_up_at:
                left[one.kind] = (one.given_up_at - began) // timedelta(minutes=1)
    assert left == {"booked": 51, "no-driving-evening": 1}
    assert [len(desk.tasks(one)) for one in ("undeliverable", "phone-no-driving")] == [1, 1]
    assert mail.copies == each_once(1)


def test_a_message_of_which_nothing_can_be_written_does_not_stop_the_others(sqlite_desk):
    desk = sqlite_desk
    owe(desk, 3)
    first = still_owed(desk)[0]
    change(desk, reminds=True)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.withdraw([first.id], desk.clock(), "replaced")
        visit = uow.appointments.of_course(first.course_id)[0]
        facts = {"appointments": [str(visit.id)], "sequence": visit.sequence}
        earlier = first.due_at - timedelta(seconds=1)
        times = {"due_at": earlier, "next_attempt_at": earlier}
        uow.notices.put(replace(first, id=uuid4(), key="refused", kind="ride", facts=facts, **times))
        uow.tasks.add(Task(uuid4(), "undeliverable", first.due_at, first.due_at, {}, patient_id=first.patient_id))
    refused = Mailbox({address(0): ["550 no such user"]})
    with refused as mailbox:
        dispatch(desk.store, desk.clock, transport_to(mailbox))
    assert {to for to, _ in mailbox.taken} == {address(1), address(2)}
    assert [one.outcome for one in still_owed(desk)] == [None]
