"""What subscribes to calendar links in tests: it reads by token, with the bytes that one process keeps."""

import icalendar

from builders import uid
from desks import Desk
from planner.domain.reaching import Audience
from planner.domain.subscribing import Wanted
from planner.domain.tokens import token_hash
from planner.feeds.ical import calendar_bytes
from planner.feeds.kept import Kept
from planner.services import feeds, fetching, letterhead
from planner.services.calendars import listing_of, name_of
from planner.storage.unit_of_work import Store

CHAIR, NURSE = uid("chair 1"), uid("nurse 1")


class Subscriber:
    """A calendar program in front of one process: its own, or (*store*) another on the same database."""

    def __init__(self, desk: Desk, token: str, agent: str = "Reader/1.0", store: Store | None = None) -> None:
        self.desk, self.token, self.agent, self.kept = desk, token, agent, Kept()
        self.store = store or desk.store

    def page(self):
        return fetching.fetch(self.store, self.desk.clock, self.kept, self.token, self.agent)

    def events(self):
        return icalendar.Calendar.from_ical(self.page().body).walk("VEVENT")

    def event(self, record):
        """The event of an appointment; None where it is not shown."""
        return next((event for event in self.events() if str(event["UID"]) == str(record.id)), None)

    def titles(self):
        return [str(event["SUMMARY"]) for event in self.events()]

    def truth(self):
        """What the calendar should be, written anew from what is stored."""
        with self.desk.store.read_installation() as installation:
            state = installation.feed(token_hash(self.token))
        return calendar_bytes(name_of(state), listing_of(self.desk.store, state, self.desk.clock()).entries)


def subscribe(desk, store=None, **more):
    """Subscribe to the first patient's calendar."""
    asked = {"label": "own phone", "shows_advice": False, **more}
    made = feeds.create(desk.scheduler, Wanted(**asked), patient_id=desk.patient(), agreed=True)
    return Subscriber(desk, made.token, store=store)


def subscribe_staff(desk, resource_id, store=None, **more):
    """Subscribe to a person's or a room's calendar."""
    made = feeds.create_for_resource(desk.admin, Wanted("desktop", **more), resource_id=resource_id)
    return Subscriber(desk, made.token, store=store)


def subscribe_all(desk, store=None):
    """Subscribe to one calendar of each audience."""
    return {
        Audience.PATIENT: subscribe(desk, store, shows_advice=True, shows_place=True),
        Audience.CARER: subscribe(desk, store, audience=Audience.CARER),
        Audience.CLINICIAN: subscribe_staff(desk, NURSE, store),
        Audience.ROOM: subscribe_staff(desk, CHAIR, store),
    }


def seen(event):
    """What A12 asks of an event: start, end, sequence, title, status, whether it takes time, and that it is private."""
    names = ("SEQUENCE", "SUMMARY", "STATUS", "TRANSP", "CLASS")
    return [f"{event[name].dt:%m-%d %H:%M}" for name in ("DTSTART", "DTEND")] + [str(event[name]) for name in names]


def booked(desk, name="course", patient="Ada Lovelace", **more):
    course = desk.begin(name, at=more.pop("at", "10:00"), patient=patient, **more)
    desk.book(course)
    return desk.records(course)


def set_address(desk, version=None, address="12 Harbor Street"):
    letterhead.change_letterhead(
        desk.admin, public_name="Harbor Street", sender="desk@clinic.example", phone="555-0100", address=address,
        version=version,
    )  # fmt: skip
