"""Hours and stretches of time in a what-if file, on the clinic's own wall."""

import re
from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, model_validator

from planner.documents.edge import Checked, Entry
from planner.documents.fields import ClockTime, Day, Moment, Text, Weekday, read_clock
from planner.domain.clinic import WEEKDAYS, Shift, WeeklyHours
from planner.domain.errors import InvalidValue
from planner.domain.span import Span, at_wall

_OPENING = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")


def instant(wall: datetime, zone: ZoneInfo, path: str) -> datetime:
    """Give the UTC instant of a wall time, the first of a pair; raises InvalidValue for one that clocks skip."""
    moment = at_wall(wall.date(), wall.time(), zone)
    if moment.astimezone(zone).replace(tzinfo=None) != wall:
        raise InvalidValue(path, f"{wall:%Y-%m-%d %H:%M} is skipped in {zone.key}: the clocks go forward")
    return moment


class ShiftTable(Checked):
    """One weekly opening."""

    weekday: Weekday
    start: ClockTime
    end: ClockTime
    first_day: Day | None = None
    last_day: Day | None = None

    def value(self) -> Shift:
        """Make the shift."""
        return Shift(self.weekday, self.start, self.end, self.first_day, self.last_day)


def _spread(given: object) -> object:
    """Turn the short form of hours, Tue = ["09:00-17:00"], into the long one."""
    if not isinstance(given, dict):
        return given
    listed = [(weekday, _listed(weekday, texts)) for weekday, texts in given.items()]
    return [_opening(weekday, text, index) for weekday, texts in listed for index, text in enumerate(texts)]


def _listed(weekday: object, texts: object) -> list[object]:
    if weekday not in WEEKDAYS:
        raise InvalidValue(str(weekday), f"must be one of {', '.join(WEEKDAYS)}")
    if not isinstance(texts, list):
        raise InvalidValue(str(weekday), 'must be a list such as ["09:00-17:00"]')
    return texts


def _opening(weekday: str, text: object, index: int) -> dict[str, object]:
    path = f"{weekday}.{index}"
    match = _OPENING.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InvalidValue(path, "must be an opening such as 09:00-17:00")
    try:
        start, end = (read_clock(clock) for clock in match.groups())
    except InvalidValue as problem:
        raise problem.under(path) from None
    if end <= start:
        raise InvalidValue(path, f"{end:%H:%M} must be after {start:%H:%M}")
    return {"weekday": weekday, "start": start, "end": end}


def weekly(shifts: list[ShiftTable]) -> WeeklyHours:
    """Make weekly hours of the openings."""
    return WeeklyHours(tuple(shift.value() for shift in shifts))


def _without_clashes(shifts: list[ShiftTable]) -> list[ShiftTable]:
    weekly(shifts)
    return shifts


Hours = Annotated[list[ShiftTable], BeforeValidator(_spread), AfterValidator(_without_clashes)]


class StretchTable(Entry):
    """A stretch of whole days, or between two wall times: a closure or an absence."""

    start: Moment
    end: Moment | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "StretchTable":
        timed = isinstance(self.start, datetime)
        if timed and self.end is None:
            raise InvalidValue("end", "is missing: a stretch from a wall time ends at one")
        if self.end is not None and isinstance(self.end, datetime) != timed:
            raise InvalidValue("end", "must be a day or a wall time, as start is")
        if self.end is not None and (self.end <= self.start if timed else self.end < self.start):
            raise InvalidValue("end", "must be after start")
        return self

    def span(self, zone: ZoneInfo) -> Span:
        """Give the instants of the stretch: of whole days, from midnight to midnight."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return Span(instant(self.start, zone, "start"), instant(self.end, zone, "end"))
        after = (self.end or self.start) + timedelta(days=1)
        return Span(at_wall(self.start, time(), zone), at_wall(after, time(), zone))
