"""What a day, a week or a list shows of one visit: who, what, where, how far it has got, and what is due."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from planner.domain.attendance import MarkKind, Outcome, standing_marks
from planner.domain.clinic import Clinic, Resource
from planner.domain.course import AppointmentStatus, is_unheard_of
from planner.domain.progress import OVER, Clocks, Happened, Level, Next, State, progress_of
from planner.domain.visit import Mode, VisitProfile
from planner.services.replying import Replies, replies_of
from planner.storage.boards import TakenRow, VisitRow
from planner.storage.unit_of_work import UnitOfWork

_RANK = {Level.LATE: 0, Level.CARE: 1, None: 2}
_SHORT = {"ketamine-iv": "IV", "ketamine-im": "IM", "ketamine-lozenge": "lozenge"}
_DOSE = re.compile(r"\b\d+(?:\.\d+)? ?mg\b")


@dataclass(frozen=True)
class Filters:
    """What of the day is wanted; None: all of it."""

    modality: str | None = None
    protocol: str | None = None
    clinician: UUID | None = None
    state: State | None = None


@dataclass(frozen=True)
class Card:
    """A visit as the desk sees it; instants are UTC.

    *number* of *total* is its place in its phase (no *total*: open-ended). *place*: the resource whose row of the board it
    is on. *needed_at*: when somebody else has the same place, where that is before this one is expected to be out. *said*:
    what the patient has said of it.
    """

    id: UUID
    version: int
    patient_id: UUID
    name: str = field(repr=False)
    title: str
    what: str
    profile: VisitProfile
    start: datetime
    end: datetime
    status: AppointmentStatus
    state: State
    clocks: Clocks
    course_id: UUID | None = None
    modality: str = ""
    number: int | None = None
    total: int | None = None
    place: Resource | None = None
    arrived_at: datetime | None = None
    dosed_at: datetime | None = None
    discharged_at: datetime | None = None
    outcome: Outcome | None = None
    next: Next | None = None
    needed_at: datetime | None = None
    said: Replies = field(default_factory=dict, repr=False)

    @property
    def level(self) -> Level | None:
        """How much a person must look after it."""
        level = self.next.level if self.next else None
        return level or (Level.CARE if self.needed_at else None)

    @property
    def notes(self) -> str:
        """What is noted of its dose: *devices*, *infusion*, or nothing but the time."""
        return noted_of(self.profile, self.modality)

    @property
    def due_key(self) -> tuple[int, datetime]:
        """Late ones first, then those to look after, then by time."""
        return _RANK[self.level], self.next.at if self.next else self.start


def noted_of(profile: VisitProfile, modality: str) -> str:
    """Say what a protocol's visits note of a dose: *devices*, *infusion*, or nothing but the time."""
    if not profile.dosing:
        return ""
    return "devices" if modality.startswith("esketamine") else "infusion" if modality == "ketamine-iv" else ""


def cards_of(
    uow: UnitOfWork, rows: Iterable[VisitRow], taken: Iterable[TakenRow], clinic: Clinic, now: datetime
) -> list[Card]:
    """Make the cards of some visits, in their order."""
    shown = list(rows)
    held: dict[UUID, set[UUID]] = {}
    for one in taken:
        if one.appointment_id:
            held.setdefault(one.appointment_id, set()).add(one.subject_id)
    ends, ranked = _infusion_ends(uow, shown), {one.id: (rank, one) for rank, one in enumerate(clinic.resources)}
    places = (_place(row.profile, sorted(ranked[one] for one in held.get(row.id, ()) if one in ranked)) for row in shown)
    said = replies_of(uow, shown)
    cards = (_card(row, place, ends.get(row.id), now) for row, place in zip(shown, places, strict=True))
    return [replace(one, said=said[one.id]) if said[one.id] else one for one in cards]


def _infusion_ends(uow: UnitOfWork, rows: Iterable[VisitRow]) -> Mapping[UUID, datetime]:
    """Find when the infusions of those ended who are still there: observation counts from the real end."""
    there = [row.id for row in rows if row.dosed_at and not row.discharged_at]
    marks = uow.marks.of_appointments(there) if there else []
    ends: dict[UUID, datetime] = {}
    for mark in standing_marks(marks):
        if mark.kind is MarkKind.DOSED and (end := mark.facts.get("infusion_end")):
            ends[mark.appointment_id] = datetime.fromisoformat(str(end))
    return ends


def _card(row: VisitRow, place: Resource | None, infusion_end: datetime | None, now: datetime) -> Card:
    happened = Happened(
        row.start_at, row.end_at, row.status, row.arrived_at, row.dosed_at, row.discharged_at, row.outcome, infusion_end
    )  # fmt: skip
    progress = progress_of(row.profile, happened, now)
    modality = row.protocol.modality if row.protocol else ""
    phase = row.protocol.phase(row.phase) if row.protocol and row.phase and not row.linked_to else None
    return Card(
        row.id, row.version, row.patient_id, row.name, row.profile.title, short_title(row.profile, modality), row.profile,
        row.start_at, row.end_at, row.status, progress.state, progress.clocks, row.course_id, modality,
        row.before + 1 if phase else None, phase.sessions if phase else None, place,
        row.arrived_at, row.dosed_at, row.discharged_at, row.outcome, progress.next,
    )  # fmt: skip


def short_title(profile: VisitProfile, modality: str) -> str:
    """Say in a word or two what a visit is: its dose, its route, or how its title begins."""
    if not profile.dosing:
        return profile.title.split(",")[0]
    dose = _DOSE.search(profile.title)
    return dose[0] if dose else _SHORT.get(modality, profile.title.split(",")[0])


def _place(profile: VisitProfile, held: Sequence[tuple[int, Resource]]) -> Resource | None:
    """Find on whose row a visit is: its place, or else whoever holds it first. *held*: by rank."""
    if not held:
        return None
    kinds = [profile.place] if profile.place else []
    kinds += [need.kind for need in profile.requirements if need.mode is Mode.HOLD]
    return next((one for kind in kinds for _, one in held if one.kind == kind), None)


def matches(row: VisitRow, filters: Filters) -> bool:
    """Whether a visit is wanted, whatever its state; never a cancelled one of which the patient has not heard."""
    if is_unheard_of(row.status, told=row.told_at is not None, recorded=row.outcome is not None):
        return False
    protocol, who = row.protocol, (row.clinician_id, row.course_clinician_id)
    if filters.modality and not (protocol and protocol.modality == filters.modality):
        return False
    if filters.protocol and not (protocol and protocol.name == filters.protocol):
        return False
    return filters.clinician is None or filters.clinician in who


def with_needs(cards: Iterable[Card]) -> list[Card]:
    """Say of the cards of one place, by start, which will not be out when the next one is to sit down."""
    ordered = [*cards]
    for index, (one, following) in enumerate(pairwise(ordered)):
        if one.arrived_at and one.state not in OVER and following.state not in OVER and one.clocks.out > following.start:
            ordered[index] = replace(one, needed_at=following.start)
    return ordered


def due_next(cards: Iterable[Card]) -> tuple[Card, ...]:
    """List what is due, one line for each visit: late ones first, then those to look after, then by time."""
    return tuple(sorted((one for one in cards if one.next), key=lambda one: one.due_key))


def counts_of(cards: Iterable[Card]) -> Mapping[State, int]:
    """Count visits by state, in the order of a day; a state without any is left out, but for *due*."""
    counts = dict.fromkeys(State, 0)
    for one in cards:
        counts[one.state] += 1
    return {state: count for state, count in counts.items() if count or state is State.DUE}
