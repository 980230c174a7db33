"""The tables of consents, of numbers that stopped, of attempts at messages, and of a clinic's own words."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from planner.domain.channels import Channel
from planner.domain.reaching import Language
from planner.storage.columns import word
from planner.storage.tables import InClinic, in_clinic


class ConsentRow(InClinic, table=True):
    """That a patient agreed to a channel, or withdrew that; append-only."""

    __tablename__ = "consent"
    __table_args__ = (in_clinic("patient_id", "patient"), Index(None, "clinic_id", "patient_id"))
    patient_id: UUID
    channel: Channel = Field(sa_type=word(Channel))
    given: bool
    at: datetime
    how: str
    by: UUID | None


class TextStopRow(InClinic, table=True):
    """That a number stopped text messages, or wants them again; append-only."""

    __tablename__ = "text_stop"
    __table_args__ = (Index(None, "clinic_id", "number"),)
    number: str
    stopped: bool
    at: datetime


class TextStartRow(InClinic, table=True):
    """That a text message that wants messages again was heard once; append-only."""

    __tablename__ = "text_start"
    __table_args__ = (UniqueConstraint("clinic_id", "mark"),)
    mark: str
    at: datetime


class AttemptRow(InClinic, table=True):
    """One try of a message; append-only."""

    __tablename__ = "attempt"
    __table_args__ = (in_clinic("notice_id", "notice"), Index(None, "clinic_id", "notice_id"))
    notice_id: UUID
    channel: Channel = Field(sa_type=word(Channel))
    at: datetime
    outcome: str
    final: bool


class OwnWordsRow(InClinic, table=True):
    """A clinic's own text of a kind of message; append-only."""

    __tablename__ = "own_words"
    __table_args__ = (Index(None, "clinic_id", "kind", "language"),)
    kind: str
    language: Language = Field(sa_type=word(Language))
    channel: Channel = Field(sa_type=word(Channel))
    subject: str
    body: str
    at: datetime
    author_id: UUID
