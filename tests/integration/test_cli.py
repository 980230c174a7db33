"""The `planner` command: what it prints, how it refuses (a line for each problem, no traceback), and its exit codes."""

import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
import tomli_w

from commands import command, refused
from planner.bootstrap import assemble
from planner.config import Settings
from planner.demo import seeding
from planner.demo.patients import names
from planner.domain.errors import PlannerError
from planner.storage.schema import SchemaOutdated

EXAMPLE = (files("planner") / "documents" / "example.toml").read_text(encoding="utf-8")


@pytest.fixture
def planner(capsys, monkeypatch):
    """Run the command in this process; gives its exit code and what it printed."""
    return command(capsys, monkeypatch)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A demo that has been filled once by a talkative process, what it said, and its log."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-c", "from planner.cli import main; main()", "demo", "--no-serve", "--json"]
    told = os.environ | {"PLANNER_LOG_LEVEL": "DEBUG"}
    done = subprocess.run([*command, "--folder", str(folder)], capture_output=True, text=True, check=True, env=told)
    return folder, json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def demo(filled):
    """A demo that has been filled once, and what it said."""
    return filled[:2]


def test_one_patient_of_the_demo_has_a_story_that_did_not_go_as_planned(demo):
    with closing(sqlite3.connect(demo[0] / "planner-demo.db")) as database:
        theirs = "WHERE patient_id = (SELECT id FROM patient WHERE record_number = '20388')"
        outcomes = database.execute(f"SELECT outcome FROM appointment {theirs} AND outcome IS NOT NULL ORDER BY start_at")
        assert [one for (one,) in outcomes] == ["given", "given", "no-show", "given"]
        assert database.execute(f"SELECT count(*) FROM score {theirs}").fetchone() == (15,)
        assert ("suggestion", None) in database.execute(f"SELECT kind, done_at FROM task {theirs}").fetchall()


def told(answer):
    """What a demo says about its courses, but for what differs between a plan and a booking, or by time."""
    return [
        {key: value for key, value in course.items() if key not in {"planning_ms", "alternatives"}}
        for course in answer["courses"]
    ]  # fmt: skip


def test_a_second_start_finds_the_first_ones_data(demo, planner):
    folder, first = demo
    code, out, err = planner("demo", "--no-serve", "--json", "--folder", folder)
    again = json.loads(out)
    assert (code, err) == (0, "")
    assert told(again) == told(first)
    assert [course["wanted"] for course in first["courses"]] == [len(course["sessions"]) for course in first["courses"]]
    assert all(course["complete"] for course in first["courses"])


def test_the_demo_is_printed_as_tables_with_costs_and_times(demo, planner):
    code, out, _ = planner("demo", "--no-serve", "--folder", demo[0])
    assert code == 0
    for word in ("America/New_York", "Chair", "Planned in", "Ready in", "invented"):
        assert word in out


def test_fresh_starts_over_and_no_log_holds_a_name(demo, planner, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    folder, first = demo
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    code, out, err = planner("demo", "--no-serve", "--json", "--fresh", "--folder", tmp_path, PLANNER_LOG_LEVEL="DEBUG")
    again = json.loads(out)
    before, after = ([course["course_id"] for course in one["courses"]] for one in (first, again))
    assert code == 0
    assert set(before).isdisjoint(after)
    assert [[s["start"] for s in c["sessions"]] for c in first["courses"]] == [
        [s["start"] for s in c["sessions"]] for c in again["courses"]
    ]
    words = {word for name in names() for word in name.split()}
    assert not [word for word in words if word in caplog.text or word in out + err]


def test_the_chairs_are_well_used_for_weeks(demo):
    """Of the hours that six chairs are open on the days of the next three weeks."""
    with sqlite3.connect(demo[0] / "planner-demo.db") as database:
        used, days = database.execute(
            "SELECT sum(o.ends - o.starts), count(DISTINCT date(o.starts * 60, 'unixepoch')) "
            "FROM occupancy o JOIN resource r ON r.id = o.subject_id WHERE r.kind = 'chair' "
            "AND date(o.starts * 60, 'unixepoch') BETWEEN date('now', '+1 day') AND date('now', '+21 days')"
        ).fetchone()
    database.close()
    assert days >= 11
    assert 0.55 <= used / (6 * 10 * 60 * days) <= 0.85


@pytest.mark.parametrize("words", [["init"], ["demo", "--no-serve"]])
def test_every_wrong_variable_is_reported_at_once(planner, words):
    lines = refused(
        planner(*words, PLANNER_DATABASE_URL="mysql://me:secret@x", PLANNER_LOG_LEVEL="loud", PLANNER_ZONE="UTC")
    )
    assert [line.split(":")[0] for line in lines] == ["PLANNER_ZONE", "PLANNER_DATABASE_URL", "PLANNER_LOG_LEVEL"]
    assert not any("secret" in line for line in lines)


def test_init_makes_a_database_and_a_second_one_changes_nothing(planner, empty_url):
    for _ in range(2):
        assert planner("init", PLANNER_DATABASE_URL=empty_url) == (0, "The database is ready.\n", "")
    parts = assemble(Settings(database_url=empty_url))
    assert parts.store.clinics() == []
    parts.store.close()


def test_an_unmigrated_database_is_refused_with_the_command_that_helps(empty_url):
    with pytest.raises(SchemaOutdated, match="planner init"):
        assemble(Settings(database_url=empty_url))


def _file(path: Path, content: str) -> None:
    path.write_text(content * 100)


def _foreign(path: Path, _: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE patients (name TEXT)")
    database.close()


def _other_version(path: Path, _: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
    database.close()


def _folder(path: Path, _: str) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "content", "says"),
    [
        (_file, "shopping list\n", "this file is not a planner database"),
        (_file, "x", "this file is not a planner database"),
        (_foreign, "", "it holds other tables"),
        (_other_version, "", "made by another version of planner (revision 9999)"),
        (_folder, "", "the database cannot be used"),
    ],
)
def test_what_is_no_database_of_ours_is_refused_in_one_line_and_left_alone(planner, tmp_path, make, content, says):
    path = tmp_path / "planner-demo.db"
    make(path, content)
    before = path.read_bytes() if path.is_file() else None
    for answer in (
        planner("init", PLANNER_DATABASE_URL=f"sqlite:///{path}"),
        planner("demo", "--no-serve", "--json", "--folder", tmp_path),
    ):
        (line,) = refused(answer)
        assert says in line
    assert (path.read_bytes() if path.is_file() else None) == before


@pytest.mark.parametrize(
    "url", ["sqlite:////proc/planner.db", "sqlite:////nowhere/at/all.db", "postgresql://me:secret@127.0.0.1:1/x"]
)
def test_a_database_out_of_reach_is_one_line(planner, url):
    (line,) = refused(planner("init", PLANNER_DATABASE_URL=url))
    assert line.startswith("the database cannot be used: ")
    assert "secret" not in line


def test_an_unwritable_folder_is_one_line(planner, tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below", "/proc"):
        (line,) = refused(planner("demo", "--no-serve", "--folder", folder))
        assert line.startswith(f"cannot write to {folder}")
        assert line.endswith("--folder")


def test_a_demo_interrupted_while_it_was_filled_says_what_to_do(planner, tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise PlannerError("interrupted")

    with monkeypatch.context() as broken:
        broken.setattr(seeding, "_book_shown", fail)
        assert refused(planner("demo", "--no-serve", "--json", "--folder", tmp_path)) == ["interrupted"]
    (line,) = refused(planner("demo", "--no-serve", "--json", "--folder", tmp_path))
    assert line.endswith("start over with --fresh")


def test_the_shipped_example_is_planned(planner, tmp_path):
    (tmp_path / "example.toml").write_text(EXAMPLE)
    code, out, err = planner("plan", tmp_path / "example.toml", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["complete"]
    code, out, _ = planner("plan", tmp_path / "example.toml", "--alternatives")
    assert (code, "Planned in" in out) == (0, True)


def edit(*path, to):
    document = tomllib.loads(EXAMPLE)
    part = document
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = to
    return document


def protocol(edits):
    """The example with a protocol of its own, edited."""
    table = {
        "name": "own", "title": "Own", "version": 1, "modality": "esketamine-nasal", "driving": {"after_sleep": True},
        "phases": [{
            "name": "p", "title": "P", "kind": "induction", "rhythm": "interval", "sessions": 3, "visits": ["v"],
            "spacing": {"min_days": 2, "target_days": 3, "max_days": 5},
        }],
        "visits": {"v": {"title": "V", "steps": [{"name": "dose", "minutes": 10, "dose": True}]}},
        "sources": {"phases": "assumed", "visits": "assumed", "driving": "assumed"},
    }  # fmt: skip
    edits(table)
    return edit("protocol", to=table)


def spacing(**days):
    return protocol(lambda table: table["phases"][0]["spacing"].update(days))


def sessions(number):
    return protocol(lambda table: table["phases"][0].update(sessions=number))


BAD = {
    "an unknown zone": (edit("clinic", "zone", to="America/Gotham"), "clinic.zone"),
    "an end before its start": (edit("clinic", "hours", "Tue", to=["17:00-09:00"]), "clinic.hours.Tue.0"),
    "a minimum above the maximum": (spacing(min_days=9), "protocol.phases.0.spacing.min_days"),
    "overlapping hours": (edit("clinic", "hours", "Tue", to=["09:00-13:00", "12:00-17:00"]), "clinic.hours"),
    "a protocol without sessions": (protocol(lambda table: table.update(phases=[])), "protocol.phases"),
    "ten thousand sessions": (sessions(10_000), "protocol.phases.0.sessions"),
    "no session": (sessions(0), "protocol.phases.0.sessions"),
    "a date in 1900": (edit("request", "start", to="1900-01-01"), "request.start"),
    "a date in 9999": (edit("request", "start", to="9999-12-31"), "request.start"),
    "the number 0 as a date": (edit("request", "start", to=0), "request.start"),
    "an impossible date": (edit("request", "start", to="2027-02-30"), "request.start"),
    "a name with control characters": (edit("clinic", "name", to="A\x1b[2J"), "clinic.name"),
    "a name of a megabyte": (edit("clinic", "name", to="A" * 1_000_000), "clinic.name"),
    "a wrong type": (edit("clinic", "grid_minutes", to="often"), "clinic.grid_minutes"),
    "a huge number": (edit("clinic", "grid_minutes", to=2**62), "clinic.grid_minutes"),
    "an unknown field": (edit("clinic", "colour", to="green"), "clinic.colour"),
    "an unknown protocol": (edit("protocol", to="leeches"), "protocol"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_by_the_field_and_stores_nothing(planner, tmp_path, monkeypatch, what):
    document, field = BAD[what]
    monkeypatch.chdir(tmp_path)
    for name, text in (("bad.toml", tomli_w.dumps(document)), ("bad.json", json.dumps(document))):
        Path(name).write_text(text)
        (line,) = refused(planner("plan", name))
        assert line.startswith(f"{field}")
        assert len(line) < 500
        Path(name).unlink()
    assert list(tmp_path.iterdir()) == []


def test_all_problems_of_a_file_are_told_one_line_each(planner, tmp_path):
    document = edit("clinic", "zone", to="America/Gotham")
    document["request"]["start"] = 0
    document["clinic"]["colour"] = "green"
    (tmp_path / "bad.json").write_text(json.dumps(document))
    assert {line.split(":")[0] for line in refused(planner("plan", tmp_path / "bad.json"))} == {
        "clinic.zone", "request.start", "clinic.colour",
    }  # fmt: skip


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"= = =", b"{", b"[]", b"", b"1" * 10_000])
@pytest.mark.parametrize("suffix", ["toml", "json", "txt"])
def test_a_file_that_is_none_of_ours_is_refused_in_our_own_words(planner, tmp_path, content, suffix):
    path = tmp_path / f"bad.{suffix}"
    path.write_bytes(content)
    assert refused(planner("plan", path))


def test_a_plan_that_lacks_sessions_has_an_exit_code_of_its_own(planner, tmp_path):
    document = edit("clinic", "closures", to=[{"start": "2027-03-05", "end": "2027-12-31", "reason": "Rebuilding"}])
    (tmp_path / "closed.json").write_text(json.dumps(document))
    code, out, _ = planner("plan", tmp_path / "closed.json", "--json")
    assert code == 3
    assert json.loads(out)["blocked"]


def test_protocols_are_listed_printed_and_checked(planner, tmp_path):
    code, out, _ = planner("protocol", "list")
    assert (code, len(out.splitlines())) == (0, 8)
    _, printed, _ = planner("protocol", "show", "kap")
    (tmp_path / "kap.toml").write_text(printed)
    assert planner("protocol", "check", tmp_path / "kap.toml")[0] == 0
    (tmp_path / "kap.toml").write_text(printed.replace("min_days = 5", "min_days = 50"))
    assert refused(planner("protocol", "check", tmp_path / "kap.toml"))
    (tmp_path / "kap.toml").write_bytes(b"\xff")
    assert refused(planner("protocol", "check", tmp_path / "kap.toml"))
    assert refused(planner("protocol", "show", "leeches")) == ["no protocol leeches; see: planner protocol list"]


@pytest.mark.parametrize("words", [["leeches"], ["plan"], ["plan", "nowhere.toml"], ["demo", "--colour"]])
def test_a_command_mistyped_shows_how_it_is_used(planner, words):
    code, out, err = planner(*words)
    assert (code, out) == (2, "")
    assert "Error: " in err
    assert "Traceback" not in err


def test_a_clinics_protocols_are_exported_changed_and_imported(demo, planner, tmp_path, monkeypatch):
    folder, _ = demo
    monkeypatch.setenv("PLANNER_DATABASE_URL", f"sqlite:///{folder}/planner-demo.db")
    code, exported, _ = planner("protocol", "export", "kap")
    assert code == 0
    mine = tmp_path / "mine.toml"
    mine.write_text(exported.replace("version = 1", "version = 2"))
    assert planner("protocol", "import", mine)[:2] == (0, "kap v2 is published.\n")
    assert planner("protocol", "export", "kap")[1] == mine.read_text()
    assert planner("protocol", "export", "kap", "--version", "1")[1] == exported


def test_a_published_version_is_never_replaced(demo, planner, tmp_path, monkeypatch):
    folder, _ = demo
    monkeypatch.setenv("PLANNER_DATABASE_URL", f"sqlite:///{folder}/planner-demo.db")
    (tmp_path / "im.toml").write_text(planner("protocol", "export", "im")[1])
    assert refused(planner("protocol", "import", tmp_path / "im.toml"))
    assert refused(planner("protocol", "export", "im", "--clinic", "Elsewhere")) == [
        "name one clinic with --clinic; there is: Harbor Street"
    ]


def test_what_is_done_is_logged_by_id_and_nothing_else(filled):
    log = filled[2]
    assert "book-series of course" in log
    invented = {part for _, name in zip(range(90), names(), strict=False) for part in name.split()}
    for word in invented | {"ketamine", "spravato", "infusion"}:
        assert word.lower() not in log.lower()
