"""The tables of what happens at the desk: sign-ins, attendance, what is owed to patients, and undo."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field

from planner.domain.attendance import MarkKind
from planner.domain.channels import Recipient
from planner.domain.errors import Fact
from planner.storage.columns import stored, word
from planner.storage.desk_records import Former
from planner.storage.tables import InClinic, Row, in_clinic

_OPEN = text("sent_at IS NULL AND given_up_at IS NULL AND withdrawn_at IS NULL")


class SignInRow(InClinic, table=True):
    """A browser that is signed in, named by the hash of a secret in its cookie."""

    __tablename__ = "sign_in"
    __table_args__ = (
        in_clinic("staff_id", "staff"), UniqueConstraint("token_hash"), Index(None, "clinic_id", "staff_id"),
    )  # fmt: skip
    staff_id: UUID
    token_hash: str
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str


class ThrottleRow(Row, table=True):
    """How often something was tried within a window that begins at *start* (seconds since 1970); shared by processes."""

    __tablename__ = "throttle"
    __table_args__ = (Index(None, "start"),)
    key: str = Field(primary_key=True)
    start: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hits: int


class HeartbeatRow(Row, table=True):
    """A worker process, and when it was last alive; *ended_at*: when it ended as it should, None while it has not."""

    __tablename__ = "heartbeat"
    worker: str = Field(primary_key=True)
    seen_at: datetime
    ended_at: datetime | None


class LetterheadRow(Row, table=True):
    """How a clinic appears in all that goes out."""

    __tablename__ = "letterhead"
    clinic_id: UUID = Field(primary_key=True, foreign_key="clinic.id")
    public_name: str
    sender: str
    phone: str
    version: int
    address: str


class MarkRow(InClinic, table=True):
    """What somebody recorded about an appointment; append-only."""

    __tablename__ = "mark"
    __table_args__ = (in_clinic("appointment_id", "appointment"), Index(None, "clinic_id", "appointment_id"))
    appointment_id: UUID
    kind: MarkKind = Field(sa_type=word(MarkKind))
    at: datetime
    recorded_at: datetime
    recorded_by: UUID
    facts: Mapping[str, Fact] = Field(sa_type=JSON)
    replaces: UUID | None
    reason: str | None
    withdrawn: bool


class NoticeRow(InClinic, table=True):
    """Something owed to somebody: due, then leased, then tried again, all by *next_attempt_at*."""

    __tablename__ = "notice"
    __table_args__: ClassVar[Any] = (
        in_clinic("patient_id", "patient"),
        in_clinic("course_id", "course"),
        in_clinic("appointment_id", "appointment"),
        UniqueConstraint("clinic_id", "key"),
        Index(None, "clinic_id", "patient_id"),
        Index(None, "clinic_id", "appointment_id"),
        Index(None, "clinic_id", "due_at"),
        Index("ix_notice_open", "next_attempt_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_notice_open_to", "clinic_id", "patient_id", "next_attempt_at", sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
    )
    key: str
    kind: str
    channel: str
    patient_id: UUID | None
    course_id: UUID | None
    appointment_id: UUID | None
    facts: Mapping[str, Any] = Field(sa_type=JSON)
    created_at: datetime
    due_at: datetime
    next_attempt_at: datetime
    expires_at: datetime
    attempts: int
    sent_at: datetime | None
    given_up_at: datetime | None
    withdrawn_at: datetime | None
    outcome: str | None
    recipient: Recipient = Field(sa_type=word(Recipient))


class UndoRow(InClinic, table=True):
    """What a change replaced, for the seconds in which it can be undone."""

    __tablename__ = "undo"
    __table_args__ = (Index(None, "clinic_id", "until"),)
    actor_id: UUID
    action: str
    made_at: datetime
    until: datetime
    former: tuple[Former, ...] = Field(sa_type=stored(tuple[Former, ...]))
    facts: Mapping[str, Any] = Field(sa_type=JSON)
    undone_at: datetime | None
