"""Second copies, and mailboxes that drop them: what is merged anew has a name of its own, so that nothing is lost."""

from datetime import timedelta

import pytest

from gateway import dose, merged, owe_one, put, send
from postroom import LOST, Mailbox, open_post, still_owed

ADAS = "ada@mail.example"


@pytest.fixture
def desk(store):
    return open_post(store)


def seen_in(mailbox):
    """Give what is seen in a mailbox that drops all but the first mail of a Message-ID."""
    first = {}
    for mail in mailbox.mails():
        first.setdefault(mail["Message-ID"], mail.get_content())
    return list(first.values())


def test_what_joins_a_message_that_may_have_come_alone_is_not_dropped_with_its_second_copy(desk):
    owe_one(desk)
    with Mailbox({ADAS: [LOST, "250 OK"]}) as mailbox:
        assert send(desk, mailbox).later == 1
        dose(desk)
        desk.clock.now += timedelta(minutes=1)
        put(desk)
        assert send(desk, mailbox).sent == 2
    assert ["Do not drive, cycle" in text for text in seen_in(mailbox)] == [False, True]


def test_messages_that_are_one_wait_together_and_keep_their_message_id(desk):
    merged(desk)
    with Mailbox({ADAS: [LOST, "250 OK"]}) as mailbox:
        assert send(desk, mailbox).later == 2
        assert len({one.next_attempt_at for one in still_owed(desk)}) == 1
        desk.clock.now += timedelta(minutes=1)
        assert send(desk, mailbox).sent == 2
    assert (len(mailbox.ids()), len(seen_in(mailbox))) == (2, 1)


def test_messages_that_failed_unlike_often_stay_apart_and_a_second_copy_is_known_as_one(desk):
    owe_one(desk)
    with Mailbox({ADAS: ["451 later", LOST, "250 OK"]}) as mailbox:
        send(desk, mailbox)
        dose(desk)
        desk.clock.now += timedelta(minutes=1)
        put(desk)
        done = send(desk, mailbox)
        assert (done.sent, done.later) == (1, 1)
        desk.clock.now = still_owed(desk)[0].next_attempt_at
        assert send(desk, mailbox).sent == 1
    assert ["Do not drive, cycle" in text for text in seen_in(mailbox)] == [True, False]
    assert len(mailbox.ids()) == 3
