"""What a patient answers about an appointment: that they come, who takes them home, that they need another time."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol as Interface
from typing import TypeVar

from planner.domain.contact import clean, phone_number
from planner.domain.errors import InvalidValue


class ReplyKind(StrEnum):
    """What is answered."""

    COME = "come"
    RIDE = "ride"
    CHANGE = "change"


class RideKind(StrEnum):
    """How somebody gets home who must not drive (domain.md, section 5)."""

    ADULT = "adult"
    """An adult whom the patient names."""
    RIDESHARE = "rideshare"
    MEDICAL = "medical"
    """A medical transport."""
    SHUTTLE = "shuttle"
    """The clinic's own."""


@dataclass(frozen=True)
class Ride:
    """Who takes a patient home: a named adult with a telephone number, or a service, whose name may be left out.

    *contact*: the patient agrees that this number is told when and where to pick up, and nothing else.
    """

    kind: RideKind
    name: str | None = None
    phone: str | None = None
    contact: bool = False

    def __post_init__(self) -> None:
        if self.name is not None:
            clean(self.name, "name")
        if self.phone is not None:
            phone_number(self.phone)
        if self.kind is RideKind.ADULT and not (self.name and self.phone):
            raise InvalidValue("name" if not self.name else "phone", "is needed of an adult who takes you home")
        if self.contact and not self.phone:
            raise InvalidValue("phone", "is needed of whom we may tell when to pick you up")


@dataclass(frozen=True)
class RidePolicy:
    """Which ways home a clinic allows (domain.md, section 5: "by some allowed, by others refused").

    *by_modality*: for what gives a dose by certain modalities (a protocol's); *otherwise*: for every other visit.
    """

    otherwise: tuple[RideKind, ...] = tuple(RideKind)
    by_modality: tuple[tuple[str, tuple[RideKind, ...]], ...] = ()

    def __post_init__(self) -> None:
        if any(not kinds for kinds in (self.otherwise, *(kinds for _, kinds in self.by_modality))):
            raise InvalidValue("allowed", "must leave at least one way home for every visit")

    def allowed(self, modality: str | None) -> tuple[RideKind, ...]:
        """Give the ways home from a visit by its modality, None where it has none; in the order of RideKind."""
        kinds = dict(self.by_modality).get(modality or "", self.otherwise)
        return tuple(kind for kind in RideKind if kind in kinds)

    def accepts(self, ride: Ride | None, modality: str | None) -> bool:
        """Whether somebody is named who takes the patient home, and in a way that is allowed."""
        return ride is not None and ride.kind in self.allowed(modality)


ANY_RIDE = RidePolicy()


class Dated(Interface):
    """A reply, with the state of the appointment that it was given to."""

    @property
    def kind(self) -> ReplyKind:
        """What is answered."""

    @property
    def sequence(self) -> int:
        """The appointment's SEQUENCE when it was answered."""


R = TypeVar("R", bound=Dated)


def standing(replies: Iterable[R], sequence: int) -> dict[ReplyKind, R]:
    """Give the last reply of each kind (oldest first) that was given to the appointment as it is now: a move voids them."""
    return {one.kind: one for one in replies if one.sequence == sequence}
