"""What storage gives out and takes in where the domain has no value of its own: frozen, without a session behind it.

A record's fields are the columns of its table but for the clinic's id, which the unit of work adds. Instants are UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from planner.domain.attendance import Outcome
from planner.domain.course import AppointmentStatus, CourseStatus, Preferences, SpacingException
from planner.domain.errors import Fact
from planner.domain.orders import Order
from planner.domain.protocol import Protocol
from planner.domain.roles import Role
from planner.domain.span import Span
from planner.domain.terms import Terms
from planner.domain.visit import VisitProfile


@dataclass(frozen=True)
class HolidayCalendar:
    """Whose public holidays a clinic keeps, and (*open_on*, by name) on which of them it works."""

    country: str
    subdivision: str | None = None
    open_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Patient:
    """A patient. The name lives here and nowhere else; it is not shown by repr, so that no log can hold it."""

    id: UUID
    name: str = field(repr=False)
    record_number: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    version: int = 1
    search_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Staff:
    """A member of staff who uses the planner; *resource_id* where visits need them as well.

    *email* names the account, one of its kind in all clinics; without a *password* (a hash) nobody can sign in by it.
    *uniquifier* is what the sign-in library knows the account by.
    """

    id: UUID
    name: str
    role: Role
    resource_id: UUID | None = None
    email: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    uniquifier: str | None = field(default=None, repr=False)
    active: bool = True
    version: int = 1


@dataclass(frozen=True)
class ProtocolRecord:
    """A published version of a protocol, as it will always be."""

    name: str
    version: int
    document: Protocol
    published_at: datetime
    author_id: UUID


@dataclass(frozen=True)
class CourseRecord:
    """One patient's course with its own copy of the protocol: revising one patient never edits the protocol.

    *exceptions*, *resumes_on* (a local day) and *reviewed* are what orders left: see `domain.terms.Terms`.
    """

    id: UUID
    patient_id: UUID
    protocol: Protocol
    preferences: Preferences
    created_at: datetime
    status: CourseStatus = CourseStatus.DRAFT
    clinician_id: UUID | None = None
    version: int = 1
    exceptions: tuple[SpacingException, ...] = ()
    resumes_on: date | None = None
    reviewed: tuple[str, ...] = ()

    @property
    def terms(self) -> Terms:
        """What orders may change of it."""
        return Terms(self.protocol, self.preferences, self.status, self.exceptions, self.resumes_on, self.reviewed)

    def under(self, terms: Terms) -> "CourseRecord":
        """Give the course under other terms."""
        return replace(
            self, protocol=terms.protocol, preferences=terms.preferences, status=terms.status, exceptions=terms.exceptions,
            resumes_on=terms.resumes_on, reviewed=terms.reviewed,
        )  # fmt: skip


@dataclass(frozen=True)
class GivenRecord:
    """A session that took place on a local day; *appointment_id* where it was one of ours."""

    id: UUID
    course_id: UUID
    phase: str
    day: date
    elsewhere: bool = False
    appointment_id: UUID | None = None


@dataclass(frozen=True)
class OrderRecord:
    """A clinician's order to a course, with the terms that it found. *effective_on*: the local day from which it holds.

    *successor_id*: the course that an order to begin another one began.
    """

    id: UUID
    course_id: UUID
    content: Order
    previous: Terms
    reason: str
    author_id: UUID
    given_at: datetime
    effective_on: date
    successor_id: UUID | None = None


@dataclass(frozen=True)
class AppointmentRecord:
    """The date of one session or of its linked visit: [start_at, end_at) from the appointed time to discharge.

    *wall_start* is the promise, the local time to the minute; UTC is the index. *profile* is the visit as it was booked.
    *told_at*: when the patient heard of it. *sequence* counts what calendars must hear of, and *updated_at* is its time:
    what really happened (*arrived_at*, *dosed_at*, *discharged_at*, *outcome*) changes neither, but for a late cancellation.
    """

    id: UUID
    patient_id: UUID
    start_at: datetime
    end_at: datetime
    wall_start: str
    profile: VisitProfile
    created_at: datetime
    updated_at: datetime
    status: AppointmentStatus = AppointmentStatus.BOOKED
    course_id: UUID | None = None
    phase: str | None = None
    number: int | None = None
    linked_to: UUID | None = None
    clinician_id: UUID | None = None
    told_at: datetime | None = None
    sequence: int = 0
    version: int = 1
    arrived_at: datetime | None = None
    dosed_at: datetime | None = None
    discharged_at: datetime | None = None
    outcome: Outcome | None = None

    @property
    def span(self) -> Span:
        """From the appointed time to discharge."""
        return Span(self.start_at, self.end_at)


@dataclass(frozen=True)
class HoldRecord:
    """A slot kept for minutes; after *expires_at* the next lock of the calendar deletes it."""

    id: UUID
    start_at: datetime
    end_at: datetime
    profile: VisitProfile
    expires_at: datetime
    created_by: UUID
    patient_id: UUID | None = None


@dataclass(frozen=True)
class Task:
    """Something a person must do, with its facts (ids and numbers, no names)."""

    id: UUID
    kind: str
    due_at: datetime
    created_at: datetime
    facts: Mapping[str, Fact] = field(default_factory=dict)
    appointment_id: UUID | None = None
    course_id: UUID | None = None
    patient_id: UUID | None = None
    done_at: datetime | None = None
    done_reason: str | None = None


@dataclass(frozen=True)
class AuditEntry:
    """Who did what to what, when and why; never changed and never deleted. The database gives the id, rising."""

    at: datetime
    actor_id: UUID
    action: str
    subject_kind: str
    subject_id: UUID
    facts: Mapping[str, Fact] = field(default_factory=dict)
    reason: str | None = None
    id: int | None = None
