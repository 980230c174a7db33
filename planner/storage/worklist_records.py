"""What storage gives out and takes in of scores, waiting patients and re-plans of many courses. Frozen; instants are UTC."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from planner.domain.rescheduling import ClinicChange, Found, Hit
from planner.domain.scores import Scale


@dataclass(frozen=True)
class Score:
    """An outcome score of a patient on a local day, append-only: a correction *replaces* another, or withdraws it."""

    id: UUID
    patient_id: UUID
    scale: Scale
    value: int
    day: date
    recorded_at: datetime
    recorded_by: UUID
    replaces: UUID | None = None
    withdrawn: bool = False
    reason: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Waiting:
    """A patient who would come earlier: their appointment, how much notice they need, and between which local days."""

    id: UUID
    patient_id: UUID
    appointment_id: UUID
    notice_hours: int
    created_at: datetime
    created_by: UUID
    from_day: date | None = None
    until_day: date | None = None
    closed_at: datetime | None = None
    closed_reason: str | None = None
    version: int = 1


class Answer(StrEnum):
    """What became of an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Offer:
    """A freed slot offered to one waiting patient, kept for them by a hold until *expires_at*."""

    id: UUID
    waiting_id: UUID
    hold_id: UUID
    start_at: datetime
    offered_at: datetime
    offered_by: UUID
    expires_at: datetime
    answer: Answer | None = None
    answered_at: datetime | None = None
    version: int = 1


class ReplanStatus(StrEnum):
    """How far a re-plan of many courses has come."""

    WAITING = "waiting"
    COMPUTING = "computing"
    READY = "ready"
    COMMITTED = "committed"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True)
class Replan:
    """A change of the clinic whose courses are re-planned together before it is made.

    *done* of *total* courses and single visits are planned; *reassigned*: appointments that others take over silently.
    Whoever computes it holds it until *leased_until*; *change_id* is the change of the clinic that a commit made.
    """

    id: UUID
    action: str
    change: ClinicChange
    status: ReplanStatus
    clinic_version: int
    created_at: datetime
    created_by: UUID
    updated_at: datetime
    total: int = 0
    done: int = 0
    leased_until: datetime | None = None
    change_id: UUID | None = None
    reassigned: tuple[UUID, ...] = ()
    version: int = 1


@dataclass(frozen=True)
class ReplanPart:
    """A course or single visit of a re-plan: what of it is affected, and what was found (None: not planned yet)."""

    id: UUID
    replan_id: UUID
    position: int
    patient_id: UUID
    course_id: UUID | None
    appointment_id: UUID | None
    affected: tuple[Hit, ...] = ()
    outcome: Found | None = None
    version: int = 1

    @property
    def key(self) -> UUID:
        """What it is about: the course, or the single appointment."""
        key = self.course_id or self.appointment_id
        if key is None:
            raise AssertionError("a part is about something")
        return key
