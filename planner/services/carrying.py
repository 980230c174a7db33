"""Carrying out a move that was checked: what everybody does who moves an appointment, the desk as much as its patient."""

from collections.abc import Mapping
from datetime import datetime

from planner.domain.errors import Fact
from planner.services.context import Context
from planner.services.moving import Move
from planner.services.reviews import course_changed
from planner.services.undoing import Changed, keep_undo, remember
from planner.services.writing import audit, explained
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork


def carry_out(
    ctx: Context, uow: UnitOfWork, record: AppointmentRecord, change: Move, now: datetime, *, told: bool,
    facts: Mapping[str, Fact] | None = None, reason: str | None = None,
) -> Changed:  # fmt: skip
    """Write a checked move under the lock, with what follows from it: what undoes it, one message, reviews and the audit.

    *record*: the appointment as it was. *told*: its patient gets the message. *facts*: what the audit says besides.
    """
    before = remember(uow, (visit.record.id for visit in change.visits))
    changed = change.write(uow, now)
    undo_id = keep_undo(ctx, uow, now, "move", before, (), told=told)
    if record.course_id:
        course_changed(uow, record.course_id, now)
    said = {"from": record.wall_start, "to": changed[0].wall_start, **explained(before.records, changed)}
    audit(ctx, uow, now, "move", "appointment", record.id, {**said, **(facts or {})}, reason)
    return Changed(changed, undo_id)
