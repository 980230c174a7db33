"""Any text in any field of a calendar: every reader finds it once, and no text becomes a property."""

import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.domain.span import Span
from planner.feeds.entries import Entry, EntryStatus
from planner.feeds.ical import calendar_bytes, clean
from readers.documents import of_entries
from readers.reading import READERS, lacks, misread, must_not_skip, opened

EVIL = [
    "\r\nATTACH:http://evil", "END:VEVENT\nBEGIN:VALARM", "BEGIN:VEVENT", "\x0b", "\t", "\r", "\n", "\u0085", "\u2028",
    "\u2029", "\u202e", "\u2066", "\ufeff", "\ud800", "\udfff", "\\", "\\N", "\\n", ";", ",", '"', ":", "=", "^n", "TZID=",
    "e\u0301" * 9, "🙂", "\U0001f469\u200d\u2695\ufe0f", "漢" * 26, "x" * 73, "\u200d", "\u00a0", "\u3000", " ", "%0D%0A",
    "&amp;", "\x7f", "\uffff",
]  # fmt: skip
EVENT = {
    "UID", "DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "STATUS", "TRANSP", "CLASS",
}  # fmt: skip
CALENDAR = {"VERSION", "PRODID", "CALSCALE", "NAME", "X-WR-CALNAME", "COLOR", "REFRESH-INTERVAL", "X-PUBLISHED-TTL"}
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


@pytest.fixture(scope="module")
def readers():
    """What reads with each reader that is there."""
    with ExitStack() as open_until_the_end:
        yield {one: open_until_the_end.enter_context(opened(one)) for one in READERS if must_not_skip() or not lacks(one)}


@st.composite
def texts(draw):
    """Any text, of which something is left when it has been cleaned, as the edge makes sure of."""
    text = "".join(draw(st.lists(st.one_of(st.text(max_size=12), st.sampled_from(EVIL)), max_size=8)))
    return text if clean(text).strip() else f"{text}x"


@st.composite
def entries(draw):
    start = START + timedelta(minutes=draw(st.integers(0, 2_000_000)))
    span = Span(start, start + timedelta(minutes=draw(st.integers(1, 600))))
    when = draw(st.sampled_from([start.date(), span]))
    stamps = [START + timedelta(microseconds=draw(st.integers(0, 10**12))) for _ in range(2)]
    place, alarm = draw(st.one_of(st.just(""), texts())), draw(st.sampled_from([None, 15, 90, 1440]))
    return Entry(
        draw(st.uuids(version=4)), draw(st.integers(0, 50)), when, draw(texts()), draw(st.sampled_from(EntryStatus)),
        draw(st.booleans()), *stamps, place, alarm,
    )  # fmt: skip


def as_read(reader, seen, meant):
    """An event as it was read, with the texts taken as meant that this reader is known to misread."""
    known = {name: text for name in ("title", "place") if misread(reader, text := getattr(meant, name) or "")}
    return replace(seen, **known, names=meant.names)


@settings(max_examples=80)
@given(texts(), st.lists(entries(), max_size=3, unique_by=lambda entry: entry.uid))
def test_every_reader_finds_each_text_once_where_it_belongs(readers, name, made):
    calendar = of_entries(name, made)
    for reader, read in readers.items():
        found = read(calendar.written)
        assert [as_read(reader, *pair) for pair in zip(found.events, calendar.meant, strict=True)] == list(calendar.meant)
        assert found.name == calendar.name or misread(reader, calendar.name)


@settings(max_examples=80)
@given(texts(), st.lists(entries(), max_size=3, unique_by=lambda entry: entry.uid))
def test_no_reader_finds_a_property_that_was_not_written(readers, name, made):
    written = calendar_bytes(name, made)
    placed = {str(entry.uid): {"LOCATION"} if entry.place else set() for entry in made}
    for reader, read in readers.items():
        found = read(written)
        assert [sorted(EVENT | placed[event.uid]) for event in found.events] == [list(event.names) for event in found.events]
        assert set(found.names or CALENDAR) == CALENDAR, reader


@settings(max_examples=50)
@given(texts(), st.lists(entries(), max_size=4))
def test_lines_end_as_they_must_and_hold_no_control_character(name, made):
    written = calendar_bytes(name, made)
    lines = written.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 and not any(byte < 32 or byte == 127 for byte in line) for line in lines)
    assert all(line.decode() for line in lines[:-1])


def test_two_processes_with_other_hash_seeds_write_the_same_bytes():
    answers = {
        subprocess.run(
            [sys.executable, "-c", HASHED], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
    assert answers.pop().split()[2] == "38"
