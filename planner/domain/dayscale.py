"""One local day to scale, in five-minute columns from an hour of the clinic's wall; columns count elapsed time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from zoneinfo import ZoneInfo

from planner.domain.bitmaps import day_slots, hours_lane, instant_of, slot_from, slot_of, stretch, wall_minutes
from planner.domain.clinic import Absence, Clinic, Closure, Resource
from planner.domain.span import DAY, day_start, minute_of
from planner.domain.visit import SLOT

HOUR = 60 // SLOT
QUARTER = 15 // SLOT
_FURTHEST = 60


@dataclass(frozen=True)
class Stretch:
    """A place on the axis: its first column, counted from 0, and its length in columns of five minutes."""

    at: int
    length: int


@dataclass(frozen=True)
class Scale:
    """The part of a day that is drawn: slots [first, last) of five minutes since the day's midnight, whole hours."""

    day: date
    zone: ZoneInfo
    first: int
    last: int

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return self.last - self.first

    @cached_property
    def hours(self) -> tuple[int, ...]:
        """List the columns at which an hour of the wall clock begins."""
        slots = range(self.first, self.last)
        return tuple(slot - self.first for slot in slots if wall_minutes(self.day, slot, self.zone) % 60 == 0)

    @cached_property
    def walls(self) -> tuple[str, ...]:
        """Write the wall time at which each column begins, and the one at which the last ends: "08:00"."""
        minutes = (wall_minutes(self.day, slot, self.zone) for slot in range(self.first, self.last + 1))
        return tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)

    def instant(self, column: int) -> datetime:
        """Give the UTC instant at which a column begins."""
        return instant_of(self.day, self.first + column, self.zone)

    def column(self, instant: datetime) -> int | None:
        """Give the column of an instant; None outside of the axis."""
        slot = slot_of(instant, self.day, self.zone)
        return slot - self.first if self.first <= slot < self.last else None

    def stretch(self, start: datetime, end: datetime) -> Stretch | None:
        """Lay a stretch of time on the axis, cut where the axis ends; None where nothing of it is left."""
        first = max(slot_of(start, self.day, self.zone), self.first)
        last = min(slot_from(end, self.day, self.zone), self.last)
        return Stretch(first - self.first, last - first) if last > first else None

    def stretches(self, lane: int) -> tuple[Stretch, ...]:
        """Lay the runs of set bits of a lane on the axis."""
        bits = lane >> self.first & stretch(0, self.columns)
        return tuple(Stretch(first, last - first) for first, last in _runs(bits))


def _runs(bits: int) -> Iterator[tuple[int, int]]:
    at = 0
    while bits:
        zeros = (bits & -bits).bit_length() - 1
        bits >>= zeros
        ones = (~bits & (bits + 1)).bit_length() - 1
        yield at + zeros, at + zeros + ones
        bits >>= ones
        at += zeros + ones


def scale_of(day: date, zone: ZoneInfo, open_lane: int, spans: Iterable[tuple[datetime, datetime]]) -> Scale:
    """Choose whole hours that show when a clinic is open, and all that takes place; 8 to 18 of an empty day."""
    slots = [(max(0, slot_of(start, day, zone)), slot_from(end, day, zone)) for start, end in spans]
    if open_lane:
        slots.append(((open_lane & -open_lane).bit_length() - 1, open_lane.bit_length()))
    first = min((one for one, _ in slots), default=8 * HOUR)
    last = min(max((one for _, one in slots), default=18 * HOUR), day_slots(day, zone))
    while first > 0 and wall_minutes(day, first, zone) % 60:
        first -= 1
    while last < day_slots(day, zone) and wall_minutes(day, last, zone) % 60:
        last += 1
    return Scale(day, zone, first, last)


def open_lane(clinic: Clinic, day: date) -> int:
    """Set the slots of a day in which the clinic is open: its hours less holidays and closures."""
    if clinic.holiday_on(day):
        return 0
    hours = hours_lane(clinic.hours.on(day), day, clinic.zone)
    return hours & ~_covered(clinic.closures, day, clinic.zone) if hours else 0


def there_lane(clinic: Clinic, resource: Resource, day: date, opening: int) -> int:
    """Set the slots of a day in which a resource is there: its shifts, or while the clinic is open, less absences."""
    there = hours_lane(resource.hours.on(day), day, clinic.zone) if resource.hours else opening
    return there & ~_covered(resource.absences, day, clinic.zone) if resource.absences else there


def _covered(stretches: Iterable[Closure | Absence], day: date, zone: ZoneInfo) -> int:
    midnight, following, bits = day_start(day, zone), day_start(day + DAY, zone), 0
    for one in stretches:
        if one.span.start < following and midnight < one.span.end:
            bits |= stretch(max(0, slot_of(one.span.start, day, zone)), slot_from(min(one.span.end, following), day, zone))
    return bits


def closed_because(clinic: Clinic, day: date) -> tuple[str, ...]:
    """List the reasons for which a clinic is closed for all or part of a day: the holiday, then closures."""
    holiday, zone = clinic.holiday_on(day), clinic.zone
    midnight, following = day_start(day, zone), day_start(day + DAY, zone)
    closures = [one.reason or "closed" for one in clinic.closures if one.span.start < following and midnight < one.span.end]
    return (*([holiday.name] if holiday else ()), *closures)


def next_open(clinic: Clinic, day: date, step: int) -> date | None:
    """Find the open day after (*step* 1) or before (*step* -1) a day, within two months."""
    days = (day + timedelta(days=step * away) for away in range(1, _FURTHEST + 1))
    return next((one for one in days if open_lane(clinic, one)), None)


@dataclass(frozen=True)
class Quarter:
    """A quarter of an hour: the most units in use at once in it, and how many are on duty all through it."""

    column: int
    used: int
    on_duty: int


def _levels(columns: int, stretches: Iterable[tuple[int, int, int]]) -> list[int]:
    """Add up by column what each of the stretches [begin, end) brings."""
    changes = [0] * (columns + 1)
    for begin, end, units in stretches:
        changes[begin] += units
        changes[end] -= units
    return list(accumulate(changes[:-1]))


def quarters(
    scale: Scale, people: Iterable[tuple[Resource, int]], taken: Iterable[tuple[int, int]]
) -> tuple[Quarter, ...]:
    """Count units by quarter hours: *people* with the lanes of their shifts, each unit *taken* in minutes since 1970 UTC."""
    first, last = minute_of(scale.instant(0)), scale.columns
    shifts = ((one.at, one.at + one.length, person.capacity) for person, lane in people for one in scale.stretches(lane))
    columns = (((start - first) // SLOT, -((first - end) // SLOT)) for start, end in taken)
    on_duty = _levels(last, shifts)
    used = _levels(last, ((max(0, begin), min(last, end), 1) for begin, end in columns if begin < last and end > 0))
    counted = (
        Quarter(at, max(used[at : at + QUARTER]), min(on_duty[at : at + QUARTER]))
        for at in range(0, scale.columns, QUARTER)
    )
    return tuple(one for one in counted if one.used or one.on_duty)
