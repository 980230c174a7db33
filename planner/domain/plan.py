"""What goes into the planner and what comes out: a request, and a plan with its cost item by item."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from planner.domain.clinic import POINT, Clinic
from planner.domain.course import Booked, Gate, Given, Neighbour, Preferences, SpacingException
from planner.domain.errors import Fact, InvalidValue
from planner.domain.protocol import Protocol
from planner.domain.visit import Mode

Preferred = Mapping[tuple[str, Mode, str], UUID]
"""Who was shown, or has the visit now, by kind, mode and step."""


@dataclass(frozen=True)
class Relaxation:
    """How far a plan may go beyond what is asked; all zero is no relaxation.

    *min_days* less between sessions (never below 1), *per_week* more a week, *overrun_days* more beyond a gap's maximum
    and after the requested start, *hours_minutes* longer clinic and staff hours at both ends; *availability*: the
    patient's hours and days away are left out of account.
    """

    min_days: int = 0
    per_week: int = 0
    overrun_days: int = 0
    hours_minutes: int = 0
    availability: bool = False


@dataclass(frozen=True)
class PlanRequest:
    """One course to plan.

    *given*: sessions that took place, in date order. *standing*: its future appointments, which the plan replaces.
    *neighbours*: dosing sessions of the patient's other courses. *pinned*: starts edited by hand, by
    session number. *horizon*: the last local day an open-ended phase is planned to (None: the clinic's horizon from the
    requested start). *not_before*: no visit starts earlier than this instant. *gates* that are not met block the days they
    do not cover. *exceptions*: spacing that a clinician overruled for one session, by its number. *resumes_on*: the local
    day on which a course that paused is taken up again; the gap to its first session counts from there.
    """

    clinic: Clinic
    protocol: Protocol
    patient_id: UUID
    preferences: Preferences
    given: tuple[Given, ...] = ()
    standing: tuple[Booked, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    gates: tuple[Gate, ...] = ()
    pinned: Mapping[int, datetime] = field(default_factory=dict)
    horizon: date | None = None
    not_before: datetime | None = None
    relaxation: Relaxation = field(default_factory=Relaxation)
    exceptions: Mapping[int, SpacingException] = field(default_factory=dict)
    resumes_on: date | None = None

    def __post_init__(self) -> None:
        for index, given in enumerate(self.given):
            if self.protocol.phase(given.phase) is None:
                raise InvalidValue(f"given.{index}.phase", f"the protocol has no phase {given.phase!r}")
            if index and given.day < self.given[index - 1].day:
                raise InvalidValue(f"given.{index}.day", "sessions given must stand in date order")
        if self.given and self.given[-1].day > self.preferences.start:
            raise InvalidValue("preferences.start", "must not be before the last session given")
        for index, booked in enumerate(self.standing):
            if self.protocol.phase(booked.phase) is None:
                raise InvalidValue(f"standing.{index}.phase", f"the protocol has no phase {booked.phase!r}")

    @property
    def kept_apart(self) -> tuple[Neighbour, ...]:
        """Give the neighbours with the days that the relaxation leaves between."""
        less = self.relaxation.min_days
        return tuple(Neighbour(near.day, max(1, near.min_days - less)) for near in self.neighbours)


class CostCode(StrEnum):
    """What a cost is for."""

    OFF_PATTERN = "off-pattern"
    PASSED_OVER = "passed-over"
    INTERVAL = "interval"
    OFF_WEEKDAY = "off-weekday"
    BEYOND_MAX = "beyond-max"
    TIME_OF_DAY = "time-of-day"
    OTHER_CLINICIAN = "other-clinician"
    TOLD = "told"


@dataclass(frozen=True)
class CostItem:
    """One cost in units (240 to a point) with the numbers that explain it."""

    code: CostCode
    units: int
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def points(self) -> float:
        """The cost in points."""
        return self.units / POINT


@dataclass(frozen=True)
class Assignment:
    """A resource given to a visit over [start, end) in UTC: *units* held, or, by mode START, its starter's seat."""

    resource_id: UUID
    kind: str
    mode: Mode
    units: int
    start: datetime
    end: datetime
    step: str


@dataclass(frozen=True)
class Placed:
    """A session with its date: *start* is the appointed time and *end* the planned discharge, both UTC.

    *number* counts all sessions of the course from 1; *gap_days* are local days since the one before (None: the first).
    *clinician_id* is the person of the protocol's clinician kind, or the named one where present.
    """

    number: int
    phase: str
    visit: str
    start: datetime
    end: datetime
    gap_days: int | None
    assignments: tuple[Assignment, ...]
    costs: tuple[CostItem, ...]
    clinician_id: UUID | None = None
    linked: "Placed | None" = None

    @property
    def units(self) -> int:
        """The cost of the session and its linked visit, in units."""
        return sum(item.units for item in self.costs) + (self.linked.units if self.linked else 0)


@dataclass(frozen=True)
class Plan:
    """The best whole course. *wanted* sessions were to be placed; *changes* prices promised appointments not kept.

    *clinician_id* is the clinician whom the course keeps to: the named one, or the best where none was named.
    """

    placed: tuple[Placed, ...]
    wanted: int
    changes: tuple[CostItem, ...] = ()
    clinician_id: UUID | None = None

    @property
    def complete(self) -> bool:
        """Whether every wanted session has its date."""
        return len(self.placed) == self.wanted

    @property
    def units(self) -> int:
        """The whole cost in units (240 to a point)."""
        return sum(placed.units for placed in self.placed) + sum(item.units for item in self.changes)

    @property
    def points(self) -> float:
        """The whole cost in points."""
        return self.units / POINT
