"""What really happened at a visit: marks, and the facts that they add up to. Only a given session counts.

Marks are append-only: a correction replaces or withdraws one, with a reason, and the facts are added up anew from all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol as Interface
from typing import TypeVar
from uuid import UUID

from planner.domain.course import AppointmentStatus
from planner.domain.errors import InvalidMove, InvalidValue
from planner.domain.span import Span

_WITHIN = timedelta(days=1)


class MarkKind(StrEnum):
    """What the desk or the nurse records."""

    ARRIVED = "arrived"
    DOSED = "dosed"
    DISCHARGED = "discharged"
    NO_SHOW = "no-show"
    LATE_CANCEL = "late-cancel"
    NOTHING_GIVEN = "nothing-given"


class Outcome(StrEnum):
    """What became of a visit. Only *given* counts: as a session, for spacing, for driving."""

    GIVEN = "given"
    NOTHING_GIVEN = "nothing-given"
    NO_SHOW = "no-show"
    LATE_CANCEL = "late-cancel"


_ORDER = [kind for kind in MarkKind if kind is not MarkKind.DISCHARGED] + [MarkKind.DISCHARGED]
_OUTCOMES = {
    MarkKind.DOSED: Outcome.GIVEN,
    MarkKind.NOTHING_GIVEN: Outcome.NOTHING_GIVEN,
    MarkKind.NO_SHOW: Outcome.NO_SHOW,
    MarkKind.LATE_CANCEL: Outcome.LATE_CANCEL,
}


class Recorded(Interface):
    """A mark as it is kept."""

    @property
    def id(self) -> UUID:
        """Which one it is."""

    @property
    def kind(self) -> MarkKind:
        """What happened."""

    @property
    def at(self) -> datetime:
        """When it happened."""

    @property
    def replaces(self) -> UUID | None:
        """The mark that it corrects, if it does."""

    @property
    def withdrawn(self) -> bool:
        """Whether it takes the other back altogether."""


M = TypeVar("M", bound=Recorded)


@dataclass(frozen=True)
class Attended:
    """What the marks of a visit add up to; a visit without any mark is one of which nobody has said anything yet."""

    arrived_at: datetime | None = None
    dosed_at: datetime | None = None
    discharged_at: datetime | None = None
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    """When it was clear that nothing is given: the patient did not come, or went without a dose."""

    @property
    def status(self) -> AppointmentStatus:
        """The appointment's status that these facts imply; without any, it is booked."""
        if self.outcome is Outcome.NO_SHOW:
            return AppointmentStatus.NOSHOW
        if self.outcome is Outcome.LATE_CANCEL:
            return AppointmentStatus.CANCELLED
        if self.discharged_at or self.outcome is Outcome.NOTHING_GIVEN:
            return AppointmentStatus.FULFILLED
        return AppointmentStatus.ARRIVED if self.arrived_at else AppointmentStatus.BOOKED

    def allowed(self) -> frozenset[MarkKind]:
        """List what may be recorded next."""
        kinds: set[MarkKind] = set()
        if self.arrived_at is None and self.outcome is None:
            kinds |= {MarkKind.ARRIVED, MarkKind.NO_SHOW, MarkKind.LATE_CANCEL}
        if self.arrived_at and self.outcome is None:
            kinds.add(MarkKind.DOSED)
        if self.outcome is None:
            kinds.add(MarkKind.NOTHING_GIVEN)
        if self.discharged_at is None and self.outcome in {Outcome.GIVEN, Outcome.NOTHING_GIVEN}:
            kinds.add(MarkKind.DISCHARGED)
        return frozenset(kinds)

    def and_then(self, kind: MarkKind, at: datetime) -> "Attended":
        """Add one mark; raises InvalidMove where it cannot follow, InvalidValue (*at*) where it comes too early for that."""
        if kind not in self.allowed():
            raise InvalidMove(f"{kind} cannot be recorded of a visit that is {self._last or 'still to come'}")
        earlier = max((one for one in (self.arrived_at, self.dosed_at, self.ended_at) if one), default=None)
        if earlier and at < earlier:
            raise InvalidValue("at", f"{kind} cannot be before {self._last}")
        if kind is MarkKind.ARRIVED:
            return replace(self, arrived_at=at)
        if kind is MarkKind.DISCHARGED:
            return replace(self, discharged_at=at)
        if kind is MarkKind.DOSED:
            return replace(self, dosed_at=at, outcome=Outcome.GIVEN)
        return replace(self, ended_at=at, outcome=_OUTCOMES[kind])

    @property
    def _last(self) -> str:
        if self.discharged_at:
            return MarkKind.DISCHARGED.value
        return self.outcome.value if self.outcome else (MarkKind.ARRIVED.value if self.arrived_at else "")


def standing_marks(marks: Iterable[M]) -> list[M]:
    """Leave out what was corrected or withdrawn, in the order in which things happen at a visit."""
    everything = list(marks)
    replaced = {one.replaces for one in everything if one.replaces}
    standing = [one for one in everything if one.id not in replaced and not one.withdrawn]
    return sorted(standing, key=lambda one: _ORDER.index(one.kind))


def add_up(marks: Iterable[Recorded]) -> Attended:
    """Add up all marks of a visit, corrections included; raises InvalidMove where what remains cannot have happened."""
    attended = Attended()
    for one in standing_marks(marks):
        attended = attended.and_then(one.kind, one.at)
    return attended


def check_time(kind: MarkKind, at: datetime, span: Span, now: datetime) -> None:
    """Refuse a time that has not come, or that is more than a day from the appointment; raises InvalidValue (*at*)."""
    if at > now:
        raise InvalidValue("at", "has not come yet")
    if not span.start - _WITHIN <= at <= span.end + _WITHIN:
        raise InvalidValue("at", "is more than a day from the appointment")
    if kind is MarkKind.NO_SHOW and at < span.start:
        raise InvalidValue("at", "nobody has missed an appointment that has not begun")
