"""What a round of letters keeps to: whose turn it is, whose facts are read, and what a database that fails costs."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from builders import clinic, uid
from gateway import ADA, Gateway, agree, choose, merged, owe_one, put
from planner.domain.channels import Channel
from planner.domain.errors import Unavailable
from planner.domain.reaching import Language
from planner.notify.dispatcher import LEASE, dispatch
from planner.notify.post import Post
from planner.services.letterhead import change_letterhead
from planner.storage.link_records import Correspondence
from planner.storage.message_records import Consent
from postroom import notices, open_post, owe, still_owed


@pytest.fixture
def desk(store):
    return open_post(store)


@pytest.fixture
def sqlite_desk(sqlite_store):
    return open_post(sqlite_store)


@dataclass
class Watched:
    """A mail server that takes everything; something happens as each letter goes."""

    happens: object = lambda _: None
    taken: list = field(default_factory=list)

    def deliver(self, letter):
        self.taken.append(letter)
        self.happens(len(self.taken))


@pytest.mark.parametrize("first", [uid("clinic"), uid("elsewhere")])
def test_who_has_waited_longest_is_written_to_first_whatever_the_clinic_and_each_by_their_own(sqlite_desk, first):
    with sqlite_desk.store.read(sqlite_desk.clinic_id) as uow:
        away = [replace(one, id=uuid4()) for one in uow.clinics.get(sqlite_desk.clock()).resources]
    elsewhere = replace(clinic(away), id=uid("elsewhere"), name="Elsewhere")
    desks = [sqlite_desk, open_post(sqlite_desk.store, site=elsewhere)]
    for one in desks:
        sender = {"public_name": "Rooms", "sender": f"{one.clinic_id.hex}@mail.example", "phone": "+1 212 555 0100"}
        change_letterhead(one.admin, **sender, version=1)
        late = timedelta(minutes=5) if one.clinic_id == first else timedelta(0)
        owe(one, 2, next_attempt_at=one.clock() - late, due_at=one.clock() - late)
    mail = Watched()
    assert dispatch(sqlite_desk.store, sqlite_desk.clock, mail).sent == 4
    (second,) = {one.clinic_id for one in desks} - {first}
    assert [one.sender.partition("@")[0] for one in mail.taken] == [first.hex, first.hex, second.hex, second.hex]


def test_of_several_texts_to_one_person_none_goes_once_the_worker_stops(sqlite_desk):
    merged(sqlite_desk)
    agree(sqlite_desk, ADA)
    choose(sqlite_desk, channels=(Channel.SMS, Channel.MAIL))
    with Gateway() as gateway:
        post = Post({Channel.SMS: gateway.transport()})
        done = dispatch(sqlite_desk.store, sqlite_desk.clock, post, stopping=lambda: bool(gateway.taken))
        assert (done.sent, done.given_back, len(gateway.taken)) == (1, 1, 1)
        assert dispatch(sqlite_desk.store, sqlite_desk.clock, post).sent == 1


def test_what_changes_between_two_letters_of_a_round_is_seen_in_the_next(desk):
    owe(desk, 3)
    later = [one.patient_id for one in still_owed(desk)]

    def change(gone):
        if gone == 1:
            names = {"public_name": "New Rooms", "sender": "new@mail.example", "phone": "+1 212 555 0100"}
            change_letterhead(desk.admin, **names, version=1)
        else:
            with desk.store.begin(desk.clinic_id) as uow:
                for one in later:
                    uow.correspondence.keep(Correspondence(one, Language.SPANISH))

    mail = Watched(lambda gone: change(gone) if gone < 3 else None)
    assert dispatch(desk.store, desk.clock, mail).sent == 3
    assert [one.sender_name for one in mail.taken] == ["Harbor Rooms", "New Rooms", "New Rooms"]
    assert [one.text.startswith("Hello") for one in mail.taken] == [True, True, False]


def test_what_is_withdrawn_or_no_longer_agreed_to_between_two_letters_of_a_round_does_not_go(desk):
    owe(desk, 3)

    def change(_):
        told = mail.taken[0].to
        waiting = [one for one in still_owed(desk) if f"patient{one.key.split()[-1]}@mail.example" != told]
        with desk.store.begin(desk.clinic_id) as uow:
            uow.notices.withdraw([waiting[0].id], desk.clock(), "cancelled")
            uow.consents.add(Consent(uuid4(), waiting[1].patient_id, Channel.MAIL, False, desk.clock(), "by phone"))

    mail = Watched(change)
    dispatch(desk.store, desk.clock, mail)
    assert len(mail.taken) == 1
    assert {one.outcome for one in notices(desk)} == {"copied", "sent", "cancelled", "by-phone"}


@pytest.mark.parametrize("together", [False, True])
def test_a_second_copy_bears_the_name_of_the_first_though_something_new_is_due_by_then(desk, together):
    def die(_):
        raise KeyboardInterrupt  # nothing of its own is written any more

    merged(desk) if together else owe_one(desk)
    first, mail = Watched(die), Watched()
    with pytest.raises(KeyboardInterrupt):
        dispatch(desk.store, desk.clock, first)
    desk.clock.now += LEASE
    booked = next(one for one in notices(desk) if one.kind == "booked")
    put(desk, kind="booked", facts=booked.facts, due_at=booked.due_at)
    dispatch(desk.store, desk.clock, mail)
    assert len(mail.taken) == 2
    assert first.taken[0].message_id in {one.message_id for one in mail.taken}


def test_what_another_worker_has_taken_meanwhile_is_left_to_it(desk):
    owe(desk, 3)
    others = Watched()

    def sleep_too_long(gone):
        if gone == 1:
            desk.clock.now += LEASE
            dispatch(desk.store, desk.clock, others)

    mine = Watched(sleep_too_long)
    dispatch(desk.store, desk.clock, mine)
    assert len(mine.taken) == 1
    assert Counter(one.to for one in others.taken) == {f"patient{number}@mail.example": 1 for number in range(3)}
    assert mine.taken[0].message_id in {one.message_id for one in others.taken}


def test_a_letter_that_cannot_be_written_does_not_delay_that_the_one_before_was_sent(desk):
    owe(desk, 3)
    broken, last, _ = still_owed(desk)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.withdraw([broken.id], desk.clock(), "replaced")
        later = broken.due_at + timedelta(seconds=1)
        bare = replace(broken, id=uuid4(), key="bare", facts={"appointments": ["no id"]}, due_at=later)
        uow.notices.put(replace(bare, next_attempt_at=later))
        uow.notices.hasten(last.id, later + timedelta(seconds=1))
    seen = []
    mail = Watched(lambda gone: seen.append([one.outcome for one in notices(desk)]) if gone == 2 else None)
    desk.clock.now += timedelta(seconds=2)
    dispatch(desk.store, desk.clock, mail)
    assert Counter(seen[0]) == Counter(copied=1, replaced=1, sent=1, mistake=1) + Counter([None])


@contextmanager
def failing(store, number, *, after):
    """Let one commit of the database fail, or (*after*) only the answer to it be lost; the next ones work again."""
    counted = []

    def fail(connection):
        counted.append(connection)
        if len(counted) == number:
            if after:
                connection.connection.driver_connection.commit()
            raise OperationalError("COMMIT", {}, Exception("the database went away"))

    event.listen(store.engine, "commit", fail)
    yield
    event.remove(store.engine, "commit", fail)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(1, 6))
def test_a_commit_that_fails_or_whose_answer_is_lost_costs_no_letter_and_no_second_copy(desk, number, after):
    owe(desk, 3)
    mail = Watched()
    with failing(desk.store, number, after=after):
        try:
            dispatch(desk.store, desk.clock, mail)
        except Unavailable:
            assert number == 1  # nothing was begun
    desk.clock.now += LEASE
    dispatch(desk.store, desk.clock, mail)
    assert Counter(one.to for one in mail.taken) == {f"patient{number}@mail.example": 1 for number in range(3)}
    assert [one.outcome for one in notices(desk) if not one.withdrawn_at] == ["sent"] * 3
    assert still_owed(desk) == []
