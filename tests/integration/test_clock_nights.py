"""The nights in which clocks change, in four zones (F13): a clock set by hand goes through them, mails to a real server."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from zoneinfo import ZoneInfo

import pytest

from builders import clinic, hours, nurse, phase, protocol, resources, uid
from desks import Desk, HandClock
from planner.domain.attendance import MarkKind
from planner.domain.protocol import DrivingRule
from planner.domain.visit import Step, VisitProfile
from planner.notify.dispatcher import dispatch
from planner.services import attendance, clinics
from planner.services.letterhead import change_letterhead
from postroom import Mailbox, enter, notices, transport_to
from tally import Tally, about

DAY, HALF = timedelta(days=1), timedelta(minutes=30)
BEGIN = datetime(2027, 1, 11, 12, tzinfo=UTC)
LASTS, STAYS = 6 * HALF, 5 * HALF
"""How long a session is planned to last, and after how long its patient leaves: as hours elapse."""
SESSION = VisitProfile("night", "Infusion", (Step("infuse", 60, (nurse(1),), dose=True), Step("recover", 120, (nurse(1),))))
BY_HOURS = replace(
    protocol(phase("one", 1, (2, 3, 9), visits=("night",)), visits=(SESSION,)), name="by-hours",
    driving=DrivingRule(after_sleep=True, elapsed_hours=24),
)  # fmt: skip
NIGHTS = {
    "America/New_York": [("2027-03-14", "00:30", "16:00"), ("2027-11-07", "00:30", "14:00")],
    "America/Los_Angeles": [("2027-03-14", "03:30", "16:00"), ("2027-11-07", "01:30", "14:00")],
    "Europe/London": [("2027-03-28", "00:30", "16:00"), ("2027-10-31", "00:30", "14:00")],
    "Australia/Lord_Howe": [("2027-10-03", "03:30", "15:30"), ("2027-04-04", "01:30", "14:30")],
}
"""By zone: the local day on which its clocks change, when a session begins in that night (01:30 comes twice in autumn), and
when the 24 hours are over of whoever left at 15:00 on the day before.
"""
DAYTIME = "12:30"
"""When the session of the day before begins."""


WELL = Tally(owed=136, delivered=136)
"""Nine of each session of the day before, eight of each in a night: its 24 hours are over before the message of 08:00."""


def wall(day: date, at: str, zone: ZoneInfo) -> datetime:
    """The instant of a wall time, the first one where it comes twice: by Python alone, without a line of the product."""
    return datetime.combine(day, time.fromisoformat(at), zone).astimezone(UTC)


day_of = date.fromisoformat


@dataclass(frozen=True)
class Session:
    """A session of one patient, and what is owed for it."""

    desk: Desk
    zone: ZoneInfo
    day: date
    at: str

    @property
    def name(self) -> str:
        return f"{self.day:%b%d}{self.at.replace(':', '')} {self.zone.key}"

    @property
    def start(self) -> datetime:
        return wall(self.day, self.at, self.zone)

    @property
    def left(self) -> datetime:
        return self.start + STAYS

    def owed(self) -> dict[str, datetime]:
        """All that is owed, and the only instant at which each is to leave."""
        due = {
            "booked": BEGIN + timedelta(seconds=10), "plan-rides": wall(self.day - 7 * DAY, "09:00", self.zone),
            "ride": wall(self.day - 3 * DAY, "09:00", self.zone), "ride-again": wall(self.day - DAY, "09:00", self.zone),
            "prepare": wall(self.day - DAY, "19:00", self.zone), "no-driving-discharge": self.left,
            "no-driving-evening": wall(self.day, "20:00", self.zone),
            "no-driving-morning": wall(self.day + DAY, "08:00", self.zone),
        }  # fmt: skip
        bound = self.left + DAY
        return due | ({"no-driving-bound": bound} if bound > due["no-driving-morning"] else {})

    def is_told_by(self, kind: str, now: datetime, text: str) -> bool:
        """Whether a letter says by the wall when the session is; or after it, when the 24 hours are over that elapse."""
        if not kind.startswith("no-driving"):
            return said(self.start.astimezone(self.zone), text)
        over = self.left + DAY
        return "Do not drive" in text and (now >= over or said(over.astimezone(self.zone), text))


def said(local: datetime, text: str) -> bool:
    """Whether a letter names a day, the time of it, and which of the zone's times that is."""
    text, zone = " ".join(text.split()), f"{local:%Z}" if f"{local:%Z}".isalpha() else f"UTC{local:%Z}"
    times = f"{local:%H:%M}", f"{local.hour % 12 or 12}:{local:%M} {local:%p}".lower()
    days = f"{local:%A} {local.day} {local:%B}", f"{local:%A}, {local.day} {local:%B}", f"{local:%A}, {local:%B} {local.day}"
    return f"({zone}" in text and any(f" {one}" in text for one in times) and any(one in text for one in days)


@pytest.fixture
def clock():
    return HandClock(BEGIN)


@pytest.fixture
def sessions(store, clock):
    """A clinic in each zone that is open day and night, and what is booked there for both of its nights."""
    found = []
    for name, nights in NIGHTS.items():
        zone = ZoneInfo(name)
        always = hours("Mon-Sun", "00:00", "23:45")
        site = clinic(resources("nurse", 2, 4), zone=zone, opening=always, reminds=True)
        own = tuple(replace(one, id=uid(f"{one.name} of {name}")) for one in site.resources)
        site = replace(site, id=uid(name), name=name, resources=own)
        clinics.open_clinic(store, site)
        desk = Desk(store, clock, site.id)
        desk.publish(BY_HOURS)
        change_letterhead(
            desk.admin, public_name="Harbor Rooms", sender="hello@harbor.example", phone="+1 212 555 0100", version=None
        )
        for day, at, over in nights:
            before, after = (Session(desk, zone, *one) for one in ((day_of(day) - DAY, DAYTIME), (day_of(day), at)))
            assert before.left + DAY == wall(after.day, over, zone)
            found += [before, after]
    for one in found:
        enter(one.desk, one.name)
        (visit,) = one.desk.book(one.desk.begin("by-hours", one.day, at=one.at, patient=one.name)).appointments
        assert visit.start_at == one.start
        one.desk.people[f"visit of {one.name}"] = visit.id
    return found


def instants(sessions) -> list[datetime]:
    """Each instant at which anything is due and the second before it, and each half hour of each night."""
    due = {instant for one in sessions for instant in one.owed().values()}
    marked = {one.start for one in sessions} | {one.left for one in sessions}
    nights = {one.start + number * HALF for one in sessions if one.at != DAYTIME for number in range(-6, 16)}
    return sorted(due | {instant - timedelta(seconds=1) for instant in due} | nights | marked)


def mark(sessions, now) -> None:
    """Record who has come, was given the dose, and has left."""
    for one in sessions:
        for kind in [MarkKind.ARRIVED, MarkKind.DOSED] * (now == one.start) + [MarkKind.DISCHARGED] * (now == one.left):
            key = one.desk.people[f"visit of {one.name}"]
            with one.desk.store.read(one.desk.clinic_id) as uow:
                version = uow.appointments.get(key).version
            attendance.record(one.desk.scheduler, appointment_id=key, kind=kind, version=version)


def go_through(store, clock, sessions, mailbox):
    """Let the clock show each of these instants; gives when each mail left, and the mail."""
    left = []
    for clock.now in instants(sessions):
        mark(sessions, clock.now)
        dispatch(store, clock, transport_to(mailbox), limit=100)
        left += [(clock.now, message_from_bytes(content, policy=default)) for _, content in mailbox.taken[len(left) :]]
    return left


def count(sessions, left):
    """Compare what left with what was owed, message by message."""
    desks = {one.desk.clinic_id: one.desk for one in sessions}.values()
    kinds = {one.id: (one.patient_id, one.kind) for desk in desks for one in notices(desk)}
    letters = [(*kinds[about(mail)], when, mail.get_content()) for when, mail in left]
    found = Counter(owed=0, delivered=len(left), lost=0, late=0, misleading=0, again=0)
    for one in sessions:
        owed = one.owed()
        came = [(kind, when, text) for patient, kind, when, text in letters if patient == one.desk.people[one.name]]
        copies = Counter(kind for kind, *_ in came)
        found["owed"] += len(owed)
        found["lost"] += sum(kind not in copies for kind in owed)
        found["late"] += sum(when != owed.get(kind) for kind, when, _ in came)
        found["misleading"] += sum(not one.is_told_by(kind, when, text) for kind, when, text in came)
        found["again"] += sum(copies.values()) - len(copies)
    return Tally(**found)


def test_in_the_nights_of_changing_clocks_each_message_leaves_at_its_instant_and_once(store, clock, sessions, record):
    with Mailbox() as mailbox:
        left = go_through(store, clock, sessions, mailbox)
    found = count(sessions, left)
    assert record("F13 nights of changing clocks in four zones", sessions[0].desk, found) == WELL
