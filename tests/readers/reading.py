"""Six readers of calendars that share no code, each asked for many documents at once, all answering in one shape.

Those that are no Python packages run as a process of their own, started once for all documents: it takes a list of texts as
JSON and gives a list of what it found, or of how it failed.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import icalendar
import ics
import pytest
import vobject
from ics.grammar.parse import Container, ContentLine, parse, unfold_lines
from ics.utils import unescape_string

HERE = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"
"""Whose packages hold the bindings of libical: python3-gi and gir1.2-ical-3.0."""


@dataclass(frozen=True)
class Seen:
    """An event as a reader gives it; times in UTC, or days; *alarms* in minutes from the start, *names* its properties."""

    uid: str
    start: datetime | date
    end: datetime | date
    title: str | None
    status: str
    sequence: int
    transparent: bool
    place: str | None
    alarms: tuple[float, ...]
    names: tuple[str, ...]

    @property
    def whole_day(self) -> bool:
        return not isinstance(self.start, datetime)


@dataclass(frozen=True)
class Found:
    """A calendar as a reader gives it: its name, its own properties where the reader tells them, and its events by UID.

    The name is a property of no standard: some readers leave its escapes to who asks for it, who has the reader undo them.
    """

    name: str
    names: tuple[str, ...] | None
    events: tuple[Seen, ...]


def read(reader: str, documents: Sequence[bytes]) -> list[Found]:
    """Read documents with one reader; skips where it is not installed, and fails there if nothing may be skipped."""
    if lacking := lacks(reader):
        assert not os.environ.get("TESTS_NO_SKIPS"), lacking
        pytest.skip(lacking)
    texts = [document.decode() for document in documents]
    answers = _asked(COMMANDS[reader], texts) if reader in COMMANDS else [INSIDE[reader](text) for text in texts]
    return [_found(reader, answer) for answer in answers]


COMMANDS = {
    "ical.js": ("node", str(HERE / "ical.mjs")),
    "node-ical": ("node", str(HERE / "node_ical.mjs")),
    "libical": (SYSTEM_PYTHON, "-W", "ignore", str(HERE / "libical.py")),
}


@cache
def lacks(reader: str) -> str:
    """Say what is missing for a reader to run; "" where nothing is."""
    if reader == "libical":
        bindings = "import gi; gi.require_version('ICalGLib', '3.0')"
        asked = [SYSTEM_PYTHON, "-c", bindings]
        there = Path(SYSTEM_PYTHON).exists() and not subprocess.run(asked, capture_output=True, check=False).returncode
        return "" if there else f"{SYSTEM_PYTHON} has no libical (python3-gi, gir1.2-ical-3.0)"
    if reader not in COMMANDS:
        return ""
    folder = os.environ.get("TESTS_NODE_MODULES", "")
    there = folder and shutil.which("node") and (Path(folder) / reader).is_dir()
    return "" if there else f"TESTS_NODE_MODULES must name a folder with {reader}, for Node.js"


def _asked(command: Sequence[str], texts: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(command, input=json.dumps(texts).encode(), capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(answers) == len(texts)
    return answers


def _found(reader: str, answer: dict[str, Any]) -> Found:
    assert "failed" not in answer, f"{reader}: {answer['failed']}"
    events = [
        Seen(**{
            **event, "start": _moment(event["start"]), "end": _moment(event["end"]), "sequence": int(event["sequence"]),
            "alarms": tuple(event["alarms"]), "names": tuple(sorted(event["names"])),
        })
        for event in answer["events"]
    ]  # fmt: skip
    name = answer["name"]
    names = answer["names"] and tuple(sorted(answer["names"]))
    return Found(name, names, tuple(sorted(events, key=lambda event: event.uid)))


def _moment(given: str | date) -> datetime | date:
    if isinstance(given, str):
        given = datetime.fromisoformat(given) if "T" in given else date.fromisoformat(given)
    return given.astimezone(UTC) if isinstance(given, datetime) else given


def _minutes(given: timedelta) -> float:
    return given.total_seconds() / 60


def _by_icalendar(text: str) -> dict[str, Any]:
    calendar = icalendar.Calendar.from_ical(text)
    assert not calendar.errors
    events = [
        {
            "uid": str(one["UID"]), "start": one["DTSTART"].dt, "end": one["DTEND"].dt, "title": str(one["SUMMARY"]),
            "status": str(one["STATUS"]), "sequence": one["SEQUENCE"], "transparent": str(one["TRANSP"]) == "TRANSPARENT",
            "place": str(one["LOCATION"]) if "LOCATION" in one else None,
            "alarms": [_minutes(alarm["TRIGGER"].dt) for alarm in one.walk("VALARM")], "names": list(one),
        }
        for one in calendar.walk("VEVENT")
    ]  # fmt: skip
    as_title = f"BEGIN:VEVENT\r\nSUMMARY:{calendar['X-WR-CALNAME']}\r\nEND:VEVENT\r\n"
    name = str(icalendar.Event.from_ical(as_title)["SUMMARY"])
    return {"name": name, "names": list(calendar), "events": events}


def _by_vobject(text: str) -> dict[str, Any]:
    calendar = vobject.readOne(text)
    events = [
        {
            "uid": one.uid.value, "start": one.dtstart.value, "end": one.dtend.value, "title": one.summary.value,
            "status": one.status.value, "sequence": one.sequence.value, "transparent": one.transp.value == "TRANSPARENT",
            "place": one.location.value if "location" in one.contents else None,
            "alarms": [_minutes(alarm.trigger.value) for alarm in one.contents.get("valarm", ())],
            "names": [line.name for line in one.lines()],
        }
        for one in calendar.contents.get("vevent", ())
    ]  # fmt: skip
    return {"name": calendar.x_wr_calname.value, "names": [line.name for line in calendar.lines()], "events": events}


def _by_ics_py(text: str) -> dict[str, Any]:
    (container,) = parse(_ics_line(line) for line in unfold_lines(text.split("\n")))
    names = _names(container)
    lines = {_value(part, "UID"): _names(part) for part in container if part.name == "VEVENT"}
    calendar = ics.Calendar(container)  # takes the lines that it knows out of the container
    events = [
        {
            "uid": one.uid, "start": _ics_day(one, one.begin), "end": _ics_day(one, one.end), "title": one.name,
            "status": one.status, "sequence": _value(one.extra, "SEQUENCE"),
            "transparent": one.transparent, "place": one.location,
            "alarms": [_minutes(alarm.trigger) for alarm in one.alarms], "names": lines[one.uid],
        }
        for one in calendar.events
    ]  # fmt: skip
    return {"name": unescape_string(_value(calendar.extra, "X-WR-CALNAME")), "names": names, "events": events}


@lru_cache(4096)
def _ics_line(line: str) -> ContentLine:
    """Parse a line once, however often it occurs: its grammar takes half a millisecond."""
    return ContentLine.parse(line)


def _names(container: Container) -> list[str]:
    return [one.name for one in container if isinstance(one, ContentLine)]


def _value(container: Container, name: str) -> str:
    return next(line.value for line in container if line.name == name)


def _ics_day(event: ics.Event, moment: Any) -> Any:
    return moment.date() if event.all_day else moment.datetime


INSIDE: dict[str, Callable[[str], dict[str, Any]]] = {
    "icalendar": _by_icalendar, "vobject": _by_vobject, "ics.py": _by_ics_py,
}  # fmt: skip
READERS = (*INSIDE, *COMMANDS)


def misread(reader: str, text: str) -> str:
    """Say why a reader is known to read a text wrongly, whoever wrote it; "" where it is not."""
    if reader in {"ics.py", "node-ical"} and "\\" in text:
        return "it takes the escapes away one kind after the other, so that an escaped backslash begins another escape"
    if reader == "node-ical" and '"' in text and (text[0] == text[-1] == '"' or "TZID=" in text):
        return "it takes quotation marks away from around a text, and out of any line in which it says TZID="
    if reader == "libical" and text != text.strip():
        return "it takes blanks away from around a text"
    return ""
