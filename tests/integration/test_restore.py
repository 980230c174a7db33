"""`planner restore`: a backup put back; nothing is sent twice, nothing is lost unsaid, and what was there is kept."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from alembic import command as alembic

import inviting
from commands import command, refused
from conftest import settings_for
from desks import NOW
from planner.clock import system_clock
from planner.domain.reaching import Delivery, Purpose
from planner.services import booking
from planner.services import restoring as services
from planner.storage import schema
from planner.storage.engine import open_engine
from planner.storage.minting import mint
from postroom import Mailbox, notices, open_post, owe, post_of_today, still_owed


@pytest.fixture
def planner(capsys, monkeypatch, sqlite_url):
    run = command(capsys, monkeypatch)
    return lambda *words, **env: run(*words, **{"PLANNER_DATABASE_URL": sqlite_url, **env})


@pytest.fixture
def desk(sqlite_store):
    return post_of_today(sqlite_store)


@pytest.fixture
def database(sqlite_store):
    return Path(sqlite_store.engine.url.database)


def saved(planner, folder):
    assert planner("backup", folder / "b.db")[0] == 0
    return folder / "b.db"


def restored(planner, desk, *words):
    """Restore as an operator does, with all that used the database ended; gives what it said."""
    desk.store.close()
    code, out, err = planner("restore", *words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_a_backup_for_postgresql_is_left_to_its_own_program(planner, tmp_path):
    (line,) = refused(planner("restore", tmp_path / "b.dump", PLANNER_DATABASE_URL="postgresql://me:secret@db.example/x"))
    assert "pg_restore" in line
    assert "--park-only" in line
    assert "secret" not in line


def test_what_would_be_parked_is_said_without_changing_anything(planner, desk, database, tmp_path):
    owe(desk, 3)
    backup = saved(planner, tmp_path)
    desk.store.close()
    before = database.read_bytes(), backup.read_bytes()
    would = restored(planner, desk, backup, "--dry-run")
    assert (database.read_bytes(), backup.read_bytes()) == before
    assert {one.name for one in database.parent.iterdir()} == {database.name}
    does = restored(planner, desk, backup)
    assert (would["dry_run"], does["dry_run"]) == (True, False)
    assert would["clinics"] == does["clinics"]
    assert len(does["clinics"][0]["parked"]) == 3


def test_what_was_there_is_kept_whole_with_the_rights_it_had(planner, desk, database, tmp_path):
    backup = saved(planner, tmp_path)
    database.chmod(0o640)
    owe(desk, 2)
    kept = Path(restored(planner, desk, backup)["kept"])
    assert kept.parent == database.parent
    assert database.stat().st_mode & 0o777 == 0o640
    with closing(sqlite3.connect(kept)) as former:
        assert former.execute("SELECT count(*) FROM notice WHERE withdrawn_at IS NULL").fetchone() == (2,)
    assert notices(desk) == []


def test_beside_a_living_worker_it_refuses_unless_forced(planner, desk, database, tmp_path):
    backup = saved(planner, tmp_path)
    with desk.store.begin_installation() as installation:
        installation.beat("a worker", system_clock() - timedelta(seconds=110))
    desk.store.close()
    before = database.read_bytes()
    (line,) = refused(planner("restore", backup))
    assert line.startswith("a worker was alive 11")
    assert database.read_bytes() == before
    assert restored(planner, desk, backup, "--force")["kept"]
    with desk.store.begin_installation() as installation:
        installation.beat("a worker", system_clock() - timedelta(seconds=121))
    later = system_clock() + timedelta(seconds=2)
    with time_machine.travel(later):
        assert restored(planner, desk, backup)["kept"]


def test_a_worker_that_has_ended_as_it_should_is_in_nobodys_way_but_one_that_went_on_is(planner, desk, database, tmp_path):
    backup = saved(planner, tmp_path)
    with desk.store.begin_installation() as installation:
        installation.beat("ended", system_clock())
        installation.end("ended", system_clock())
        installation.beat("lives", system_clock() - timedelta(seconds=90))
    desk.store.close()
    (line,) = refused(planner("restore", backup))
    assert line.startswith("a worker was alive 9")
    with desk.store.begin_installation() as installation:
        installation.end("lives", system_clock())
    assert restored(planner, desk, backup)["kept"]
    with desk.store.begin_installation() as installation:
        installation.beat("ended", system_clock())
        installation.end("ended", system_clock())
        installation.beat("ended", system_clock())
    desk.store.close()
    assert refused(planner("restore", backup))


def test_beside_a_living_worker_of_an_older_planner_it_refuses(planner, desk, database, tmp_path):
    backup = saved(planner, tmp_path)
    with desk.store.begin_installation() as installation:
        installation.beat("a worker", system_clock())
    desk.store.close()
    with closing(sqlite3.connect(database)) as older:
        older.execute("ALTER TABLE heartbeat DROP COLUMN ended_at")
    (line,) = refused(planner("restore", backup))
    assert line.startswith("a worker was alive")


def test_a_database_that_somebody_has_open_is_never_replaced(planner, desk, database, tmp_path):
    backup = saved(planner, tmp_path)
    with desk.store.engine.connect():
        (line,) = refused(planner("restore", backup, "--force"))
    assert line.endswith("is in use; end planner serve and planner worker first")
    assert sorted(one.name for one in database.parent.iterdir() if "-" not in one.name) == [database.name]


def test_an_older_backup_is_brought_up_to_date(planner, sqlite_url, tmp_path):
    engine = open_engine(settings_for(f"sqlite:///{tmp_path / 'old.db'}"))
    with engine.begin() as connection:
        alembic.upgrade(schema.config(connection), "0004")
    engine.dispose()
    assert planner("restore", tmp_path / "old.db")[0] == 0
    engine = open_engine(settings_for(sqlite_url))
    schema.check_migrated(engine)
    engine.dispose()


def newer(path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()


def empty(path):
    path.write_bytes(b"")


def torn(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def orphaned(path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("INSERT INTO letterhead VALUES ('x', 'a', 'b', 'c', 1, 'd')")
        database.commit()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (newer, "another version of planner (revision 9999)"), (empty, "is not a planner database"), (torn, "is damaged"),
        (orphaned, "is damaged: a row of letterhead refers to a clinic that is not there"),
        (Path.unlink, "is no file"),
    ],
)  # fmt: skip
def test_a_backup_that_cannot_be_used_changes_nothing(planner, migrated_sqlite, database, tmp_path, spoil, says):
    backup, before = tmp_path / "b.db", database.read_bytes()
    backup.write_bytes(migrated_sqlite.read_bytes())
    spoil(backup)
    (line,) = refused(planner("restore", backup))
    assert says in line
    assert database.read_bytes() == before
    assert [one.name for one in database.parent.iterdir()] == [database.name]


def test_a_damaged_database_is_replaced_and_none_of_its_log_stays(planner, desk, database, tmp_path):
    owe(desk, 1)
    backup = saved(planner, tmp_path)
    desk.store.close()
    with database.open("r+b") as file:
        file.write(b"\xff" * 200)
    database.with_name(f"{database.name}-wal").write_bytes(b"what was written last")
    assert len(restored(planner, desk, backup)["clinics"][0]["parked"]) == 1
    assert [one.name for one in database.parent.iterdir() if one.name.startswith(f"{database.name}-")] == []
    with closing(sqlite3.connect(database)) as whole:
        assert whole.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_link_that_opens_once_is_closed_since_it_may_have_been_used(planner, desk, tmp_path):
    now = system_clock()
    with desk.store.begin(desk.clinic_id) as uow:
        once, page = (mint(uow, now, desk.patient(), purpose, "by mail") for purpose in (Purpose.OPEN, Purpose.PAGE))
    assert restored(planner, desk, saved(planner, tmp_path))["clinics"][0]["links_closed"] == 1
    with desk.store.read(desk.clinic_id) as uow:
        assert {one.id: one.revoked_at is None for one in uow.page_links.all()} == {once.link.id: False, page.link.id: True}


def test_many_invitations_of_one_patient_are_one_thing_to_ask(desk):
    owe(desk, 2)
    first, second = still_owed(desk)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.withdraw([first.id, second.id], system_clock(), "copied")
        for number in range(6):
            whose = (first if number < 4 else second).patient_id
            uow.notices.put(replace(first, id=uuid4(), key=f"i{number}", kind="invitation", patient_id=whose))
    done = services.park(desk.acting("system"), since=None)
    assert (len(done.messages), len(desk.tasks("parked-message"))) == (6, 2)


def test_an_invitation_that_may_have_gone_out_is_taken_out_of_the_calendar_again(store):
    desk = open_post(store)
    inviting.choose(desk, Delivery.INVITATIONS)
    course = desk.begin()
    desk.book(course)
    first = desk.live(course)[0]
    desk.clock.now += timedelta(minutes=1)
    services.park(desk.acting("system"), since=None)
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="ill")
    with Mailbox() as mailbox:
        mails = inviting.invitations(inviting.send(desk, mailbox))
    assert [inviting.says(mail)[0] for mail in mails] == ["CANCEL"]


def test_parking_again_finds_nothing_more(desk):
    owe(desk, 2)
    with time_machine.travel(NOW + timedelta(days=1)):
        for expected in ((2, 3), (0, 0), (0, 0)):
            done = services.park(desk.acting("system"), since=services.last_sign(desk.store))
            assert (len(done.messages), len(done.tasks)) == expected
    assert len(desk.audit("restore")) == 1
    assert len(desk.tasks("restored")) == 1
