"""Real `planner worker` processes, killed and stopped at the worst moments: no message is lost, at most one comes twice."""

import signal
from collections import Counter
from contextlib import ExitStack
from threading import Event

import pytest
from sqlalchemy import text

from planner.clock import system_clock
from postroom import Mailbox, address, notices, owe, owed, post_of_today, still_owed, until
from tally import Tally
from workers import LEASE, PATIENCE, Worker, working

COUNT, MANY = 6, 30


@pytest.fixture
def desk(store):
    return post_of_today(store)


def deliver_the_rest(desk, url, mailbox):
    """Start a worker anew and let it work until nothing is owed; gives from when on nothing was in its way."""
    back_at = system_clock() + LEASE
    with working(url, mailbox):
        until(lambda: not owed(desk))
    return back_at


def assert_each_has_it(desk, mailbox, twice, count=COUNT):
    """Each patient got the mail, so many of them a second copy, under the same Message-ID; and the rows say sent."""
    taken = Counter(to for to, _ in mailbox.taken)
    assert set(taken) == {address(number) for number in range(count)}
    assert len(mailbox.taken) == count + twice
    assert len(set(mailbox.ids())) == count
    assert [one.outcome for one in notices(desk) if not one.withdrawn_at] == ["sent"] * count


def test_killed_between_the_servers_250_and_the_mark_one_comes_twice_and_none_is_lost(desk, database_url, count):
    owe(desk, COUNT)
    taken = Event()
    blocking = desk.store.begin(desk.clinic_id)

    def hold_the_mark(_):
        """Keep the worker from writing anything down, while the server says 250."""
        if not taken.is_set():
            uow = blocking.__enter__()
            for one in still_owed(desk):
                uow.notices.hasten(one.id, one.due_at)
            taken.set()

    with Mailbox(on_mail=hold_the_mark) as mailbox:
        with working(database_url, mailbox) as worker:
            assert taken.wait(PATIENCE)
            until(lambda: waits_for_the_mark(desk))
            worker.kill()
            worker.wait()
        blocking.__exit__(RuntimeError, RuntimeError("nothing of it is kept"), None)
        assert len(mailbox.taken) == 1
        back_at = deliver_the_rest(desk, database_url, mailbox)
    found = count("F1 killed between the server's 250 and the mark", desk, mailbox, allowed=1, back_at=back_at)
    assert found == Tally(owed=COUNT, delivered=COUNT, again=1)
    assert_each_has_it(desk, mailbox, twice=1)


def waits_for_the_mark(desk):
    """Whether the worker asks for what is held; SQLite does not tell, so that it is given half a second."""
    if desk.store.engine.dialect.name == "sqlite":
        return Event().wait(0.5) is False
    with desk.store.engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar()


def test_killed_between_the_lease_and_the_sending_none_is_lost_and_none_comes_twice(desk, database_url, count):
    owe(desk, COUNT)
    with Mailbox() as mailbox:
        with working(database_url, mailbox) as worker:
            mailbox.on_sender = worker.kill
            assert worker.wait(PATIENCE) == -signal.SIGKILL
        mailbox.on_sender = None
        assert mailbox.taken == []
        assert len(still_owed(desk)) == COUNT
        back_at = deliver_the_rest(desk, database_url, mailbox)
    found = count("F2 killed between the lease and the sending", desk, mailbox, back_at=back_at)
    assert found == Tally(owed=COUNT, delivered=COUNT)
    assert_each_has_it(desk, mailbox, twice=0)


def test_several_workers_lose_nothing_and_send_nothing_twice(desk, database_url, count):
    workers = 2 if desk.store.engine.dialect.name == "sqlite" else 4
    answers = {address(number): [0.02] for number in range(MANY)}
    with Mailbox(answers) as mailbox, ExitStack() as crew:
        for _ in range(workers):
            crew.enter_context(working(database_url, mailbox))
        until(lambda: beating(desk) == workers)
        owe(desk, MANY)
        until(lambda: not owed(desk))
    assert count(f"F3 {workers} workers at once", desk, mailbox) == Tally(owed=MANY, delivered=MANY)
    assert_each_has_it(desk, mailbox, twice=0, count=MANY)


def beating(desk):
    with desk.store.engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM heartbeat WHERE ended_at IS NULL")).scalar()


def test_a_worker_that_is_told_to_stop_finishes_the_letter_in_hand_and_gives_the_others_back(desk, database_url):
    owe(desk, COUNT)
    slow = {address(number): [0.4] for number in range(COUNT)}
    with Mailbox(slow) as mailbox, working(database_url, mailbox) as worker:
        until(lambda: mailbox.tried and beating(desk))
        worker.tell_to_end()
        assert worker.wait() == 0
        assert not beating(desk)
        log, left = worker.said(), still_owed(desk)
    assert (len(mailbox.taken), len(left)) == (1, COUNT - 1)
    assert {(one.attempts, one.next_attempt_at <= system_clock()) for one in left} == {(0, True)}
    assert "ends" in log
    assert "mail.example" not in log
    assert "of many" not in log


def test_a_worker_without_a_database_says_so_in_one_line(tmp_path):
    with Mailbox() as mailbox:
        worker = Worker(f"sqlite:///{tmp_path / 'none.db'}", mailbox.url, tmp_path / "log")
        assert worker.wait(PATIENCE) == 1
        assert worker.said() == "planner: there is no database yet; run: planner init\n"
        worker.close()
