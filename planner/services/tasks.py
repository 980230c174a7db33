"""What a person must do: the list, and ticking off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from planner.domain.contact import clean
from planner.domain.errors import InvalidMove
from planner.domain.notices import PHONE_TASK
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.suggestions import SUGGESTION_TASK
from planner.services.writing import WANTED_TASK, audit
from planner.storage.records import AppointmentRecord, Patient, Task


@dataclass(frozen=True)
class Worklist:
    """The open tasks, the patients whom they concern, and their appointments.

    Whom to phone about driving comes first, then what is due first.
    """

    tasks: tuple[Task, ...]
    patients: Mapping[UUID, Patient]
    appointments: Mapping[UUID, AppointmentRecord] = field(default_factory=dict)

    def wanted(self, task: Task) -> datetime | None:
        """Give the start (UTC) that a patient asks for; None where they would be called."""
        return self.instant(task, "start") if task.kind == WANTED_TASK else None

    def instant(self, task: Task, name: str) -> datetime | None:
        """Give an instant (UTC) among a task's facts; None where it has none of that name."""
        at = task.facts.get(name)
        return datetime.fromisoformat(str(at)) if at else None


def worklist(ctx: Context) -> Worklist:
    """List what is to be done."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        tasks = sorted(uow.tasks.open(), key=lambda task: task.kind != PHONE_TASK)
        patients = uow.people.among({task.patient_id for task in tasks if task.patient_id})
        appointments = uow.appointments.among({task.appointment_id for task in tasks if task.appointment_id})
        return Worklist(tuple(tasks), patients, appointments)


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
