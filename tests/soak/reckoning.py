"""The reckoning after the soak: what was owed, by the rules and by what really was, against what arrived and when.

It asks the clock on the wall and the history of the appointments, not the code that owes and sends.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID

from planner.domain.attendance import Outcome
from planner.domain.notices import BEFORE, NO_DRIVING
from planner.storage.desk_records import Notice
from planner.storage.records import Task
from soak.post import Taken
from soak.town import Office
from soak.truth import Stretch
from soak.year import Year

DAY = timedelta(days=1)
PROMPT = timedelta(seconds=15)
"""How long after it is due something may leave that nothing stood in the way of."""
TOGETHER = timedelta(hours=2)
"""Within what time messages to one person are one."""
REMINDERS = {"ride": (3, time(9)), "ride-again": (1, time(9)), "prepare": (1, time(19))}
CHANGES = ("added", "moved", "cancelled", "confirmed", "appointments")


@dataclass
class Reckoned:
    """What was found. *lost*: owed, and neither delivered nor left to a person. *allowed*: second copies after a crash."""

    owed: int = 0
    delivered: int = 0
    asked: int = 0
    withdrawn: int = 0
    waiting: int = 0
    expected: int = 0
    overtaken: int = 0
    allowed: int = 0
    lost: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    misleading: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """All that must not be."""
        named = {"lost": self.lost, "late": self.late, "twice": self.duplicated, "misleading": self.misleading}
        return [f"{name}: {one}" for name, found in named.items() for one in found]

    def __str__(self) -> str:
        return (
            f"messages: {self.owed} owed, {self.delivered} delivered, {self.asked} left to a person, "
            f"{self.withdrawn} withdrawn, {self.waiting} not due yet\n"
            f"expected by the rules: {self.expected}; overtaken by a change while nothing could be sent: {self.overtaken}\n"
            f"lost {len(self.lost)}, late {len(self.late)}, duplicated {len(self.duplicated)} "
            f"(second copies allowed after a crash or a lost answer: {self.allowed}), misleading {len(self.misleading)}"
        )


@dataclass(frozen=True)
class Delivery:
    """That a notice was delivered, by its own letter or in one with others."""

    at: datetime
    text: str


class Reckoning:
    """Goes through one clinic."""

    def __init__(self, year: Year, office: Office, found: Reckoned) -> None:
        self.year, self.office, self.found = year, office, found
        with office.desk.store.read(office.desk.clinic_id) as uow:
            self.notices: list[Notice] = uow.notices._list()
            self.tasks: list[Task] = uow.tasks._list()
        self.asked = {UUID(one.facts["notice"]) for one in self.tasks if "notice" in one.facts}
        self.letters = defaultdict[str, list[Taken]](list)
        for taken in year.post.taken.values():
            for one in taken:
                self.letters[one.to].append(one)
        self.arrived = {one.id: self._deliveries(one) for one in self.notices}
        self.about = defaultdict[tuple[str, UUID], list[Notice]](list)
        for one in self.notices:
            for key in self._appointments(one):
                self.about[one.kind, key].append(one)

    def go(self) -> None:
        """Compare everything."""
        for one in self.notices:
            self._account(one)
            self._check_words(one)
        for key in self.office.truth.history:
            for stretch in self.office.truth.stretches(key):
                self._reminders(key, stretch)
            self._driving(key)
            self._heard(key)

    def _deliveries(self, one: Notice) -> list[Delivery]:
        mine = [Delivery(taken.at, taken.text) for taken in self.year.post.taken.get(one.id, ())]
        if mine or not one.sent_at or one.patient_id is None:
            return mine
        to = self.office.addresses[one.patient_id]
        return [Delivery(taken.at, taken.text) for taken in self.letters[to] if taken.at == one.sent_at][:1]

    @staticmethod
    def _appointments(one: Notice) -> set[UUID]:
        named = {key for name in CHANGES for key in one.facts.get(name, [])} | {one.facts.get("appointment")}
        return {UUID(key) for key in named if key}

    # ------------------------------------------------------------------ each message that was owed

    def _account(self, one: Notice) -> None:
        found, arrived = self.found, self.arrived[one.id]
        found.owed += 1
        if one.open:
            found.waiting += 1
            if one.next_attempt_at <= self.year.clock.now:
                found.lost.append(f"{one.kind} still owed since {one.due_at}")
        elif one.sent_at:
            found.delivered += 1
            if not arrived:
                found.lost.append(f"{one.kind} marked as sent, never taken")
        elif one.given_up_at:
            found.asked += 1
            if not self._is_asked(one):
                found.lost.append(f"{one.kind} given up without a task: {one.outcome}")
        else:
            found.withdrawn += 1
        self._check_copies(one)
        self._check_time(one)

    def _is_asked(self, one: Notice) -> bool:
        """Whether a person was asked, or had an address to see to: one task is enough for the reminders that it fails."""
        if one.id in self.asked:
            return True
        mine = (task for task in self.tasks if (task.patient_id, task.kind) == (one.patient_id, "undeliverable"))
        given_up = one.given_up_at
        return one.kind in BEFORE and given_up is not None and any(
            task.created_at <= given_up and (task.done_at is None or task.done_at >= given_up) for task in mine
        )  # fmt: skip

    def _check_copies(self, one: Notice) -> None:
        taken = self.year.post.taken.get(one.id, [])
        unheard = sum(not copy.noted for copy in taken[:-1])
        self.found.allowed += unheard
        self.found.duplicated += [f"{one.kind} in {len(taken)} copies"] * (len(taken) - 1 - unheard > 0)

    def _check_time(self, one: Notice) -> None:
        arrived = self.arrived[one.id]
        if any(copy.at >= one.expires_at for copy in arrived):
            self.found.late.append(f"{one.kind} after it had expired")
        early = timedelta(0) if one.kind in NO_DRIVING else TOGETHER
        if any(copy.at < one.due_at - early for copy in arrived):
            self.found.late.append(f"{one.kind} before it was due")
        most = PROMPT + (TOGETHER if one.kind in REMINDERS else timedelta(0))
        tried = self.year.post.failed[one.id] or one.attempts > 1
        if arrived and not tried and arrived[0].at - one.due_at > most and self._calm(one.due_at, arrived[0].at):
            self.found.late.append(f"{one.kind} due {one.due_at} taken {arrived[0].at} for no reason")

    def _calm(self, begin: datetime, end: datetime) -> bool:
        """Whether the worker and the server were there all the time."""
        return not self.year.post.off.touch(begin, end) and not self.year.post.away.touch(begin, end)

    # ------------------------------------------------------------------ what the letters said

    def _check_words(self, one: Notice) -> None:
        for copy in self.arrived[one.id]:
            if one.kind in NO_DRIVING:
                wrong = not any(self._dosed(key, copy.at) for key in self._appointments(one))
            elif one.kind in REMINDERS or one.kind == "plan-rides":
                wrong = not any(self._stands(key, copy) for key in self._appointments(one))
            else:
                wrong = not all(self._said(key, copy) for key in self._appointments(one))
            if wrong:
                self.found.misleading.append(f"{one.kind} at {copy.at}")

    def _dosed(self, key: UUID, at: datetime) -> bool:
        was = self.office.truth.around(key, at)
        return any(one.outcome is Outcome.GIVEN or (one.outcome is None and one.arrived_at) for one in was)

    def _stands(self, key: UUID, copy: Delivery) -> bool:
        """Whether a reminder names the time of a visit that was to take place then."""
        was = [one for one in self.office.truth.around(key, copy.at) if one.status in LIVE_THEN and one.start_at > copy.at]
        return any(self._names(copy, one.start_at) for one in was)

    def _said(self, key: UUID, copy: Delivery) -> bool:
        """Whether a letter about changes names the time of a visit that it is about, or does not need to."""
        was = self.office.truth.around(key, copy.at)
        live = [one for one in was if one.status in LIVE_THEN and one.start_at > copy.at]
        return len(live) < len(was) or any(self._names(copy, one.start_at) for one in live)

    def _names(self, copy: Delivery, at: datetime) -> bool:
        """Whether a letter names a time of the day on the clinic's wall, as any of its languages writes it."""
        wall = at.astimezone(self.office.zone)
        text = " ".join(copy.text.split())  # between the hour and "pm" stands a space that is none
        return any(said in text for said in (f"{wall:%H:%M}", f"{wall.hour % 12 or 12}:{wall:%M} {wall:%p}".lower()))

    # ------------------------------------------------------------------ what must have arrived

    def _expect(self, kind: str, key: UUID, begin: datetime, end: datetime, till: datetime | None = None) -> None:
        """Ask for one message of a kind about a visit in a stretch of time, unless a change overtook it at *till*."""
        if begin > self.year.clock.now:
            return
        self.found.expected += 1
        mine = self.about[kind, key]
        stop = min(end, till) if till else end
        early = timedelta(0) if kind in NO_DRIVING else TOGETHER
        came = [copy for one in mine for copy in self.arrived[one.id] if begin - early <= copy.at < end]
        if came or any(one.given_up_at and self._is_asked(one) and begin - early <= one.given_up_at for one in mine):
            return
        if self.year.clock.now < end and any(one.open for one in mine):
            return
        tried = any(self.year.post.failed[one.id] or one.attempts > 1 for one in mine)
        waited = not self._calm(begin - PROMPT, min(begin + PROMPT, stop)) or tried or stop < begin + TOGETHER
        if stop < end and waited:
            self.found.overtaken += 1
        else:
            self.found.lost.append(f"{kind} from {begin} until {end}, visit {key}")

    def _reminders(self, key: UUID, stretch: Stretch) -> None:
        record, at = stretch.record, self.office.at
        if not stretch.live:
            return
        day = record.start_at.astimezone(self.office.zone).date()
        asked, again, evening = at(day - 3 * DAY, 9), at(day - DAY, 9), at(day - DAY, 19)
        ride = self.office.truth.rides.get((key, record.sequence))
        ends = {"ride": again, "ride-again": evening, "prepare": record.start_at}
        for kind, begin in (("ride", asked), ("ride-again", again), ("prepare", evening)):
            if stretch.since >= begin or (stretch.till and stretch.till <= begin):
                continue
            if kind == "ride-again" and ride and ride <= begin:
                continue
            till = min((one for one in (stretch.till, ride if kind == "ride-again" else None) if one), default=None)
            self._expect(kind, key, begin, ends[kind], till)
        copies = Counter(
            one.kind for kind in REMINDERS for one in self.about[kind, key]
            if one.facts["sequence"] == record.sequence and self.arrived[one.id]
        )  # fmt: skip
        self.found.duplicated += [f"{kind} {n} times for a visit as it is" for kind, n in copies.items() if n > 1]

    def _driving(self, key: UUID) -> None:
        truth = self.office.truth
        record, dosed, came = truth.last(key), truth.known_since(key, "dosed_at"), truth.known_since(key, "arrived_at")
        if record.outcome is not Outcome.GIVEN or not dosed or not came:
            self._twice(key)
            return
        ready = min(dosed, max(came, record.end_at))
        left = record.discharged_at or max(record.end_at, record.dosed_at or record.end_at)
        day = left.astimezone(self.office.zone).date()
        at = self.office.at
        evening, morning, night = at(day, 20), at(day + DAY, 8), at(day + DAY, 20)
        if max(left, ready) < evening:
            self._expect("no-driving-discharge", key, min(ready, record.end_at), morning)
        if left < evening and ready < evening:
            self._expect("no-driving-evening", key, evening, morning)
        if ready < night:
            self._expect("no-driving-morning", key, morning, night)
        bound = left + DAY
        if record.profile.name == "infusion" and ready < bound:
            self._expect("no-driving-bound", key, min(bound, record.end_at + DAY), bound + DAY / 2)
        self._twice(key)

    def _twice(self, key: UUID) -> None:
        """No reminder of a kind comes twice for one day, whatever was corrected."""
        for kind in ("no-driving-discharge", "no-driving-evening", "no-driving-morning"):
            said = Counter(one.facts.get("about") for one in self.about[kind, key] if self.arrived[one.id])
            self.found.duplicated += [f"{kind} {n} times on {day}" for day, n in said.items() if n > 1]

    def _heard(self, key: UUID) -> None:
        """The patient knows of a visit's time before it, and of each that they knew of and that is not any more."""
        letters = sorted(self._news(key), key=lambda one: one[0])
        failed = any(one.given_up_at for kind in HEARD for one in self.about[kind, key])
        for stretch in self.office.truth.stretches(key):
            start, till = stretch.record.start_at, stretch.till
            if not stretch.live or start > self.year.clock.now or (till and till <= start) or failed:
                continue
            self.found.expected += 1
            if start not in [told for at, told in letters if at < start][-1:]:
                self.found.lost.append(f"the patient does not know of {start}, visit {key}")
        for (_, told), (following, _) in zip(letters, [*letters[1:], (None, None)], strict=False):
            if told and told <= self.year.clock.now and (following is None or following > told) and not failed:
                was = self.office.truth.around(key, told)
                if was and was[-1].start_at != told:
                    self.found.lost.append(f"the patient comes at {told} for nothing, visit {key}")

    def _news(self, key: UUID) -> Iterator[tuple[datetime, datetime | None]]:
        """Go through what the patient was told of a visit, and when: its start, or None where it is cancelled."""
        for one in self._changes(key):
            for copy in self.arrived[one.id]:
                was = self.office.truth.around(key, copy.at)[-1]
                yield copy.at, was.start_at if was.status in LIVE_THEN else None

    def _changes(self, key: UUID) -> Iterable[Notice]:
        return (one for kind in HEARD for one in self.about[kind, key])


HEARD = ("booked", "moved", "cancelled", "confirmed")
LIVE_THEN = ("tentative", "booked")


def reckon(year: Year) -> Reckoned:
    """Go through all clinics."""
    found = Reckoned()
    for office in year.town:
        Reckoning(year, office, found).go()
    return found
