"""The nearest way out of a refusal: the start closest to the proposed one that keeps the rule it broke."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from planner.domain.bitmaps import CHUNK, grid_bits, instant_of, slot_of
from planner.domain.clinic import Clinic
from planner.domain.occupancy import lane
from planner.domain.reach import set_bits
from planner.domain.span import at_wall, local_day

LOOK_AHEAD_DAYS = 60


def on_grid(start: datetime, clinic: Clinic) -> datetime:
    """Give the nearest start on the clinic's grid, on the same day: of two as near, the earlier."""
    day = local_day(start, clinic.zone)
    starts = (instant_of(day, slot, clinic.zone) for slot in set_bits(_grid(day, clinic)))
    return min(starts, key=lambda at: (abs(at - start), at))


def on_day(usable: int, start: datetime, day: date, clinic: Clinic) -> datetime | None:
    """Give the usable start of a day, on the grid, that is nearest to the proposed one."""
    slot = slot_of(start, day, clinic.zone)
    nearest = min(set_bits(usable & _grid(day, clinic)), key=lambda one: (abs(one - slot), one), default=None)
    return None if nearest is None else instant_of(day, nearest, clinic.zone)


def from_day(usable: Callable[[date], int], start: datetime, clinic: Clinic) -> datetime | None:
    """Give the nearest usable start of the first day that has one, from the proposed day on; None within sixty days."""
    first = local_day(start, clinic.zone).toordinal()
    days = (date.fromordinal(day) for day in range(first, first + LOOK_AHEAD_DAYS))
    found = (on_day(usable(day), same_wall(start, day.toordinal(), clinic.zone), day, clinic) for day in days)
    return next((start for start in found if start), None)


def same_wall(start: datetime, ordinal: int, zone: ZoneInfo) -> datetime:
    """Give the same wall time on another day."""
    return at_wall(date.fromordinal(ordinal), start.astimezone(zone).time(), zone)


def _grid(day: date, clinic: Clinic) -> int:
    return lane(grid_bits(day.toordinal() // CHUNK, clinic.zone, clinic.grid_minutes), day)
