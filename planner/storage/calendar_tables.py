"""The tables of what is on the calendar: appointments, holds, and the occupancy by which the database refuses an overlap."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field

from planner.domain.attendance import Outcome
from planner.domain.course import AppointmentStatus
from planner.domain.errors import Fact
from planner.domain.visit import VisitProfile
from planner.storage.columns import stored, word
from planner.storage.tables import InClinic, Row, in_clinic

LONGEST = 26 * 60
"""Minutes that one occupancy row lasts at most: a day of 25 hours and an hour more; it bounds how far to look back."""


class AppointmentRow(InClinic, table=True):
    """The date of one session, or of its linked visit."""

    __tablename__ = "appointment"
    __table_args__ = (
        in_clinic("patient_id", "patient"),
        in_clinic("course_id", "course"),
        in_clinic("linked_to", "appointment"),
        in_clinic("clinician_id", "resource"),
        CheckConstraint("end_at > start_at", name="ends_after_start"),
        Index(None, "clinic_id", "start_at"),
        Index(None, "clinic_id", "course_id", "start_at"),
        Index(None, "clinic_id", "patient_id", "start_at", "version", "updated_at"),  # version: a feed's mark
        Index(None, "clinic_id", "updated_at"),  # what was changed lately
    )
    clinic_id: UUID = Field(primary_key=True)
    patient_id: UUID
    start_at: datetime
    end_at: datetime
    wall_start: str
    profile: VisitProfile = Field(sa_type=stored(VisitProfile))
    status: AppointmentStatus = Field(sa_type=word(AppointmentStatus))
    course_id: UUID | None
    phase: str | None
    number: int | None
    linked_to: UUID | None
    clinician_id: UUID | None
    told_at: datetime | None
    sequence: int
    version: int
    created_at: datetime
    updated_at: datetime
    arrived_at: datetime | None
    dosed_at: datetime | None
    discharged_at: datetime | None
    outcome: Outcome | None = Field(sa_type=word(Outcome))
    seated: dict[str, str] | None = Field(sa_type=JSON(none_as_null=True))  # it and the next: see storage/stays.py
    freed: list[tuple[str, list[tuple[int, int]]]] | None = Field(sa_type=JSON(none_as_null=True))


class HoldRow(InClinic, table=True):
    """A slot kept for minutes."""

    __tablename__ = "hold"
    __table_args__ = (in_clinic("patient_id", "patient"), Index(None, "clinic_id", "expires_at"))
    patient_id: UUID | None
    start_at: datetime
    end_at: datetime
    profile: VisitProfile = Field(sa_type=stored(VisitProfile))
    expires_at: datetime
    created_by: UUID


class OccupancyRow(Row, table=True):
    """One unit of a resource, or a patient, taken for [starts, ends) by an appointment or a hold.

    In whole minutes since 1970 UTC. The key serves the search for overlaps; a guard in the database refuses them.
    """

    __tablename__ = "occupancy"
    __table_args__: ClassVar[Any] = (
        in_clinic("appointment_id", "appointment", ondelete="CASCADE"),
        in_clinic("hold_id", "hold", ondelete="CASCADE"),
        CheckConstraint("(appointment_id IS NULL) <> (hold_id IS NULL)", name="one_cause"),
        CheckConstraint(f"ends > starts AND ends - starts <= {LONGEST}", name="length"),
        Index(None, "clinic_id", "starts", "ends"),
        Index(None, "clinic_id", "appointment_id"),
        Index(
            None, "clinic_id", "hold_id",
            sqlite_where=text("hold_id IS NOT NULL"), postgresql_where=text("hold_id IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )
    subject_id: UUID = Field(primary_key=True)
    seat: int = Field(primary_key=True)
    starts: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    ends: int
    clinic_id: UUID
    appointment_id: UUID | None
    hold_id: UUID | None


class CalendarChangeRow(Row, table=True):
    """One change of what is taken in a clinic: when something was taken or set free, in minutes since 1970 UTC."""

    __tablename__ = "calendar_change"
    clinic_id: UUID = Field(primary_key=True, foreign_key="clinic.id")
    revision: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    spans: list[list[int]] = Field(sa_type=JSON)


class GivenRow(InClinic, table=True):
    """A session that took place."""

    __tablename__ = "session_given"
    __table_args__ = (
        in_clinic("course_id", "course"),
        in_clinic("appointment_id", "appointment"),
        Index(None, "clinic_id", "course_id"),
    )
    course_id: UUID
    phase: str
    day: date
    elsewhere: bool
    appointment_id: UUID | None


class TaskRow(InClinic, table=True):
    """Something a person must do."""

    __tablename__ = "task"
    __table_args__ = (
        in_clinic("appointment_id", "appointment"),
        in_clinic("course_id", "course"),
        in_clinic("patient_id", "patient"),
        Index(None, "clinic_id", "done_at", "due_at"),
        Index(None, "clinic_id", "appointment_id"),
    )
    kind: str
    due_at: datetime
    created_at: datetime
    facts: Mapping[str, Fact] = Field(sa_type=JSON)
    appointment_id: UUID | None
    course_id: UUID | None
    patient_id: UUID | None
    done_at: datetime | None
    done_reason: str | None
