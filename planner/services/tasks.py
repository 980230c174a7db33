"""What a person must do: the list, and ticking off."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from planner.domain.contact import clean
from planner.domain.errors import InvalidMove
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.suggestions import SUGGESTION_TASK
from planner.services.writing import audit
from planner.storage.records import Patient, Task


@dataclass(frozen=True)
class Worklist:
    """The open tasks, the earliest due first, and the patients whom they concern."""

    tasks: tuple[Task, ...]
    patients: Mapping[UUID, Patient]


def worklist(ctx: Context) -> Worklist:
    """List what is to be done."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        tasks = uow.tasks.open()
        return Worklist(tuple(tasks), uow.people.among({task.patient_id for task in tasks if task.patient_id}))


def finish(ctx: Context, *, task_id: UUID, reason: str) -> None:
    """Tick a task off, saying what was done; raises NotFound, or Conflict where it is done already.

    A suggestion is answered by a clinician's order, on the course's page: raises InvalidMove.
    """
    ctx.require(Permission.ATTEND)
    said = clean(reason, "reason")
    with ctx.begin() as uow:
        now = ctx.clock()
        if uow.tasks.get(task_id).kind == SUGGESTION_TASK:
            raise InvalidMove("a suggestion is answered on its course's page, by a clinician")
        uow.tasks.finish(task_id, at=now, reason=said)
        audit(ctx, uow, now, "finish", "task", task_id, reason=said)
