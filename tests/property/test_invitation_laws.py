"""Whatever a clinic is called and a patient calls an appointment: an invitation keeps to iTIP, and nothing is slipped in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import uid
from desks import NOW
from inviting import restrictions
from planner.domain.contact import clean as name_of
from planner.domain.contact import mail_address
from planner.domain.errors import InvalidValue
from planner.domain.inviting import Method
from planner.domain.span import Span
from planner.domain.subscribing import neutral_line
from planner.feeds.entries import Entry, EntryStatus
from planner.feeds.ical import clean
from planner.feeds.itip import invitation_bytes

SLIPPED = [
    "\r\nATTENDEE:mailto:e@x.example", "\nMETHOD:PUBLISH", '"', ",", ";", ":", "\\", "\\n", "^n", "\x00", "\u202e", "\u2028"
]  # fmt: skip
TEXT = st.lists(st.text(max_size=12) | st.sampled_from(SLIPPED), min_size=1, max_size=4).map("".join)
ADDRESS = st.emails() | st.sampled_from(["a?b=c&d@mail.example", "o'hara+x@mail.example", "a%0d%0ab@mail.example"])
EXPECTED = [
    "ATTENDEE", "CLASS", "CREATED", "DTEND", "DTSTAMP", "DTSTART", "LAST-MODIFIED", "ORGANIZER", "SEQUENCE", "STATUS",
    "SUMMARY", "TRANSP", "UID",
]  # fmt: skip
ENTRY = Entry(
    uid("visit"), 1, Span(NOW, NOW + timedelta(hours=2)), "", EntryStatus.CONFIRMED, False, NOW, NOW - timedelta(days=1)
)  # fmt: skip


@pytest.fixture(scope="module")
def libical():
    with restrictions() as asked:
        yield asked


@settings(max_examples=60)
@given(method=st.sampled_from(Method), wording=TEXT, name=TEXT, address=ADDRESS)
def test_an_invitation_keeps_to_itip_and_holds_one_event_with_nothing_slipped_in(libical, method, wording, name, address):
    status = EntryStatus.CONFIRMED if method is Method.REQUEST else EntryStatus.CANCELLED
    entry = replace(ENTRY, title=f"Visit {wording} ends", status=status)
    found = libical(invitation_bytes(method, entry, (name, "hello@harbor.example"), address, NOW))
    assert (found["wrong"], found["events"]) == ([], 1)
    assert found["said"]["names"] == EXPECTED
    assert found["said"]["title"] == clean(entry.title)


@given(st.one_of(TEXT, st.text(max_size=80)))
def test_a_wording_is_one_short_line_or_refused(wording):
    try:
        line = neutral_line(wording, "wording")
    except InvalidValue:
        return
    assert line.isprintable()
    assert 1 <= len(line) <= 60


@pytest.mark.parametrize("slipped", ["A\r\nBcc: e@x.example", "A\nB", "A\u2028B", "A\u202eB", "A\x00B"])
def test_a_name_of_several_lines_is_refused(slipped):
    with pytest.raises(InvalidValue):
        name_of(slipped, "public_name")


@pytest.mark.parametrize("slipped", ["a@b.example\r\nBcc: e@x.example", "a@b.example, c@d.example", '"a" <a@b.example>'])
def test_an_address_that_is_more_than_one_is_refused(slipped):
    with pytest.raises(InvalidValue):
        mail_address(slipped)
