"""The course of a what-if file: what is asked for, what was given, what stands already."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from planner.documents.clinic_file import named_id
from planner.documents.edge import Checked, Entry
from planner.documents.fields import ClockTime, Day, Name, Slug, WallTime, Weekday
from planner.documents.stretches import Hours, instant, weekly
from planner.domain.course import Away, Booked, Gate, Given, Neighbour, Preferences
from planner.domain.errors import InvalidValue
from planner.domain.plan import Relaxation

MOST_HORIZON_DAYS = 1100
"""How far ahead of the start an open-ended phase can be planned: three years."""


def _read_number(given: object) -> int:
    if not (isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 3 and int(given) >= 1):
        raise InvalidValue("", "must be a session's number, counted from 1")
    return int(given)


def _read_id(given: object) -> UUID:
    try:
        return UUID(given) if isinstance(given, str) else UUID(int=-1)
    except ValueError:
        raise InvalidValue("", "must be an appointment's id (a UUID)") from None


SessionNumber = Annotated[int, BeforeValidator(_read_number)]
AppointmentId = Annotated[UUID, BeforeValidator(_read_id)]


class AwayTable(Checked):
    """Days on which the patient cannot come."""

    first_day: Day
    last_day: Day

    def value(self) -> Away:
        """Make the days."""
        return Away(self.first_day, self.last_day)


class RelaxationTable(Entry):
    """How far the plan may go beyond what is asked."""

    min_days: int = Field(default=0, ge=0, le=365)
    per_week: int = Field(default=0, ge=0, le=6)
    overrun_days: int = Field(default=0, ge=0, le=365)
    hours_minutes: int = Field(default=0, ge=0, le=720)
    availability: bool = False

    def value(self) -> Relaxation:
        """Make the relaxation."""
        return Relaxation(**self.model_dump())


class RequestTable(Checked):
    """What is asked for."""

    start: Day
    weekdays: list[Weekday] = Field(default_factory=list)
    phase_weekdays: dict[Slug, list[Weekday]] = Field(default_factory=dict)
    time: ClockTime | None = None
    clinician: Name | None = None
    hours: Hours | None = None
    away: list[AwayTable] = Field(default_factory=list)
    horizon: Day | None = None
    not_before: WallTime | None = None
    pinned: dict[SessionNumber, WallTime] = Field(default_factory=dict)
    relaxation: RelaxationTable = RelaxationTable()

    def value(self) -> Preferences:
        """Make the preferences, without the clinician: a name needs the clinic's resources."""
        return self.preferences(None)

    def preferences(self, clinician_id: UUID | None) -> Preferences:
        """Make the preferences."""
        if self.horizon is not None and self.horizon < self.start:
            raise InvalidValue("horizon", "must not be before start")
        if self.horizon is not None and (self.horizon - self.start).days > MOST_HORIZON_DAYS:
            raise InvalidValue("horizon", f"must lie within {MOST_HORIZON_DAYS} days of start")
        return Preferences(
            start=self.start,
            weekdays=tuple(self.weekdays),
            phase_weekdays={phase: tuple(weekdays) for phase, weekdays in self.phase_weekdays.items()},
            at=self.time,
            hours=None if self.hours is None else weekly(self.hours),
            away=tuple(away.value() for away in self.away),
            clinician_id=clinician_id,
        )

    def earliest(self, zone: ZoneInfo) -> datetime | None:
        """Give the instant before which no visit starts, where one is asked for."""
        return None if self.not_before is None else instant(self.not_before, zone, "not_before")

    def pins(self, zone: ZoneInfo) -> dict[int, datetime]:
        """Give the pinned starts in UTC, by session number."""
        return {number: instant(wall, zone, f"pinned.{number}") for number, wall in self.pinned.items()}


class GivenTable(Checked):
    """A session that took place."""

    phase: Slug
    day: Day
    elsewhere: bool = False

    def value(self) -> Given:
        """Make the session given."""
        return Given(self.phase, self.day, self.elsewhere)


class StandingTable(Entry):
    """An appointment of the course that stands already."""

    phase: Slug
    start: WallTime
    told: bool = True
    clinician: Name | None = None
    linked: bool = False
    id: AppointmentId | None = None

    def booked(self, zone: ZoneInfo, clinician_id: UUID | None) -> Booked:
        """Make the appointment; without an id it gets one by its phase and start."""
        made = named_id("appointment", f"{self.phase}/{self.start:%Y-%m-%dT%H:%M}/{self.linked}")
        start = instant(self.start, zone, "start")
        return Booked(self.id or made, self.phase, start, self.told, clinician_id, self.linked)


class NeighbourTable(Checked):
    """A dosing session of another course of the patient."""

    day: Day
    min_days: int

    def value(self) -> Neighbour:
        """Make the neighbour."""
        return Neighbour(self.day, self.min_days)


class GateTable(Entry):
    """Whether a gate of the protocol is met, and until when."""

    name: Slug
    met: bool = True
    until: Day | None = None

    def value(self) -> Gate:
        """Make the gate."""
        return Gate(self.name, self.met, self.until)


def years_of(request: RequestTable, longest_days: int) -> range:
    """Give the years in which the course may lie, from the start asked for over the *longest_days* it may take."""
    last = request.start + timedelta(days=longest_days)
    return range(request.start.year, max(last, request.horizon or last).year + 1)
