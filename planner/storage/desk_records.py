"""What storage gives out and takes in of the desk: sign-ins, marks, notices, undo. Frozen; instants are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from planner.domain.attendance import MarkKind
from planner.domain.channels import Recipient
from planner.domain.errors import Fact
from planner.domain.occupancy import BusyRow
from planner.storage.records import AppointmentRecord


@dataclass(frozen=True)
class SignIn:
    """A browser that is signed in. *token_hash*: SHA-256 of the secret in its cookie, which is stored nowhere."""

    id: UUID
    staff_id: UUID
    token_hash: str = field(repr=False)
    created_at: datetime
    seen_at: datetime
    address: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Letterhead:
    """How a clinic appears in all that goes out: a neutral name, the sender's mail address, a telephone number.

    *address*: where to come to, a street address in one line; empty where none is said.
    """

    public_name: str
    sender: str
    phone: str
    version: int = 1
    address: str = ""


@dataclass(frozen=True)
class Mark:
    """What somebody recorded about an appointment: *at* is when it happened, *recorded_at* when it was entered.

    A correction is a mark that *replaces* another, with its *reason*; *withdrawn* takes the other back altogether.
    """

    id: UUID
    appointment_id: UUID
    kind: MarkKind
    at: datetime
    recorded_at: datetime
    recorded_by: UUID
    facts: Mapping[str, Fact] = field(default_factory=dict)
    replaces: UUID | None = None
    reason: str | None = field(default=None, repr=False)
    withdrawn: bool = False


@dataclass(frozen=True)
class Notice:
    """Something owed to a patient: facts (ids and times, no names), when due, and until when it makes sense.

    *key* is unique in a clinic: the same cause never owes twice. *next_attempt_at* is first the due time, then the lease,
    then the back-off. *outcome* is the last answer, in a word or two, without an address.
    """

    id: UUID
    key: str
    kind: str
    channel: str
    patient_id: UUID | None
    course_id: UUID | None
    appointment_id: UUID | None
    facts: Mapping[str, Any]
    created_at: datetime
    due_at: datetime
    next_attempt_at: datetime
    expires_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    given_up_at: datetime | None = None
    withdrawn_at: datetime | None = None
    outcome: str | None = None
    recipient: Recipient = Recipient.PATIENT

    @property
    def open(self) -> bool:
        """Whether it is still owed."""
        return self.sent_at is None and self.given_up_at is None and self.withdrawn_at is None


@dataclass(frozen=True)
class Former:
    """An appointment as it was before a change (None where the change made it), and what it then occupied.

    *version* is its version after the change: undo is refused when it has changed since.
    """

    appointment_id: UUID
    version: int
    before: AppointmentRecord | None = None
    rows: tuple[BusyRow, ...] = ()


@dataclass(frozen=True)
class UndoRecord:
    """What a change replaced, for the seconds in which it can be undone; *facts* hold the ids of what else it did."""

    id: UUID
    actor_id: UUID
    action: str
    made_at: datetime
    until: datetime
    former: tuple[Former, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    undone_at: datetime | None = None
