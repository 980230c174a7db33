"""Availability as bitmaps: one bit for five minutes, a lane of 320 bits for a local day, a chunk of 64 days in one integer.

Bit k of a lane is the UTC instant of local midnight + 5k minutes; a day has at most 25 hours (300 bits), so the last
twenty bits of a lane are never free, and no run of free bits crosses midnight.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from planner.domain.clinic import WeeklyHours
from planner.domain.span import EPOCH, at_wall, day_start, minute_of
from planner.domain.visit import SLOT

LANE = 320
LANE_BYTES = LANE // 8
CHUNK = 64
_SLOT = timedelta(minutes=SLOT)
_EPOCH_DAY = EPOCH.toordinal()
_BELOW_TOP = sum(((1 << (LANE - 1)) - 1) << (LANE * lane) for lane in range(CHUNK))
_IS_SET = bytes(ord("1") if value & 0x80 else ord("0") for value in range(256))


def runs(bits: int, length: int) -> int:
    """Keep the bits from which *length* consecutive bits are set."""
    have = 1
    while have < length:
        step = min(have, length - have)
        bits &= bits >> step
        have += step
    return bits


def stretch(first: int, last: int) -> int:
    """Set the bits from *first* up to, not including, *last*."""
    return ((1 << (last - first)) - 1) << first if last > first else 0


def day_range(first: int, last: int, chunk: int) -> int:
    """Set all bits of the days from *first* to *last* (ordinals, both included) that lie in the chunk."""
    low, high = max(first - chunk * CHUNK, 0), min(last + 1 - chunk * CHUNK, CHUNK)
    return stretch(low * LANE, high * LANE) if low < high else 0


def pack(lanes: Iterable[int]) -> int:
    """Put the lanes of consecutive days into one integer, the first day lowest."""
    return int.from_bytes(b"".join(lane.to_bytes(LANE_BYTES, "little") for lane in lanes), "little")


def lanes_set(bits: int) -> int:
    """Give one bit for each day of a chunk that has any bit set."""
    tops = (bits + _BELOW_TOP).to_bytes(LANE_BYTES * CHUNK + 1, "little")[LANE_BYTES - 1 : LANE_BYTES * CHUNK : LANE_BYTES]
    return int(tops[::-1].translate(_IS_SET), 2)


@lru_cache(maxsize=8192)
def day_slots(day: date, zone: ZoneInfo) -> int:
    """Count the five-minute slots of a local day: 288, or more or fewer where the clocks change."""
    return min((day_start(day + timedelta(days=1), zone) - day_start(day, zone)) // _SLOT, LANE - 20)


@lru_cache(maxsize=8192)
def is_plain(day: date, zone: ZoneInfo) -> bool:
    """Whether the wall clock runs evenly all day, so that slot k is wall time 5k minutes."""
    midnight, evening = (instant.astimezone(zone) for instant in (day_start(day, zone), at_wall(day, time(23, 59), zone)))
    even = midnight.utcoffset() == evening.utcoffset() and day_slots(day, zone) == 24 * 60 // SLOT
    return midnight.time() == time() and even


def slot_of(instant: datetime, day: date, zone: ZoneInfo) -> int:
    """Give the slot of an instant within its local day, rounding down."""
    return (instant - day_start(day, zone)) // _SLOT


def slot_from(instant: datetime, day: date, zone: ZoneInfo) -> int:
    """Give the first slot of a local day that begins at or after an instant."""
    return -((day_start(day, zone) - instant) // _SLOT)


def instant_of(day: date, slot: int, zone: ZoneInfo) -> datetime:
    """Give the UTC instant at which a slot of a local day begins."""
    return day_start(day, zone) + slot * _SLOT


@lru_cache(maxsize=65536)
def wall_minutes(day: date, slot: int, zone: ZoneInfo) -> int:
    """Give the wall time at which a slot begins, in minutes since midnight."""
    if is_plain(day, zone):
        return slot * SLOT
    wall = instant_of(day, slot, zone).astimezone(zone)
    return wall.hour * 60 + wall.minute


class Midnights:
    """Lays minutes since 1970 UTC over the local days of a zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._minutes: dict[int, int] = {}

    def of(self, ordinal: int) -> int:
        """Give the minute at which a local day begins."""
        found = self._minutes.get(ordinal)
        if found is None:
            found = self._minutes[ordinal] = minute_of(day_start(date.fromordinal(ordinal), self._zone))
        return found

    def lanes(self, start: int, end: int) -> Sequence[tuple[int, int]]:
        """Lay [start, end) over the local days it touches, rounded outwards: pairs of day ordinal and lane bits."""
        ordinal = start // 1440 + _EPOCH_DAY
        midnight, following = self.of(ordinal), self.of(ordinal + 1)
        if midnight > start:
            ordinal, midnight, following = ordinal - 1, self.of(ordinal - 1), midnight
        if midnight <= start and end <= following:
            first = (start - midnight) // SLOT
            return ((ordinal, ((1 << -((midnight - end) // SLOT) - first) - 1) << first),)
        return list(self._over_days(ordinal, start, end))

    def _over_days(self, ordinal: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        while self.of(ordinal) > start:
            ordinal -= 1
        while (midnight := self.of(ordinal)) < end:
            following = self.of(ordinal + 1)
            if start < following:
                first = (max(start, midnight) - midnight) // SLOT
                last = -((midnight - min(end, following)) // SLOT)
                if last > first:
                    yield ordinal, stretch(first, min(last, LANE - 20))
            ordinal += 1


@lru_cache(maxsize=4096)
def whole_days(chunk: int, zone: ZoneInfo) -> int:
    """Set every slot of every day of a chunk."""
    return pack(stretch(0, day_slots(day, zone)) for day in chunk_days(chunk))


def chunk_days(chunk: int) -> list[date]:
    """List the local days of a chunk."""
    return [date.fromordinal(ordinal) for ordinal in range(chunk * CHUNK, (chunk + 1) * CHUNK)]


@lru_cache(maxsize=4096)
def grid_bits(chunk: int, zone: ZoneInfo, minutes: int) -> int:
    """Set the slots of a chunk whose wall time lies on the clinic's start grid."""
    return pack(_grid_lane(day, zone, minutes) for day in chunk_days(chunk))


@lru_cache(maxsize=64)
def _plain_grid(minutes: int) -> int:
    return sum(1 << slot for slot in range(0, 288, minutes // SLOT))


def _grid_lane(day: date, zone: ZoneInfo, minutes: int) -> int:
    if is_plain(day, zone):
        return _plain_grid(minutes)
    return sum(1 << slot for slot in range(day_slots(day, zone)) if wall_minutes(day, slot, zone) % minutes == 0)


@lru_cache(maxsize=4096)
def hours_bits(hours: WeeklyHours, chunk: int, zone: ZoneInfo, extend: int = 0) -> int:
    """Set the slots of a chunk within weekly hours, rounded inwards; *extend*: minutes longer at both ends."""
    return pack(hours_lane(hours.on(day), day, zone, extend) for day in chunk_days(chunk))


def hours_lane(openings: tuple[tuple[time, time], ...], day: date, zone: ZoneInfo, extend: int = 0) -> int:
    """Set the slots of one day within the wall-time openings."""
    plain, bits, slots = is_plain(day, zone), 0, day_slots(day, zone)
    for start, end in openings:
        if plain:
            first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
        else:
            midnight = day_start(day, zone)
            first, last = ((at_wall(day, wall, zone) - midnight) // timedelta(minutes=1) for wall in (start, end))
        bits |= stretch(max(0, -((extend - first) // SLOT)), min(slots, (last + extend) // SLOT))
    return bits
