"""Changes of a clinic that are looked at before they are made, and what was found for each course that they affect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from planner.domain.clinic import Absence, Clinic, Closure, Resource, WeeklyHours
from planner.domain.difference import Kind
from planner.domain.errors import NotFound, Violation
from planner.domain.explaining import Reason
from planner.domain.rechecking import Shown
from planner.domain.relaxing import Rule
from planner.domain.span import Span
from planner.domain.visit import Mode


@dataclass(frozen=True)
class CloseClinic:
    """Close the clinic for a stretch, whole days or part of one."""

    span: Span
    reason: str = ""
    kind: Literal["close"] = "close"


@dataclass(frozen=True)
class BeAway:
    """Let a person or a thing be away for a stretch."""

    resource_id: UUID
    span: Span
    reason: str = ""
    kind: Literal["absence"] = "absence"


@dataclass(frozen=True)
class KeepHours:
    """Give the clinic other weekly hours, each opening with its effective days: a weekday may end for good."""

    hours: WeeklyHours
    kind: Literal["set-hours"] = "set-hours"


@dataclass(frozen=True)
class KeepShifts:
    """Give a resource other hours of its own, or none."""

    resource_id: UUID
    hours: WeeklyHours | None
    kind: Literal["set-shifts"] = "set-shifts"


@dataclass(frozen=True)
class Retire:
    """Take a resource out of use for good."""

    resource_id: UUID
    kind: Literal["retire-resource"] = "retire-resource"


@dataclass(frozen=True)
class PlanAgain:
    """Change nothing: plan anew what the clinic cannot give as booked already."""

    kind: Literal["plan-again"] = "plan-again"


ClinicChange = CloseClinic | BeAway | KeepHours | KeepShifts | Retire | PlanAgain
"""Any change; its *kind* says which, in the words of the audit."""


def changed(clinic: Clinic, change: ClinicChange) -> Clinic:
    """Give the clinic as it is after a change; one that is made already changes nothing. Raises NotFound."""
    match change:
        case CloseClinic(span=span, reason=reason):
            closure = Closure(span, reason)
            there = closure in clinic.closures
            return clinic if there else replace(clinic, closures=(*clinic.closures, closure))
        case BeAway(resource_id=key, span=span, reason=reason):
            absence = Absence(span, reason)
            return _with(clinic, key, lambda one: one if absence in one.absences else replace(
                one, absences=(*one.absences, absence)))  # fmt: skip
        case KeepHours(hours=hours):
            return replace(clinic, hours=hours)
        case KeepShifts(resource_id=key, hours=own):
            return _with(clinic, key, lambda one: replace(one, hours=own))
        case Retire(resource_id=key):
            _find(clinic, key)
            return replace(clinic, resources=tuple(one for one in clinic.resources if one.id != key))
        case PlanAgain():
            return clinic


def _with(clinic: Clinic, resource_id: UUID, change: Callable[[Resource], Resource]) -> Clinic:
    _find(clinic, resource_id)
    resources = (change(one) if one.id == resource_id else one for one in clinic.resources)
    return replace(clinic, resources=tuple(resources))


def _find(clinic: Clinic, resource_id: UUID) -> None:
    if clinic.resource(resource_id) is None:
        raise NotFound(f"no resource {resource_id} in this clinic")


@dataclass(frozen=True)
class Hit:
    """An appointment that a change affects: its start (UTC), and the rules that would be in its way."""

    appointment_id: UUID
    start: datetime
    violations: tuple[Violation, ...]


@dataclass(frozen=True)
class Held:
    """Who or what a session was planned with, for one of its needs."""

    kind: str
    mode: Mode
    step: str
    resource_id: UUID


@dataclass(frozen=True)
class Session:
    """A session as it was planned: its start and that of its linked visit (UTC), and with whom."""

    number: int
    start: datetime
    linked_start: datetime | None = None
    clinician_id: UUID | None = None
    held: tuple[Held, ...] = ()

    @property
    def shown(self) -> Shown:
        """What is checked again, and booked."""
        preferred = {(one.kind, one.mode, one.step): one.resource_id for one in self.held}
        return Shown(self.number, self.start, self.linked_start, self.clinician_id, preferred)


@dataclass(frozen=True)
class Line:
    """What happens to one visit: its start as it is and as it shall be (UTC), and the local days since the one before."""

    kind: Kind
    phase: str
    appointment_id: UUID | None = None
    was: datetime | None = None
    will: datetime | None = None
    gap_was: int | None = None
    gap: int | None = None
    follows: bool = False
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Outlook:
    """Why a course found no place as a whole, and the starts (UTC) that come nearest; see `relaxing.Blocked`."""

    rules: tuple[Rule, ...] = ()
    nearest: tuple[datetime, ...] = ()
    keep_by: date | None = None
    last_usable: date | None = None


@dataclass(frozen=True)
class Found:
    """What was found for one course or single visit: its sessions and what that changes; or an outlook where none fits.

    *seen*: the version of the course (or of the single appointment) that it was found for. *weekdays*: those that the course
    asks for from now on, where the clinic gives up one that it asked for; None where they stay.
    """

    seen: int
    sessions: tuple[Session, ...] = ()
    lines: tuple[Line, ...] = ()
    outlook: Outlook | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    weekdays: tuple[int, ...] | None = None

    @property
    def resolved(self) -> bool:
        """Whether it is booked by a commit; else everything stays as it is, and a task is kept."""
        return self.outlook is None

    def changed(self) -> tuple[Line, ...]:
        """List what does not stay as it is."""
        return tuple(one for one in self.lines if one.kind is not Kind.KEEP)
