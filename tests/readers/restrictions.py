"""Ask libical whether invitations keep to iTIP; run by the system's own Python, which has its bindings.

A line of JSON in, with the text of a calendar; a line of JSON out, with what is wrong with it and what it says.
"""

import json
import sys

import gi

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib  # noqa: E402

ANY, EVENT = ICalGLib.PropertyKind.ANY_PROPERTY, ICalGLib.ComponentKind.VEVENT_COMPONENT


def properties(component):
    one = component.get_first_property(ANY)
    while one:
        yield one
        one = component.get_next_property(ANY)


def wrong(calendar):
    """Parse it, check it, and list the errors that the library has written into it."""
    kept = calendar.check_restrictions()
    text = calendar.as_ical_string().replace("\r\n ", "")
    errors = [line for line in text.splitlines() if line.startswith("X-LIC-ERROR")]
    return errors or ([] if kept and calendar.is_valid() and not calendar.count_errors() else ["refused"])


def answer(text):
    calendar = ICalGLib.Component.new_from_string(text)
    if calendar is None:
        return {"wrong": ["no calendar"], "said": {}, "events": 0}
    event = calendar.get_first_component(EVENT)
    said = {one.get_property_name(): one.get_value_as_string() for one in properties(event)} if event else {}
    return {"wrong": wrong(calendar), "events": calendar.count_components(EVENT), "said": {
        **said, "title": event.get_summary() if event else None,
        "names": sorted(one.get_property_name() for one in properties(event)) if event else [],
    }}  # fmt: skip


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
