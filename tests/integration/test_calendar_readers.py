"""Three readers that share no code, icalendar, vobject and ical.js, read the same events out of a calendar."""

import json
import os
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import icalendar
import pytest
import vobject

from planner.domain.span import Span
from planner.feeds.entries import Entry, EntryStatus
from planner.feeds.ical import calendar_bytes, clean

SCRIPT = Path(__file__).parents[1] / "readers" / "ical.mjs"
NAME = "Harbor; Street, north"
TITLES = [
    "Appointment", "Cancelled: Appointment", "A, b; c: d", 'C:\\New\\x "quoted"', "two\nlines", "A\r\nATTACH:http://evil.example",
    "\u202eturned\u2066\x00\x0b\ud800", "é 🙂 " * 30, " spaced ", "END:VEVENT", "",
]  # fmt: skip
STAMP = datetime(2027, 1, 4, 12, tzinfo=UTC)


def entry(number, title):
    """One of each: around the days on which New York's clocks change, timed and all day, of each status."""
    start = datetime(2027, 3, 13, 6, 30, tzinfo=UTC) + timedelta(days=number // 3 + 230 * (number % 2), hours=number)
    when = start.date() if number % 4 == 3 else Span(start, start + timedelta(minutes=155))
    status = list(EntryStatus)[number % 3]
    return Entry(UUID(int=number + 1), number, when, title, status, number % 2 == 0, STAMP, STAMP)


ENTRIES = [entry(number, title) for number, title in enumerate(TITLES)]
WRITTEN = calendar_bytes(NAME, ENTRIES)


def meant():
    """What every reader should say."""
    rows = []
    for one in ENTRIES:
        whole_day = not isinstance(one.when, Span)
        start, end = (one.when, one.when + timedelta(days=1)) if whole_day else (one.when.start, one.when.end)
        rows.append([str(one.uid), said(start), said(end), clean(one.title), one.status.value, str(one.sequence)])
    return rows


def said(moment):
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat()
    assert isinstance(moment, date)
    return moment.isoformat()


def test_icalendar_reads_what_is_meant():
    found = icalendar.Calendar.from_ical(WRITTEN)
    names = ("SUMMARY", "STATUS", "SEQUENCE")
    assert meant() == [
        [str(one["UID"]), said(one["DTSTART"].dt), said(one["DTEND"].dt), *(str(one[name]) for name in names)]
        for one in found.walk("VEVENT")
    ]


def test_vobject_reads_what_is_meant():
    found = vobject.readOne(WRITTEN.decode())
    assert found.x_wr_calname.value == NAME
    texts = ("summary", "status", "sequence")
    assert meant() == [
        [one.uid.value, said(one.dtstart.value), said(one.dtend.value), *(getattr(one, name).value for name in texts)]
        for one in found.vevent_list
    ]


def test_ical_js_reads_what_is_meant():
    folder = os.environ.get("TESTS_NODE_MODULES", "")
    if not folder and not os.environ.get("TESTS_NO_SKIPS"):
        pytest.skip("TESTS_NODE_MODULES names no folder with ical.js")
    assert folder, "TESTS_NODE_MODULES must name a folder with ical.js"
    done = subprocess.run(["node", str(SCRIPT)], input=WRITTEN, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == meant()
