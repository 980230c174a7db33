"""Weekly hours as people write and change them: a line for each weekday, and another week from some day on."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from itertools import pairwise

from planner.domain.clinic import WEEKDAYS, Shift, WeeklyHours
from planner.domain.errors import InvalidValue

Opening = tuple[time, time]
Week = tuple[tuple[Opening, ...], ...]
"""The openings of Monday to Sunday, in wall time."""
_OPENING = re.compile(r"(\d{1,2}:\d\d) ?[-\u2013] ?(\d{1,2}:\d\d)")
_WHOLE_DAY = (time(0), time(23, 59))
_MOST_OPENINGS = 6


@dataclass(frozen=True)
class Stretch:
    """A week that is worked from a local day on (None: ever since), until the next stretch begins."""

    first_day: date | None
    week: Week


def read_openings(text: str, path: str) -> tuple[Opening, ...]:
    """Read "09:00-12:30, 13:00-17:00", or nothing for a day off; raises InvalidValue by the path."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > _MOST_OPENINGS:
        raise InvalidValue(path, f"must be at most {_MOST_OPENINGS} openings")
    openings = tuple(sorted(_read_opening(part, path) for part in parts))
    if any(later[0] < earlier[1] for earlier, later in pairwise(openings)):
        raise InvalidValue(path, "has openings that overlap")
    return openings


def _read_opening(part: str, path: str) -> Opening:
    found = _OPENING.fullmatch(part)
    try:
        start, end = (time.fromisoformat(clock.zfill(5)) for clock in found.groups()) if found else (time(1), time(0))
    except ValueError:
        start, end = time(1), time(0)
    if end <= start:
        raise InvalidValue(path, "must be like 09:00-12:30, 13:00-17:00, or empty for a day off")
    return start, end


def write_openings(openings: Sequence[Opening]) -> str:
    """Write openings as they are read."""
    return ", ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in openings)


def stretches(hours: WeeklyHours, today: date) -> list[Stretch]:
    """Lay weekly hours out as the week of today and each other week to come, with the day on which it begins."""
    begins = {shift.first_day for shift in hours.shifts if shift.first_day}
    begins |= {shift.last_day + timedelta(days=1) for shift in hours.shifts if shift.last_day}
    to_come = sorted(day for day in begins if day > today)
    since = max((day for day in begins if day <= today), default=None)
    found = [Stretch(since, _week_of(hours, today))]
    for day in to_come:
        if (week := _week_of(hours, day)) != found[-1].week:
            found.append(Stretch(day, week))
    return found


def _week_of(hours: WeeklyHours, day: date) -> Week:
    """Give the openings of all weekdays as they are in force on a day, whichever weekday it is."""
    in_force = [s for s in hours.shifts if (s.first_day or day) <= day <= (s.last_day or day)]
    return tuple(tuple(sorted((s.start, s.end) for s in in_force if s.weekday == weekday)) for weekday in range(7))


def changed_from(hours: WeeklyHours | None, day: date, week: Week) -> WeeklyHours:
    """Give hours that are the same until the day before *day*, and from then on this week; None was at any time."""
    before = hours or WeeklyHours(tuple(Shift(weekday, *_WHOLE_DAY) for weekday in range(7)))
    return WeeklyHours((*_until(before, day - timedelta(days=1)), *_since(day, week)))


def _until(hours: WeeklyHours, last_day: date) -> Iterator[Shift]:
    for shift in hours.shifts:
        if shift.last_day and shift.last_day <= last_day:
            yield shift
        elif shift.first_day is None or shift.first_day <= last_day:
            yield replace(shift, last_day=last_day)


def _since(day: date, week: Week) -> Iterator[Shift]:
    for weekday, openings in enumerate(week):
        for start, end in openings:
            yield Shift(weekday, start, end, first_day=day)


def without_weekday(hours: WeeklyHours, weekday: int, day: date) -> WeeklyHours:
    """Give hours that no longer open on a weekday from a local day on; raises InvalidValue where they do not anyway."""
    before = day - timedelta(days=1)
    kept = tuple(one for one in hours.shifts if one.weekday != weekday or (one.last_day and one.last_day < day))
    ended = tuple(
        replace(one, last_day=before) for one in hours.shifts
        if one not in kept and (one.first_day is None or one.first_day < day)
    )  # fmt: skip
    if len(kept) == len(hours.shifts):
        raise InvalidValue("weekday", f"the clinic is not open on {WEEKDAYS[weekday]} from then on")
    return WeeklyHours((*kept, *ended))


def anchored_anew(
    weekdays: Sequence[int], hours: WeeklyHours, moves: Iterable[tuple[date, date]]
) -> tuple[int, ...] | None:  # fmt: skip
    """Give the weekdays that a course asks for once the clinic no longer opens on all of them; None where they stay.

    *moves*: the local days from which and to which its sessions go. A weekday that ends becomes the one that most of its
    sessions go to; one that none goes anywhere from stays.
    """
    last = {day: [one.last_day for one in hours.shifts if one.weekday == day] for day in weekdays}
    ended = [day for day in weekdays if all(last[day])]
    gone = list(moves)
    went = {day: Counter(to.weekday() for was, to in gone if was.weekday() == day) for day in ended}
    instead = {day: count.most_common(1)[0][0] for day, count in went.items() if count}
    return tuple(sorted({instead.get(day, day) for day in weekdays})) if instead else None
