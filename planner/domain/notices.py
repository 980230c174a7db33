"""Which notices an event owes to the patient, when each is due, and until when it still makes sense."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from planner.domain.driving import advise
from planner.domain.protocol import DrivingRule
from planner.domain.span import DAY, at_wall, day_start, local_day

UNDO_WINDOW = timedelta(seconds=10)
"""How long a change can be undone, and how long its message waits for that."""
_EVENING, _MORNING = time(20), time(8)
_BOUND_LASTS = timedelta(hours=12)


class NoticeKind(StrEnum):
    """What a patient is told."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"
    DISCHARGE = "no-driving-discharge"
    EVENING = "no-driving-evening"
    MORNING = "no-driving-morning"
    BOUND = "no-driving-bound"
    INVITATION = "invitation"
    """By a mail of its own for each appointment, which the patient's calendar program reads."""
    PAGE_LINK = "page-link"
    PLAN_RIDES = "plan-rides"
    RIDE = "ride"
    RIDE_AGAIN = "ride-again"
    PREPARE = "prepare"
    PICK_UP = "pick-up"
    """To who takes the patient home: when and where, and nothing else."""
    PICK_UP_OFF = "pick-up-off"
    PICK_UP_EARLY = "pick-up-early"
    """To who was told when: that the patient is ready before that."""

    @property
    def safety(self) -> bool:
        """Whether it tells a dosed patient not to drive: it is never switched off, and one that fails is a phone call."""
        return self in NO_DRIVING


NO_DRIVING = frozenset({NoticeKind.DISCHARGE, NoticeKind.EVENING, NoticeKind.MORNING, NoticeKind.BOUND})
BEFORE = frozenset({NoticeKind.PLAN_RIDES, NoticeKind.RIDE, NoticeKind.RIDE_AGAIN, NoticeKind.PREPARE})
"""What a visit owes to its patient before it."""
BY_MAIL = frozenset({NoticeKind.INVITATION, NoticeKind.PAGE_LINK})
"""What goes by mail only: a calendar program reads it, or the patient has just asked for it."""
ESCORTED = frozenset({NoticeKind.PICK_UP, NoticeKind.PICK_UP_OFF, NoticeKind.PICK_UP_EARLY})
"""What is for who takes the patient home, and for nobody else: by text message only."""
ALONE = BY_MAIL | ESCORTED
"""What goes in a message of its own."""
PHONE_TASK = "phone-no-driving"
"""The task to phone a patient whom a message that keeps them from driving did not reach, or may not have."""
HELD = ("quiet-hours", "together")
"""The outcomes of what is due but waits as it should: for the end of quiet hours, or to go with a no-driving message."""
TOGETHER = timedelta(hours=2)
"""What is due to one person within this time is one message."""
ABOUT_CHANGES = frozenset({NoticeKind.BOOKED, NoticeKind.MOVED, NoticeKind.CANCELLED, NoticeKind.CONFIRMED})


@dataclass(frozen=True)
class Owed:
    """A notice before it is anybody's: due at an instant, and misleading from another on (both UTC).

    *followed_at*: when the next one is due, which says the same; None for all that are not followed by one.
    """

    kind: NoticeKind
    due_at: datetime
    expires_at: datetime
    followed_at: datetime | None = None

    def is_worth_owing(self, now: datetime) -> bool:
        """Whether it still makes sense, and no other one that is due as well says the same."""
        return now < self.expires_at and not (self.followed_at and self.followed_at <= now)


def owed_after_dose(rule: DrivingRule, *, leaves_at: datetime, zone: ZoneInfo) -> tuple[Owed, ...]:
    """List what a dose owes: as the patient leaves, at 20:00 that local day, at 08:00 on the next, and at a later bound.

    *leaves_at*: the recorded discharge, or while there is none the planned end. Who leaves at 20:00 or later gets no
    evening message, and may get the first one all night; else that makes sense until midnight, so that there is time to
    send it however late it becomes due.
    """
    day = local_day(leaves_at, zone)
    evening, morning = at_wall(day, _EVENING, zone), at_wall(day + DAY, _MORNING, zone)
    if leaves_at < evening:
        found = [
            Owed(NoticeKind.DISCHARGE, leaves_at, day_start(day + DAY, zone), followed_at=evening),
            Owed(NoticeKind.EVENING, evening, morning),
        ]
    else:
        found = [Owed(NoticeKind.DISCHARGE, leaves_at, morning)]
    found.append(Owed(NoticeKind.MORNING, morning, at_wall(day + DAY, _EVENING, zone)))
    bound = advise(rule, leaves_at, zone).not_before
    if bound and bound > morning:
        found.append(Owed(NoticeKind.BOUND, bound, bound + _BOUND_LASTS))
    return tuple(found)


def owed_for_change(kind: NoticeKind, now: datetime, starts: Iterable[datetime]) -> Owed | None:
    """Owe one message about a change, after the time to undo it, until the last of the starts it is about; none is past."""
    ahead = [start for start in starts if start > now]
    return Owed(kind, now + UNDO_WINDOW, max(ahead)) if ahead else None
