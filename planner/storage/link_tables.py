"""The tables of private links, of what patients answer by them, and of how patients want to be written to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from planner.domain.channels import Channel, Quiet
from planner.domain.reaching import Audience, Delivery, Language, Purpose
from planner.domain.replies import ReplyKind, Ride
from planner.storage.columns import stored, word
from planner.storage.tables import InClinic, in_clinic


class FeedLinkRow(InClinic, table=True):
    """A private address of a calendar, kept as the hash of its token."""

    __tablename__ = "feed_link"
    __table_args__ = (
        in_clinic("patient_id", "patient"),
        in_clinic("resource_id", "resource"),
        UniqueConstraint("token_hash"),
        CheckConstraint("(patient_id IS NULL) <> (resource_id IS NULL)", name="of_somebody"),
        Index(None, "clinic_id", "patient_id"),
        Index(None, "clinic_id", "resource_id"),
    )
    patient_id: UUID | None
    label: str
    token_hash: str
    wording: str
    shows_advice: bool
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    fetched_at: datetime | None
    fetched_by: str | None
    audience: Audience = Field(sa_type=word(Audience))
    resource_id: UUID | None
    shows_place: bool
    alarm_minutes: int | None
    language: Language = Field(sa_type=word(Language))
    agreed_at: datetime | None


class PageLinkRow(InClinic, table=True):
    """A private address of pages, kept as the hash of its token."""

    __tablename__ = "page_link"
    __table_args__ = (
        in_clinic("patient_id", "patient"),
        in_clinic("appointment_id", "appointment"),
        in_clinic("notice_id", "notice"),
        UniqueConstraint("token_hash"),
        Index(None, "clinic_id", "patient_id"),
        Index(None, "clinic_id", "notice_id"),
    )
    patient_id: UUID
    purpose: Purpose = Field(sa_type=word(Purpose))
    label: str
    token_hash: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    appointment_id: UUID | None
    notice_id: UUID | None
    revoked_at: datetime | None
    used_at: datetime | None
    used_by: str | None


class ReplyRow(InClinic, table=True):
    """What a patient answered about an appointment; append-only."""

    __tablename__ = "reply"
    __table_args__ = (
        in_clinic("patient_id", "patient"),
        in_clinic("appointment_id", "appointment"),
        Index(None, "clinic_id", "appointment_id"),
    )
    patient_id: UUID
    appointment_id: UUID
    kind: ReplyKind = Field(sa_type=word(ReplyKind))
    sequence: int
    at: datetime
    by: UUID
    ride: Ride | None = Field(sa_type=stored(Ride))
    start_at: datetime | None


class CorrespondenceRow(InClinic, table=True):
    """How a patient wants to be written to; the id is the patient's."""

    __tablename__ = "correspondence"
    __table_args__ = (in_clinic("id", "patient"),)
    language: Language = Field(sa_type=word(Language))
    delivery: Delivery = Field(sa_type=word(Delivery))
    wording: str
    full: bool
    channels: tuple[Channel, ...] = Field(sa_type=stored(tuple[Channel, ...]))
    quiet: Quiet | None = Field(sa_type=stored(Quiet))
    reminders: bool
    shows_place: bool
    version: int
