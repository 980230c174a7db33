"""The course by week as a small drawing: one column a week, one row a weekday, closed days hollow. Numbers, no style."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from planner.domain.clinic import WEEKDAYS, Clinic
from planner.domain.span import at_wall

MOST_WEEKS = 60
"""How much of a course is drawn; the table below it shows all of it."""
_LEAST_WEEKS = 3
_LEFT, _TOP, _COLUMN, _ROW, _WIDE, _HIGH = 35, 25, 36, 17, 32, 14


@dataclass(frozen=True)
class Drawn:
    """A session to be drawn: its local day, its number, and its status (ok, note, warn or stop)."""

    day: date
    number: int
    status: str


@dataclass(frozen=True)
class Cell:
    """A session's place in the drawing."""

    x: int
    y: int
    number: int
    status: str


@dataclass(frozen=True)
class Strip:
    """The drawing: its size, the outlines of open and closed days, the sessions, and the months' names."""

    width: int
    height: int
    opened: str
    shut: str
    cells: tuple[Cell, ...]
    months: tuple[tuple[int, str], ...]
    weekdays: tuple[tuple[int, str], ...]
    first: date
    last: date
    wide: int = _WIDE
    high: int = _HIGH


def strip_of(clinic: Clinic, sessions: Sequence[Drawn]) -> Strip | None:
    """Draw the weeks from the first session to the last; None where there is none."""
    if not sessions:
        return None
    days = [one.day for one in sessions]
    monday = min(days) - timedelta(days=min(days).weekday())
    weeks = min((max(days) - monday).days // 7 + 1, MOST_WEEKS)
    shut = set(_shut(clinic, (monday + timedelta(days=ahead) for ahead in range(7 * weeks))))
    both: dict[bool, list[str]] = {True: [], False: []}
    for ahead in range(7 * weeks):
        both[monday + timedelta(days=ahead) in shut].append(_outline(*_place(ahead)))
    drawn = [one for one in sessions if (one.day - monday).days < 7 * weeks]
    return Strip(
        width=_LEFT + _COLUMN * max(weeks, _LEAST_WEEKS) - 1,
        height=_TOP + _ROW * 7 + 1,
        opened="".join(both[False]),
        shut="".join(both[True]),
        cells=tuple(Cell(*_place((one.day - monday).days), one.number, one.status) for one in drawn),
        months=tuple(_months(monday, weeks)),
        weekdays=tuple((_TOP + _ROW * row + 11, name) for row, name in enumerate(WEEKDAYS)),
        first=min(days),
        last=max(days),
    )


def _place(ahead: int) -> tuple[int, int]:
    return _LEFT + _COLUMN * (ahead // 7), _TOP + _ROW * (ahead % 7)


def _outline(x: int, y: int) -> str:
    """Draw a rounded box."""
    across, down = _WIDE - 6, _HIGH - 6
    return f"M{x + 3} {y}h{across}q3 0 3 3v{down}q0 3-3 3h-{across}q-3 0-3-3v-{down}q0-3 3-3z"


def _months(monday: date, weeks: int) -> Iterable[tuple[int, str]]:
    """Name a month over the week that its first Monday, or the drawing, begins."""
    for week in range(weeks):
        day = monday + timedelta(weeks=week)
        if week == 0 or day.month != (day - timedelta(weeks=1)).month:
            if week == 0 and (day + timedelta(weeks=1)).month != day.month and weeks > 1:
                continue  # no room for two names side by side
            yield _LEFT + _COLUMN * week, f"{day:%B}"


def _shut(clinic: Clinic, days: Iterable[date]) -> Iterable[date]:
    holidays = {holiday.day for holiday in clinic.holidays}
    for day in days:
        openings = clinic.hours.on(day)
        if not openings or day in holidays or _is_closed(clinic, day, openings[0][0], openings[-1][1]):
            yield day


def _is_closed(clinic: Clinic, day: date, opens: time, closes: time) -> bool:
    if not clinic.closures:
        return False
    first, last = (at_wall(day, wall, clinic.zone) for wall in (opens, closes))
    return any(one.span.start <= first and last <= one.span.end for one in clinic.closures)
