"""Which reminders a visit owes before it: rides to be planned, asked for and asked for again, and how to prepare.

All are at a wall time of the clinic, so many calendar days before (domain.md, section 5); hours elapse otherwise in the
night in which the clocks change. What would have been due before it was owed is never sent late instead.

Where it is quiet for the patient then, a reminder goes at the end of that, if this is soon enough: on the same evening for
how to prepare, before the desk phones for a ride that is asked for again. Else it goes before the quiet hours begin.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from planner.domain.channels import Quiet
from planner.domain.notices import NoticeKind, Owed
from planner.domain.span import DAY, at_wall, day_start, local_day

_ASKING, _TASK, _PREPARING = time(9), time(12), time(19)
_SERIES_DAYS, _RIDE_DAYS = 7, 3
_TRYING = timedelta(minutes=30)
"""How long before quiet hours what cannot wait goes: three tries and another channel's turn fit into it."""


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


def owed_before(visit: Coming, zone: ZoneInfo, now: datetime, quiet: Quiet | None = None) -> tuple[Owed, ...]:
    """List what a visit still owes before it, by its own time; nothing whose own time is over.

    *quiet*: when the patient is not written to. What ought to have gone before those hours by now stays at its own time.
    """
    ahead = (one for one in reminders_of(visit, zone) if one.due_at > now)
    return tuple(replace(one, due_at=_going(one, visit, quiet, zone, now)) for one in ahead)


def is_still_owed(waiting: Owed, visit: Coming, zone: ZoneInfo, now: datetime, quiet: Quiet | None = None) -> bool:
    """Whether a reminder that waits is owed as it is: at the time at which it would be now, or whenever it went since."""
    own = next((one for one in reminders_of(visit, zone) if one.kind is waiting.kind), None)
    if own is None or own.expires_at != waiting.expires_at:
        return False
    goes = goes_at(own, visit, quiet, zone)
    return own.due_at <= now or waiting.due_at in {goes, _going(own, visit, quiet, zone, now)}


def goes_at(one: Owed, visit: Coming, quiet: Quiet | None, zone: ZoneInfo) -> datetime:
    """Tell when a reminder goes that is owed for long: at its own time, or after the quiet hours then, or before them."""
    if quiet is None:
        return one.due_at
    over = quiet.after(one.due_at, zone)
    return over if over < _too_late(one, visit, zone) else quiet.before(one.due_at, _TRYING, zone)


def _going(one: Owed, visit: Coming, quiet: Quiet | None, zone: ZoneInfo, now: datetime) -> datetime:
    goes = goes_at(one, visit, quiet, zone)
    return goes if goes > now else one.due_at


def _too_late(one: Owed, visit: Coming, zone: ZoneInfo) -> datetime:
    """Tell until when a reminder can wait: all that it asks is still to be done, and nobody has phoned for it instead."""
    day = visit.day(zone)
    ends = [one.expires_at, *(each for each in visit.cut_offs if each > one.due_at)]
    if one.kind is NoticeKind.RIDE_AGAIN:
        ends.append(_phoned_at(day, zone))
    if one.kind is NoticeKind.PREPARE:
        ends.append(day_start(day, zone))
    return min(ends)


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
    return _phoned_at(visit.day(zone), zone)


def _phoned_at(day: date, zone: ZoneInfo) -> datetime:
    return at_wall(day - DAY, _TASK, zone)
