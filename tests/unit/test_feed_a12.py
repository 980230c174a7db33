"""Scenario A12 as bytes, from plain values: published, moved, cancelled, dropped; one event under one UID."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders import NEW_YORK, uid
from planner.domain.course import AppointmentStatus
from planner.domain.neutral import forbidden_in
from planner.domain.span import Span
from planner.feeds.entries import Dated, Shows, list_entries
from planner.feeds.ical import calendar_bytes

TELLING = ("ketamine", "esketamine", "spravato", "infusion", "dose", "mg", "depress", "psych", "PHQ", "MADRS", "REMS")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def session(start, sequence, status, updated):
    span, created = Span(at(start), at(start) + timedelta(minutes=155)), at("2027-01-04T12:00")
    return Dated(
        uid("sixth"), span, sequence, status, told=True, dosing=True, created_at=created, updated_at=at(updated)
    )  # fmt: skip


PUBLISHED = session("2027-03-18T14:00", 0, AppointmentStatus.BOOKED, "2027-01-04T12:00")
MOVED = session("2027-03-19T14:00", 1, AppointmentStatus.BOOKED, "2027-03-17T13:00")
CANCELLED = session("2027-03-19T14:00", 2, AppointmentStatus.CANCELLED, "2027-03-18T09:30:07")
END = at("2027-03-19T16:35")


PLAIN = Shows("Appointment")


def written(one, now, shows=PLAIN):
    return calendar_bytes("Harbor; Street, north", list_entries([one], shows, NEW_YORK, now).entries)


def event(one, now):
    """The lines of the one event, by name."""
    lines = written(one, now).decode().split("\r\n")
    assert lines.count("BEGIN:VEVENT") == 1
    found = lines[lines.index("BEGIN:VEVENT") + 1 : lines.index("END:VEVENT")]
    return dict(line.split(":", 1) for line in found)


@pytest.mark.parametrize(
    ("one", "now", "expected"),
    [
        (PUBLISHED, "2027-03-01T00:00", {"DTSTART": "20270318T140000Z", "DTEND": "20270318T163500Z", "SEQUENCE": "0",
                                         "LAST-MODIFIED": "20270104T120000Z", "STATUS": "CONFIRMED", "TRANSP": "OPAQUE",
                                         "SUMMARY": "Appointment"}),
        (MOVED, "2027-03-17T13:00", {"DTSTART": "20270319T140000Z", "DTEND": "20270319T163500Z", "SEQUENCE": "1",
                                     "LAST-MODIFIED": "20270317T130000Z", "STATUS": "CONFIRMED", "TRANSP": "OPAQUE",
                                     "SUMMARY": "Appointment"}),
        (CANCELLED, "2027-03-19T16:34:59", {"DTSTART": "20270319T140000Z", "DTEND": "20270319T163500Z", "SEQUENCE": "2",
                                            "LAST-MODIFIED": "20270318T093007Z", "STATUS": "CANCELLED",
                                            "TRANSP": "TRANSPARENT", "SUMMARY": "Cancelled: Appointment"}),
    ],
    ids=["published", "moved", "cancelled"],
)  # fmt: skip
def test_each_step_is_said_to_the_minute(one, now, expected):
    found = event(one, at(now))
    same = {"UID": str(uid("sixth")), "CREATED": "20270104T120000Z", "CLASS": "PRIVATE", "DTSTAMP": found["LAST-MODIFIED"]}
    assert found == expected | same


def test_what_is_cancelled_is_gone_at_its_planned_end():
    assert b"VEVENT" in written(CANCELLED, END - timedelta(microseconds=1))
    assert b"VEVENT" not in written(CANCELLED, END)


@pytest.mark.parametrize("one", [PUBLISHED, MOVED, CANCELLED])
@pytest.mark.parametrize("advice", [True, False])
def test_no_word_tells_what_it_is_for(one, advice):
    whole = written(one, END - timedelta(days=1), Shows("Appointment", advice, "12 Harbor Street", 60)).decode()
    unfolded = whole.replace("\r\n ", "").lower()
    assert forbidden_in(unfolded) == []
    assert [word for word in TELLING if word.lower() in unfolded] == []


def test_time_that_passes_changes_no_byte():
    assert len({written(PUBLISHED, at("2027-03-01T00:00") + timedelta(hours=hour)) for hour in range(400)}) == 1


def test_the_name_is_escaped_and_long_lines_are_folded():
    long = replace(PUBLISHED, updated_at=PUBLISHED.created_at)
    whole = calendar_bytes("Harbor; Street, north \\ 2", list_entries([long], Shows("ä" * 60), NEW_YORK, END).entries)
    assert b"NAME:Harbor\\; Street\\, north \\\\ 2\r\n" in whole
    assert max(map(len, whole.split(b"\r\n"))) <= 75
