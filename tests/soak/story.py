"""A story made by hand for the reckoning: one patient and one visit, all as it should be until something is spoiled."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from builders import spravato, uid
from planner.domain.attendance import Outcome
from planner.domain.channels import Channel, MessagePolicy, Quiet
from planner.domain.course import AppointmentStatus
from planner.storage.desk_records import Notice
from planner.storage.link_records import Reply
from planner.storage.records import AppointmentRecord, Task
from soak.facts import Facts
from soak.people import Person, Timeline
from soak.post import Taken, Traffic
from soak.reckoning import reckon
from soak.said import Named, Opened, Said
from soak.truth import Truth

ZONE = ZoneInfo("America/New_York")
MAIL, NUMBER, ESCORT = "ada@mail.example", "+12125550101", "+16465550102"
VISIT, ADA, REPLY = uid("visit"), uid("Ada"), uid("reply")
NIGHT = Quiet(time(21), time(8))
WHEN = "Tue, Mar 2, 10:00 am EST"
TEXTS = {
    "booked": f"Harbor Rooms: booked for you: {WHEN}. Questions: 1.", "ride": f"Your appointment: {WHEN}.",
    "ride-again": f"Who takes you home? {WHEN}.", "prepare": f"Your appointment: {WHEN}.",
    "no-driving-discharge": "Do not drive today.", "no-driving-evening": "Do not drive.",
    "no-driving-morning": "Not before rest.",
    "pick-up": "Harbor Rooms: please pick up A.L. on Tue, Mar 2, about 12:20 to 12:50 pm EST. Where: 12 Pier Street. "
    "Questions: +1 212 555 0100.",
}  # fmt: skip


def wall(day, clock, month=3):
    return datetime(2027, month, day, *map(int, clock.split(":")), tzinfo=ZONE).astimezone(UTC)


START, END, BOOKED = wall(2, "10:00"), wall(2, "12:35"), wall(1, "09:30", 2)
DUE = {
    "booked": BOOKED + timedelta(seconds=10), "ride": wall(27, "09:00", 2), "ride-again": wall(1, "09:00"),
    "prepare": wall(1, "19:00"), "no-driving-discharge": END, "no-driving-evening": wall(2, "20:00"),
    "no-driving-morning": wall(3, "08:00"), "pick-up": wall(1, "19:00"),
}  # fmt: skip
ENDS = {"ride": DUE["ride-again"], "no-driving-discharge": wall(3, "00:00")}
SAID = wall(27, "12:00", 2)


_STAMP = "%Y%m%dT%H%M%SZ"


class Story:
    """One visit of one patient, to whom all went as it should, by texts; until something is spoiled."""

    def __init__(self):
        self.person = Person("Ada Lovelace", MAIL, NUMBER, (Channel.SMS, Channel.MAIL), texts=True)
        self.truth, self.traffic, self.policy = Truth(), Traffic(), MessagePolicy(NIGHT)
        self.replies, self.moves = [], False
        self.notices, self.tasks = {}, [Task(uuid4(), "ride-unconfirmed", BOOKED, BOOKED, {"sequence": 0}, VISIT)]
        self.visit = AppointmentRecord(VISIT, ADA, START, END, "2027-03-02T10:00", spravato(), BOOKED, BOOKED)
        self.note(BOOKED)
        self.note(START, arrived_at=START, status=AppointmentStatus.ARRIVED)
        self.note(START, dosed_at=START, outcome=Outcome.GIVEN)
        self.note(END, discharged_at=END, status=AppointmentStatus.FULFILLED)
        for kind in DUE.keys() - {"pick-up"}:
            self.send(kind)

    def note(self, at, **changed):
        self.visit = replace(self.visit, version=self.visit.version + 1, **changed)
        self.truth.note(at, [self.visit], ZONE)

    def owe(self, kind, **more):
        facts = {"appointments": [str(VISIT)], "sequence": 0, "about": "2027-03-02"}
        due = more.pop("due_at", DUE.get(kind))
        ends = ENDS.get(kind, max(START, due + timedelta(hours=12)))
        one = Notice(uuid4(), kind, kind, "sms", ADA, None, VISIT, facts, BOOKED, due, due, ends, 1)
        self.notices[kind] = replace(one, **more)
        return self.notices[kind]

    def send(self, kind, at=None, to=NUMBER, text=None, channel=Channel.SMS, **more):
        at = at or more.get("due_at", DUE[kind])
        one = self.owe(kind, sent_at=at, channel=channel, **more)
        self.take(one, at, to, text, channel)

    def take(self, one, at, to=NUMBER, text=None, channel=Channel.SMS):
        self.traffic.taken[one.id].append(Taken(at, one.id, to, f"\n{text or TEXTS[one.kind]}", channel=channel))
        self.traffic.hand(channel, at, one.id)

    def invite(self, at=DUE["booked"], start=START, sequence=0, method="REQUEST"):
        """Let the patient want invitations, and be sent one."""
        self.person.invites = Timeline(True)
        one = self.owe("invitation", due_at=at, sent_at=at, channel=Channel.MAIL)
        self.notices[f"invitation {at}"] = self.notices.pop("invitation")
        lines = f"METHOD:{method}", "UID:v", f"SEQUENCE:{sequence}", f"DTSTART:{start:{_STAMP}}", f"DTSTAMP:{at:{_STAMP}}"
        self.traffic.taken[one.id].append(Taken(at, one.id, MAIL, "", calendar="\r\n".join(lines)))

    def come_back(self, kind, then=None):
        """Let a message have gone by mail and come back, and then go by another way."""
        one, at = self.notices[kind], DUE[kind] + timedelta(minutes=20)
        mail = Taken(DUE[kind], one.id, MAIL, f"\n{TEXTS[kind]}", back=at, status="5.1.1")
        self.traffic.taken[one.id] = [mail]
        if then:
            self.notices[kind] = replace(one, sent_at=at, channel=then, attempts=2)
            self.take(self.notices[kind], at, NUMBER if then is Channel.SMS else MAIL, channel=then)

    def correct(self):
        """Let the desk be asked to correct the address."""
        facts = {"refused_at": BOOKED.isoformat(), "by": "mail"}
        self.tasks.append(Task(uuid4(), "undeliverable", BOOKED, BOOKED, facts, patient_id=ADA))

    def forget(self, *kinds):
        for kind in kinds:
            self.traffic.taken.pop(self.notices.pop(kind).id, None)

    def name(self, at=SAID, number=ESCORT):
        """Say who takes the patient home, who may be told."""
        self.truth.named[VISIT].append(Named(at, 0, number, REPLY))
        self.truth.rides.setdefault((VISIT, 0), at)
        self.forget("ride-again")
        self.tasks.clear()

    def say(self, kind, start=None):
        """Say something of the visit that is not kept."""
        self.truth.said[VISIT].append(Said(SAID, kind, 0, start=start))

    def keep(self, kind, start=None):
        """Keep something of the visit that was not said."""
        self.replies.append(Reply(uuid4(), ADA, VISIT, kind, 0, SAID, ADA, start_at=start))

    def open_link(self, purpose, at=SAID, refused="NotFound"):
        """Open a link in the first message, in vain."""
        copy = self.traffic.taken[self.notices["booked"].id][0]
        self.truth.opened.append(Opened(at, copy, VISIT, purpose, refused))

    def tell(self, **more):
        facts = {"appointments": [str(VISIT)], "sequence": 0, "reply": str(REPLY), "leaves_at": END.isoformat()}
        self.send("pick-up", to=more.pop("to", ESCORT), facts=facts, expires_at=END, **more)

    def cancel(self, at):
        """Let the visit be cancelled, and never have been."""
        first = self.truth.history[VISIT][:1]
        self.truth.history[VISIT] = first
        gone = replace(first[0][1], status=AppointmentStatus.CANCELLED, version=9, sequence=1)
        self.truth.note(at, [gone], ZONE)
        self.forget("no-driving-discharge", "no-driving-evening", "no-driving-morning")

    def faults(self):
        now, notices = wall(9, "12:00"), list(self.notices.values())
        facts = Facts(
            ZONE, self.policy, {ADA: self.person}, self.truth, notices, self.tasks, self.traffic, now, self.replies,
            self.moves,
        )  # fmt: skip
        return reckon([facts]).faults
