"""When who takes a patient home is told when to pick up, that they need not come, and that they can come sooner.

The patient has agreed to it (Ride.contact), and it goes to nobody but the number that they named. What was told holds as
long as the visit ends when it was told to end, and nobody else is to come: that it was confirmed meanwhile is nothing to
them.

Where nothing was given the patient is ready hours before that. May they drive themselves? That is the clinic's to say, and
how they came is theirs; why it is sooner is nobody else's. So the escort is told that they can come now, and no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol as Interface
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.attendance import Outcome
from planner.domain.course import AppointmentStatus
from planner.domain.notices import UNDO_WINDOW, NoticeKind, Owed
from planner.domain.replies import Dated, ReplyKind, Ride, standing
from planner.domain.span import DAY, at_wall, local_day
from planner.domain.usable import text_number

GONE = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW})
"""What a visit is whose patient is not there to be taken home."""
_EVENING = time(19)
_ABOUT = timedelta(minutes=15)


class Answer(Dated, Interface):
    """What a patient said of an appointment; *ride*: who takes them home, where that is what they said."""

    @property
    def id(self) -> UUID:
        """Which answer."""

    @property
    def ride(self) -> Ride | None:
        """Who takes the patient home."""


@dataclass(frozen=True)
class Told:
    """What an escort was told: by which answer of the patient, and when the patient leaves (UTC)."""

    reply_id: UUID
    leaves_at: datetime


class Leaving(Interface):
    """A visit that its patient leaves."""

    @property
    def status(self) -> AppointmentStatus:
        """What became of it."""

    @property
    def end_at(self) -> datetime:
        """When the patient leaves as planned (UTC)."""

    @property
    def arrived_at(self) -> datetime | None:
        """When the patient came (UTC)."""

    @property
    def discharged_at(self) -> datetime | None:
        """When the patient left (UTC)."""

    @property
    def outcome(self) -> Outcome | None:
        """What became of the dose."""


A = TypeVar("A", bound=Answer)


def owed_pick_up(leaves_at: datetime, zone: ZoneInfo, now: datetime) -> Owed | None:
    """Owe it at 19:00 the evening before, or after the time to undo, until the patient leaves; None: too late."""
    evening = at_wall(local_day(leaves_at, zone) - DAY, _EVENING, zone)
    due_at = max(evening, now + UNDO_WINDOW)
    return Owed(NoticeKind.PICK_UP, due_at, leaves_at) if due_at < leaves_at else None


def owed_off(leaves_at: datetime, now: datetime, on_its_way_until: datetime) -> Owed | None:
    """Owe that nobody need come, after the time to undo and when it is known what was sent, until they would have left."""
    due_at = max(now + UNDO_WINDOW, on_its_way_until)
    return Owed(NoticeKind.PICK_UP_OFF, due_at, leaves_at) if due_at < leaves_at else None


def owed_early(leaves_at: datetime, now: datetime, on_its_way_until: datetime) -> Owed | None:
    """Owe that the patient can be picked up already, likewise, until whoever takes them home would be there anyway."""
    due_at, there = max(now + UNDO_WINDOW, on_its_way_until), window(leaves_at)[0]
    return Owed(NoticeKind.PICK_UP_EARLY, due_at, there) if due_at < there else None


def is_ready(visit: Leaving) -> bool:
    """Whether a patient waits to be taken home before the planned time, since nothing was given."""
    return bool(visit.arrived_at) and visit.outcome is Outcome.NOTHING_GIVEN and not visit.discharged_at


def leaving(visit: Leaving) -> datetime | None:
    """Give when a patient leaves, as planned; None for one who does not come."""
    return None if visit.status in GONE else visit.end_at


def window(leaves_at: datetime) -> tuple[datetime, datetime]:
    """Give from when until when about to be there for a patient who is planned to leave at an instant."""
    return leaves_at - _ABOUT, leaves_at + _ABOUT


def escort_of(answers: Iterable[A], sequence: int) -> A | None:
    """Find who is to be told of an appointment as it is now: whom the patient named last, and agreed that we tell."""
    said = standing(answers, sequence).get(ReplyKind.RIDE)
    return said if said and said.ride and said.ride.contact else None


def holds(told: Told, answers: Iterable[Answer], leaves_at: datetime | None) -> bool:
    """Whether what an escort was told is still so; *leaves_at*: when the patient leaves now, None: they do not come."""
    rides = [one for one in answers if one.kind is ReplyKind.RIDE and one.ride]
    then = next((one.ride for one in rides if one.id == told.reply_id), None)
    last = rides[-1].ride if rides else None
    if leaves_at != told.leaves_at or then is None or last is None or not last.contact:
        return False
    return _number(last) == _number(then)


def _number(ride: Ride) -> str | None:
    return text_number(ride.phone) or ride.phone
