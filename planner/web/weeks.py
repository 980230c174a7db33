"""Forms about time that several settings share: a week of openings from a day on, and a stretch of days or of one day."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from flask import flash, redirect, url_for
from pydantic import AwareDatetime
from werkzeug.wrappers import Response

from planner.documents.stretches import instant
from planner.domain.clinic import WEEKDAYS, WeeklyHours
from planner.domain.errors import InvalidValue
from planner.domain.hours import Week, changed_from, read_openings, stretches, write_openings
from planner.domain.span import Span, check_day, day_start
from planner.services.effects import Effects
from planner.web.asking import Blank, Day, Form, InvalidForm, Line, Version, WallTime
from planner.web.render import today, zone

_LONGEST = timedelta(days=3 * 366)


class WeekForm(Form):
    """A week, a line for each weekday, and the day from which it holds."""

    mon: Line = ""
    tue: Line = ""
    wed: Line = ""
    thu: Line = ""
    fri: Line = ""
    sat: Line = ""
    sun: Line = ""
    first_day: Day
    version: Version

    def after(self, hours: WeeklyHours | None) -> WeeklyHours:
        """Give the hours as they are from now on; raises InvalidForm with each line that cannot be."""
        problems, week = list[InvalidValue](), list[tuple[object, ...]]()
        for name in WEEKDAYS:
            try:
                week.append(read_openings(getattr(self, name.lower()), name.lower()))
            except InvalidValue as problem:
                problems.append(problem)
        if self.first_day < today():
            problems.append(InvalidValue("first_day", "must be today or later: what was, stays as it was"))
        if problems:
            raise InvalidForm(problems)
        return changed_from(hours, check_day(self.first_day, "first_day"), tuple(week))  # type: ignore[arg-type]


def week_texts(hours: WeeklyHours | None) -> dict[str, str]:
    """Fill the lines of a week form with the week that is the last to come."""
    week: Week = stretches(hours, today())[-1].week if hours else ((),) * 7
    return {name.lower(): write_openings(openings) for name, openings in zip(WEEKDAYS, week, strict=True)}


class StretchForm(Form):
    """A stretch of whole days, or a part of one day, on the clinic's wall."""

    first_day: Day
    last_day: Annotated[Day | None, Blank] = None
    start: Annotated[WallTime | None, Blank] = None
    end: Annotated[WallTime | None, Blank] = None
    reason: Line = ""
    version: Version

    def span(self) -> Span:
        """Give its instants; raises InvalidForm by the field."""
        last = self.last_day or self.first_day
        for name, day in (("first_day", self.first_day), ("last_day", last)):
            check_day(day, name)
        if last < self.first_day:
            raise InvalidValue("last_day", "must not be before the first day")
        if last - self.first_day > _LONGEST:
            raise InvalidValue("last_day", "must be within three years of the first day")
        if self.start is None and self.end is None:
            return _whole_days(self.first_day, last)
        return self._part()

    def _part(self) -> Span:
        if self.start is None or self.end is None:
            lacking = "start" if self.start is None else "end"
            raise InvalidValue(lacking, "is missing: a part of a day has a start and an end")
        if self.last_day not in {None, self.first_day}:
            raise InvalidValue("last_day", "must be empty or the same day where times are given")
        if self.end <= self.start:
            raise InvalidValue("end", "must be after the start")
        start, end = (datetime.combine(self.first_day, wall.replace(second=0)) for wall in (self.start, self.end))
        return Span(instant(start, zone(), "start"), instant(end, zone(), "end"))


def _whole_days(first: date, last: date) -> Span:
    return Span(day_start(first, zone()), day_start(last + timedelta(days=1), zone()))


class SpanForm(Form):
    """A stretch that is there already, by its instants."""

    start: AwareDatetime
    end: AwareDatetime
    version: Version

    def span(self) -> Span:
        """Give it."""
        return Span(self.start, self.end)


def whole_days(span: Span) -> tuple[date, date] | None:
    """Give the first and the last day of a stretch of whole days; None where it is a part of a day."""
    first, after = (instant.astimezone(zone()) for instant in (span.start, span.end))
    last = after.date() - timedelta(days=1)
    return (first.date(), last) if _whole_days(first.date(), max(first.date(), last)) == span else None


def done(effects: Effects, endpoint: str, **named: Any) -> Response:
    """Go to what a change did to what is booked, or back to the page where it did nothing."""
    if effects.any:
        return redirect(url_for("settings.change", change_id=effects.change_id), code=303)
    flash("Saved. Nothing that is booked is affected.")
    return redirect(url_for(endpoint, **named), code=303)
