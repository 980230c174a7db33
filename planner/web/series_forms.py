"""What is sent while a course is planned: what is asked for, the wish in the address, and the plan that was shown, signed.

Nothing that is only shown is stored: the wish (rows edited by hand, a relaxation, a horizon) travels in the address as
numbers, and what is to be booked travels in the form as a signed text, so that exactly what was seen is booked.
"""

from dataclasses import replace
from datetime import date, time
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from planner.documents.course_file import MOST_HORIZON_DAYS
from planner.documents.fields import ClockTime, Day
from planner.domain.clinic import Shift, WeeklyHours
from planner.domain.course import Away, Given, Preferences
from planner.domain.errors import InvalidValue
from planner.domain.plan import Relaxation
from planner.domain.protocol import Protocol
from planner.domain.span import from_minute, minute_of
from planner.services.courses import Wish
from planner.web.asking import Blank, Count, Form, Line, Version

MOST_ROWS = 120
_START, _END = time(), time(23, 59)
_Id = Annotated[UUID | None, Blank]
_DayOrNone = Annotated[Day | None, Blank]
_TimeOrNone = Annotated[ClockTime | None, Blank]
_Rows = Field(default=(), max_length=MOST_ROWS)
_PhaseDay = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}-[0-6]$")]
_Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}-[0-9]{7,9}$")]
_KINDS = {"min_days": 365, "per_week": 6, "overrun_days": 400, "hours_minutes": 720, "availability": 1}
_Relaxed = Annotated[str, StringConstraints(pattern=r"^(?:" + "|".join(_KINDS) + r")-[0-9]{1,4}$")]


class AskedForm(Form):
    """What is asked for: the first day, the weekdays of each phase by its place, times, days away, who, how far ahead."""

    start: Day
    at: _TimeOrNone = None
    not_before: _TimeOrNone = None
    not_after: _TimeOrNone = None
    days: tuple[_PhaseDay, ...] = _Rows
    away_first: tuple[_DayOrNone, ...] = _Rows
    away_last: tuple[_DayOrNone, ...] = _Rows
    clinician: _Id = None
    until: _DayOrNone = None

    def preferences(self, protocol: Protocol, today: date, stored: Preferences | None = None) -> Preferences:
        """Give what is asked for; raises InvalidValue with the field's name."""
        if self.start < today:
            raise InvalidValue("start", "has passed")
        if self.until and not 0 <= (self.until - self.start).days <= MOST_HORIZON_DAYS:
            raise InvalidValue("until", f"must lie within {MOST_HORIZON_DAYS} days of the first session")
        return Preferences(
            start=self.start,
            phase_weekdays=self._weekdays(protocol),
            at=self.at,
            hours=self._hours(),
            away=tuple(self._away()),
            clinician_id=self.clinician,
            other_course_days=stored.other_course_days if stored else None,
        )

    def _weekdays(self, protocol: Protocol) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {}
        for phase, weekday in (one.split("-") for one in self.days):
            if int(phase) >= len(protocol.phases):
                raise InvalidValue("days", "names a phase that the protocol does not have")
            found.setdefault(protocol.phases[int(phase)].name, []).append(int(weekday))
        return {name: tuple(sorted(set(weekdays))) for name, weekdays in found.items()}

    def _hours(self) -> WeeklyHours | None:
        first, last = self.not_before or _START, self.not_after or _END
        if (first, last) == (_START, _END):
            return None
        if last <= first:
            raise InvalidValue("not_after", "must be later than the time before which the patient cannot come")
        return WeeklyHours(tuple(Shift(weekday, first, last) for weekday in range(7)))

    def _away(self) -> list[Away]:
        if len(self.away_first) != len(self.away_last):
            raise InvalidValue("away_last", "must be as many as there are first days")
        found = []
        for index, (first, last) in enumerate(zip(self.away_first, self.away_last, strict=True)):
            if first is None and last is not None:
                raise InvalidValue("away_first", "is missing beside a last day")
            if first and (last or first) < first:
                raise InvalidValue(f"away_last.{index}", "must not be before the first day")
            found += [Away(first, last or first)] if first else []
        return found


class BeginForm(AskedForm):
    """A new course: for whom, by which version of which protocol, and what was given before."""

    patient: UUID
    protocol: Line
    version: Version
    given_phase: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}$")], ...] = _Rows
    given_day: tuple[_DayOrNone, ...] = _Rows
    given_where: tuple[Literal["here", "elsewhere"], ...] = _Rows

    def given(self, protocol: Protocol) -> list[Given]:
        """Give the sessions that took place, in date order."""
        if not len(self.given_day) == len(self.given_phase) == len(self.given_where):
            raise InvalidValue("given_day", "needs a phase and a place beside each day")
        found = []
        for phase, day, where in zip(self.given_phase, self.given_day, self.given_where, strict=True):
            if int(phase) >= len(protocol.phases):
                raise InvalidValue("given_phase", "names a phase that the protocol does not have")
            found += [Given(protocol.phases[int(phase)].name, day, where == "elsewhere")] if day else []
        return sorted(found, key=lambda one: one.day)


class PreferForm(AskedForm):
    """Something else asked for in a draft; *version*: the course as it was seen."""

    version: Version


class WishQuery(Form):
    """How a shown plan departs from what is stored: pins as number and minute, relaxations as kind and amount."""

    pin: tuple[_Pin, ...] = _Rows
    relax: tuple[_Relaxed, ...] = Field(default=(), max_length=len(_KINDS))
    until: _DayOrNone = None
    edit: Count | None = None

    def wish(self) -> Wish:
        """Give it to the planner; raises InvalidValue."""
        pins = {int(number): from_minute(int(minute)) for number, minute in (one.split("-") for one in self.pin)}
        relaxed = {kind: int(amount) for kind, amount in (one.split("-") for one in self.relax)}
        for kind, amount in relaxed.items():
            if amount > _KINDS[kind]:
                raise InvalidValue("relax", f"is more than {_KINDS[kind]}")
        return Wish(pinned=pins, relaxation=_relaxation(relaxed), horizon=self.until)


def _relaxation(relaxed: dict[str, int]) -> Relaxation:
    amounts: dict[str, Any] = {kind: amount for kind, amount in relaxed.items() if kind != "availability"}
    return replace(Relaxation(**amounts), availability=bool(relaxed.get("availability")))


class EditForm(WishQuery):
    """A row edited by hand, in the plan that is shown."""

    number: Annotated[Count, Field(ge=1, le=1000)]
    day: Day
    time: ClockTime
    rest: Literal["keep", "flow"] = "flow"


class ChooseForm(Form):
    """An alternative to be asked for from now on: its time, its weekdays, or the weekdays freed; empty for none."""

    choice: Annotated[str, StringConstraints(max_length=40, pattern=r"^[A-Za-z0-9: ]*$")] = ""
    version: Version
    until: _DayOrNone = None


class BookForm(Form):
    """The shown plan, signed; whether the patient is told; why it goes beyond the rules; whether a part is enough."""

    shown: Annotated[str, StringConstraints(min_length=1, max_length=100_000)]
    tell: Literal["yes"] | None = None
    part: Literal["yes"] | None = None
    reason: Annotated[Line | None, Blank] = None


class DiscardForm(Form):
    """A draft to be given up."""

    version: Version


def address_of(wish: Wish) -> dict[str, list[str]]:
    """Give a wish as an address holds it."""
    found = {
        "pin": [f"{number}-{minute_of(start)}" for number, start in sorted(wish.pinned.items())],
        "relax": [f"{kind}-{int(amount)}" for kind, amount in vars(wish.relaxation).items() if amount],
        "until": [wish.horizon.isoformat()] if wish.horizon else [],
    }
    return {name: values for name, values in found.items() if values}
