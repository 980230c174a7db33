"""How much a round of letters takes when very much is due at once, of whom, and what it costs to be stopped in it."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event

from builders import clinic, uid
from planner.domain.channels import Channel
from planner.notify.dispatcher import dispatch
from planner.notify.post import Post
from planner.storage.leasing import CROWD
from postroom import address, notices, open_post, owe, still_owed

SECOND = timedelta(seconds=1)
LINKS = 3
"""How many links each of the letters here has of its own."""


@dataclass
class Taker:
    """A mail server that takes everything."""

    taken: list = field(default_factory=list)

    def deliver(self, letter):
        self.taken.append(letter)


@pytest.fixture
def desk(store):
    return open_post(store)


@pytest.fixture
def mail():
    return Taker()


def owe_each(desk, patients, many):
    """Owe so many messages to each of so many patients, all due now; each patient's came together."""
    owe(desk, patients)
    with desk.store.begin(desk.clinic_id) as uow:
        for one in still_owed(desk):
            uow.notices.put(*(replace(one, id=uuid4(), key=f"{one.key} {number}") for number in range(1, many)))


def rounds(desk, mail, limit):
    """Send all that is due; gives how many messages each round took."""
    took = []
    while leased := dispatch(desk.store, desk.clock, mail, limit=limit).leased:
        took.append(leased)
    return took


def told(letters):
    return len({link for one in letters for link in re.findall(r"/answer/([\w-]+)/", one.text)}) / LINKS


def test_a_round_stays_small_and_splits_nobody_whose_messages_fit_into_one(desk, mail):
    limit, many, patients = 2, 4, 6
    owe_each(desk, patients, many)
    took = rounds(desk, mail, limit)
    assert sum(took) == many * patients
    assert max(took) < CROWD * limit + many
    assert Counter(one.to for one in mail.taken) == {address(number): 1 for number in range(patients)}
    assert told(mail.taken) == many * patients
    assert {one.attempts for one in notices(desk) if one.sent_at} == {1}


def test_who_is_owed_more_than_a_round_takes_is_told_all_of_it_once_in_several_letters(desk, mail):
    owe_each(desk, 1, 2 * CROWD + 1)
    assert rounds(desk, mail, limit=1) == [CROWD, CROWD, 1]
    assert (len(mail.taken), told(mail.taken)) == (3, 2 * CROWD + 1)
    assert still_owed(desk) == []


def test_what_is_for_safety_goes_before_all_that_has_waited_longer(desk, mail):
    owe(desk, 5)
    as_safety(desk, still_owed(desk)[-1])
    one_a_minute = Post({Channel.MAIL: mail}, {Channel.MAIL: 1})
    done = dispatch(desk.store, desk.clock, one_a_minute, limit=2)
    assert (done.sent, done.held) == (1, 1)
    assert "drive" in mail.taken[0].text


def test_a_clinic_that_owes_very_much_does_not_keep_another_one_waiting(desk, mail):
    with desk.store.read(desk.clinic_id) as uow:
        away = [replace(one, id=uuid4()) for one in uow.clinics.get(desk.clock()).resources]
    elsewhere = open_post(desk.store, site=replace(clinic(away), id=uid("elsewhere"), name="Elsewhere"))
    owe(desk, 9)
    owe(elsewhere, 1, due_at=desk.clock() + SECOND, next_attempt_at=desk.clock() + SECOND)
    desk.clock.now += 2 * SECOND
    assert dispatch(desk.store, desk.clock, mail, limit=4).sent == 4
    assert still_owed(elsewhere) == []


def as_safety(desk, notice):
    """Make one of the messages a no-driving one of a given dose, due after all others."""
    with desk.store.begin(desk.clinic_id) as uow:
        visit = uow.appointments.of_course(notice.course_id)[0]
        uow.appointments.save(replace(visit, arrived_at=visit.start_at, dosed_at=visit.start_at))
        uow.notices.withdraw([notice.id], desk.clock(), "copied")
        due = {"due_at": desk.clock(), "next_attempt_at": desk.clock(), "patient_id": visit.patient_id}
        facts = {"appointment": str(visit.id)}
        uow.notices.put(replace(notice, id=visit.id, key="safety", kind="no-driving-evening", facts=facts, **due))


def test_what_a_stopped_round_had_taken_is_given_back_in_one_transaction(desk, mail):
    owe_each(desk, 5, 3)
    commits = []
    event.listen(desk.store.engine, "commit", commits.append)
    done = dispatch(desk.store, desk.clock, mail, stopping=lambda: bool(mail.taken))
    assert (done.sent, done.given_back) == (3, 12)
    assert len(commits) <= 4  # taken, the letter's links, that it was sent, the others given back
    assert {(one.attempts, one.next_attempt_at) for one in still_owed(desk)} == {(0, desk.clock())}
