"""A clinician's orders to one course: append-only, never changed and never deleted; a further order takes one back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from uuid import UUID

from planner.domain.protocol import SpacingRule


@dataclass(frozen=True)
class ChangeSpacing:
    """Space one phase otherwise, from the last session given on."""

    phase: str
    spacing: SpacingRule
    kind: Literal["spacing"] = "spacing"


@dataclass(frozen=True)
class ChangePattern:
    """Come on other weekdays (0 is Monday), at another wall time, or both; *phase* None means all phases."""

    weekdays: tuple[int, ...] = ()
    at: time | None = None
    phase: str | None = None
    kind: Literal["pattern"] = "pattern"


@dataclass(frozen=True)
class ChangeDose:
    """Give what is left of a phase, and of the dosing phases after it, by another visit of the protocol (56 or 84 mg)."""

    phase: str
    visit: str
    kind: Literal["dose"] = "dose"


@dataclass(frozen=True)
class ChangeObservation:
    """Observe this patient for so many minutes after each dose: never less than the protocol asks for."""

    minutes: int
    kind: Literal["observation"] = "observation"


@dataclass(frozen=True)
class Skip:
    """Leave one session out; the others stay where they are, and a phase with a number of sessions has one less."""

    appointment_id: UUID
    kind: Literal["skip"] = "skip"


@dataclass(frozen=True)
class Extend:
    """Add sessions to a phase."""

    phase: str
    sessions: int
    kind: Literal["extend"] = "extend"


@dataclass(frozen=True)
class EndPhase:
    """End a phase with the sessions that were given; the next phase, where there is one, follows."""

    phase: str
    kind: Literal["end-phase"] = "end-phase"


@dataclass(frozen=True)
class Hold:
    """Give nothing before a local day, or (None) until a clinician resumes the course."""

    until: date | None = None
    kind: Literal["hold"] = "hold"


@dataclass(frozen=True)
class Resume:
    """Take a course up again from a local day on: the first session may come however long after the last dose."""

    day: date
    kind: Literal["resume"] = "resume"


@dataclass(frozen=True)
class Stop:
    """End the course: all that is to come is cancelled."""

    kind: Literal["stop"] = "stop"


@dataclass(frozen=True)
class Continue:
    """Decide the review after a phase: the course goes on, and what was tentative stands."""

    phase: str
    kind: Literal["continue"] = "continue"


@dataclass(frozen=True)
class Succeed:
    """Close the course and begin another from a local day on: the same protocol (re-induction) or another (a switch).

    *other_course_days*: the fewest days between the last dose of the old and the first of the new, where entered.
    """

    protocol: str
    start: date
    weekdays: tuple[int, ...] = ()
    at: time | None = None
    other_course_days: int | None = None
    kind: Literal["succeed"] = "succeed"


@dataclass(frozen=True)
class OverrideSpacing:
    """Let one session lie at an instant (UTC) that a rule of judgement forbids; physics has no override."""

    appointment_id: UUID
    start: datetime
    kind: Literal["override"] = "override"


@dataclass(frozen=True)
class DeclineSuggestion:
    """Leave things as they are after a suggestion (*task_id*); the next one comes after 28 days at the earliest."""

    task_id: UUID
    kind: Literal["decline-suggestion"] = "decline-suggestion"


@dataclass(frozen=True)
class TakeBack:
    """Put the terms back to what they were before the latest order that still stands."""

    order_id: UUID
    kind: Literal["take-back"] = "take-back"


Order = (
    ChangeSpacing | ChangePattern | ChangeDose | ChangeObservation | Skip | Extend | EndPhase | Hold | Resume | Stop
    | Continue | Succeed | OverrideSpacing | DeclineSuggestion | TakeBack
)  # fmt: skip
"""Any order; its *kind* says which."""


def latest_standing(orders: Sequence[tuple[UUID, Order]]) -> UUID | None:
    """Find the latest order that changes terms and was not taken back; *orders* are the oldest first."""
    taken = {order.order_id for _, order in orders if isinstance(order, TakeBack)}
    left = [key for key, order in orders if not isinstance(order, TakeBack | DeclineSuggestion) and key not in taken]
    return left[-1] if left else None
