"""An occupancy that also gives back: it keeps the rows behind its bitmaps, day by day, while many courses are re-planned.

What it remembers of a stretch of days is mended on the days that changed, instead of being worked out anew.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import pairwise

from planner.domain.bitmaps import CHUNK, LANE, LANE_BYTES, Midnights, runs
from planner.domain.clinic import Clinic, Resource
from planner.domain.occupancy import STARTER_SEAT, BusyRow, Occupancy, lane
from planner.domain.visit import SLOT, Mode, Requirement

_DAY = 24 * 60
_FULL = (1 << LANE) - 1


class Ledger(Occupancy):
    """What is taken, to be taken and given back row by row; asking it is asking an occupancy of the rows that are left."""

    def __init__(self, clinic: Clinic, rows: Iterable[BusyRow]) -> None:
        everything = list(rows)
        super().__init__(clinic, everything)
        self._midnights = Midnights(clinic.zone)
        self._lanes_of: dict[tuple[int, int], Iterable[tuple[int, int]]] = {}
        self._uneven = set[tuple[int, int]]()
        kinds = {resource.kind for resource in clinic.resources}
        ranked = (enumerate(clinic.of_kind(kind)) for kind in kinds)
        self._places = {one.id.int: (LANE * rank, one) for of_kind in ranked for rank, one in of_kind}
        self._kinds = {resource.id.int: resource.kind for resource in clinic.resources}
        self._by_utc_day: dict[int, list[BusyRow]] = {}
        for row in everything:
            self._by_utc_day.setdefault(row.start // _DAY, []).append(row)
        self._days: dict[int, dict[int, list[BusyRow]]] = {}
        self._stale: dict[tuple[int, str], dict[Requirement, set[int]]] = {}
        self._free: dict[tuple[str, int], dict[tuple[Mode, int], int]] = {}

    def on_day(self, ordinal: int) -> Mapping[int, list[BusyRow]]:
        """Give the rows that touch a local day (ordinal), by the number of the subject's id."""
        return self._rows_on(ordinal)

    def take(self, rows: Iterable[BusyRow]) -> None:
        """Take what the rows say."""
        self._change(rows, self._add)

    def give_back(self, rows: Iterable[BusyRow]) -> None:
        """Free what the rows say; raises ValueError for a row that is not taken."""
        self._change(rows, self._remove)

    def _change(self, rows: Iterable[BusyRow], change: Callable[[BusyRow, int, int], None]) -> None:
        touched = set[tuple[int, int]]()
        for row in rows:
            for ordinal, bits in self._bits(row):
                change(row, ordinal, bits)
                touched.add((ordinal, row.subject_id.int))
        self._forget(touched)

    def _bits(self, row: BusyRow) -> Iterable[tuple[int, int]]:
        key = row.start, row.end
        found = self._lanes_of.get(key)
        if found is None:
            found = self._lanes_of[key] = self._midnights.lanes(row.start, row.end)
        return found

    def _rows_on(self, ordinal: int) -> dict[int, list[BusyRow]]:
        found = self._days.get(ordinal)
        if found is None:
            found = self._days[ordinal] = {}
            midnight, following = self._midnights.of(ordinal), self._midnights.of(ordinal + 1)
            for utc_day in range(midnight // _DAY - 1, following // _DAY + 1):
                for row in self._by_utc_day.get(utc_day, ()):
                    if midnight < row.end and row.start < following:
                        found.setdefault(row.subject_id.int, []).append(row)
            self._uneven.update((subject, ordinal) for subject, rows in found.items() if not self._are_even(subject, rows))
        return found

    def _add(self, row: BusyRow, ordinal: int, bits: int) -> None:
        subject = row.subject_id.int
        self._rows_on(ordinal).setdefault(subject, []).append(row)
        levels = self._taken.get(subject, {}).get(ordinal)
        full = levels[STARTER_SEAT if row.seat == STARTER_SEAT else -1] & bits if levels else 0
        if full or not self._is_even(subject, row):
            self._uneven.add((subject, ordinal))
        self.occupy(subject, ordinal, row.seat, bits)

    def _remove(self, row: BusyRow, ordinal: int, bits: int) -> None:
        """Count one unit less; where more may be in use than there are, count anew."""
        subject = row.subject_id.int
        rows = self._rows_on(ordinal)[subject]
        rows.remove(row)
        levels = self._taken[subject][ordinal]
        if (subject, ordinal) in self._uneven:
            levels[:] = [0] * len(levels)
            for other in rows:
                for day, taken in self._bits(other):
                    if day == ordinal:
                        self.occupy(subject, ordinal, other.seat, taken)
        elif row.seat == STARTER_SEAT:
            levels[0] &= ~bits
        else:
            for level in range(1, len(levels) - 1):
                levels[level] = levels[level] & ~bits | levels[level + 1] & bits
            levels[-1] &= ~bits

    def _are_even(self, subject: int, rows: list[BusyRow]) -> bool:
        """Whether a subject's rows leave no doubt how many units are in use: none clashes with another."""
        ordered = sorted(rows, key=lambda row: (row.seat, row.start))
        apart = all(one.seat != other.seat or one.end <= other.start for one, other in pairwise(ordered))
        return apart and all(self._is_even(subject, row) for row in rows)

    def _is_even(self, subject: int, row: BusyRow) -> bool:
        """Whether a row takes whole slots of a seat that there is: then no slot is in use more often than can be counted."""
        return row.seat <= self._capacity.get(subject, 1) and not row.start % SLOT and not row.end % SLOT

    # What is remembered

    def _forget(self, touched: Iterable[tuple[int, int]]) -> None:
        """Forget what is remembered of days on which something is taken or free that was not."""
        chunks = set[int]()
        for ordinal, subject in touched:
            kind, chunk = self._kinds.get(subject), ordinal // CHUNK
            if kind is None:
                continue
            chunks.add(chunk)
            for level in range(self._capacity[subject] + 1):
                self._cache.pop(("taken", chunk, subject, level), None)
            self._mend(kind, ordinal, subject)
            for days in self._stale.get((chunk, kind), {}).values():
                days.add(ordinal)
        for key in [key for key in self._starts if key[1] in chunks]:
            del self._starts[key]

    def _mend(self, kind: str, ordinal: int, subject: int) -> None:
        """Put a resource's free time of a day in its place among those of its kind."""
        free = self._free.get((kind, ordinal))
        if free:
            at, resource = self._places[subject]
            for (mode, units), lanes in free.items():
                bits = self._free_lane(resource, mode, units, ordinal)
                free[mode, units] = lanes & ~(_FULL << at) | bits << at

    def covered(self, requirement: Requirement, chunk: int) -> int:
        """Set the starts of a visit for which the requirement is covered by somebody."""
        if requirement.mode is Mode.PRESENCE:
            return super().covered(requirement, chunk)
        remembered = self._stale.setdefault((chunk, requirement.kind), {})
        found = self._covered.get((requirement, chunk))
        if found is None or requirement not in remembered:
            self._covered.pop((requirement, chunk), None)
            remembered[requirement] = set()
            return super().covered(requirement, chunk)
        stale = remembered[requirement]
        if stale:
            raw = bytearray(found.to_bytes(LANE_BYTES * CHUNK, "little"))
            for ordinal in stale:
                at = LANE_BYTES * (ordinal % CHUNK)
                raw[at : at + LANE_BYTES] = self._covered_on(requirement, ordinal).to_bytes(LANE_BYTES, "little")
            found = self._covered[requirement, chunk] = int.from_bytes(raw, "little")
            stale.clear()
        return found

    def _covered_on(self, requirement: Requirement, ordinal: int) -> int:
        """Do for one day what `covered` does for many: all resources of the kind at once, side by side."""
        free = self._free.setdefault((requirement.kind, ordinal), {})
        resources = list(self.clinic.of_kind(requirement.kind))
        key = requirement.mode, requirement.units
        if key not in free:
            lanes = (self._free_lane(one, *key, ordinal).to_bytes(LANE_BYTES, "little") for one in resources)
            free[key] = int.from_bytes(b"".join(lanes), "little")
        bits, many = runs(free[key], requirement.minutes // SLOT), len(resources)
        while many > 1:
            half = (many + 1) // 2
            bits, many = bits & ((1 << LANE * half) - 1) | bits >> LANE * half, half
        return bits >> requirement.offset // SLOT

    def _free_lane(self, resource: Resource, mode: Mode, units: int, ordinal: int) -> int:
        if units > resource.capacity:
            return 0
        starting, subject = mode is Mode.START, resource.id.int
        there = self._lanes.get((subject, ordinal, starting))
        if there is None:
            bits = self.on_shift(resource, ordinal // CHUNK) if starting else self.there(resource, ordinal // CHUNK)
            there = self._lanes[subject, ordinal, starting] = lane(bits, date.fromordinal(ordinal))
        levels = self._taken.get(subject, {}).get(ordinal)
        return there & ~levels[STARTER_SEAT if starting else resource.capacity - units + 1] if levels else there
