"""Read calendars with libical, as Evolution and others do; run by the system's own Python, which has its bindings.

See reading.py for what comes in and what goes out.
"""

import json
import sys

import gi

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib  # noqa: E402

EVENT, ALARM = ICalGLib.ComponentKind.VEVENT_COMPONENT, ICalGLib.ComponentKind.VALARM_COMPONENT
ANY = ICalGLib.PropertyKind.ANY_PROPERTY


def parts(component, kind):
    part = component.get_first_component(kind)
    while part:
        yield part
        part = component.get_next_component(kind)


def properties(component):
    one = component.get_first_property(ANY)
    while one:
        yield one
        one = component.get_next_property(ANY)


def names(component):
    return [one.get_property_name() for one in properties(component)]


def property_named(component, name):
    return next((one for one in properties(component) if one.get_property_name() == name), None)


def word_of(component, name):
    return property_named(component, name).get_value_as_string()


def moment(time):
    if time.is_date():
        return f"{time.get_year():04}-{time.get_month():02}-{time.get_day():02}"
    assert time.is_utc()
    day, clock = time.as_ical_string().removesuffix("Z").split("T")
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}Z"


def alarm(part):
    trigger = part.get_first_property(ICalGLib.PropertyKind.TRIGGER_PROPERTY).get_trigger()
    return trigger.get_duration().as_int() / 60


def read(event):
    return {
        "uid": event.get_uid(),
        "start": moment(event.get_dtstart()),
        "end": moment(event.get_dtend()),
        "title": event.get_summary(),
        "status": word_of(event, "STATUS"),
        "sequence": event.get_sequence(),
        "transparent": word_of(event, "TRANSP") == "TRANSPARENT",
        "place": event.get_location(),
        "alarms": [alarm(part) for part in parts(event, ALARM)],
        "names": names(event),
    }


def answer(text):
    calendar = ICalGLib.Component.new_from_string(text)
    if calendar is None or calendar.count_errors() or not calendar.is_valid():
        return {"failed": "libical finds errors"}
    name = property_named(calendar, "X-WR-CALNAME")
    return {
        "name": name and name.get_x(), "names": names(calendar),
        "events": [read(event) for event in parts(calendar, EVENT)],
    }  # fmt: skip


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
