"""`planner doctor`: what an operator can have wrong, found and named, with what to do."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import text

from commands import command
from desks import NOW
from planner.clock import system_clock
from planner.domain.notices import PHONE_TASK
from planner.services.restoring import PARKED_TASK
from planner.storage.records import Task
from postroom import Mailbox, open_post, owe

PRESENT = NOW + timedelta(days=1)


@pytest.fixture
def mailbox():
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def doctor(capsys, monkeypatch, mailbox):
    """Run it with settings that are well, but for those given; gives its exit code and what it says of each."""
    run = command(capsys, monkeypatch)
    well = {
        "PLANNER_SECRET_KEY": "a-key-for-the-tests-0123456789abcdef", "PLANNER_BASE_URL": "https://planner.example",
        "PLANNER_SMTP_URL": mailbox.url,
    }  # fmt: skip

    def look(url, *words, at=PRESENT, **env):
        with time_machine.travel(at):
            code, out, err = run("doctor", "--json", *words, **{"PLANNER_DATABASE_URL": url, **well, **env})
        assert err == ""
        said = json.loads(out)
        wrong = [(one["name"], one["level"]) for one in said["checks"] if one["level"] != "ok"]
        assert code == (1 if said["problems"] else 0)
        assert all(one["remedy"] for one in said["checks"] if one["level"] != "ok")
        return wrong, {one["name"]: one["words"] for one in said["checks"]}

    return look


@pytest.fixture
def desk(store):
    """A clinic where all is well: a letterhead, and a worker that was alive just now."""
    desk = open_post(store)
    beat(desk, PRESENT)
    return desk


def beat(desk, at):
    with desk.store.begin_installation() as installation:
        installation.beat("a worker", at)


def test_where_all_is_well_it_says_so_of_each_and_sends_nothing(desk, database_url, doctor, mailbox):
    wrong, said = doctor(database_url)
    assert wrong == ([] if "postgresql" not in database_url else [("clock", "problem")])
    assert {"secret key", "web address", "database", "clock", "worker", "messages", "mail server"} <= said.keys()
    assert mailbox.taken == []


def without_letterhead(desk):
    with desk.store.engine.begin() as connection:
        connection.execute(text("DELETE FROM letterhead"))


def with_task(kind):
    def add(desk):
        with desk.store.begin(desk.clinic_id) as uow:
            uow.tasks.add(Task(uuid4(), kind, NOW, NOW))

    return add


def with_late(**ago):
    def add(desk):
        desk.clock.now = PRESENT - timedelta(**ago)
        owe(desk, 1)

    return add


def without_guard(desk):
    postgres = desk.store.engine.dialect.name == "postgresql"
    with desk.store.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER audit_append_only{' ON audit' if postgres else '_delete'}"))


CLINIC = "clinic Harbor Street"


@pytest.mark.parametrize(
    ("spoil", "level"),
    [
        (without_letterhead, "problem"), (with_task(PHONE_TASK), "problem"), (with_task(PARKED_TASK), "warning"),
        (with_late(minutes=5), "warning"), (with_late(hours=1), "problem"), (without_guard, "problem"),
    ],
)  # fmt: skip
def test_what_is_wrong_inside_the_database_is_found(desk, database_url, doctor, spoil, level):
    spoil(desk)
    wrong, _ = doctor(database_url)
    assert [found for name, found in wrong if name != "clock"] == [level]


def test_one_message_is_not_said_to_be_several(sqlite_store, sqlite_url, doctor):
    with_task(PHONE_TASK)(open_post(sqlite_store))
    said = doctor(sqlite_url)[1]
    assert "1 no-driving message did not arrive" in said.values()


def test_a_service_for_texts_that_is_set_is_said(sqlite_store, sqlite_url, doctor):
    beat(open_post(sqlite_store), PRESENT)
    wrong, said = doctor(sqlite_url, PLANNER_SMS_URL="json://127.0.0.1:1/?:to={to}")
    assert (wrong, said["text messages"]) == ([], "a service is set; it was not asked")


def test_a_clock_that_differs_from_the_databases_is_found(postgres_store, postgres_migrated_url, doctor):
    open_post(postgres_store)
    _, said = doctor(postgres_migrated_url, at=system_clock() + timedelta(minutes=10))
    assert said["clock"].startswith(("it differs from the database's by 60", "it differs from the database's by 59"))


def test_a_clock_that_was_set_back_is_found(sqlite_store, sqlite_url, doctor):
    beat(open_post(sqlite_store), PRESENT)
    wrong, said = doctor(sqlite_url, at=PRESENT - timedelta(hours=2))
    assert ("clock", "problem") in wrong
    assert "7200 s ahead" in said["clock"]


@pytest.mark.parametrize(
    ("env", "name", "level"),
    [
        ({"PLANNER_BASE_URL": "http://planner.example"}, "web address", "problem"),
        ({"PLANNER_BASE_URL": "http://localhost:8000"}, "web address", "warning"),
        ({"PLANNER_SMTP_URL": "smtp://127.0.0.1:1"}, "mail server", "problem"),
        ({"PLANNER_SMS_URL": "vonage://key:secret@12125550111/{to}"}, "text messages", "warning"),
        ({"PLANNER_SECRET_KEY": "short"}, "settings", "problem"),
        ({"PLANNER_COLOUR": "green"}, "settings", "problem"),
        ({"PLANNER_DATABASE_URL": "sqlite:////nowhere/planner.db"}, "database", "problem"),
        ({"PLANNER_DATABASE_URL": "postgresql://me:secret@127.0.0.1:1/x"}, "database", "problem"),
    ],
)
def test_what_is_wrong_outside_is_found(sqlite_store, sqlite_url, doctor, env, name, level):
    beat(open_post(sqlite_store), PRESENT)
    url = env.pop("PLANNER_DATABASE_URL", sqlite_url)
    wrong, said = doctor(url, **env)
    assert (name, level) in wrong
    assert "secret" not in said[name]


def test_without_the_network_the_mail_server_is_not_asked(sqlite_store, sqlite_url, doctor):
    beat(open_post(sqlite_store), PRESENT)
    assert doctor(sqlite_url, "--no-network", PLANNER_SMTP_URL="smtp://127.0.0.1:1")[0] == []


def test_a_damaged_file_is_found(sqlite_store, sqlite_url, doctor):
    open_post(sqlite_store)
    sqlite_store.close()
    with Path(sqlite_store.engine.url.database).open("r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\xff" * 20 * 4096)
    wrong, said = doctor(sqlite_url)
    assert ("database", "problem") in wrong
    assert "is damaged" in said["database"]


def test_an_installation_without_a_clinic_is_told_how_to_begin(sqlite_store, sqlite_url, doctor):
    assert ("clinic", "problem") in doctor(sqlite_url)[0]


def test_at_a_terminal_it_is_a_line_each(sqlite_url, capsys, monkeypatch):
    code, out, err = command(capsys, monkeypatch)("doctor", PLANNER_DATABASE_URL=sqlite_url)
    assert (code, err) == (1, "")
    assert {line.split()[0] for line in out.splitlines()} == {"ok", "warning", "problem"}
