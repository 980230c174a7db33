"""Outcome scores under the sessions of a course, on the same axis of days: one scale, its bands, and the response."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

from planner.domain.cadence import BASELINE_DAYS
from planner.domain.course import CourseStatus
from planner.domain.scores import Reading, Scale, bands, baseline_of, is_response, readings, response_at
from planner.services.score_pages import PatientScores
from planner.services.timelines import Timeline
from planner.web.shapes import LETTER, Text

TOP, ZERO = 232.0, 352.0
"""Where the highest value that is drawn and 0 lie, in pixels."""
HEIGHT, RIGHT = 384, 88.0
"""How high a chart with scores is, and how much room the names of the bands take beside it."""
_DOT = 4.5
_SHORT = {"moderately severe": "mod. severe"}
_AFTER = timedelta(days=28)


@dataclass(frozen=True)
class Rule:
    """A line across the scores: a band's least value, with its name, or the response. *x*: where it begins."""

    y: float
    value: int
    name: str
    x: float = 0.0


@dataclass(frozen=True)
class Drawn:
    """Scores laid out; templates draw them as they are."""

    scale: Scale
    grid: tuple[Rule, ...]
    path: str
    dots: tuple[tuple[float, float], ...]
    labels: tuple[Text, ...]
    response: Rule | None
    response_text: Text | None
    words: str


@dataclass(frozen=True)
class Series:
    """The readings of one scale that belong to a course, and the baseline that they are held against."""

    scale: Scale
    found: tuple[Reading, ...]
    baseline: Reading

    def on(self, x_of: Callable[[date], float], left: float, end: float, today: float | None) -> Drawn:
        """Lay the scores out on an axis that goes from *left* to *end*, the present day at *today* where it is on it."""
        points = [(x_of(one.day), self._y(one.value)) for one in self.found]
        labels = tuple(_labels(points, self.found, today))
        response, text = self._response(points, max(left, x_of(self.baseline.day)), end, today)
        dots = tuple((round(x - _DOT, 1), round(y - _DOT, 1)) for x, y in points)
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) if len(points) > 1 else ""
        grid = tuple(Rule(self._y(one.least), one.least, _SHORT.get(one.name, one.name)) for one in bands(self.scale))
        return Drawn(self.scale, grid, path, dots, labels, response, text, self.words)

    @cached_property
    def _high(self) -> float:
        """The value at the top: all bands are seen and all scores, and no more of the scale than that."""
        return min(self.scale.most, max(bands(self.scale)[-1].least * 1.15, *(one.value + 1 for one in self.found)))

    def _y(self, value: int) -> float:
        return round(ZERO - value * (ZERO - TOP) / self._high, 1)

    def _response(
        self, points: Sequence[tuple[float, float]], left: float, end: float, today: float | None
    ) -> tuple[Rule | None, Text | None]:
        """Draw the line of response from the baseline on; its words go where they cover nothing, or stay away."""
        if not self.baseline.value:
            return None, None
        most = response_at(self.baseline.value)
        rule = Rule(self._y(most), most, "response", left)
        taken = sorted([*_crossing(points, rule.y - 18, rule.y - 2), *([(today, today)] if today else [])])
        words = f"response: {most} or less (baseline {self.baseline.value})"
        text = Text(end - 4, rule.y - 6, words, "c-m", "end")
        width = len(words) * LETTER
        places = [end - 4, *(start - 8 for start, _ in reversed(taken)), *(stop + 8 + width for _, stop in taken)]
        for place in places:
            start = place - width
            if start >= rule.x and place <= end and all(stop + 6 < start or place < first - 6 for first, stop in taken):
                return rule, replace(text, x=round(place, 1))
        return rule, None

    @property
    def words(self) -> str:
        """Say the course of the scores for whoever cannot see them."""
        first, last = self.found[0], self.found[-1]
        if len(self.found) == 1:
            return f"{self.scale.label}: {first.value} on {_day(first.day)}."
        high, low = (choose(self.found, key=lambda one: one.value) for choose in (max, min))
        reached = is_response(self.baseline.value, last.value)
        return (
            f"{self.scale.label}, {len(self.found)} scores: {first.value} on {_day(first.day)}, {last.value} on "
            f"{_day(last.day)}; highest {high.value} on {_day(high.day)}, lowest {low.value} on {_day(low.day)}. "
            f"Baseline {self.baseline.value}, the last is {'' if reached else 'not '}a response."
        )


def _crossing(points: Sequence[tuple[float, float]], top: float, bottom: float) -> Iterable[tuple[float, float]]:
    """Give from where to where squares, their values and the line between them lie in a strip across the drawing."""
    yield from ((x - 12, x + 12) for x, y in points if top - 6 < y < bottom + 26)
    for (x, y), (next_x, next_y) in pairwise(points):
        low, high = sorted((y, next_y))
        if low < bottom and high > top:
            ends = [(edge - y) / (next_y - y) for edge in (top, bottom)] if high > low else [0.0, 1.0]
            begin, stop = (min(max(one, 0.0), 1.0) for one in sorted(ends))
            yield x + (next_x - x) * begin, x + (next_x - x) * stop


def _labels(
    points: Sequence[tuple[float, float]], found: Sequence[Reading], today: float | None
) -> Iterable[Text]:
    """Write the values above their squares, beside the line of the present day rather than on it.

    Where there is no room for all, the last and the first come before those that they would cover.
    """
    order = [len(points) - 1, 0, *range(1, len(points) - 1)]
    placed: list[Text] = []
    for index in dict.fromkeys(order):
        x, y = points[index]
        text = Text(x, round(y - 11, 1), str(found[index].value), "c-score-t", "middle")
        if today is not None and abs(x - today) < 10:
            text = replace(text, x=round(max(x, today) + 8, 1), anchor="start")
        if all(abs(text.x - one.x) > 18 or abs(text.y - one.y) > 13 for one in placed) and not _covered(text, points, index):
            placed.append(text)
    return sorted(placed, key=lambda one: one.x)


def _covered(text: Text, points: Sequence[tuple[float, float]], own: int) -> bool:
    """Whether another square stands where the text would."""
    return any(
        abs(text.x - x) < 12 and -6 < text.y - 4 - y < 8 for index, (x, y) in enumerate(points) if index != own
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"


def counts_of(whole: Timeline, found: PatientScores) -> dict[Scale, int]:
    """Count the scores that belong to a course by scale, those without any left out."""
    return {scale: len(mine) for scale in Scale if (mine := _within(whole, readings(found.scores, scale)))}


def series_of(whole: Timeline, found: PatientScores, scale: Scale | None = None) -> Series | None:
    """Choose the scores to draw: of the scale asked for, else of the one with the most; None where there are none."""
    counts = counts_of(whole, found)
    chosen = scale or max(counts, key=lambda one: counts[one], default=None)
    if chosen not in counts:
        return None
    everything = readings(found.scores, chosen)
    mine = _within(whole, everything)
    baseline = baseline_of(everything, found.first_dose)
    return Series(chosen, tuple(mine), baseline) if baseline else None


def _within(whole: Timeline, found: Iterable[Reading]) -> list[Reading]:
    """Leave out what belongs to other courses: before the baseline of this one, or long after its end."""
    days = [one.day for one in whole.lines] or [whole.today]
    first = min(days) - timedelta(days=BASELINE_DAYS)
    ended = whole.course.status in {CourseStatus.REVOKED, CourseStatus.COMPLETED}
    last = max(days) + _AFTER if ended else whole.today
    return [one for one in found if first <= one.day <= last]
