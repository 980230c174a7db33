"""A clinic: when it works, what and who it has, and what it charges, in points, for a plan that is not as asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date, time
from enum import StrEnum
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.channels import STANDARD_MESSAGING, MessagePolicy
from planner.domain.errors import InvalidValue
from planner.domain.replies import ANY_RIDE, RidePolicy
from planner.domain.span import Span, check_day

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
POINT = 240
"""One point in the integer units that plans are compared in: a minute away from the preferred time is one unit."""


@dataclass(frozen=True, order=True)
class Shift:
    """One weekly opening in wall time, from *start* to *end* of the same day, between two effective days (inclusive)."""

    weekday: int
    start: time
    end: time
    first_day: date | None = None
    last_day: date | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise InvalidValue("weekday", "must be 0 (Monday) to 6 (Sunday)")
        if self.end <= self.start:
            raise InvalidValue("end", f"{self.end:%H:%M} must be after start {self.start:%H:%M}")
        for name in ("first_day", "last_day"):
            if getattr(self, name):
                check_day(getattr(self, name), name)
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise InvalidValue("last_day", "must not be before first_day")

    def holds_on(self, day: date) -> bool:
        """Whether the shift is worked on this local day."""
        return (
            day.weekday() == self.weekday
            and (self.first_day is None or self.first_day <= day)
            and (self.last_day is None or day <= self.last_day)
        )

    def clashes_with(self, other: "Shift") -> bool:
        """Whether both are worked at one time on some day."""
        return (
            self.weekday == other.weekday
            and self.start < other.end
            and other.start < self.end
            and (self.first_day or date.min) <= (other.last_day or date.max)
            and (other.first_day or date.min) <= (self.last_day or date.max)
        )


@dataclass(frozen=True)
class WeeklyHours:
    """Weekly openings with effective dates; overlapping ones are refused."""

    shifts: tuple[Shift, ...]

    def __post_init__(self) -> None:
        for index, shift in enumerate(self.shifts):
            if any(shift.clashes_with(other) for other in self.shifts[:index]):
                raise InvalidValue(str(index), f"overlaps another opening on {WEEKDAYS[shift.weekday]}")

    def on(self, day: date) -> tuple[tuple[time, time], ...]:
        """List the openings of a local day as wall times, earliest first."""
        return tuple(sorted((shift.start, shift.end) for shift in self.shifts if shift.holds_on(day)))


@dataclass(frozen=True)
class Closure:
    """A stretch in which the clinic is closed, whole days or part of one."""

    span: Span
    reason: str = ""


@dataclass(frozen=True, order=True)
class Holiday:
    """A public holiday: closed for the whole local day."""

    day: date
    name: str


@dataclass(frozen=True)
class Absence:
    """A stretch in which a resource is not there: leave, illness, repair."""

    span: Span
    reason: str = ""


@dataclass(frozen=True)
class Resource:
    """A chair, room, pump or person. *hours* of None means whenever it is asked for; people have shifts of their own.

    *capacity* counts units that visits hold at once (a nurse: 4). Who can start doses has one further seat for that.
    """

    id: UUID
    name: str
    kind: str
    capacity: int = 1
    hours: WeeklyHours | None = None
    absences: tuple[Absence, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.capacity <= 100:
            raise InvalidValue("capacity", "must be between 1 and 100 units")


@dataclass(frozen=True)
class Costs:
    """What each deviation costs, in whole points (planning.md, "Costs"); a clinic may set them."""

    off_pattern: int = 3
    off_pattern_day: int = 1
    passed_over: int = 6
    interval_day: int = 1
    off_weekday: int = 3
    beyond_max_day: int = 10
    told: int = 20
    time_per_4h: int = 1
    time_most: int = 2
    other_clinician: int = 1

    def __post_init__(self) -> None:
        for item in fields(self):
            if not 0 <= getattr(self, item.name) <= 1000:
                raise InvalidValue(item.name, "must be between 0 and 1000 points")


class MissedPolicy(StrEnum):
    """What a clinic does about a session that was missed in the induction: a proposal, never booked by itself."""

    MAKE_UP = "make-up"
    """Make it up in the same treatment week where both gaps allow, else append it."""
    APPEND = "append"
    """Go on as planned, and append it at the end."""
    ASK = "ask"
    """A clinician decides each time."""


@dataclass(frozen=True)
class SelfService:
    """What patients may do by their private page.

    *moves*: take another time at once, inside every rule; else they ask for it, and the desk decides. *notice_hours*: how
    long before an appointment that ends; later they are asked to call.
    """

    moves: bool = False
    notice_hours: int = 24

    def __post_init__(self) -> None:
        if not 0 <= self.notice_hours <= 14 * 24:
            raise InvalidValue("notice_hours", "must be between 0 and 336 hours")


@dataclass(frozen=True)
class Clinic:
    """One site: its zone, weekly hours, closures, holidays and resources (in rank order), and its planning settings.

    *overrun_days* is how far a gap may exceed its maximum, *first_within_days* how far after the requested start the
    first session may lie, *horizon_days* how far ahead an open-ended phase is planned, *missed* what is proposed where a
    session of an induction was missed, *reminds* whether patients are reminded before their visits, *rides* which ways home
    it allows.
    """

    id: UUID
    name: str
    zone: ZoneInfo
    hours: WeeklyHours
    closures: tuple[Closure, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    resources: tuple[Resource, ...] = ()
    grid_minutes: int = 15
    costs: Costs = field(default_factory=Costs)
    overrun_days: int = 14
    first_within_days: int = 14
    horizon_days: int = 84
    missed: MissedPolicy = MissedPolicy.MAKE_UP
    self_service: SelfService = SelfService()
    reminds: bool = True
    messaging: MessagePolicy = STANDARD_MESSAGING
    rides: RidePolicy = ANY_RIDE

    def __post_init__(self) -> None:
        if self.grid_minutes not in {5, 10, 15, 20, 30, 60}:
            raise InvalidValue("grid_minutes", "must be 5, 10, 15, 20, 30 or 60")
        for name, most in (("overrun_days", 60), ("first_within_days", 90), ("horizon_days", 366)):
            if not 0 <= getattr(self, name) <= most:
                raise InvalidValue(name, f"must be between 0 and {most} days")
        if len({resource.id for resource in self.resources}) < len(self.resources):
            raise InvalidValue("resources", "two resources have the same id")

    def of_kind(self, kind: str) -> Iterator[Resource]:
        """Go through the resources of a kind, in rank order."""
        return iter(self._by_kind.get(kind, ()))

    @cached_property
    def _by_kind(self) -> dict[str, list[Resource]]:
        kinds: dict[str, list[Resource]] = {}
        for resource in self.resources:
            kinds.setdefault(resource.kind, []).append(resource)
        return kinds

    def resource(self, resource_id: UUID) -> Resource | None:
        """Find a resource by its id."""
        return self._by_id.get(resource_id.int)

    @cached_property
    def _by_id(self) -> dict[int, Resource]:
        return {resource.id.int: resource for resource in self.resources}

    def holiday_on(self, day: date) -> Holiday | None:
        """Find the public holiday of a local day, if it is one."""
        return next((holiday for holiday in self.holidays if holiday.day == day), None)
