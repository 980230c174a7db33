"""Six readers of calendars that share no code, all answering in one shape.

Those that are no Python packages run as a process of their own, started once for many calendars: a line of JSON in, with the
text of a calendar, a line of JSON out, with what was found or how it failed.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from readers.inside import INSIDE

HERE = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"
"""Whose packages hold the bindings of libical: python3-gi and gir1.2-ical-3.0."""
COMMANDS = {
    "ical.js": ("node", str(HERE / "ical.mjs")),
    "node-ical": ("node", str(HERE / "node_ical.mjs")),
    "libical": (SYSTEM_PYTHON, str(HERE / "libical.py")),
}
READERS = (*INSIDE, *COMMANDS)
_BLANKS = re.compile(r"\s{24}")


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


@dataclass(frozen=True)
class Found:
    """A calendar as a reader gives it: its name, its own properties where the reader tells them, and its events by UID.

    The name is a property of no standard: some readers leave its escapes to who asks for it, who has the reader undo them.
    """

    name: str | None
    names: tuple[str, ...] | None
    events: tuple[Seen, ...]


@contextmanager
def opened(reader: str) -> Iterator[Callable[[bytes], Found]]:
    """Give what reads with a reader, until the block ends; skips where it is missing, or fails if nothing may be skipped."""
    if lacking := lacks(reader):
        assert not must_not_skip(), lacking
        pytest.skip(lacking)
    if reader in INSIDE:
        yield lambda document: _found(reader, INSIDE[reader](document.decode()))
        return
    with subprocess.Popen(COMMANDS[reader], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        yield lambda document: _found(reader, _asked(running, document))


def misread(reader: str, text: str) -> str:
    """Say why a reader is known to read a text wrongly, whoever wrote it; "" where it is not."""
    if reader in {"ics.py", "node-ical"} and "\\" in text:
        return "it takes the escapes away one kind after the other, so that an escaped backslash begins another escape"
    if reader == "node-ical" and '"' in text and (text[0] == text[-1] == '"' or "TZID=" in text):
        return "it takes quotation marks away from around a text, and out of any line in which it says TZID="
    if reader == "ics.py" and (_BLANKS.search(text) or text != text.strip()):
        return "it skips a line of blanks, though a text may fold into one"
    if reader == "libical" and text != text.strip():
        return "it takes blanks away from around a text"
    return ""


def must_not_skip() -> bool:
    """Whether a reader that is missing is a failure."""
    return bool(os.environ.get("TESTS_NO_SKIPS"))


@cache
def lacks(reader: str) -> str:
    """Say what is missing for a reader to run; "" where nothing is."""
    if reader == "libical":
        asked = [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('ICalGLib', '3.0')"]
        there = Path(SYSTEM_PYTHON).exists() and not subprocess.run(asked, capture_output=True, check=False).returncode
        return "" if there else f"{SYSTEM_PYTHON} has no libical (python3-gi, gir1.2-ical-3.0)"
    if reader not in COMMANDS:
        return ""
    folder = os.environ.get("TESTS_NODE_MODULES", "")
    there = folder and shutil.which("node") and (Path(folder) / reader).is_dir()
    return "" if there else f"TESTS_NODE_MODULES must name a folder with {reader}, for Node.js"


def _asked(running: subprocess.Popen[bytes], document: bytes) -> dict[str, Any]:
    running.stdin.write(json.dumps(document.decode()).encode() + b"\n")
    running.stdin.flush()
    answer = running.stdout.readline()
    assert answer, "the reader has ended"
    return json.loads(answer)


def _found(reader: str, answer: dict[str, Any]) -> Found:
    assert "failed" not in answer, f"{reader}: {answer['failed']}"
    events = [
        Seen(
            **{
                **event,
                "start": _moment(event["start"]),
                "end": _moment(event["end"]),
                "sequence": int(event["sequence"]),
                "alarms": tuple(event["alarms"]),
                "names": tuple(sorted(event["names"])),
            }
        )
        for event in answer["events"]
    ]
    names = answer["names"] and tuple(sorted(answer["names"]))
    return Found(answer["name"], names, tuple(sorted(events, key=lambda event: event.uid)))


def _moment(given: str | date) -> datetime | date:
    if isinstance(given, str):
        given = datetime.fromisoformat(given) if "T" in given else date.fromisoformat(given)
    return given.astimezone(UTC) if isinstance(given, datetime) else given
