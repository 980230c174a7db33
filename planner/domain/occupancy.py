"""Who is free when: hours less closures less what is taken, as bitmaps per resource and chunk of days."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.bitmaps import (
    CHUNK,
    LANE,
    LANE_BYTES,
    Midnights,
    grid_bits,
    hours_bits,
    runs,
    stretch,
    whole_days,
)
from planner.domain.clinic import Clinic, Resource
from planner.domain.span import MINUTE, RESOLUTION, Span, minute_of
from planner.domain.visit import SLOT, Mode, Requirement, VisitProfile

STARTER_SEAT = 0
PATIENT_SEAT = 1
_MOST_STARTS = 512


class BusyRow(NamedTuple):
    """One unit of a resource, or a patient, taken for [start, end): whole minutes since 1970 UTC; seat 0 starts doses."""

    subject_id: UUID
    seat: int
    start: int
    end: int


class Occupancy:
    """What a clinic has and what of it is taken, ready to be asked; *extend* lengthens all hours by minutes."""

    def __init__(self, clinic: Clinic, rows: Iterable[BusyRow] = (), *, extend: int = 0) -> None:
        self.clinic, self.extend = clinic, extend
        self._capacity = {resource.id.int: resource.capacity for resource in clinic.resources}
        self._taken: dict[int, dict[int, list[int]]] = {}
        self._cache: dict[tuple[str, int, int, int], int] = {}
        self._lanes: dict[tuple[int, int, bool], int] = {}
        self._starts: dict[tuple[int, int], tuple[VisitProfile, int]] = {}
        self._covered: dict[tuple[Requirement, int], int] = {}
        self.add(rows)

    def under(self, clinic: Clinic, *, extend: int = 0) -> "Occupancy":
        """Give what is taken here under another clinic's hours, *extend* minutes longer at both ends."""
        other = Occupancy(clinic, extend=extend)
        other._taken = self._taken
        return other

    def add(self, rows: Iterable[BusyRow]) -> None:
        """Take what the rows say, on top of what is taken already."""
        midnights, taken, capacity = Midnights(self.clinic.zone), self._taken, self._capacity
        for subject_id, seat, start, end in rows:
            subject = subject_id.int  # hashes and compares faster than the id itself
            days = taken.get(subject)
            if days is None:
                days = taken[subject] = {}
            for ordinal, bits in midnights.lanes(start, end):
                levels = days.get(ordinal)
                if levels is None:
                    levels = days[ordinal] = [0] * (capacity.get(subject, 1) + 1)
                if seat != STARTER_SEAT and not levels[1] & bits:
                    levels[1] |= bits
                else:
                    _take(levels, seat, bits)
        self._cache.clear()
        self._starts.clear()
        self._covered.clear()

    def occupy(self, subject: int, ordinal: int, seat: int, bits: int) -> None:
        """Take one more seat of a subject (its id's number) on a local day, without a word to what is remembered of it."""
        days = self._taken.setdefault(subject, {})
        levels = days.get(ordinal)
        if levels is None:
            levels = days[ordinal] = [0] * (self._capacity.get(subject, 1) + 1)
        _take(levels, seat, bits)

    def with_days(self, days: Iterable[int], rows: Iterable[BusyRow]) -> "Occupancy":
        """Give what is taken here, but on some local days (ordinals) what these rows say, all that touch those days."""
        changed, other = set(days), Occupancy(self.clinic, rows, extend=self.extend)
        chunks, fresh = {day // CHUNK for day in changed}, other._taken
        other._taken = {
            subject: there if there.keys().isdisjoint(changed) else {d: there[d] for d in there.keys() - changed}
            for subject, there in self._taken.items()
        }
        for subject, there in fresh.items():
            now = {day: levels for day, levels in there.items() if day in changed}
            other._taken[subject] = {**other._taken.get(subject, {}), **now}
        # copied at once: other threads may be asking, and remember the answers
        other._cache = {key: bits for key, bits in self._cache.copy().items() if key[0] != "taken" or key[1] not in chunks}
        other._starts = {key: made for key, made in self._starts.copy().items() if key[1] not in chunks}
        other._covered = {key: bits for key, bits in self._covered.copy().items() if key[1] not in chunks}
        other._lanes = self._lanes.copy()
        return other

    def open(self, chunk: int) -> int:
        """Set the slots in which the clinic is open."""
        return self._cached(("open", chunk, 0, 0), lambda: self._hours_less_closures(chunk))

    def _hours_less_closures(self, chunk: int) -> int:
        return hours_bits(self.clinic.hours, chunk, self.clinic.zone, self.extend) & ~_closed(self.clinic, chunk)

    def on_shift(self, resource: Resource, chunk: int) -> int:
        """Set the slots in which somebody is at work: own shifts, or the clinic's open time, less absences."""
        if resource.hours is None:
            return self.open(chunk) & ~_absent(resource, chunk, self.clinic.zone)
        return self.there(resource, chunk)

    def there(self, resource: Resource, chunk: int) -> int:
        """Set the slots in which a resource can be held: own hours, or always where it has none, less absences."""
        return self._cached(("there", chunk, resource.id.int, 0), lambda: self._hours_less_absences(resource, chunk))

    def _hours_less_absences(self, resource: Resource, chunk: int) -> int:
        zone = self.clinic.zone
        hours = hours_bits(resource.hours, chunk, zone, self.extend) if resource.hours else whole_days(chunk, zone)
        return hours & ~_absent(resource, chunk, zone)

    def taken(self, subject_id: UUID, level: int, chunk: int) -> int:
        """Set the slots in which at least *level* units are in use (level 0: the starter's seat)."""
        days = self._taken.get(subject_id.int)
        if not days:
            return 0
        if subject_id.int not in self._capacity:  # a patient: asked about once
            return _packed_level(days, level, chunk)
        return self._cached(("taken", chunk, subject_id.int, level), lambda: _packed_level(days, level, chunk))

    def is_free(self, resource: Resource, requirement: Requirement, day: date, slot: int) -> bool:
        """Whether this resource alone covers a held or starting requirement of a visit at one start."""
        if requirement.units > resource.capacity:
            return False
        starting, ordinal, subject = requirement.mode is Mode.START, day.toordinal(), resource.id.int
        needed = ((1 << requirement.minutes // SLOT) - 1) << slot + requirement.offset // SLOT
        there = self._lanes.get((subject, ordinal, starting))
        if there is None:
            bits = self.on_shift(resource, ordinal // CHUNK) if starting else self.there(resource, ordinal // CHUNK)
            there = self._lanes[subject, ordinal, starting] = lane(bits, day)
        if needed & ~there:
            return False
        days = self._taken.get(subject)
        levels = days.get(ordinal) if days else None
        level = STARTER_SEAT if starting else resource.capacity - requirement.units + 1
        return not (levels and levels[level] & needed)

    def free(self, resource: Resource, requirement: Requirement, chunk: int) -> int:
        """Set the starts of a visit for which this resource alone covers the requirement."""
        if requirement.mode is Mode.START:
            bits = self.on_shift(resource, chunk) & ~self.taken(resource.id, STARTER_SEAT, chunk)
        elif requirement.mode is Mode.PRESENCE:
            bits = self.on_shift(resource, chunk)
        elif requirement.units > resource.capacity:
            return 0
        else:
            level = resource.capacity - requirement.units + 1
            bits = self.there(resource, chunk) & ~self.taken(resource.id, level, chunk)
        return runs(bits, requirement.minutes // SLOT) >> requirement.offset // SLOT

    def is_there(self, row: BusyRow) -> bool:
        """Whether the resource that a row takes is there all the time, whatever else is taken."""
        resource = self.clinic.resource(row.subject_id)
        if resource is None or row.seat > resource.capacity:
            return False
        for ordinal, bits in Midnights(self.clinic.zone).lanes(row.start, row.end):
            chunk, day = ordinal // CHUNK, date.fromordinal(ordinal)
            there = self.on_shift(resource, chunk) if row.seat == STARTER_SEAT else self.there(resource, chunk)
            if lane(there, day) & bits != bits:
                return False
        return True

    def covers(self, requirement: Requirement, day: date, slot: int, likely: UUID | None = None) -> bool:
        """Whether somebody covers the requirement of a visit at one start; *likely*: who is asked first."""
        if requirement.mode is not Mode.PRESENCE:
            first = self.clinic.resource(likely) if likely else None
            if first and first.kind == requirement.kind and self.is_free(first, requirement, day, slot):
                return True
            return any(self.is_free(one, requirement, day, slot) for one in self.clinic.of_kind(requirement.kind))
        chunk, bits = day.toordinal() // CHUNK, 0
        for resource in self.clinic.of_kind(requirement.kind):
            bits |= lane(self.on_shift(resource, chunk), day)
        begin = slot + requirement.offset // SLOT
        needed = stretch(begin, begin + requirement.minutes // SLOT)
        return needed & bits == needed

    def covered(self, requirement: Requirement, chunk: int) -> int:
        """Set the starts of a visit for which the requirement is covered by somebody."""
        found = self._covered.get((requirement, chunk))
        if found is None:
            if len(self._covered) >= _MOST_STARTS:
                self._covered.clear()
            found = self._covered[requirement, chunk] = self._covered_by_any(requirement, chunk)
        return found

    def _covered_by_any(self, requirement: Requirement, chunk: int) -> int:
        bits = 0
        if requirement.mode is Mode.PRESENCE:
            for resource in self.clinic.of_kind(requirement.kind):
                bits |= self.on_shift(resource, chunk)
            return runs(bits, requirement.minutes // SLOT) >> requirement.offset // SLOT
        for resource in self.clinic.of_kind(requirement.kind):
            bits |= self.free(resource, requirement, chunk)
        return bits

    def starts(self, profile: VisitProfile, chunk: int) -> int:
        """Set the starts at which the clinic can give a visit of this profile, whoever the patient is."""
        key = (id(profile), chunk)
        found = self._starts.get(key)
        if found is None:
            bits = within_day(profile, chunk, self.clinic) & runs(self.open(chunk), profile.open_minutes // SLOT)
            for requirement in profile.requirements:
                bits &= self.covered(requirement, chunk)
            if len(self._starts) >= _MOST_STARTS:
                self._starts.clear()
            found = self._starts[key] = (profile, bits)  # holding the profile keeps its id its own
        return found[1]

    def _cached(self, key: tuple[str, int, int, int], build: Callable[[], int]) -> int:
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = build()
        return found


def within_day(profile: VisitProfile, chunk: int, clinic: Clinic) -> int:
    """Set the starts on the grid from which everything that is held ends on the same local day."""
    held = runs(whole_days(chunk, clinic.zone), profile.held_minutes // SLOT)
    return held & grid_bits(chunk, clinic.zone, clinic.grid_minutes)


def lane(bits: int, day: date) -> int:
    """Give one day's bits out of its chunk's."""
    return bits >> LANE * (day.toordinal() % CHUNK) & ((1 << LANE) - 1)


@lru_cache(maxsize=4096)
def _absent(resource: Resource, chunk: int, zone: ZoneInfo) -> int:
    return _packed(_lanes_of((absence.span for absence in resource.absences), zone), chunk) if resource.absences else 0


@lru_cache(maxsize=64)
def _closed(clinic: Clinic, chunk: int) -> int:
    days = _lanes_of((closure.span for closure in clinic.closures), clinic.zone)
    return _packed(days | {holiday.day.toordinal(): (1 << LANE) - 1 for holiday in clinic.holidays}, chunk)


def _lanes_of(spans: Iterable[Span], zone: ZoneInfo) -> dict[int, int]:
    days: dict[int, int] = {}
    midnights = Midnights(zone)
    for span in spans:
        for ordinal, bits in midnights.lanes(minute_of(span.start), minute_of(span.end + MINUTE - RESOLUTION)):
            days[ordinal] = days.get(ordinal, 0) | bits
    return days


def _take(levels: list[int], seat: int, bits: int) -> None:
    """Count one more unit in use: at least j are where j were, or where j - 1 were and this one is."""
    if seat == STARTER_SEAT:
        levels[0] |= bits
        return
    for level in range(len(levels) - 1, 1, -1):
        levels[level] |= levels[level - 1] & bits
    levels[1] |= bits


def _packed(days: dict[int, int], chunk: int) -> int:
    first, raw = chunk * CHUNK, bytearray(LANE_BYTES * CHUNK)
    for ordinal, bits in days.items():
        if 0 <= (at := (ordinal - first) * LANE_BYTES) < len(raw):
            raw[at : at + LANE_BYTES] = bits.to_bytes(LANE_BYTES, "little")
    return int.from_bytes(raw, "little")


def _packed_level(days: dict[int, list[int]], level: int, chunk: int) -> int:
    first = chunk * CHUNK
    return _packed({day: days[day][level] for day in range(first, first + CHUNK) if day in days}, chunk)
