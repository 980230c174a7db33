"""A difference drawn: the sessions now and after an order, on one scale of days, in units of a drawing 800 wide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from planner.domain.difference import Kind, Row
from planner.domain.span import local_day
from planner.web.shapes import Text

WIDTH, LEFT, RIGHT = 800.0, 84.0, 30.0
NOW, AFTER = 36.0, 84.0


@dataclass(frozen=True)
class Dot:
    """A session on the line of now or of after; *kind* is given or what happens to it."""

    x: float
    kind: str


class Figure:
    """Everything has its place, and the template draws it."""

    def __init__(self, rows: Sequence[Row], last: date | None, zone: ZoneInfo) -> None:
        self._zone, self._last = zone, last
        self.rows = [row for row in rows if not row.follows]
        days = [day for row in self.rows for day in (self._was(row), self._will(row)) if day] + ([last] if last else [])
        self._first = min(days, default=date.min)
        self._length = max((max(days, default=date.min) - self._first).days, 1)

    def _was(self, row: Row) -> date | None:
        return local_day(row.was.start, self._zone) if row.was else None

    def _will(self, row: Row) -> date | None:
        return local_day(row.will.start, self._zone) if row.will else None

    def _x(self, day: date) -> float:
        return round(LEFT + (day - self._first) / timedelta(days=1) * (WIDTH - LEFT - RIGHT) / self._length, 1)

    @property
    def given(self) -> float | None:
        """Where the last session given lies."""
        return self._x(self._last) if self._last else None

    @property
    def now(self) -> Iterator[Dot]:
        """The sessions as they are booked."""
        return (Dot(self._x(day), row.kind) for row in self.rows if (day := self._was(row)))

    @property
    def after(self) -> Iterator[Dot]:
        """The sessions as they would be."""
        return (Dot(self._x(day), row.kind) for row in self.rows if (day := self._will(row)))

    @property
    def links(self) -> Iterator[tuple[float, float]]:
        """From where to where each session that stays one goes."""
        for row in self.rows:
            was, will = self._was(row), self._will(row)
            if was and will:
                yield self._x(was), self._x(will)

    @property
    def texts(self) -> Iterator[Text]:
        """The dates above and below, and the days between the sessions of after; where there is no room, none."""
        was = [day for row in self.rows if (day := self._was(row))]
        will = [day for row in self.rows if (day := self._will(row))]
        given = [self._last] if self._last else []
        yield from self._dates(sorted({*given, *was}), 18.0)
        yield from self._dates(sorted(will), 110.0)
        for before, day in pairwise(sorted({*given, *will})):
            text = Text((self._x(before) + self._x(day)) / 2, AFTER - 5, str((day - before).days), anchor="middle")
            if text.span[0] > self._x(before) + 8 and text.span[1] < self._x(day) - 8:
                yield text

    def _dates(self, days: Sequence[date], y: float) -> Iterator[Text]:
        free = LEFT - 40
        for day in days:
            text = Text(self._x(day), y, f"{day.day} {day:%b}", anchor="middle")
            if text.span[0] >= free:
                yield text
                free = text.span[1] + 6

    @property
    def words(self) -> str:
        """Say the same in a sentence."""
        said = ((Kind.KEEP, "kept"), (Kind.MOVE, "moved"), (Kind.CANCEL, "cancelled"), (Kind.ADD, "added"))
        counts = [f"{sum(row.kind is kind for row in self.rows)} {word}" for kind, word in said]
        return f"Sessions now and after the change: {', '.join(counts)}"
