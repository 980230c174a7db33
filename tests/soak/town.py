"""The clinics of the soak, in four zones, and what their people do at random: book, move, cancel, undo, mark, answer."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from builders import clinic, hours, infusion, phase, protocol, resources, uid
from desks import Desk, HandClock
from planner.domain.attendance import MarkKind
from planner.domain.channels import MessagePolicy, Quiet
from planner.domain.clinic import SelfService
from planner.domain.course import LIVE
from planner.domain.errors import PlannerError
from planner.domain.protocol import DrivingRule
from planner.domain.replies import ReplyKind
from planner.services import attendance, booking, clinics, undoing
from planner.services.letterhead import change_letterhead
from soak.people import Person
from soak.truth import Truth

ZONES = tuple(map(ZoneInfo, ("America/New_York", "America/Los_Angeles", "Europe/London", "Australia/Lord_Howe")))
NIGHT = Quiet(time(21), time(8))
POLICIES = (
    MessagePolicy(NIGHT), MessagePolicy(NIGHT, safety_in_quiet=False), MessagePolicy(None),
    MessagePolicy(Quiet(time(19, 30), time(8, 30)), safety_in_quiet=False), MessagePolicy(Quiet(time(20), time(7))),
)  # fmt: skip
"""When the clinics write to nobody, and whether what a dose owes comes all the same."""
COURSES = ("pair", "pair", "four", "infusions")
MINUTE = timedelta(minutes=1)


def short(name, sessions, **more):
    """A few sessions on Tuesdays and Thursdays."""
    rows = phase("induction", sessions, (2, 3, 5), pattern="Tue Thu", per_week=2)
    return replace(protocol(rows), name=name, **more)


def published():
    """What the clinics prescribe; after an infusion one drives neither before 24 hours nor without a night's sleep."""
    rows = phase("series", 3, (2, 2, 4), pattern="Mon Wed Fri", visits=("infusion",))
    rule = DrivingRule(after_sleep=True, elapsed_hours=24)
    series = replace(protocol(rows, visits=(infusion(),)), name="infusions", driving=rule)
    return short("pair", 2), short("four", 4), series


def open_town(store, clock, sites):
    """Open so many clinics, in one zone after the other, that remind their patients, each with quiet hours of its own."""
    town = []
    for number in range(sites):
        staff = resources("nurse", 3, 4, hours()), resources("prescriber", 1, 1, hours())
        policy, zone = POLICIES[number % len(POLICIES)], ZONES[number % len(ZONES)]
        more = {"zone": zone, "reminds": True, "messaging": policy, "self_service": SelfService(moves=number % 2 == 0)}
        made = clinic(resources("chair", 5), *staff, resources("pump", 2), **more)
        own = tuple(replace(one, id=uid(f"{one.name} of site {number}")) for one in made.resources)
        made = replace(made, id=uid(f"site {number}"), name=f"Site {number}", resources=own)
        clinics.open_clinic(store, made)
        desk = Desk(store, clock, made.id)
        desk.publish(*published())
        neutral = {"public_name": "Harbor Rooms", "sender": "hello@harbor.example", "phone": "+1 212 555 0100"}
        change_letterhead(desk.admin, **neutral, address="12 Pier Street", version=None)
        town.append(Office(desk, made.zone, policy, moves=made.self_service.moves))
    return town


@dataclass
class Office:
    """One clinic's desk at work."""

    desk: Desk
    zone: ZoneInfo
    policy: MessagePolicy
    moves: bool
    """Whether patients may take another time at once."""
    people: dict[UUID, Person] = field(default_factory=dict)
    truth: Truth = field(default_factory=Truth)
    refused: int = 0
    booked: set[str] = field(default_factory=set)
    acts: Counter[str] = field(default_factory=Counter)

    def enter(self, people):
        """Register patients; gives the id of each."""
        new = [clinics.NewPatient(one.name, phone=one.number.now, email=one.mail) for one in people]
        made = clinics.register_patients(self.desk.scheduler, new)
        for one, person in zip(made, people, strict=True):
            self.desk.people[one.name] = one.id
            self.people[one.id] = person
        return [one.id for one in made]

    @property
    def now(self):
        return self.desk.clock()

    def done(self, act, records):
        """Write down what has come of something."""
        self.truth.note(self.now, records, self.zone)
        self.acts[act] += 1

    def current(self, key):
        """Look at an appointment as it is."""
        with self.desk.store.read(self.desk.clinic_id) as uow:
            return uow.appointments.get(key)

    def book(self, name, random: Random):
        """Begin a course some days from now, and book it; gives its appointments."""
        start = self.now.astimezone(self.zone).date() + timedelta(days=random.randint(1, 20))
        wanted = f"{random.randint(9, 14):02}:{random.choice(('00', '15', '30'))}"
        course = self.desk.begin(random.choice(COURSES), start, at=wanted, patient=name)
        made = self.desk.book(course)
        self.booked.add(name)
        self.done("booked", made.appointments)
        return made.appointments

    def move(self, key, random: Random):
        """Move a visit to another hour or day, if it may be; gives how to undo it."""
        one = self.current(key)
        if one.status not in LIVE or one.start_at <= self.now:
            return None
        shift = timedelta(days=random.choice((0, 0, 1, -1, 2)), hours=random.choice((-2, -1, 1, 2)))
        if one.start_at + shift <= self.now:
            return None
        moved = booking.move(self.desk.scheduler, appointment_id=key, start=one.start_at + shift, version=one.version)
        self.done("moved", moved.appointments)
        return moved.undo_id

    def cancel(self, key):
        """Cancel a visit; gives how to undo it."""
        one = self.current(key)
        if one.status not in LIVE or one.start_at <= self.now:
            return None
        gone = booking.cancel(self.desk.scheduler, appointment_id=key, version=one.version, reason="asked for")
        self.done("cancelled", gone.appointments)
        return gone.undo_id

    def undo(self, undo_id):
        """Undo it within its ten seconds."""
        kept = undoing.undo(self.desk.scheduler, undo_id=undo_id)
        self.done("undone", [self.current(one.appointment_id) for one in kept.former])
        for before in (one.before for one in kept.former if one.before):
            self._holds_again(before)

    def _holds_again(self, before):
        """Write down that what was said of it holds again, and so who takes the patient home."""
        one, said, named = self.current(before.id), self.truth.said[before.id], self.truth.named[before.id]
        if one.sequence == before.sequence:
            return
        again = {answer.kind: answer for answer in said if answer.sequence == before.sequence}
        again.pop(ReplyKind.CHANGE, None)
        said += (replace(answer, sequence=one.sequence) for answer in again.values())
        if stood := [ride for ride in named if ride.sequence == before.sequence]:
            with self.desk.store.read(self.desk.clinic_id) as uow:
                kept = uow.replies.of_appointments([one.id])
            same = next(reply for reply in kept if reply.kind is ReplyKind.RIDE and reply.sequence == one.sequence)
            self.truth.rides.setdefault((one.id, one.sequence), self.now)
            named.append(replace(stood[-1], at=self.now, sequence=one.sequence, reply=same.id))

    def mark(self, key, kind, at=None):
        """Record what happened, now or then."""
        one = self.current(key)
        done = attendance.record(self.desk.clinician, appointment_id=key, kind=kind, version=one.version, at=at)
        self.done(kind.value, [done])

    def take_back_the_dose(self, key):
        """Correct a dose that was never given."""
        marks = attendance.marks_of(self.desk.clinician, key)
        dose = next(one for one in marks if one.kind is MarkKind.DOSED)
        done = attendance.correct(
            self.desk.clinician, appointment_id=key, mark_id=dose.id, version=self.current(key).version, reason="a mistake",
            withdraw=True,
        )  # fmt: skip
        self.done("taken back", [done])
        self.mark(key, MarkKind.NOTHING_GIVEN)

    def attempt(self, act, *given, **more):
        """Do something that the rules may refuse; then nothing has happened, and None comes of it."""
        try:
            return act(*given, **more)
        except PlannerError:
            self.refused += 1
            return None

    def at(self, day, hour, minute=0):
        """Give the instant of a wall time."""
        return datetime.combine(day, time(hour, minute), tzinfo=self.zone).astimezone(UTC)


__all__ = ["MINUTE", "HandClock", "Office", "open_town"]
