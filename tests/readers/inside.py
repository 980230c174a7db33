"""The readers that are Python packages: icalendar, vobject and ics.py; see reading.py for the shape of their answers."""

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any

import icalendar
import ics
import vobject
from ics.grammar.parse import Container, ContentLine, parse, unfold_lines
from ics.utils import unescape_string


def _minutes(given: timedelta) -> float:
    return given.total_seconds() / 60


def _by_icalendar(text: str) -> dict[str, Any]:
    calendar = icalendar.Calendar.from_ical(text)
    assert not calendar.errors
    events = [
        {
            "uid": str(one["UID"]),
            "start": one["DTSTART"].dt,
            "end": one["DTEND"].dt,
            "title": str(one["SUMMARY"]),
            "status": str(one["STATUS"]),
            "sequence": one["SEQUENCE"],
            "transparent": str(one["TRANSP"]) == "TRANSPARENT",
            "place": str(one["LOCATION"]) if "LOCATION" in one else None,
            "alarms": [_minutes(alarm["TRIGGER"].dt) for alarm in one.walk("VALARM")],
            "names": list(one),
        }
        for one in calendar.walk("VEVENT")
    ]
    return {"name": _named_by_icalendar(calendar), "names": list(calendar), "events": events}


def _named_by_icalendar(calendar: icalendar.Calendar) -> str | None:
    if "X-WR-CALNAME" not in calendar:
        return None
    as_title = f"BEGIN:VEVENT\r\nSUMMARY:{calendar['X-WR-CALNAME']}\r\nEND:VEVENT\r\n"
    return str(icalendar.Event.from_ical(as_title)["SUMMARY"])


def _by_vobject(text: str) -> dict[str, Any]:
    calendar = vobject.readOne(text)
    events = [
        {
            "uid": one.uid.value,
            "start": one.dtstart.value,
            "end": one.dtend.value,
            "title": one.summary.value,
            "status": one.status.value,
            "sequence": one.sequence.value,
            "transparent": one.transp.value == "TRANSPARENT",
            "place": one.location.value if "location" in one.contents else None,
            "alarms": [_minutes(alarm.trigger.value) for alarm in one.contents.get("valarm", ())],
            "names": [line.name for line in one.lines()],
        }
        for one in calendar.contents.get("vevent", ())
    ]
    name = calendar.x_wr_calname.value if "x-wr-calname" in calendar.contents else None
    return {"name": name, "names": [line.name for line in calendar.lines()], "events": events}


def _by_ics_py(text: str) -> dict[str, Any]:
    (container,) = parse(_ics_line(line) for line in unfold_lines(text.split("\n")))
    names = _names(container)
    lines = {_value(part, "UID"): _names(part) for part in container if part.name == "VEVENT"}
    calendar = ics.Calendar(container)  # takes the lines that it knows out of the container
    events = [
        {
            "uid": one.uid,
            "start": one.begin.date() if one.all_day else one.begin.datetime,
            "end": one.end.date() if one.all_day else one.end.datetime,
            "title": one.name,
            "status": one.status,
            "sequence": _value(one.extra, "SEQUENCE"),
            "transparent": one.transparent,
            "place": one.location,
            "alarms": [_minutes(alarm.trigger) for alarm in one.alarms],
            "names": lines[one.uid],
        }
        for one in calendar.events
    ]
    name = _value(calendar.extra, "X-WR-CALNAME")
    return {"name": name and unescape_string(name), "names": names, "events": events}


@lru_cache(4096)
def _ics_line(line: str) -> ContentLine:
    """Parse a line once, however often it occurs: its grammar takes half a millisecond."""
    return ContentLine.parse(line)


def _names(container: Container) -> list[str]:
    return [one.name for one in container if isinstance(one, ContentLine)]


def _value(container: Container, name: str) -> str | None:
    return next((line.value for line in container if line.name == name), None)


INSIDE: dict[str, Callable[[str], dict[str, Any]]] = {
    "icalendar": _by_icalendar, "vobject": _by_vobject, "ics.py": _by_ics_py,
}  # fmt: skip
