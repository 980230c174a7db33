"""What a re-plan would do, session by session, before anything is made: what is kept, moved, cancelled and unresolved."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.difference import Kind
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.making import SOON
from planner.storage.records import AppointmentRecord, Patient
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Replan, ReplanPart

PAGE = 50
"""Courses that are shown at a time."""


@dataclass(frozen=True)
class Shown:
    """One course or single visit of a preview: whose it is, what it is called, and whether the patient is to be *phoned*."""

    part: ReplanPart
    patient: Patient
    title: str
    phoned: bool


@dataclass(frozen=True)
class Preview:
    """A re-plan as it stands: some of its courses, what it does to appointments by kind, and who takes over silently.

    *unresolved* and *phoned* count courses and patients; *told* the patients who get a message. *first* is the index of
    the first course shown.
    """

    replan: Replan
    clinic: Clinic
    shown: tuple[Shown, ...]
    kinds: Mapping[Kind, int]
    unresolved: int
    told: int
    phoned: int
    first: int
    reassigned: tuple[tuple[AppointmentRecord, Patient], ...]


def preview(
    ctx: Context, *, replan_id: UUID, first: int = 0, ahead: Collection[UUID] = ()
) -> Preview:  # fmt: skip
    """Show a re-plan, what finds no place before what does, from the *first* course on; raises NotFound.

    *ahead*: courses and single visits that are shown before all others.
    """
    ctx.require(Permission.CLOSE)
    with ctx.read() as uow:
        now, replan = ctx.clock(), uow.replans.get(replan_id)
        parts = sorted(uow.replan_parts.of_replan(replan_id), key=lambda part: (part.key not in ahead, *_by_need(part)))
        shown = tuple(_shown(uow, parts[first : first + PAGE], now))
        kinds = Counter(line.kind for part in parts if part.outcome for line in part.outcome.lines)
        return Preview(
            replan, uow.clinics.get(now), shown, kinds, sum(not is_resolved(part) for part in parts if part.outcome),
            len({part.patient_id for part in parts if part.outcome and part.outcome.changed()}),
            len({part.patient_id for part in parts if is_soon(part, now)}), first, _reassigned(uow, replan),
        )  # fmt: skip


def is_resolved(part: ReplanPart) -> bool:
    """Whether all of it has its place."""
    return part.outcome is not None and part.outcome.resolved


def is_soon(part: ReplanPart, now: datetime) -> bool:
    """Whether what is changed, or cannot be given, begins so soon that the patient is phoned."""
    found, soon = part.outcome, now + SOON
    lines = found.changed() if found and found.resolved else ()
    starts = [start for line in lines for start in (line.was, line.will) if start]
    starts += [] if lines else [hit.start for hit in part.affected]
    return any(now <= start <= soon for start in starts)


def _by_need(part: ReplanPart) -> tuple[bool, int]:
    return is_resolved(part) or part.outcome is None, part.position


def _shown(uow: UnitOfWork, parts: Sequence[ReplanPart], now: datetime) -> list[Shown]:
    patients = uow.people.among({part.patient_id for part in parts})
    return [Shown(part, patients[part.patient_id], _title(uow, part), is_soon(part, now)) for part in parts]


def _title(uow: UnitOfWork, part: ReplanPart) -> str:
    return uow.courses.get(part.key).protocol.title if part.course_id else uow.appointments.get(part.key).profile.title


def _reassigned(uow: UnitOfWork, replan: Replan) -> tuple[tuple[AppointmentRecord, Patient], ...]:
    records = uow.appointments.among(replan.reassigned).values() if replan.reassigned else ()
    patients = uow.people.among({one.patient_id for one in records})
    return tuple((one, patients[one.patient_id]) for one in sorted(records, key=lambda one: one.start_at))


def progress(ctx: Context, *, replan_id: UUID) -> Replan:
    """Give how far a re-plan is; raises NotFound."""
    ctx.require(Permission.CLOSE)
    with ctx.read() as uow:
        return uow.replans.get(replan_id)
