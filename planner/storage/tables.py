"""The tables of what a clinic is, whom it treats and what it prescribes. Rows have no behaviour and never leave storage.

Every row belongs to one clinic, and its key begins with the clinic's id: so do the foreign keys, and the database itself
refuses a reference into another clinic.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, ForeignKeyConstraint, Index, MetaData, Table, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from planner.domain.channels import MessagePolicy
from planner.domain.clinic import Costs, Holiday, MissedPolicy, SelfService, WeeklyHours
from planner.domain.course import CourseStatus, Preferences, SpacingException
from planner.domain.errors import Fact
from planner.domain.orders import Order
from planner.domain.protocol import Protocol
from planner.domain.replies import RidePolicy
from planner.domain.roles import Role
from planner.domain.terms import Terms
from planner.storage.columns import stored, word
from planner.storage.records import HolidayCalendar

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Row(SQLModel, registry=registry(metadata=metadata)):
    """What all tables share: their metadata."""


class ClinicRow(Row, table=True):
    """One clinic. The row is the lock of its calendar; *version* rises whenever anything about the clinic changes."""

    __tablename__ = "clinic"
    id: UUID = Field(primary_key=True)
    name: str
    zone: str
    hours: WeeklyHours = Field(sa_type=stored(WeeklyHours))
    costs: Costs = Field(sa_type=stored(Costs))
    grid_minutes: int
    overrun_days: int
    first_within_days: int
    horizon_days: int
    missed: MissedPolicy = Field(sa_type=word(MissedPolicy))
    self_service: SelfService = Field(sa_type=stored(SelfService))
    reminds: bool
    messaging: MessagePolicy = Field(sa_type=stored(MessagePolicy))
    rides: RidePolicy = Field(sa_type=stored(RidePolicy))
    holidays: tuple[Holiday, ...] = Field(sa_type=stored(tuple[Holiday, ...]))
    calendar: HolidayCalendar | None = Field(sa_type=stored(HolidayCalendar))
    version: int


class InClinic(Row):
    """The key of a clinic's rows."""

    clinic_id: UUID = Field(primary_key=True, foreign_key="clinic.id")
    id: UUID = Field(primary_key=True)


class ClosureRow(Row, table=True):
    """A stretch in which the clinic is closed."""

    __tablename__ = "closure"
    clinic_id: UUID = Field(primary_key=True, foreign_key="clinic.id")
    number: int = Field(primary_key=True)
    start_at: datetime
    end_at: datetime
    reason: str


class ResourceRow(InClinic, table=True):
    """A chair, room, pump or person; one that is no longer used is kept, inactive, for what it once did."""

    __tablename__ = "resource"
    rank: int
    name: str
    kind: str
    capacity: int
    hours: WeeklyHours | None = Field(sa_type=stored(WeeklyHours))
    active: bool
    renamed_at: datetime | None


def in_clinic(column: str, table: str, **options: Any) -> ForeignKeyConstraint:
    """Refer to a row of the same clinic."""
    return ForeignKeyConstraint(["clinic_id", column], [f"{table}.clinic_id", f"{table}.id"], **options)


class AbsenceRow(Row, table=True):
    """A stretch in which a resource is not there."""

    __tablename__ = "absence"
    __table_args__ = (in_clinic("resource_id", "resource"),)
    clinic_id: UUID = Field(primary_key=True)
    resource_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    start_at: datetime
    end_at: datetime
    reason: str


class PatientRow(InClinic, table=True):
    """A patient; names are nowhere else."""

    __tablename__ = "patient"
    __table_args__ = (UniqueConstraint("clinic_id", "record_number"), Index(None, "clinic_id", "name"))
    name: str
    record_number: str | None
    phone: str | None
    email: str | None
    birth_date: date | None
    version: int
    search_key: str
    renamed_at: datetime | None  # storage's own: calendars of staff show initials


class StaffRow(InClinic, table=True):
    """A member of staff."""

    __tablename__ = "staff"
    __table_args__ = (in_clinic("resource_id", "resource"), UniqueConstraint("email"), UniqueConstraint("uniquifier"))
    name: str
    role: Role = Field(sa_type=word(Role))
    resource_id: UUID | None
    email: str | None
    password: str | None
    uniquifier: str | None
    active: bool
    version: int


class ProtocolRow(Row, table=True):
    """A published version of a protocol; append-only."""

    __tablename__ = "protocol"
    clinic_id: UUID = Field(primary_key=True, foreign_key="clinic.id")
    name: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    document: Protocol = Field(sa_type=stored(Protocol))
    published_at: datetime
    author_id: UUID


class CourseRow(InClinic, table=True):
    """One patient's course, with its own copy of the protocol."""

    __tablename__ = "course"
    __table_args__ = (
        in_clinic("patient_id", "patient"),
        in_clinic("clinician_id", "resource"),
        Index(None, "clinic_id", "patient_id"),
    )
    patient_id: UUID
    protocol: Protocol = Field(sa_type=stored(Protocol))
    preferences: Preferences = Field(sa_type=stored(Preferences))
    status: CourseStatus = Field(sa_type=word(CourseStatus))
    clinician_id: UUID | None
    created_at: datetime
    version: int
    exceptions: tuple[SpacingException, ...] = Field(sa_type=stored(tuple[SpacingException, ...]))
    resumes_on: date | None
    reviewed: tuple[str, ...] = Field(sa_type=stored(tuple[str, ...]))


class OrderRow(InClinic, table=True):
    """A clinician's order to one course; append-only."""

    __tablename__ = "course_order"
    __table_args__ = (
        in_clinic("course_id", "course"),
        in_clinic("successor_id", "course"),
        Index(None, "clinic_id", "course_id"),
        Index(None, "clinic_id", "successor_id"),
    )
    course_id: UUID
    content: Order = Field(sa_type=stored(Order))
    previous: Terms = Field(sa_type=stored(Terms))
    reason: str
    author_id: UUID
    given_at: datetime
    effective_on: date
    successor_id: UUID | None


class GateRow(InClinic, table=True):
    """Something that must be met before booking, for one patient or (without one) for the clinic."""

    __tablename__ = "gate"
    __table_args__ = (in_clinic("patient_id", "patient"), Index(None, "clinic_id", "patient_id"))
    patient_id: UUID | None
    name: str
    met: bool
    until: date | None


class AuditRow(Row, table=True):
    """Who did what, when and why; append-only, in the order of its ids."""

    __tablename__ = "audit"
    __table_args__: ClassVar[Any] = (Index(None, "clinic_id", "subject_id"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_column_kwargs={"autoincrement": True})
    clinic_id: UUID = Field(foreign_key="clinic.id")
    at: datetime
    actor_id: UUID
    action: str
    subject_kind: str
    subject_id: UUID
    facts: Mapping[str, Fact] = Field(sa_type=JSON)
    reason: str | None


def table_of(row: type[SQLModel]) -> Table:
    """Give the table behind a row's class."""
    return metadata.tables[str(row.__tablename__)]
