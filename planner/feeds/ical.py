"""A calendar's entries as RFC 5545 bytes that every reader reads alike; the same values give the same bytes, always.

UTC only and no VTIMEZONE, no METHOD, no UID of the calendar's own: of each, some reader makes wrong hours or one event.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache

from icalendar import Alarm, Calendar, Event, vDuration, vText

from planner.domain.span import DAY, Span
from planner.feeds.events import Entry

PRODUCT = "-//Planner//Planner 1//EN"
REFRESH = timedelta(hours=1)

_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f"  # controls but newline, U+0085 among them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of writing
    "\u2028\u2029\ufeff\ud800-\udfff]"
)
_END = b"END:VCALENDAR\r\n"
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class _Text(vText):
    """TEXT as RFC 5545 3.3.11 escapes it: the library's own takes a backslash before an N for a line's end."""

    def to_ical(self) -> bytes:
        """Write it escaped."""
        return str(self).translate(_ESCAPED).encode()


def clean(text: str) -> str:
    """Drop what a reader stumbles over: controls but for newlines, what turns the writing around, half characters."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n"))


def calendar_bytes(name: str, entries: Iterable[Entry]) -> bytes:
    """Write a calendar of entries, in the order given."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", text_of(name))
    calendar.add("name", text_of(name))
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    calendar.add("color", "teal")
    written: bytes = calendar.to_ical()
    return b"".join([written.removesuffix(_END), *map(_written, entries), _END])


@lru_cache(maxsize=16_384)
def _written(entry: Entry) -> bytes:
    """Write an entry; in a calendar of which something changed, most of them are as they were."""
    written: bytes = event_of(entry).to_ical()
    return written


def text_of(text: str) -> vText:
    """Give a text as a property takes it: cleaned, and written escaped."""
    return _Text(clean(text))


def event_of(entry: Entry) -> Event:
    """Give an entry as an event of a calendar."""
    start, end = _bounds(entry.when)
    event = Event()
    event.add("uid", str(entry.uid))
    event.add("dtstamp", entry.updated_at)
    event.add("last-modified", entry.updated_at)
    event.add("created", entry.created_at)
    event.add("sequence", entry.sequence)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", text_of(entry.title))
    event.add("status", entry.status.value)
    event.add("transp", "TRANSPARENT" if entry.transparent else "OPAQUE")
    event.add("class", "PRIVATE")
    if entry.place:
        event.add("location", text_of(entry.place))
    if entry.alarm_minutes:
        event.add_component(_alarm(entry.title, entry.alarm_minutes))
    return event


def _alarm(title: str, minutes: int) -> Alarm:
    """Write an alarm so long before the start: of an absolute one, some reader refuses the whole calendar."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text_of(title))
    alarm.add("trigger", vDuration(timedelta(minutes=-minutes)))
    return alarm


def _bounds(when: Span | date) -> tuple[datetime, datetime] | tuple[date, date]:
    return (when.start, when.end) if isinstance(when, Span) else (when, when + DAY)
