"""An occupancy that also gives back: it keeps the rows behind its bitmaps, day by day, while many courses are re-planned."""

from collections.abc import Callable, Iterable, Mapping

from planner.domain.bitmaps import CHUNK, Midnights
from planner.domain.clinic import Clinic
from planner.domain.occupancy import BusyRow, Occupancy

_DAY = 24 * 60


class Ledger(Occupancy):
    """What is taken, to be taken and given back row by row; asking it is asking an occupancy of the rows that are left."""

    def __init__(self, clinic: Clinic, rows: Iterable[BusyRow]) -> None:
        everything = list(rows)
        super().__init__(clinic, everything)
        self._midnights = Midnights(clinic.zone)
        self._by_utc_day: dict[int, list[BusyRow]] = {}
        for row in everything:
            self._by_utc_day.setdefault(row.start // _DAY, []).append(row)
        self._days: dict[int, dict[int, list[BusyRow]]] = {}

    def on_day(self, ordinal: int) -> Mapping[int, list[BusyRow]]:
        """Give the rows that touch a local day (ordinal), by the number of the subject's id."""
        return self._rows_on(ordinal)

    def take(self, rows: Iterable[BusyRow]) -> None:
        """Take what the rows say."""
        self._change(rows, list[BusyRow].append)

    def give_back(self, rows: Iterable[BusyRow]) -> None:
        """Free what the rows say; raises ValueError for a row that is not taken."""
        self._change(rows, list[BusyRow].remove)

    def _change(self, rows: Iterable[BusyRow], change: Callable[[list[BusyRow], BusyRow], None]) -> None:
        touched = set[tuple[int, int]]()
        for row in rows:
            for ordinal, _ in self._midnights.lanes(row.start, row.end):
                change(self._rows_on(ordinal).setdefault(row.subject_id.int, []), row)
                touched.add((ordinal, row.subject_id.int))
        for ordinal, subject in touched:
            self._restate(ordinal, subject)

    def _rows_on(self, ordinal: int) -> dict[int, list[BusyRow]]:
        found = self._days.get(ordinal)
        if found is None:
            found = self._days[ordinal] = {}
            midnight, following = self._midnights.of(ordinal), self._midnights.of(ordinal + 1)
            for utc_day in range(midnight // _DAY - 1, following // _DAY + 1):
                for row in self._by_utc_day.get(utc_day, ()):
                    if midnight < row.end and row.start < following:
                        found.setdefault(row.subject_id.int, []).append(row)
        return found

    def _restate(self, ordinal: int, subject: int) -> None:
        """Count anew what of a subject is taken on a day, and forget what was remembered of it."""
        lanes = (
            (row.seat, bits)
            for row in self._rows_on(ordinal)[subject]
            for day, bits in self._midnights.lanes(row.start, row.end)
            if day == ordinal
        )
        self.restate(subject, ordinal, lanes)
        self.forget(ordinal // CHUNK, subject)
