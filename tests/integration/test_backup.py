"""`planner backup`: a whole, checked copy while others write, and nothing half-written when it cannot be made."""

import json
import os
import pickle
import resource
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from commands import command, refused
from conftest import settings_for
from desks import Desk, open_desk
from planner.domain.course import LIVE
from planner.storage import backups
from planner.storage.backups import copy_checked
from planner.storage.engine import open_engine
from planner.storage.unit_of_work import Store
from postroom import until

WRITER = Path(__file__).parents[1] / "processes" / "writer.py"


@pytest.fixture
def planner(capsys, monkeypatch, sqlite_url):
    monkeypatch.setenv("PLANNER_DATABASE_URL", "to be replaced")
    run = command(capsys, monkeypatch)
    return lambda *words, **env: run(*words, **{"PLANNER_DATABASE_URL": sqlite_url, **env})


def plans(desk):
    """Six courses of six infusions, one after the other."""
    found = []
    for number in range(6):
        course = desk.begin("infusions", date(2027, 1, 6) + timedelta(days=21 * number), patient=f"P{number}")
        found.append((course.id, desk.shown(course)))
    return found


@contextmanager
def writing(url, todo, folder):
    """Let a process book and cancel these courses as fast as it can while the block lasts."""
    (folder / "plans").write_bytes(pickle.dumps(todo))
    paths = os.pathsep.join([str(WRITER.parents[1]), os.environ.get("PYTHONPATH", "")])
    words = [sys.executable, str(WRITER), url, str(folder / "plans")]
    with subprocess.Popen(words, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.read(1) == b"!"
            yield
            assert process.poll() is None
        finally:
            process.kill()


def names(folder):
    return [one.name for one in folder.iterdir()]


def entries(file):
    with closing(sqlite3.connect(file)) as database:
        return database.execute("SELECT count(*) FROM audit").fetchone()[0]


def assert_consistent(file, clinic_id, courses):
    """Each course has none or six appointments, each of these takes what it needs, and SQLite finds nothing wrong."""
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    copy = Desk(Store(open_engine(settings_for(f"sqlite:///{file}"))), clinic_id=clinic_id)
    with copy.store.read(clinic_id) as uow:
        everything = [one for course_id in courses for one in uow.appointments.of_course(course_id)]
        actions = Counter(entry.action for entry in uow.audit.all())
        rows = uow.occupancy.of_appointments(one.id for one in everything)
    live = Counter(one.course_id for one in everything if one.status in LIVE)
    assert set(live.values()) <= {6}
    assert len(everything) == 6 * actions["book-series"]
    assert len(live) == actions["book-series"] - actions["cancel"]
    assert {one.id for one in everything if one.status in LIVE} == {key for key, taken in rows.items() if taken}
    assert copy.overlaps() == 0
    copy.store.close()


def test_each_copy_is_of_one_instant_however_fast_somebody_writes(sqlite_store, sqlite_url, tmp_path):
    desk, steps = open_desk(sqlite_store), []
    todo, database, copies = plans(desk), Path(sqlite_store.engine.url.database), range(3)

    def in_the_middle(done, total):
        """Go on with the copy, at each of its steps, only when somebody has written since the last one."""
        if done < total:
            steps.append(number)
            assert len(steps) < 100, "it begins again whenever somebody writes"
            seen = entries(database)
            until(lambda: entries(database) > seen + 1)

    with writing(sqlite_url, todo, tmp_path):
        for number in copies:
            began = entries(database)
            copy_checked(database, tmp_path / f"{number}.db", told=in_the_middle)
            assert began <= entries(tmp_path / f"{number}.db") < entries(database)
    assert {*steps} == {*copies}
    for number in copies:
        assert_consistent(tmp_path / f"{number}.db", desk.clinic_id, [course_id for course_id, _ in todo])


def test_a_backup_is_one_file_that_only_its_owner_reads(planner, tmp_path):
    code, out, err = planner("backup", tmp_path / "b.db", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["bytes"] == (tmp_path / "b.db").stat().st_size
    assert (tmp_path / "b.db").stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["b.db"]


def test_a_file_that_is_there_is_replaced_only_by_force(planner, tmp_path):
    target = tmp_path / "b.db"
    target.write_text("precious")
    assert refused(planner("backup", target)) == [f"{target} is there already; name another file, or add --force"]
    assert target.read_text() == "precious"
    assert planner("backup", target, "--force")[0] == 0
    assert entries(target) == 0


def test_a_folder_no_folder_and_the_database_itself_are_refused(planner, sqlite_store, tmp_path):
    database = Path(sqlite_store.engine.url.database)
    assert refused(planner("backup", tmp_path, "--force")) == [f"{tmp_path} is a folder; name a file"]
    assert refused(planner("backup", database, "--force")) == [f"{database} is the database itself"]
    (line,) = refused(planner("backup", tmp_path / "nowhere" / "b.db"))
    assert line.endswith("cannot be written: No such file or directory")
    assert names(tmp_path) == []


def missing(path):
    path.unlink(missing_ok=True)


def shopping(path):
    path.write_text("shopping list\n" * 100)


def foreign(path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE patients (name TEXT)")


def torn(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(missing, "is no file"), (shopping, "is not a planner database"), (foreign, "is not a planner"), (torn, "is damaged")],
)
def test_what_is_no_whole_database_is_refused_in_one_line(planner, tmp_path, migrated_sqlite, spoil, says):
    source, folder = tmp_path / "source.db", tmp_path / "backups"
    folder.mkdir()
    if spoil is torn:
        source.write_bytes(migrated_sqlite.read_bytes())
    spoil(source)
    (line,) = refused(planner("backup", folder / "b.db", PLANNER_DATABASE_URL=f"sqlite:///{source}"))
    assert says in line
    assert names(folder) == []


def test_a_full_disk_leaves_what_was_there(planner, tmp_path):
    target = tmp_path / "b.db"
    target.write_text("the last one")
    with small_files(64 * 1024):
        (line,) = refused(planner("backup", "--force", target))
    assert "cannot be copied" in line
    assert target.read_text() == "the last one"
    assert names(tmp_path) == ["b.db"]


@contextmanager
def small_files(size):
    """Let no file grow beyond so many bytes: a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_one_that_is_told_to_stop_leaves_nothing(planner, tmp_path, monkeypatch):
    def stop(*_):
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(backups, "_check", stop)
    assert planner("backup", tmp_path / "b.db") == (1, "", "\nplanner: stopped\n")
    assert names(tmp_path) == []


def test_for_postgresql_it_says_which_program_does_it_and_no_password(planner):
    (line,) = refused(planner("backup", "b.dump", PLANNER_DATABASE_URL="postgresql://me:secret@db.example/clinic"))
    assert line.endswith("run: pg_dump --format=custom --file=b.dump 'postgresql://me@db.example/clinic'")
