"""The tables of scores, of patients who wait for an earlier slot, and of many courses re-planned together."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from planner.domain.rescheduling import ClinicChange, Found, Hit
from planner.domain.scores import Scale
from planner.storage.columns import stored, word
from planner.storage.tables import InClinic, in_clinic
from planner.storage.worklist_records import Answer, ReplanStatus


class ScoreRow(InClinic, table=True):
    """An outcome score; append-only."""

    __tablename__ = "score"
    __table_args__ = (in_clinic("patient_id", "patient"), Index(None, "clinic_id", "patient_id"))
    patient_id: UUID
    scale: Scale = Field(sa_type=word(Scale))
    value: int
    day: date
    recorded_at: datetime
    recorded_by: UUID
    replaces: UUID | None
    withdrawn: bool
    reason: str | None


class WaitingRow(InClinic, table=True):
    """A patient who would come earlier."""

    __tablename__ = "waiting"
    __table_args__ = (
        in_clinic("patient_id", "patient"),
        in_clinic("appointment_id", "appointment"),
        Index(None, "clinic_id", "closed_at"),
    )
    patient_id: UUID
    appointment_id: UUID
    notice_hours: int
    created_at: datetime
    created_by: UUID
    from_day: date | None
    until_day: date | None
    closed_at: datetime | None
    closed_reason: str | None
    version: int


class OfferRow(InClinic, table=True):
    """A freed slot offered to a patient who waits."""

    __tablename__ = "offer"
    __table_args__ = (in_clinic("waiting_id", "waiting"), Index(None, "clinic_id", "waiting_id"))
    waiting_id: UUID
    hold_id: UUID
    start_at: datetime
    offered_at: datetime
    offered_by: UUID
    expires_at: datetime
    answer: Answer | None = Field(sa_type=word(Answer))
    answered_at: datetime | None
    version: int


class ReplanRow(InClinic, table=True):
    """A change of the clinic with the courses that it affects, re-planned together."""

    __tablename__ = "replan"
    __table_args__ = (Index(None, "clinic_id", "status"),)
    clinic_id: UUID = Field(primary_key=True, foreign_key="clinic.id")
    action: str
    change: ClinicChange = Field(sa_type=stored(ClinicChange))
    status: ReplanStatus = Field(sa_type=word(ReplanStatus))
    clinic_version: int
    created_at: datetime
    created_by: UUID
    updated_at: datetime
    total: int
    done: int
    leased_until: datetime | None
    change_id: UUID | None
    reassigned: tuple[UUID, ...] = Field(sa_type=stored(tuple[UUID, ...]))
    version: int


class ReplanPartRow(InClinic, table=True):
    """One course of a re-plan."""

    __tablename__ = "replan_part"
    __table_args__ = (
        in_clinic("replan_id", "replan"),
        in_clinic("patient_id", "patient"),
        in_clinic("course_id", "course"),
        in_clinic("appointment_id", "appointment"),
        Index(None, "clinic_id", "replan_id", "position"),
    )
    replan_id: UUID
    position: int
    patient_id: UUID
    course_id: UUID | None
    appointment_id: UUID | None
    affected: tuple[Hit, ...] = Field(sa_type=stored(tuple[Hit, ...]))
    outcome: Found | None = Field(sa_type=stored(Found))
    version: int
