"""What is taken, as far as this process remembers it: a preview reads only what has changed since the last one.

Only snapshots that write nothing use it: whoever holds the calendar's lock reads afresh.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from planner.domain.bitmaps import Midnights
from planner.domain.clinic import Clinic
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.span import from_minute, local_day, minute_of
from planner.services.briefing import FARTHEST, taken_from
from planner.storage.changes import MinuteSpan
from planner.storage.kept import Kept, KeptCalendars
from planner.storage.unit_of_work import UnitOfWork

MOST_DAYS = 90
"""Days that are read again one by one; where more have changed, all are read."""


def occupancy_from(uow: UnitOfWork, clinic: Clinic, now: datetime, without: Collection[UUID] = ()) -> Occupancy:
    """Give what is taken from now on, less what some appointments take themselves, or expired holds; nobody adds to it."""
    if uow.kept is None:
        return Occupancy(clinic, taken_from(uow, now, without))
    known = _up_to_date(uow, uow.kept, clinic, now)
    gone = set(uow.occupancy.of_expired_holds(now))
    if without:
        gone |= {row for taken in uow.occupancy.of_appointments(without).values() for row in taken}
    if not gone:
        return known
    days = _days_of(((row.start, row.end) for row in gone), clinic)
    return known.with_days(days, [row for row in _rows_on(uow, days, clinic) if row not in gone])


def _up_to_date(uow: UnitOfWork, kept: KeptCalendars, clinic: Clinic, now: datetime) -> Occupancy:
    """Give all that is taken from yesterday on: as remembered, with what has changed read again, or read anew."""
    old, first_day = kept.get(clinic.id), local_day(now, clinic.zone).toordinal() - 1
    since = uow.changes.since(old.revision) if old and old.clinic is clinic and old.first_day == first_day else None
    if old is None or since is None:
        return _anew(uow, kept, clinic, first_day)
    if since.revision == old.revision:
        return old.occupancy
    days = [day for day in _days_of(since.spans, clinic) if day >= first_day]
    if len(days) > MOST_DAYS:
        return _anew(uow, kept, clinic, first_day)
    occupancy = old.occupancy.with_days(days, _rows_on(uow, days, clinic))
    kept.put(clinic.id, Kept(clinic, first_day, since.revision, occupancy))
    return occupancy


def _anew(uow: UnitOfWork, kept: KeptCalendars, clinic: Clinic, first_day: int) -> Occupancy:
    revision, first = uow.changes.latest(), Midnights(clinic.zone).of(first_day)
    rows = uow.occupancy.rows(first, minute_of(from_minute(first) + FARTHEST))
    occupancy = Occupancy(clinic, rows)
    kept.put(clinic.id, Kept(clinic, first_day, revision, occupancy))
    return occupancy


def _days_of(spans: Iterable[MinuteSpan], clinic: Clinic) -> list[int]:
    """List the local days that some spans touch, in order."""
    midnights = Midnights(clinic.zone)
    return sorted({day for first, last in spans for day, _ in midnights.lanes(first, last)})


def _rows_on(uow: UnitOfWork, days: Sequence[int], clinic: Clinic) -> list[BusyRow]:
    midnights = Midnights(clinic.zone)
    return uow.occupancy.rows_touching((midnights.of(day), midnights.of(day + 1)) for day in days)
