"""What a change touched, and what that owes."""

from dataclasses import dataclass
from uuid import UUID

from planner.storage.records import AppointmentRecord


@dataclass(frozen=True)
class Touched:
    """One appointment that a change touched: as it was (None where it is new) and as it is."""

    before: AppointmentRecord | None
    after: AppointmentRecord


@dataclass(frozen=True)
class Owing:
    """What a change put into the outbox and took out of it, so that it can be undone."""

    notices: tuple[UUID, ...] = ()
    withdrawn: tuple[UUID, ...] = ()

    def __add__(self, other: "Owing") -> "Owing":
        """Give both together."""
        return Owing(self.notices + other.notices, self.withdrawn + other.withdrawn)
