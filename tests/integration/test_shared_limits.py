"""A limit for each minute under two real worker processes: kept for both together, by nothing lost, and not by safety."""

import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway import ADA, dose, put
from postroom import Mailbox, address, notices, open_post, owe, still_owed, until

SENDING = Path(__file__).parents[1] / "processes" / "sending.py"
LIMIT, COUNT = 5, 12


@pytest.fixture
def desk(store):
    return open_post(store)


@contextmanager
def two_workers(desk, url, mailbox, clock):
    """Run two processes that only send, until the block ends; both are there when it begins."""
    settings = {"PLANNER_DATABASE_URL": url, "PLANNER_SMTP_URL": mailbox.url, "PLANNER_MAIL_PER_MINUTE": str(LIMIT)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLANNER_")}
    command = [sys.executable, str(SENDING), str(clock)]
    running = subprocess.Popen(command, env=kept | settings, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: beating(desk) == 2)
        yield
    finally:
        running.terminate()
        said = running.communicate(timeout=20)[1]
    assert running.returncode == 0, said


def beating(desk):
    with desk.store.engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM heartbeat")).scalar()


def set_to(clock, at):
    """Set the clock of both processes at once."""
    new = clock.with_suffix(".new")
    new.write_text(at.isoformat())
    new.replace(clock)


def send_what_may(desk, mailbox, clock):
    """Let the processes send until all that is left waits for a later minute; gives how many mails there are."""
    set_to(clock, desk.clock.now)
    until(lambda: all(one.attempts == 0 and one.next_attempt_at > desk.clock.now for one in still_owed(desk)))
    return len(mailbox.taken)


def test_two_processes_keep_a_limit_together_lose_nothing_and_hold_no_safety_message_back(desk, database_url, tmp_path):
    clock = tmp_path / "clock"
    set_to(clock, desk.clock.now)
    with Mailbox() as mailbox, two_workers(desk, database_url, mailbox, clock):
        owe(desk, COUNT)
        sent = [send_what_may(desk, mailbox, clock)]
        dose(desk)
        put(desk, patient_id=desk.people[ADA])
        sent.append(send_what_may(desk, mailbox, clock))
        for _ in range(3):
            desk.clock.now += timedelta(minutes=1)
            sent.append(send_what_may(desk, mailbox, clock))
    assert sent == [LIMIT, LIMIT + 1, LIMIT + 2, 2 * LIMIT + 1, COUNT + 1]  # once it is full, they go evenly
    assert sorted(to for to, _ in mailbox.taken) == sorted(["ada@mail.example", *map(address, range(COUNT))])
    assert [one.outcome for one in notices(desk) if not one.withdrawn_at] == ["sent"] * (COUNT + 1)
