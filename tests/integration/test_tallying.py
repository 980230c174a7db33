"""The tally of messages under faults: it would see each fault that it says there is none of."""

from dataclasses import replace
from datetime import timedelta

import pytest

from planner.notify.dispatcher import dispatch
from postroom import LOST, Mailbox, address, open_post, owe, still_owed, transport_to
from tally import EACH, PROMPT, Tally, tally

COUNT = 4
SECOND = timedelta(seconds=1)


@pytest.fixture
def desk(sqlite_store):
    desk = open_post(sqlite_store)
    owe(desk, COUNT)
    return desk


@pytest.fixture
def mailbox():
    with Mailbox() as mailbox:
        yield mailbox


def send(desk, mailbox, after):
    desk.clock.now += after
    dispatch(desk.store, desk.clock, transport_to(mailbox), limit=100)


def test_where_all_is_well_it_counts_nothing_else(desk, mailbox):
    send(desk, mailbox, PROMPT)
    assert tally(desk, mailbox) == Tally(owed=COUNT, delivered=COUNT)


def test_what_never_arrived_is_lost_though_it_is_marked_as_sent(desk, mailbox):
    one = still_owed(desk)[0]
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.settle(replace(one, sent_at=desk.clock(), outcome="sent"), one.next_attempt_at)
    send(desk, mailbox, SECOND)
    assert tally(desk, mailbox) == Tally(owed=COUNT, delivered=COUNT - 1, lost=1)


def test_what_nothing_explains_is_late_and_an_outage_or_a_failed_try_does(desk, mailbox):
    send(desk, mailbox, PROMPT + COUNT * EACH + SECOND)
    assert tally(desk, mailbox).late == COUNT
    assert tally(desk, mailbox, back_at=desk.clock() - PROMPT).late == 0


@pytest.mark.parametrize(("minutes", "late"), [(1, 0), (2, 1)])
def test_what_is_tried_again_after_the_retry_tables_time_is_late(desk, mailbox, minutes, late):
    mailbox.answers = {address(0): ["451 later", "250 OK"]}
    send(desk, mailbox, SECOND)
    send(desk, mailbox, timedelta(minutes=minutes))
    assert tally(desk, mailbox) == Tally(owed=COUNT, delivered=COUNT, late=late)


def test_a_letter_with_another_time_misleads(desk, mailbox):
    send(desk, mailbox, SECOND)
    to, content = mailbox.taken[0]
    mailbox.taken[0] = to, content.replace(b"10:00", b"11:00")
    assert tally(desk, mailbox) == Tally(owed=COUNT, delivered=COUNT, misleading=1)


def test_a_second_copy_is_one(desk, mailbox):
    mailbox.answers = {address(1): [LOST, "250 OK"]}
    send(desk, mailbox, SECOND)
    send(desk, mailbox, timedelta(minutes=1))
    assert tally(desk, mailbox) == Tally(owed=COUNT, delivered=COUNT, again=1)
