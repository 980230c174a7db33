"""A course drawn to scale: a timeline laid out as the shapes and texts of one drawing, in pixels of its natural size."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

from planner.domain.timeline import SessionState
from planner.services.sessions import Line
from planner.services.timelines import Timeline
from planner.web import score_chart
from planner.web.shapes import LETTER, Bar, Mark, Rows, Text

LEFT, RIGHT, LEAST_WIDTH = 92.0, 14.0, 1300.0
NAMES = 72
"""How wide the column of the rows' names is: the axis begins a little after it, and is scrolled without it."""
HEIGHT = 240
_LEAST_DAY, _MOST_WIDTH = 5.5, 6000.0
MISSED = {
    SessionState.NO_SHOW: "no-show", SessionState.NOTHING_GIVEN: "nothing given", SessionState.LATE_CANCEL: "cancelled late",
}  # fmt: skip


class Chart:
    """The drawing of a timeline, with the scores below it, if any: everything has its place, and templates draw it."""

    names = NAMES

    def __init__(self, whole: Timeline, scores: score_chart.Series | None = None) -> None:
        self._whole = whole
        right = score_chart.RIGHT if scores else RIGHT
        days = [one.day for one in whole.lines] + [one.planned for one in whole.lines if one.planned]
        days += [whole.due.first, whole.due.last] if whole.due else []
        days += [whole.today] if whole.due or not days else []
        days += [one.day for one in scores.found] if scores else []
        self._first, self._last = min(days) - timedelta(days=4), max(days) + timedelta(days=6)
        length = (self._last - self._first).days
        wanted = max((LEAST_WIDTH - LEFT - right) / length, _LEAST_DAY)
        self._day = min(wanted, (_MOST_WIDTH - LEFT - right) / length)
        self.end = round(LEFT + length * self._day, 1)
        self.width = round(self.end + right)
        self.height = score_chart.HEIGHT if scores else HEIGHT
        self.scores = scores.on(self._x, LEFT, self.end, self.today) if scores else None

    def _x(self, day: date) -> float:
        return round(LEFT + (day - self._first).days * self._day, 1)

    @property
    def today(self) -> float | None:
        """Where the present day is; None where it is off the axis."""
        return self._x(self._whole.today) if self._first <= self._whole.today <= self._last else None

    @cached_property
    def months(self) -> list[Text]:
        """The first of each month, or of some where there is little room; unnamed behind the present day's sign."""
        month = (self._first.replace(day=1) + timedelta(days=32)).replace(day=1)
        box = (-1.0, -1.0) if self.today is None else (self.today - 50, self.today + 50)
        found, free, year = list[Text](), LEFT, 0
        while month <= self._last:
            words = f"{month:%B}" if month.year == year else f"{month:%B %Y}"
            text = Text(self._x(month) + 4, 18, words)
            start, end = text.span
            if start >= free and end <= self.width:
                hidden = start < box[1] and box[0] < end
                found.append(replace(text, words="") if hidden else text)
                free, year = end + 8, year if hidden else month.year
            month = (month + timedelta(days=32)).replace(day=1)
        return found

    @property
    def phases(self) -> Iterator[Bar]:
        """The phases as bands, each until the next begins."""
        parts = self._whole.parts
        starts = [self._x(one.first) - self._day / 2 - 8 for one in parts]
        ends = [*(start - 2 for start in starts[1:]), self.end][: len(starts)]
        for part, start, end in zip(parts, starts, ends, strict=True):
            of = f"{part.given} of {part.phase.sessions}" if part.phase.sessions else f"{part.given}"
            named = f"{part.phase.title or part.phase.name}, {of} given"
            words = next((one for one in (named, of) if len(one) * LETTER + 12 < end - start), "")
            yield Bar(round(start, 1), round(max(end - start, 1), 1), words)

    @property
    def allowed(self) -> Iterator[Bar]:
        """The days that were allowed for each session given, counted from the one before."""
        for before, line in self._pairs:
            if line.gap and line.given:
                yield self._bar(before.day, line.gap.rule.min_days, line.gap.rule.max_days)

    @property
    def due(self) -> Bar | None:
        """The days on which the next session is due."""
        due = self._whole.due
        return self._bar(due.first, 0, (due.last - due.first).days) if due else None

    def _bar(self, day: date, least: int, most: int) -> Bar:
        start, width = self._x(day) + least * self._day - self._day / 2, (most - least + 1) * self._day
        return Bar(round(start, 1), round(width, 1))

    @property
    def planned(self) -> Iterator[Mark]:
        """The appointments, struck through where they were cancelled; *joined*: there is a mark for what became of them."""
        for line in self._whole.lines:
            if line.planned is None:
                continue
            drawn = {SessionState.CANCELLED: "cancelled", SessionState.TENTATIVE: "tentative"}
            kind = "follows" if line.follows else drawn.get(line.state, "planned")
            yield Mark(self._x(line.planned), kind, joined=bool(line.given or line.state in MISSED) and not line.follows)

    @property
    def happened(self) -> Iterator[Mark]:
        """What was given, and what was not."""
        for line in self._whole.lines:
            if line.state in MISSED:
                yield Mark(self._x(line.day), "missed")
            elif line.given and not line.follows:
                yield Mark(self._x(line.given), "given")

    @property
    def texts(self) -> Iterator[Text]:
        """The days between sessions, what was missed, when the next is due, and the dates below; none covers another."""
        above, below, missed = Rows(86, -15, most=2), Rows(177, 15), Rows(130, -14, most=2)
        for before, line in self._pairs:
            if line.gap:
                middle, (words, kind) = (self._x(before.day) + self._x(line.day)) / 2, gap_words(line)
                short = f"▲{line.gap.days}" if kind == "c-warn" else ""
                yield from (below if line.given else above).place(Text(middle, 0, words, kind, "middle"), short)
        for line in self._whole.lines:
            if line.state in MISSED:
                yield from missed.place(Text(self._x(line.day) + 9, 0, MISSED[line.state], "c-stop"))
        if self.due and self._whole.due:
            words = f"Next due {_day(self._whole.due.first)} to {_day(self._whole.due.last)}"
            text = Text(self.due.x, 0, words, "c-warn")
            fits = text.span[1] <= self.width
            yield from below.place(text if fits else replace(text, x=self.due.x + self.due.width, anchor="end"))
        yield from self._dates()

    def _dates(self) -> Iterator[Text]:
        free = LEFT - 20
        for line in self._whole.lines:
            text = Text(self._x(line.day), self.height - 10, f"{line.day.day} {line.day:%b}", "c-m", "middle")
            if text.span[0] >= free and not line.follows:
                yield text
                free = text.span[1] + 6

    @property
    def _pairs(self) -> Iterator[tuple[Line, Line]]:
        counted: Sequence[Line] = [line for line in self._whole.lines if line.counts]
        return pairwise(counted)


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def gap_words(line: Line) -> tuple[str, str]:
    """Write the days since the session before, and by how many they break the rule; and the class of that text."""
    gap = line.gap
    if gap is None:
        return "", "c-m"
    if gap.over:
        return f"▲ {gap.days} days, {gap.over} over", "c-warn"
    if gap.under:
        return f"▲ {gap.days} days, {gap.under} under", "c-warn"
    return str(gap.days), "c-m"
