"""What is written when a round of letters goes out: in which order, in how few transactions, and found by which index."""

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event

from planner.domain.errors import Conflict, NotFound, Unavailable
from planner.domain.notices import TOGETHER
from planner.domain.reaching import Delivery, Language
from planner.domain.tokens import token_hash
from planner.notify.dispatcher import dispatch
from planner.notify.writing import Book
from planner.storage.link_records import Correspondence
from planner.storage.message_records import Attempt
from planner.storage.unit_of_work import Store
from postroom import notices, open_post, owe, still_owed


@pytest.fixture
def desk(store):
    return open_post(store)


@dataclass
class Watched:
    """A mail server that takes everything, and looks at each letter as it goes."""

    look: object
    seen: list = field(default_factory=list)

    def deliver(self, letter):
        self.seen.append(self.look(letter))


def test_as_a_letter_goes_all_that_went_before_it_say_so(desk):
    owe(desk, 4)
    mail = Watched(lambda _: sum(one.sent_at is not None for one in notices(desk)))
    dispatch(desk.store, desk.clock, mail)
    assert mail.seen == [0, 1, 2, 3]
    assert sum(one.sent_at is not None for one in notices(desk)) == 4


def test_as_a_letter_goes_its_links_open(desk):
    owe(desk, 2)

    def opens(letter):
        found = re.findall(r"/answer/([\w-]+)/", letter.text)
        with desk.store.read_installation() as installation:
            return [installation.page_link(token_hash(one)) is not None for one in found]

    mail = Watched(opens)
    dispatch(desk.store, desk.clock, mail)
    assert mail.seen == [[True, True, True], [True, True, True]]


def test_a_letter_costs_one_commit_and_a_handful_of_statements(desk):
    owe(desk, 20)
    counted = {"commits": 0, "statements": 0}
    engine = desk.store.engine
    listeners = {"commit": "commits", "before_cursor_execute": "statements"}
    for name, what in listeners.items():
        event.listen(engine, name, lambda *_, what=what: counted.update({what: counted[what] + 1}))
    assert dispatch(desk.store, desk.clock, Watched(str), limit=20).sent == 20
    assert counted["commits"] == 22  # one to take them, one with each letter's links, one to say that the last was sent
    assert counted["statements"] <= 12 * 20


def test_links_that_cannot_be_stored_do_not_lose_that_the_letter_before_was_sent(desk):
    owe(desk, 2)
    first, second = still_owed(desk)
    book = Book(desk.store, desk.clinic_id)
    book.soon(lambda uow: uow.notices.withdraw([first.id], desk.clock(), "x"), first.patient_id)

    def impossible(uow):
        uow.notices.withdraw([second.id], desk.clock(), "y")
        raise NotFound("no such patient")

    with pytest.raises(NotFound):
        book.write(impossible)
    assert {one.outcome for one in notices(desk) if one.withdrawn_at} == {"copied", "x"}


@dataclass
class Forgetful:
    """A database whose first answers to a commit are lost."""

    store: Store
    lost: int

    @contextmanager
    def begin(self, clinic_id):
        with self.store.begin(clinic_id) as uow:
            yield uow
        if self.lost:
            self.lost -= 1
            raise Unavailable("the answer is lost")


def test_what_was_committed_though_the_answer_was_lost_is_not_an_error(desk):
    owe(desk, 1)
    (one,) = still_owed(desk)
    attempt = Attempt(uuid4(), one.id, one.channel, desk.clock(), "sent")
    Book(Forgetful(desk.store, 1), desk.clinic_id).write(lambda uow: uow.attempts.add(attempt))
    with desk.store.read(desk.clinic_id) as uow:
        assert uow.attempts.of_notice(one.id) == [attempt]
    with pytest.raises(Conflict):
        Book(desk.store, desk.clinic_id).write(lambda uow: uow.attempts.add(attempt))


@pytest.mark.parametrize("chosen", [None, Correspondence(uuid4(), Language.SPANISH, Delivery.INVITATIONS)])
def test_what_is_asked_at_once_is_what_is_asked_one_by_one(desk, chosen):
    patient_id = desk.patient()
    with desk.store.begin(desk.clinic_id) as uow:
        if chosen:
            uow.correspondence.keep(Correspondence(patient_id, chosen.language, chosen.delivery))
    found = []
    for opened in (desk.store.look(desk.clinic_id, patient_id), desk.store.read(desk.clinic_id)):
        with opened as uow:
            found.append([
                uow.clinics.version(), uow.letterheads.get(), uow.people.get(patient_id),
                uow.correspondence.of_patient(patient_id), uow.clinics.get(desk.clock()),
            ])  # fmt: skip
    assert found[0] == found[1]


def test_of_an_unknown_patient_nothing_is_found_at_once_either(desk):
    unknown = uuid4()
    with desk.store.look(desk.clinic_id, unknown) as uow:
        with pytest.raises(NotFound):
            uow.people.get(unknown)
        assert uow.correspondence.of_patient(unknown) == Correspondence(unknown)
        assert uow.letterheads.get() is not None


def test_what_is_due_is_found_by_index(desk):
    owe(desk, 1)
    asked, now = [], desk.clock()
    engine = desk.store.engine
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    with desk.store.begin_installation() as installation:
        assert len(installation.lease(now, now + timedelta(minutes=2), 20, TOGETHER)) == 1
        taken = still_owed(desk)[0]
        assert installation.notice(taken.id).record.id == taken.id
    due, along, _, _, one = (_plan(engine, one) for one in asked if "notice" in one[0])
    assert "ix_notice_open" in due
    assert "ix_notice_open" in along
    assert "(clinic_id=? AND id=?)" in one or engine.dialect.name == "postgresql"  # that one takes any index of so few rows


def _plan(engine, asked):
    statement, values = asked
    with engine.connect() as connection:
        cursor = connection.connection.driver_connection.cursor()
        if engine.dialect.name == "postgresql":
            cursor.execute("SET enable_seqscan = off")  # it would rather read a table of one row as a whole
            cursor.execute(f"EXPLAIN {statement}", values)
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert not re.search("Seq Scan|SCAN notice", plan)
    return plan
