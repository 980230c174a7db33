"""Any text in any field of a calendar: every reader finds it once, and no text becomes a property."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import icalendar
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.domain.span import Span
from planner.feeds.entries import Entry, EntryStatus
from planner.feeds.ical import calendar_bytes, clean

EVIL = [
    "\r\nATTACH:http://evil", "END:VEVENT\nBEGIN:VALARM", "\x0b", "\u202e", "\ud800", "\\", "\\N", ";", ",", '"', ":",
    "\u2028", "é", "🙂", " ",
]  # fmt: skip
PROPERTIES = {
    "VERSION", "PRODID", "CALSCALE", "NAME", "X-WR-CALNAME", "COLOR", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "UID",
    "DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "STATUS", "TRANSP", "CLASS",
}  # fmt: skip
START = datetime(2027, 1, 1, tzinfo=UTC)
HASHED = """
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID
from planner.domain.course import AppointmentStatus
from planner.domain.span import Span
from planner.feeds.entries import Dated, Shows, list_entries
from planner.feeds.ical import calendar_bytes
from planner.feeds.kept import rendered
from zoneinfo import ZoneInfo
at = [datetime(2027, 3, day, 14, tzinfo=UTC) for day in range(1, 20)]
dated = [
    Dated(UUID(int=n * 7919 % 31), Span(s, s.replace(hour=16)), n, AppointmentStatus.BOOKED, True, True, s, s)
    for n, s in enumerate(at)
]
found = list_entries(set(dated), Shows("Appointment", True), ZoneInfo("America/New_York"), at[0])
page = rendered(calendar_bytes("Harbor, Street", found.entries))
print(page.tag, page.zipped_tag, len(found.entries))
"""


@st.composite
def texts(draw):
    return "".join(draw(st.lists(st.one_of(st.text(max_size=12), st.sampled_from(EVIL)), max_size=8)))


@st.composite
def entries(draw):
    start = START + timedelta(minutes=draw(st.integers(0, 2_000_000)))
    span = Span(start, start + timedelta(minutes=draw(st.integers(1, 600))))
    when = draw(st.sampled_from([start.date(), span]))
    stamps = [START + timedelta(microseconds=draw(st.integers(0, 10**12))) for _ in range(2)]
    return Entry(
        draw(st.uuids(version=4)), draw(st.integers(0, 50)), when, draw(texts()), draw(st.sampled_from(EntryStatus)),
        draw(st.booleans()), *stamps,
    )  # fmt: skip


@settings(max_examples=80)
@given(texts(), st.lists(entries(), max_size=4, unique_by=lambda entry: entry.uid))
def test_icalendar_finds_each_text_once(name, made):
    found = icalendar.Calendar.from_ical(calendar_bytes(name, made))
    assert len(found.walk()) == 1 + len(made)
    assert [str(event["SUMMARY"]) for event in found.walk("VEVENT")] == [clean(one.title) for one in made]
    assert {key for part in found.walk() for key in part} <= PROPERTIES


@settings(max_examples=60)
@given(texts(), st.lists(entries(), min_size=1, max_size=4, unique_by=lambda entry: entry.uid))
def test_vobject_finds_each_text_once(name, made):
    found = vobject.readOne(calendar_bytes(name, made).decode())
    assert found.x_wr_calname.value == clean(name)
    assert [event.summary.value for event in found.vevent_list] == [clean(one.title) for one in made]
    assert [event.dtstart.value for event in found.vevent_list] == [
        one.when.start if isinstance(one.when, Span) else one.when for one in made
    ]


@settings(max_examples=50)
@given(texts(), st.lists(entries(), max_size=4))
def test_lines_end_as_they_must_and_hold_no_control_character(name, made):
    written = calendar_bytes(name, made)
    lines = written.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 and not any(byte < 32 or byte == 127 for byte in line) for line in lines)


def test_two_processes_with_other_hash_seeds_write_the_same_bytes():
    answers = {
        subprocess.run(
            [sys.executable, "-c", HASHED], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
    assert answers.pop().split()[2] == "38"
