"""What was said of a visit, by whom and when: that they come, who takes them home, that they need another time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from planner.domain.replies import ReplyKind, Ride
from soak.post import Taken


@dataclass(frozen=True)
class Named:
    """Who takes a patient home from a visit: said *at*, of the visit as it then was; *number* None: not to be told."""

    at: datetime
    sequence: int
    number: str | None
    reply: UUID | None = None


@dataclass(frozen=True)
class Said:
    """An answer of *at* an instant, about the visit as it then was (*sequence*); *start*: what is wanted instead."""

    at: datetime
    kind: ReplyKind
    sequence: int
    ride: Ride | None = None
    start: datetime | None = None

    def repeats(self, other: "Said") -> bool:
        """Whether another says the same of the same visit."""
        return (self.kind, self.sequence, self.ride) == (other.kind, other.sequence, other.ride)


@dataclass(frozen=True)
class Opened:
    """A link that a patient opened *at* an instant, in a message that came; *refused*: by which error it did nothing.

    Its *visit* and its *purpose* are known where it opened at all.
    """

    at: datetime
    copy: Taken
    visit: UUID | None
    purpose: str
    refused: str = ""
