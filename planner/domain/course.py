"""One patient's course: what was given, what was promised, what is wanted; statuses and their legal moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from planner.domain.clinic import WeeklyHours
from planner.domain.errors import InvalidMove, InvalidValue
from planner.domain.protocol import SpacingRule
from planner.domain.span import check_day


class CourseStatus(StrEnum):
    """FHIR's words for a care plan."""

    DRAFT = "draft"
    ACTIVE = "active"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    REVOKED = "revoked"


class AppointmentStatus(StrEnum):
    """FHIR's words for an appointment."""

    TENTATIVE = "tentative"
    BOOKED = "booked"
    ARRIVED = "arrived"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"


_MOVES: Mapping[AppointmentStatus, frozenset[AppointmentStatus]] = {
    AppointmentStatus.TENTATIVE: frozenset(
        {AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED, AppointmentStatus.ARRIVED, AppointmentStatus.NOSHOW,
         AppointmentStatus.FULFILLED}
    ),
    AppointmentStatus.BOOKED: frozenset(
        {AppointmentStatus.ARRIVED, AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW, AppointmentStatus.FULFILLED}
    ),
    AppointmentStatus.ARRIVED: frozenset({AppointmentStatus.FULFILLED, AppointmentStatus.CANCELLED}),
}
LIVE = frozenset({AppointmentStatus.TENTATIVE, AppointmentStatus.BOOKED})
"""Appointments that still hold their place and may be moved or cancelled."""


def check_move(status: AppointmentStatus, to: AppointmentStatus) -> None:
    """Refuse a step that the appointment's status does not allow; raises InvalidMove."""
    if to not in _MOVES.get(status, frozenset()):
        raise InvalidMove(f"an appointment that is {status} cannot become {to}")


def is_unheard_of(status: AppointmentStatus, *, told: bool, recorded: bool) -> bool:
    """Whether an appointment is as if it had never been: cancelled, untold, and no outcome of it *recorded*."""
    return status is AppointmentStatus.CANCELLED and not told and not recorded


def check_restore(status: AppointmentStatus, to: AppointmentStatus) -> None:
    """Refuse to undo anything but the cancellation of an appointment that was live, or its standing; raises InvalidMove."""
    if status not in {AppointmentStatus.CANCELLED, *LIVE} or to not in LIVE:
        raise InvalidMove(f"an appointment that is {status} cannot be {to} again")


@dataclass(frozen=True)
class Given:
    """A session that took place: a dose (or a preparation visit) on a local day, here or elsewhere."""

    phase: str
    day: date
    elsewhere: bool = False

    def __post_init__(self) -> None:
        check_day(self.day, "day")


@dataclass(frozen=True)
class Neighbour:
    """A dosing session of another course of the same patient, and the days that must lie between."""

    day: date
    min_days: int

    def __post_init__(self) -> None:
        if not 1 <= self.min_days <= 366:
            raise InvalidValue("min_days", "must be between 1 and 366 days")


@dataclass(frozen=True)
class Booked:
    """An appointment of the course that already stands. *told*: the patient knows of it, and changing it costs.

    *clinician_id* is the person the patient was promised; *linked* marks a linked visit of its session.
    """

    appointment_id: UUID
    phase: str
    start: datetime
    told: bool = True
    clinician_id: UUID | None = None
    linked: bool = False

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise InvalidValue("start", "an instant needs its zone")
        check_day(self.start.date(), "start")


@dataclass(frozen=True, order=True)
class Away:
    """Local days, both included, on which the patient cannot come."""

    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        check_day(self.first_day, "first_day")
        check_day(self.last_day, "last_day")
        if self.last_day < self.first_day:
            raise InvalidValue("last_day", "must not be before first_day")


@dataclass(frozen=True)
class Preferences:
    """What is asked for. *start*: the first local day wanted. *weekdays*: the pattern (0 is Monday), by phase or for all.

    *at*: one wall time to come at, or none. *hours*: when the patient can come at all (None: always); *away*: when not.
    *clinician_id*: the course's named clinician. *phase_weekdays* overrides *weekdays* for the phases it names.
    *other_course_days*: the fewest days to a dose of another course, where a clinician entered them.
    """

    start: date
    weekdays: tuple[int, ...] = ()
    phase_weekdays: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    at: time | None = None
    hours: WeeklyHours | None = None
    away: tuple[Away, ...] = ()
    clinician_id: UUID | None = None
    other_course_days: int | None = None

    def __post_init__(self) -> None:
        check_day(self.start, "start")
        check_day(self.start + timedelta(days=3650), "start")
        if self.other_course_days is not None and not 1 <= self.other_course_days <= 366:
            raise InvalidValue("other_course_days", "must be between 1 and 366 days")
        by_phase = ((f"phase_weekdays.{phase}", weekdays) for phase, weekdays in self.phase_weekdays.items())
        for name, weekdays in (("weekdays", self.weekdays), *by_phase):
            if any(not 0 <= weekday <= 6 for weekday in weekdays) or len(set(weekdays)) < len(weekdays):
                raise InvalidValue(name, "must be different weekdays from Monday to Sunday")


@dataclass(frozen=True)
class Gate:
    """Something that must be met before booking (a certification, a screening), until a local day or for good."""

    name: str
    met: bool = True
    until: date | None = None

    def open_on(self, day: date) -> bool:
        """Whether the gate lets a session on this local day be booked."""
        return self.met and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class Override:
    """A clinician's reason for breaking a rule of judgement; it lands in the audit."""

    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise InvalidValue("reason", "an override needs a reason")


@dataclass(frozen=True)
class SpacingException:
    """A rule of judgement overruled for one appointment: its own spacing since the session before it, in local days.

    *more_per_week*: how many more sessions its treatment week may have. It lapses with the appointment.
    """

    appointment_id: UUID
    rule: SpacingRule
    more_per_week: int = 0
