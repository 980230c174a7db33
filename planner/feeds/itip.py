"""A feed's entry as a calendar file of its own: an invitation by mail (iTIP), its update, its withdrawal, or one to keep.

The UID is the one in the feed. Replies go to the sender's address, where nobody reads them; a calendar program is asked
for one all the same, since several show an invitation only then.
"""

from datetime import datetime
from urllib.parse import quote

from icalendar import Calendar, Event, vCalAddress, vDDDTypes

from planner.domain.inviting import Method
from planner.feeds.entries import Entry
from planner.feeds.ical import PRODUCT, clean, event_of, text_of

_IN_ADDRESS = "@!$'*+-._~"
"""What stands in a mailto: address as it is (RFC 6068); letters and digits do as well."""
_IN_NAME = str.maketrans({'"': "'", "^": " ", "\n": " "})
"""What would end a parameter's value, or be taken for RFC 6868's escape by some readers and not by others."""


def invitation_bytes(
    method: Method, entry: Entry, organizer: tuple[str, str], attendee: str, now: datetime, comment: str = ""
) -> bytes:
    """Write an invitation, an update of it, or (CANCEL) its withdrawal; *now* is its DTSTAMP.

    *organizer*: who invites, by a neutral name and the mail address that the invitation comes from; *attendee*: the mail
    address of who is invited, without a name. *comment*: a word to whoever reads it.
    """
    event = event_of(entry)
    event["dtstamp"] = vDDDTypes(now)
    event["organizer"] = _address(organizer[1], CN=" ".join(clean(organizer[0]).translate(_IN_NAME).split()))
    asked = {"PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"} if method is Method.REQUEST else {}
    event["attendee"] = _address(attendee, CUTYPE="INDIVIDUAL", ROLE="REQ-PARTICIPANT", **asked)
    if comment:
        event["comment"] = text_of(comment)
    return _calendar(event, method)


def one_appointment(entry: Entry) -> bytes:
    """Write one entry as a file to be opened: nobody is invited and nothing is answered."""
    return _calendar(event_of(entry), None)


def _calendar(event: Event, method: Method | None) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    if method:
        calendar.add("method", method.value)
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _address(address: str, **parameters: str) -> vCalAddress:
    made = vCalAddress(f"mailto:{quote(address, safe=_IN_ADDRESS)}")
    made.params.update({name: value for name, value in parameters.items() if value})
    return made
