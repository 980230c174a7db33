"""What must have come, by the rules and by what really was: reminders, what keeps from driving, and each change."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from planner.domain.attendance import Outcome
from planner.domain.notices import NO_DRIVING
from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord
from soak.reckoned import Reckoned
from soak.truth import Stretch
from soak.view import DAY, LIVE_THEN, PROMPT, TOGETHER, View, is_hourly, left_at

HEARD = ("booked", "moved", "cancelled", "confirmed")
RIDE_TASK = "ride-unconfirmed"
SWEEP = timedelta(minutes=1)


class Expected:
    """Goes through the visits."""

    def __init__(self, view: View, found: Reckoned) -> None:
        self.view, self.found, self.truth = view, found, view.truth

    def go(self, key: UUID) -> None:
        """Ask for all that a visit owed to its patient."""
        for stretch in self.truth.stretches(key):
            if stretch.live:
                self._reminders(key, stretch)
        self._driving(key)
        self._twice(key)
        self._heard(key)

    def _expect(
        self, kind: str, key: UUID, begin: datetime, end: datetime, till: datetime | None = None,
        first: datetime | None = None,
    ) -> None:  # fmt: skip
        """Ask for one message of a kind about a visit in a stretch of time, unless a change overtook it at *till*.

        It may come from *first* on.
        """
        view = self.view
        if begin > view.now:
            return
        self.found.expected += 1
        mine, stop = view.about[kind, key], min(end, till) if till else end
        early = (first or begin) - (timedelta(0) if kind in NO_DRIVING else TOGETHER)
        if any(early <= copy.at < end for one in mine for copy in view.came[one.id]):
            return
        if any(early <= mail.at < end <= (mail.back or end) for one in mine for mail in view.came_back(one)):
            return  # nobody knows in time that it did not come
        if any(one.given_up_at and view.is_asked(one) and early <= one.given_up_at for one in mine):
            return
        if any(one.id in self.truth.taken_back and one.kind not in NO_DRIVING for one in mine):
            return
        if view.now < end and any(one.open for one in mine):
            return
        if stop < end and self._is_hindered(mine, begin, stop):
            self.found.overtaken += 1
        else:
            self.found.lost.append(f"{kind} from {begin} until {end}, visit {key}")

    def _is_hindered(self, mine: Iterable[Notice], begin: datetime, stop: datetime) -> bool:
        """Whether it need not have gone before a change at *stop*."""
        ready = (self.view.free_at(one, begin) for one in mine)
        tried = any(self.view.is_tried(one) for one in mine)
        return tried or stop < begin + TOGETHER or any(at + PROMPT > stop for at in ready)

    # ------------------------------------------------------------------ before a visit

    def _reminders(self, key: UUID, stretch: Stretch) -> None:
        record, view = stretch.record, self.view
        begins = self._begins(record)
        ride = self.truth.rides.get((key, record.sequence))
        ends = {"ride": begins["ride-again"], "ride-again": begins["prepare"], "prepare": record.start_at}
        goes = {kind: self._goes(stretch, kind, begin, ends[kind]) for kind, begin in begins.items()}
        wanted = view.facts.people[record.patient_id].reminders
        for kind, (begin, first) in goes.items():
            if stretch.since >= begin or (stretch.till and stretch.till <= begin) or not wanted.at(begin):
                continue
            if kind == "ride-again" and ride and ride <= begin:
                continue
            off = wanted.first(False, begin, ends[kind])
            tills = (stretch.till, ride if kind == "ride-again" else None, off)
            self._expect(kind, key, begin, ends[kind], min((one for one in tills if one), default=None), first)
        self._count(key, stretch, {kind: first for kind, (_, first) in goes.items()})
        self._asks_for_ride(key, stretch, ride)

    def _begins(self, record: AppointmentRecord) -> dict[str, datetime]:
        """Tell from when on each reminder of a visit comes."""
        view, day = self.view, record.start_at.astimezone(self.view.facts.zone).date()
        return {"ride": view.at(day - 3 * DAY, 9), "ride-again": view.at(day - DAY, 9), "prepare": view.at(day - DAY, 19)}

    def _goes(self, stretch: Stretch, kind: str, begin: datetime, end: datetime) -> tuple[datetime, datetime]:
        """Tell when a reminder is to go, and from when on it may: before hours that are quiet for too long, as they were."""
        view, day = self.view, stretch.record.start_at.astimezone(self.view.facts.zone).date()
        latest = {"ride-again": view.at(day - DAY, 12), "prepare": view.at(day, 0)}.get(kind, end)
        person = view.facts.people[stretch.record.patient_id]
        first, stood = view.before_quiet(person, begin, latest, stretch.since)
        return (first if stood and stretch.since < first else begin), first

    def _count(self, key: UUID, stretch: Stretch, begins: dict[str, datetime]) -> None:
        """Each comes once while a visit stands as it does, whichever time it was owed for, and not too early for that."""
        for kind, begin in begins.items():
            mine = [one for one in self.view.about[kind, key] if one.id not in self.truth.resent]
            came = [one.sent_at for one in mine if one.sent_at and self.view.came[one.id]]
            then = [at for at in came if stretch.since < at and (stretch.till is None or at <= stretch.till)]
            self.found.duplicated += [f"{kind} {len(then)} times for a visit as it is, {key}"] * (len(then) > 1)
            self.found.late += [f"{kind} at {at}, before {begin}, {key}" for at in then if at < begin - TOGETHER]

    def _asks_for_ride(self, key: UUID, stretch: Stretch, ride: datetime | None) -> None:
        """The desk has a task from the noon before on, where nobody is named to take the patient home."""
        record = stretch.record
        day = record.start_at.astimezone(self.view.facts.zone).date()
        noon = self.view.at(day - DAY, 12)
        begin = self.view.traffic.off.over(max(noon, stretch.since)) + SWEEP
        ends = [one for one in (stretch.till, ride, record.start_at) if one]
        if stretch.since >= noon or min(ends) <= begin or begin > self.view.now:
            return
        self.found.expected += 1
        mine = (one for one in self.view.facts.tasks if (one.appointment_id, one.kind) == (key, RIDE_TASK))
        if not any(one.facts["sequence"] == record.sequence for one in mine):
            self.found.lost.append(f"nobody is asked to phone about the ride at {noon}, visit {key}")

    # ------------------------------------------------------------------ after a dose

    def _driving(self, key: UUID) -> None:
        truth, view = self.truth, self.view
        record, dosed, came = truth.last(key), truth.known_since(key, "dosed_at"), truth.known_since(key, "arrived_at")
        if record.outcome is not Outcome.GIVEN or not dosed or not came:
            return
        ready = min(dosed, max(came, record.end_at))
        left = left_at(record)
        day = left.astimezone(view.facts.zone).date()
        evening, morning, night = view.at(day, 20), view.at(day + DAY, 8), view.at(day + DAY, 20)
        if max(left, ready) < evening:
            self._expect("no-driving-discharge", key, min(ready, record.end_at), morning)
        if left < evening and ready < evening:
            self._expect("no-driving-evening", key, evening, morning)
        if ready < night:
            self._expect("no-driving-morning", key, morning, night)
        bound = left + DAY
        if is_hourly(record) and ready < bound:
            self._expect("no-driving-bound", key, min(bound, record.end_at + DAY), bound + DAY / 2)

    def _twice(self, key: UUID) -> None:
        """No reminder of a kind comes twice for one day, whatever was corrected: but the first one, where hours count.

        Who left later than was thought is told of the later hour.
        """
        lasts = {left_at(one) for _, one in self.truth.history[key] if one.outcome is Outcome.GIVEN}
        for kind in ("no-driving-discharge", "no-driving-evening", "no-driving-morning"):
            mine = (one for one in self.view.about[kind, key] if one.id not in self.truth.resent)
            said = Counter(one.facts.get("about") for one in mine if self.view.came[one.id])
            most = len(lasts) if kind == "no-driving-discharge" and is_hourly(self.truth.last(key)) else 1
            more = [(day, n) for day, n in said.items() if n > max(1, most)]
            self.found.duplicated += [f"{kind} {n} times on {day}, visit {key}" for day, n in more]

    # ------------------------------------------------------------------ what changed

    def _heard(self, key: UUID) -> None:
        """The patient knows of a visit's time before it, and of each that they knew of and that is not any more."""
        letters = sorted(self._news(key), key=lambda one: one[0])
        told_of = [one for kind in HEARD for one in self.view.about[kind, key]]
        left = any(one.given_up_at or one.id in self.truth.taken_back for one in told_of)
        for stretch in self.truth.stretches(key):
            start, till = stretch.record.start_at, stretch.till
            if not stretch.live or start > self.view.now or (till and till <= start) or left:
                continue
            self.found.expected += 1
            if start not in [told for at, told in letters if at < start][-1:]:
                self.found.lost.append(f"the patient does not know of {start}, visit {key}")
        for (_, told), (following, _) in zip(letters, [*letters[1:], (None, None)], strict=False):
            if told and told <= self.view.now and (following is None or following > told) and not left:
                was = self.truth.around(key, told)
                if was and was[-1].start_at != told:
                    self.found.lost.append(f"the patient comes at {told} for nothing, visit {key}")

    def _news(self, key: UUID) -> Iterator[tuple[datetime, datetime | None]]:
        """Go through what the patient was told of a visit, and when: its start, or None where it is cancelled."""
        for one in (one for kind in HEARD for one in self.view.about[kind, key]):
            for copy in self.view.came[one.id]:
                was = self.truth.around(key, copy.at)[-1]
                yield copy.at, was.start_at if was.status in LIVE_THEN else None
            for mail in self.view.came_back(one):
                was = self.truth.around(key, mail.at)[-1]
                if mail.back and mail.back >= was.start_at:  # nobody knows in time that it did not come
                    yield mail.at, was.start_at if was.status in LIVE_THEN else None
