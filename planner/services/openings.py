"""Where one appointment may be moved to: the starts of a day that break no rule, and the nearest on the days around it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from planner.domain.bitmaps import CHUNK, instant_of
from planner.domain.course import LIVE
from planner.domain.occupancy import lane
from planner.domain.reach import set_bits
from planner.domain.roles import Permission
from planner.domain.rules import check_spacing
from planner.domain.span import at_wall, check_day, local_day
from planner.services.context import Context
from planner.services.moving import Movable, movable
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

_AROUND = 14
_OTHER_DAYS = 6


@dataclass(frozen=True)
class Openings:
    """The starts (UTC) to which an appointment may be moved: of one local day, and one each of days around it."""

    day: date
    that_day: tuple[datetime, ...] = ()
    other_days: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class _Search:
    one: Movable
    wall: time
    """The wall time to stay near to."""

    def legal_on(self, day: date) -> Iterator[datetime]:
        """Go through the day's starts that break no rule, those nearest to the wished wall time first."""
        record, sought = self.one.record, self.one.sought
        zone = sought.request.clinic.zone
        wished = at_wall(day, self.wall, zone)
        if list(check_spacing(sought.request, sought.wanted, wished, sought.around)):
            return
        bits = lane(sought.occupancy.starts(record.profile, day.toordinal() // CHUNK), day)
        starts = (instant_of(day, slot, zone) for slot in set_bits(bits))
        for start in sorted(starts, key=lambda one: (abs(one - wished), one)):
            if start != record.start_at and not self.one.violations(start):
                yield start


def openings(ctx: Context, *, appointment_id: UUID, day: date | None = None) -> Openings:
    """Find where an appointment may be moved to on a local day (None: its own) and around it, near its wall time.

    Raises InvalidValue for a day that cannot be, NotFound, Forbidden.
    """
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return openings_of(uow, uow.appointments.get(appointment_id), ctx.clock(), day)


def openings_of(uow: UnitOfWork, record: AppointmentRecord, now: datetime, day: date | None = None) -> Openings:
    """Find the same in a snapshot; raises InvalidValue for a day that cannot be."""
    zone = uow.clinics.get(now).zone
    wanted = check_day(day or local_day(record.start_at, zone), "day")
    if record.status not in LIVE:
        return Openings(wanted)
    wall = record.start_at.astimezone(zone).time()
    search = _Search(movable(uow, record, at_wall(wanted, wall, zone), now), wall)
    today = local_day(now, zone)
    others = (next(search.legal_on(other), None) for other in _around(wanted) if other >= today)
    found = [start for start in others if start][:_OTHER_DAYS]
    return Openings(wanted, tuple(sorted(search.legal_on(wanted))), tuple(sorted(found)))


def _around(day: date) -> Iterator[date]:
    """Go through the days around one, the nearest first."""
    for off in range(1, _AROUND + 1):
        yield day - timedelta(days=off)
        yield day + timedelta(days=off)
