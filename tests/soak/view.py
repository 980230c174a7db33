"""What is known of one clinic when the year is over, and what follows of each message: when it came, what hindered it.

It reads the clock on the wall, the history of the appointments and what was chosen, not the code that owes and sends.
"""

from collections import defaultdict
from datetime import datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from planner.domain.channels import Channel
from planner.domain.notices import ALONE, BEFORE, ESCORTED, NO_DRIVING
from planner.storage.desk_records import Notice
from planner.storage.link_records import Reply
from planner.storage.records import AppointmentRecord, Task
from soak.facts import Facts
from soak.people import Hours, Person, dialled, quiet_since, quiet_until
from soak.post import SENDING, Taken

DAY = timedelta(days=1)
PROMPT = timedelta(seconds=15)
"""How long after it is due something may leave that nothing stood in the way of."""
TOGETHER = timedelta(hours=2)
"""Within what time messages to one person are one."""
MARGIN = timedelta(minutes=30)
"""How long before quiet hours a reminder goes that cannot wait for their end."""
CHANGES = ("added", "moved", "cancelled", "confirmed", "appointments")
INVITATION = "invitation"
LIVE_THEN = ("tentative", "booked")
GONE = ("cancelled", "noshow")
"""What a visit is whose patient is not there to be taken home."""


class View:
    """What follows from the facts of one clinic."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.truth, self.traffic, self.now = facts, facts.truth, facts.traffic, facts.now
        self.notices = facts.notices
        self.asked = defaultdict[UUID, list[Task]](list)
        for task in facts.tasks:
            if "notice" in task.facts:
                self.asked[UUID(str(task.facts["notice"]))].append(task)
        self.notices_of = defaultdict[UUID | None, list[Notice]](list)
        for one in self.notices:
            self.notices_of[one.patient_id].append(one)
        self.tasks = defaultdict[UUID | None, list[Task]](list)
        for task in facts.tasks:
            self.tasks[task.appointment_id].append(task)
        self.replies = defaultdict[UUID, list[Reply]](list)
        for reply in facts.replies:
            self.replies[reply.appointment_id].append(reply)
        self.visits = defaultdict[UUID | None, list[UUID]](list)
        for key, history in self.truth.history.items():
            self.visits[history[0][1].patient_id].append(key)
        self.returned = defaultdict[UUID | None, list[Taken]](list)
        for one in self.notices:
            self.returned[one.patient_id] += (copy for copy in self.traffic.taken.get(one.id, ()) if copy.back)
        self.came = {one.id: self._came(one) for one in self.notices}
        self.about = defaultdict[tuple[str, UUID], list[Notice]](list)
        for one in self.notices:
            for key in appointments_of(one):
                self.about[one.kind, key].append(one)

    @cached_property
    def _letters(self) -> dict[tuple[UUID | None, datetime], list[Taken]]:
        found = defaultdict[tuple[UUID | None, datetime], list[Taken]](list)
        for one in self.notices:
            for taken in self._arrived(one) if one.kind not in ALONE else ():
                for at in {taken.at, taken.heard or taken.at}:
                    found[one.patient_id, at].append(taken)
        return found

    def _came(self, one: Notice) -> list[Taken]:
        """List when a message arrived, by itself or in one with others to the same patient."""
        mine, at = self._arrived(one), one.sent_at
        if at is None or one.patient_id is None or one.kind in ALONE or any(taken.is_settled(at) for taken in mine):
            return mine
        return mine + [taken for taken in self._letters.get((one.patient_id, at), ()) if taken.channel == one.channel][:1]

    def _arrived(self, one: Notice) -> list[Taken]:
        return [copy for copy in self.traffic.taken.get(one.id, ()) if not copy.back]

    def came_back(self, one: Notice) -> list[Taken]:
        """List the mails in which a message can have been that came back."""
        mine = self.returned[one.patient_id]
        if one.kind in ALONE:
            return [copy for copy in mine if copy.notice == one.id]
        return [copy for copy in mine if copy.at >= max(one.created_at, one.due_at - TOGETHER)]

    def together(self, one: Notice, copy: Taken) -> list[Notice]:
        """List the messages that came in one; of a copy that nobody heard of those that can have been in it."""
        if copy.noted:
            return self._merged[id(copy)]
        mine = (other for other in self.notices_of[one.patient_id] if other.created_at <= copy.at)
        return [other for other in mine if other.open or not other.sent_at or other.sent_at >= copy.at]

    @cached_property
    def _merged(self) -> dict[int, list[Notice]]:
        found = defaultdict[int, list[Notice]](list)
        for one in self.notices:
            for copy in self.came[one.id]:
                found[id(copy)].append(one)
        return found

    def person(self, one: Notice) -> Person:
        """Give whose message it is."""
        assert one.patient_id
        return self.facts.people[one.patient_id]

    def is_asked(self, one: Notice) -> bool:
        """Whether a person was asked, or had an address to see to: one task is enough for the reminders that it fails."""
        if self.asked[one.id]:
            return True
        tasks = (task for task in self.facts.tasks if "refused_at" not in task.facts)  # those ask to correct an address
        mine = (task for task in tasks if (task.patient_id, task.kind) == (one.patient_id, "undeliverable"))
        given_up = one.given_up_at
        return one.kind in {*BEFORE, INVITATION} and given_up is not None and any(
            task.created_at <= given_up and (task.done_at is None or task.done_at >= given_up) for task in mine
        )  # fmt: skip

    def is_tried(self, one: Notice) -> bool:
        """Whether it was tried before, so that it came when it is tried again."""
        return bool(self.traffic.failed[one.id]) or one.attempts > 1

    # ------------------------------------------------------------------ what hinders a message

    @property
    def clinics_quiet(self) -> Hours | None:
        """When the clinic writes to nobody who has not said otherwise."""
        clinics = self.facts.policy.quiet
        return (clinics.start, clinics.end) if clinics else None

    def quiet_till(self, one: Notice, at: datetime) -> datetime:
        """Give the instant itself, or the end of the hours in which this may not come: the patient's, or the clinic's."""
        if one.kind in NO_DRIVING and self.facts.policy.safety_in_quiet:
            return at
        own = self.person(one).quiet.at(at) if one.kind not in ESCORTED else None
        return quiet_until(own or self.clinics_quiet, at, self.facts.zone)

    def before_quiet(self, person: Person, at: datetime, latest: datetime, since: datetime) -> tuple[datetime, bool]:
        """Give when a reminder goes that is for an instant, and cannot wait longer than *latest* for it to be no more quiet.

        Of all quiet hours of theirs *since* another instant the earliest, and whether they stood all that time.
        """
        all_hours = {person.quiet.at(since), *(hours for then, hours in person.quiet.changes() if since <= then <= at)}
        too_long = (one for one in (one or self.clinics_quiet for one in all_hours) if self._is_quiet(one, at, latest))
        goes = min((quiet_since(hours, at, self.facts.zone) - MARGIN for hours in too_long), default=at)
        return goes, len(all_hours) == 1

    def _is_quiet(self, hours: Hours | None, at: datetime, till: datetime) -> bool:
        return quiet_until(hours, at, self.facts.zone) >= till

    def free_at(self, one: Notice, at: datetime, channels: tuple[Channel, ...] = SENDING) -> datetime:
        """Give from when on nothing hinders a message: quiet hours, a worker or a carrier that is away, a full minute."""
        for _ in range(100):
            later = max(self.quiet_till(one, at), self.traffic.off.over(at))
            for channel in channels:
                later = max(later, self.traffic.away[channel].over(at))
                later = max(later, at if one.kind in NO_DRIVING else self.traffic.room(channel, at))
            if later <= at:
                return at
            at = later
        return at

    def at(self, day: datetime, hour: int) -> datetime:
        """Give the instant of a full hour on the wall."""
        return datetime.combine(day, time(hour), self.facts.zone).astimezone(self.now.tzinfo)

    def escort(self, one: Notice) -> str | None:
        """Give the number of who is to be told by a message: it is about one answer of the patient."""
        said = (named for key in appointments_of(one) for named in self.truth.named[key])
        return next((dialled(named.number) for named in said if str(named.reply) == one.facts.get("reply")), None)


def appointments_of(one: Notice) -> set[UUID]:
    """List the appointments that a message is about."""
    named = {key for name in CHANGES for key in one.facts.get(name, [])} | {one.facts.get("appointment")}
    return {UUID(key) for key in named if key}


def left_at(visit: AppointmentRecord) -> datetime:
    """Tell when a patient left, as far as is known of a visit."""
    return visit.discharged_at or max(visit.end_at, visit.dosed_at or visit.arrived_at or visit.end_at)


def is_hourly(visit: AppointmentRecord) -> bool:
    """Whether the patient must not drive for 24 hours either: after an infusion."""
    return visit.profile.name == "infusion"
