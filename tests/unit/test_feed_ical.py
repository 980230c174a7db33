"""The bytes of a calendar, line by line."""

from dataclasses import replace
from datetime import UTC, date, datetime

from builders import uid
from planner.domain.span import Span
from planner.feeds.entries import Entry, EntryStatus
from planner.feeds.ical import calendar_bytes, clean

START = datetime(2027, 3, 19, 14, tzinfo=UTC)
ENTRY = Entry(
    uid("sixth"), 2, Span(START, START.replace(hour=16, minute=35)), "Appointment", EntryStatus.CONFIRMED, False,
    datetime(2027, 1, 4, 12, 0, 0, 999, tzinfo=UTC), datetime(2027, 1, 5, 12, tzinfo=UTC),
)  # fmt: skip


def lines(*entries, name="Harbor Street"):
    return calendar_bytes(name, entries).decode().split("\r\n")


def test_a_calendar_says_what_readers_need_and_no_more():
    assert sorted(lines(name="Room 1, north")) == sorted([
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Planner//Planner 1//EN", "CALSCALE:GREGORIAN", "NAME:Room 1\\, north",
        "X-WR-CALNAME:Room 1\\, north", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H", "COLOR:teal",
        "END:VCALENDAR", "",
    ])  # fmt: skip


def test_an_event_says_what_readers_need_and_no_more():
    found = lines(ENTRY)
    assert sorted(found[found.index("BEGIN:VEVENT") : found.index("END:VEVENT") + 1]) == sorted([
        "BEGIN:VEVENT", f"UID:{ENTRY.uid}", "DTSTAMP:20270105T120000Z", "LAST-MODIFIED:20270105T120000Z",
        "CREATED:20270104T120000Z", "SEQUENCE:2", "DTSTART:20270319T140000Z", "DTEND:20270319T163500Z",
        "SUMMARY:Appointment", "STATUS:CONFIRMED", "TRANSP:OPAQUE", "CLASS:PRIVATE", "END:VEVENT",
    ])  # fmt: skip


def test_a_place_and_an_alarm_are_said_where_they_are_wanted():
    found = lines(replace(ENTRY, place="12 Harbor Street, Boston", alarm_minutes=90))
    alarm = found[found.index("BEGIN:VALARM") : found.index("END:VALARM") + 1]
    assert sorted(alarm) == sorted([
        "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Appointment", "TRIGGER:-PT1H30M", "END:VALARM",
    ])  # fmt: skip
    assert "LOCATION:12 Harbor Street\\, Boston" in found
    assert found.index("END:VALARM") < found.index("END:VEVENT")


def test_an_alarm_may_be_a_day_before():
    assert "TRIGGER:-P1D" in lines(replace(ENTRY, alarm_minutes=1440))


def test_a_whole_day_is_a_date_and_ends_the_day_after():
    found = lines(replace(ENTRY, when=date(2027, 3, 31)))
    assert {"DTSTART;VALUE=DATE:20270331", "DTEND;VALUE=DATE:20270401"} <= set(found)


def test_text_is_escaped_as_the_standard_says():
    assert "SUMMARY:a\\, b\\; C:\\\\New\\nline" in lines(replace(ENTRY, title="a, b; C:\\New\nline"))


def test_no_line_is_longer_than_75_octets_and_none_is_torn_inside_a_character():
    written = calendar_bytes("ö" * 60, [replace(ENTRY, title="€" * 100)])
    assert max(len(line) for line in written.split(b"\r\n")) <= 75
    assert all(line.decode() for line in written.split(b"\r\n")[:-1])


def test_text_cannot_begin_another_property():
    found = lines(replace(ENTRY, title="A\r\nATTACH:http://evil.example"), name="B\rMETHOD:CANCEL")
    assert "SUMMARY:A\\nATTACH:http://evil.example" in found
    assert "NAME:BMETHOD:CANCEL" in found


def test_what_readers_stumble_over_is_dropped():
    assert clean("a\x00\x0b\x85\u2028\u2029\u202e\u2066\ud800\r\nb") == "a\nb"
