"""Which reminders a visit owes before it: rides to be planned, asked for and asked for again, and how to prepare.

All are at a wall time of the clinic, so many calendar days before (domain.md, section 5); hours elapse otherwise in the
night in which the clocks change. What would have been due before it was owed is never sent late instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from planner.domain.notices import NoticeKind, Owed
from planner.domain.span import DAY, at_wall, local_day

_ASKING, _TASK, _PREPARING = time(9), time(12), time(19)
_SERIES_DAYS, _RIDE_DAYS = 7, 3


@dataclass(frozen=True)
class Coming:
    """A visit to come, as its reminders see it; instants in UTC.

    *arrives_at*: when the patient is asked to be there. *cut_offs*: from when on something of how to prepare holds.
    *dosing*: somebody must take the patient home; *ride*: it is said who. *first*: it begins a series.
    """

    start_at: datetime
    arrives_at: datetime
    dosing: bool
    cut_offs: tuple[datetime, ...] = ()
    ride: bool = False
    first: bool = False

    def day(self, zone: ZoneInfo) -> date:
        """Give its local day."""
        return local_day(self.start_at, zone)


def owed_before(visit: Coming, zone: ZoneInfo, now: datetime) -> tuple[Owed, ...]:
    """List what a visit still owes before it, by when it is due; nothing that would have been due already."""
    return tuple(one for one in reminders_of(visit, zone) if one.due_at > now)


def reminders_of(visit: Coming, zone: ZoneInfo) -> Iterator[Owed]:
    """Go through all that a visit owes before it, by when it is due, had it been owed for long."""
    day = visit.day(zone)
    asked, again = at_wall(day - _RIDE_DAYS * DAY, _ASKING, zone), asks_again_at(day, zone)
    evening = evening_before(day, zone)
    if visit.first and visit.dosing:
        yield Owed(NoticeKind.PLAN_RIDES, at_wall(day - _SERIES_DAYS * DAY, _ASKING, zone), asked)
    yield Owed(NoticeKind.RIDE, asked, again)
    if visit.dosing and not visit.ride:
        yield Owed(NoticeKind.RIDE_AGAIN, again, evening)
    ends = (*visit.cut_offs, visit.arrives_at, visit.start_at)
    yield Owed(NoticeKind.PREPARE, evening, min(one for one in ends if one > evening))


def asks_again_at(day: date, zone: ZoneInfo) -> datetime:
    """Tell when a ride to a visit on a local day is asked for the last time by a reminder of its own."""
    return at_wall(day - DAY, _ASKING, zone)


def evening_before(day: date, zone: ZoneInfo) -> datetime:
    """Tell when it is said how to prepare for a visit on a local day; what must begin before then is said earlier, too."""
    return at_wall(day - DAY, _PREPARING, zone)


def ride_task_due(visit: Coming, zone: ZoneInfo) -> datetime | None:
    """Tell from when on the desk must phone about a ride that nobody has named: the noon before. None where none is due."""
    if not visit.dosing or visit.ride:
        return None
    return at_wall(visit.day(zone) - DAY, _TASK, zone)
