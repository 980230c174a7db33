"""What patients of the soak say of a visit: by phone to the desk, or by the links in what came to them."""

import re
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from uuid import UUID

from planner.domain.course import LIVE
from planner.domain.errors import PlannerError
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.services import changing, replying
from planner.services.bearing import bearer_of
from soak.post import Taken
from soak.said import Named, Opened, Said

LINK = re.compile(r"/answer/([\w-]+)(?:/[0-9a-f-]{36}/(come|ride|change)\b)?")
OPENED = 0.3
"""How many of the messages that hold links have one of them opened."""
SOON = (timedelta(minutes=2), timedelta(minutes=40), timedelta(hours=5), timedelta(hours=26), timedelta(hours=70))


@dataclass
class Answer:
    """What a patient says of one visit: to the desk of a clinic, or as the *bearer* of a link."""

    office: object
    key: UUID
    bearer: object = None

    def come(self):
        """Say that they come."""
        self._say(ReplyKind.COME)

    def ride(self, number, name="Jo", *, contact=True):
        """Say who takes them home, and whether they agree that this number is told; None: somebody hired."""
        ride = Ride(RideKind.ADULT, name, number, contact) if number else Ride(RideKind.RIDESHARE)
        one, said = self._say(ReplyKind.RIDE, ride)
        if said:
            truth, now = self.office.truth, self.office.now
            truth.rides.setdefault((self.key, one.sequence), now)
            truth.named[self.key].append(Named(now, one.sequence, number if contact else None, said.id))

    def change(self, random):
        """Ask for another of the times that are offered, or to be called; gives the visit where it was moved at once."""
        offers = changing.offered(self.bearer, appointment_id=self.key)
        starts = [*offers.that_day, *offers.other_days]
        start = random.choice(starts) if starts and random.random() < 0.85 else None
        made = changing.change(self.bearer, appointment_id=self.key, start=start, version=offers.record.version)
        self._note(offers.record, ReplyKind.CHANGE, start=start)
        self.office.done("moved by link" if made.moved else "another time wanted", [self.office.current(self.key)])
        return self.office.current(self.key) if made.moved else None

    def _say(self, kind, ride=None):
        one = self.office.current(self.key)
        if self.bearer is None and (one.status not in LIVE or one.start_at <= self.office.now):
            return one, None
        given = {"appointment_id": self.key, "kind": kind, "ride": ride}
        if self.bearer is None:
            said = replying.reply_for(self.office.desk.scheduler, **given)
        else:
            seen = replying.asked(self.bearer, appointment_id=self.key).record
            said = replying.reply(self.bearer, **given, sequence=seen.sequence)
        self._note(one, kind, ride=ride)
        self.office.done("answered by link" if self.bearer else "answered", [self.office.current(self.key)])
        return one, said

    def _note(self, one, kind, **more):
        """Write down what was said, unless it was said before and stands."""
        said = Said(self.office.now, kind, one.sequence, **more)
        same = [old for old in self.office.truth.said[self.key] if old.kind is kind]
        if kind is ReplyKind.CHANGE or not same or not same[-1].repeats(said):
            self.office.truth.said[self.key].append(said)


class Readers:
    """Patients who read what came, and open the links in it: at once or days later, at times twice, at times too late."""

    def __init__(self, year, seed):
        self.year, self.random = year, Random(f"readers {seed}")

    def receive(self, copy: Taken):
        """Let a message be read that has arrived."""
        links = LINK.findall(copy.text)
        if not links or self.random.random() >= OPENED:
            return
        token, _ = self.random.choices(links, [{"change": 1}.get(purpose, 6) for _, purpose in links])[0]
        at = copy.at + self.random.choice(SOON) * self.random.uniform(0.5, 1)
        for again in (0, 7)[: 1 + (self.random.random() < 0.1)]:
            self.year.then(at + timedelta(seconds=again), self.open, copy, token)

    def open(self, copy, token):
        """Do what a link is for; of one that opens nothing it is not known what that was."""
        office, refused, visit, purpose = self._office(copy.to), "", None, ""
        try:
            bearer = bearer_of(office.desk.store, office.desk.clock, token, "a telephone")
            visit, purpose = bearer.link.appointment_id, bearer.link.purpose.value
            self._do(office, Answer(office, visit, bearer), purpose)
        except PlannerError as refusal:
            refused = type(refusal).__name__
            office.acts["link refused"] += 1
        office.truth.opened.append(Opened(office.now, copy, visit, purpose, refused))

    def _office(self, to):
        """Find the clinic whose patient has an address or a number, or once had it."""
        return next(one for one in self.year.town if any(person.has(to) for person in one.people.values()))

    def _do(self, office, answer, purpose):
        match purpose:
            case "come":
                answer.come()
            case "ride":
                number = f"+1 646 {3_000_000 + self.random.randrange(len(office.people) * 4)}"
                answer.ride(self.random.choice((number, number, None)), "Bo", contact=self.random.random() < 0.6)
            case "change" if moved := answer.change(self.random):
                self.year.then(moved.start_at, self.year.visit, office, moved.id, moved.start_at)


__all__ = ["Answer", "Readers"]
