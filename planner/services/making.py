"""What follows from a change of the clinic that is made with a re-plan: tasks, messages, phone calls and the audit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.course import AppointmentStatus
from planner.domain.errors import Fact
from planner.domain.rescheduling import BeAway, ClinicChange, CloseClinic, Found
from planner.services.context import Context
from planner.services.effects import Effects, facts_of, keep_tasks
from planner.services.impact import Scope
from planner.services.owing import Touched, owe_change
from planner.services.writing import audit
from planner.storage.records import AppointmentRecord, Task
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Replan, ReplanPart

PHONE_TASK = "phone-change"
"""The task that a change leaves for a patient whose appointment is so soon that no mail would be read in time."""
SOON = timedelta(hours=3)
"""How soon that is."""


@dataclass
class Making:
    """A change of the clinic while it is made: its transaction, its re-plan, and what was written so far."""

    ctx: Context
    uow: UnitOfWork
    now: datetime
    replan: Replan
    scope: Scope
    parts: list[ReplanPart]
    told: bool
    change_id: UUID = field(default_factory=uuid4)
    touched: list[Touched] = field(default_factory=list)
    settled: set[UUID] = field(default_factory=set)

    @property
    def resolved(self) -> list[tuple[ReplanPart, Found]]:
        """The parts that are booked, with what was found for them."""
        return [(part, part.outcome) for part in self.parts if part.outcome and part.outcome.resolved]


def leave_tasks(making: Making) -> Effects:
    """Keep a task for each appointment that stays though the clinic cannot give it."""
    left = [one for one in making.scope.broken if one.appointment.id not in making.settled]
    newly, settled = keep_tasks(making.uow, left, making.now)
    over = tuple(making.scope.reassigned)
    return Effects(making.change_id, tuple(left), frozenset(newly), over, tuple(settled))


def tell(making: Making) -> int:
    """Owe one message to each patient about all that changed for them; gives how many."""
    by_patient: dict[UUID, list[Touched]] = {}
    for one in making.touched:
        by_patient.setdefault(one.after.patient_id, []).append(one)
    owed = (owe_change(making.uow, some, making.now, making.change_id, told=making.told) for some in by_patient.values())
    return sum(bool(one.notices) for one in owed)


def phone(making: Making) -> int:
    """Leave a task to phone each patient whose appointment was changed, or cannot be given, and is soon; gives how many."""
    soon = making.now + SOON
    due: dict[UUID, AppointmentRecord] = {}
    unresolved = (one.appointment for one in making.scope.broken if one.appointment.id not in making.settled)
    mine = {hit.appointment_id for part in making.parts for hit in part.affected}
    for record, starts in [*_changed(making.touched), *((one, [one.start_at]) for one in unresolved if one.id in mine)]:
        if any(making.now <= start <= soon for start in starts):
            due.setdefault(record.patient_id, record)
    facts: dict[str, Fact] = {"change": str(making.change_id)}
    making.uow.tasks.add(*(
        Task(uuid4(), PHONE_TASK, making.now, making.now, facts, one.id, one.course_id, one.patient_id)
        for one in due.values()
    ))  # fmt: skip
    return len(due)


def _changed(touched: Iterable[Touched]) -> Iterable[tuple[AppointmentRecord, Sequence[datetime]]]:
    """Go through what was moved, cancelled or added, with its starts."""
    for one in touched:
        starts = [one.after.start_at, *([one.before.start_at] if one.before else [])]
        gone = one.after.status is AppointmentStatus.CANCELLED
        if one.before is None or gone or len(set(starts)) > 1:
            yield one.after, starts


def audit_each(making: Making, touched: Iterable[Touched]) -> None:
    """Write down, for each appointment that was changed, what became of it and why."""
    change, reason = {"change": str(making.change_id)}, _reason(making.replan.change)
    for one in touched:
        action, facts = "move", dict[str, str]()
        if one.before is None:
            action, facts = "book-visit", {"wall_start": one.after.wall_start}
        elif one.after.status is AppointmentStatus.CANCELLED:
            action, facts = "cancel", {"scope": "one"}
        elif one.before.start_at != one.after.start_at:
            facts = {"from": one.before.wall_start, "to": one.after.wall_start}
        else:
            continue
        audit(making.ctx, making.uow, making.now, action, "appointment", one.after.id, facts | change, reason)


def _reason(change: ClinicChange) -> str | None:
    return (change.reason or None) if isinstance(change, CloseClinic | BeAway) else None


def audit_change(making: Making, effects: Effects, told: int, phoned: int) -> None:
    """Write the change itself down, so that it can be looked up again with all that was planned with it."""
    replan, change = making.replan, making.replan.change
    facts = {**facts_of(effects), "replan": str(replan.id), "courses": len(making.resolved), "told": told, "phoned": phoned}
    if isinstance(change, CloseClinic | BeAway):
        facts |= {"from": change.span.start.isoformat(), "to": change.span.end.isoformat()}
    audit(making.ctx, making.uow, making.now, replan.action, "clinic", making.uow.clinic_id, facts, _reason(change))
