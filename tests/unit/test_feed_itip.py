"""The bytes of an invitation and of a single appointment, line by line."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from builders import uid
from planner.domain.inviting import Method
from planner.domain.span import Span
from planner.feeds.entries import Entry, EntryStatus
from planner.feeds.itip import invitation_bytes, one_appointment

START, NOW = datetime(2027, 3, 19, 14, tzinfo=UTC), datetime(2027, 3, 1, 8, tzinfo=UTC)
ENTRY = Entry(
    uid("sixth"), 1, Span(START, START.replace(hour=16, minute=35)), "Appointment", EntryStatus.CONFIRMED, False,
    datetime(2027, 1, 4, 12, tzinfo=UTC), datetime(2027, 1, 5, 12, tzinfo=UTC),
)  # fmt: skip
OF_ENTRY = [
    f"UID:{ENTRY.uid}", "LAST-MODIFIED:20270105T120000Z", "CREATED:20270104T120000Z", "SEQUENCE:1",
    "DTSTART:20270319T140000Z", "DTEND:20270319T163500Z", "SUMMARY:Appointment", "CLASS:PRIVATE",
]  # fmt: skip
HEAD = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Planner//Planner 1//EN", "CALSCALE:GREGORIAN", "BEGIN:VEVENT"]
FOOT = ["END:VEVENT", "END:VCALENDAR", ""]


def invitation(method=Method.REQUEST, entry=ENTRY, name="Harbor Rooms", to="ada@mail.example", **more):
    made = invitation_bytes(method, entry, (name, "hello@harbor.example"), to, NOW, **more)
    return made.decode().replace("\r\n ", "").split("\r\n")


def test_a_request_says_what_itip_asks_for_and_no_more():
    assert sorted(invitation()) == sorted([
        *HEAD, *OF_ENTRY, *FOOT, "METHOD:REQUEST", "DTSTAMP:20270301T080000Z", "STATUS:CONFIRMED", "TRANSP:OPAQUE",
        'ORGANIZER;CN="Harbor Rooms":mailto:hello@harbor.example',
        "ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:ada@mail.example",
    ])  # fmt: skip


def test_a_cancel_asks_nobody_for_an_answer():
    gone = replace(ENTRY, status=EntryStatus.CANCELLED, transparent=True)
    assert sorted(invitation(Method.CANCEL, gone, comment="It stays, as it is")) == sorted([
        *HEAD, *OF_ENTRY, *FOOT, "METHOD:CANCEL", "DTSTAMP:20270301T080000Z", "STATUS:CANCELLED", "TRANSP:TRANSPARENT",
        'ORGANIZER;CN="Harbor Rooms":mailto:hello@harbor.example', "COMMENT:It stays\\, as it is",
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT:mailto:ada@mail.example",
    ])  # fmt: skip


def test_a_single_appointment_invites_nobody_and_is_the_feeds_own_entry():
    found = one_appointment(ENTRY).decode().split("\r\n")
    assert sorted(found) == sorted([
        *HEAD, *OF_ENTRY, *FOOT, "DTSTAMP:20270105T120000Z", "STATUS:CONFIRMED", "TRANSP:OPAQUE",
    ])  # fmt: skip


def test_a_place_is_said_where_there_is_one():
    assert "LOCATION:1 Harbor Street\\, New York" in invitation(entry=replace(ENTRY, place="1 Harbor Street, New York"))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Harbor, North; Rooms: 1", '"Harbor, North; Rooms: 1"'),
        ('Harbor "North"', "\"Harbor 'North'\""),
        ("Harbor\r\nATTACH:http://evil.example", '"Harbor ATTACH:http://evil.example"'),
        ("Harbor^nNorth", '"Harbor nNorth"'),
    ],
)
def test_a_name_cannot_end_its_parameter_or_its_line(name, written):
    assert f"ORGANIZER;CN={written}:mailto:hello@harbor.example" in invitation(name=name)


def test_a_nameless_organizer_has_no_empty_name():
    assert "ORGANIZER:mailto:hello@harbor.example" in invitation(name="\u202e")


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("ada+mail@mail.example", "ada+mail@mail.example"),
        ("a%b?c=d&e/f@mail.example", "a%25b%3Fc%3Dd%26e%2Ff@mail.example"),
        ("ada@mail.example\r\nX: y", "ada@mail.example%0D%0AX%3A%20y"),
    ],
)
def test_an_address_is_written_as_a_mailto_address(address, written):
    assert any(line.endswith(f":mailto:{written}") for line in invitation(to=address))
