"""Looking after visits of which nobody has said what became, each minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from planner.domain.course import LIVE, AppointmentStatus
from planner.domain.roles import Permission
from planner.services.attendance import RECORDED
from planner.services.context import Context
from planner.services.reminding import owe_driving
from planner.services.ride_tasks import owe_ride_tasks
from planner.services.writing import OUTCOME_TASK, audit
from planner.storage.records import AppointmentRecord, Task
from planner.storage.unit_of_work import UnitOfWork

OUTCOME_LATE = timedelta(minutes=30)
"""How long after its planned end a visit without outcome becomes a task."""
_BACK = timedelta(days=2)


@dataclass(frozen=True)
class Swept:
    """What a sweep did: reminders owed to patients of whom nobody has said what became, and tasks for the desk."""

    reminders: int = 0
    tasks: int = 0


def sweep(ctx: Context) -> Swept:
    """Look after visits whose planned end has passed without an outcome, each minute; several workers may at once.

    Patients who arrived are owed the no-driving reminders, in case they were dosed; half an hour after the planned end the
    desk gets one task for each, and from the noon before a visit one about a ride that nobody has named. What can no longer
    be undone is forgotten. What somebody is changing just now waits.
    """
    ctx.require(Permission.ATTEND)
    reminders = tasks = 0
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.undos.forget(now - timedelta(hours=12))  # a page that offers it may stay open as long as a sign-in lasts
        begun = uow.appointments.between(now - _BACK, now, *LIVE, AppointmentStatus.ARRIVED)
        over = [one.id for one in begun if one.outcome is None and one.end_at <= now]
        for one in uow.appointments.lock_free(over) if over else ():
            if one.outcome or one.status not in {*LIVE, AppointmentStatus.ARRIVED} or one.end_at > now:
                continue
            reminders += owe_driving(uow, one, now)
            tasks += _ask_for_outcome(uow, one, now)
        tasks += owe_ride_tasks(uow, now)
        if reminders or tasks:
            audit(ctx, uow, now, "sweep", "clinic", uow.clinic_id, {"reminders": reminders, "tasks": tasks})
    return Swept(reminders, tasks)


def _ask_for_outcome(uow: UnitOfWork, one: AppointmentRecord, now: datetime) -> int:
    """Ask the desk once, again only where an outcome that was recorded has been taken back."""
    due_at = one.end_at + OUTCOME_LATE
    asked = [task for task in uow.tasks.of_appointment(one.id) if task.kind == OUTCOME_TASK]
    if now < due_at or any(task.done_reason != RECORDED for task in asked):
        return 0
    uow.tasks.add(Task(uuid4(), OUTCOME_TASK, due_at, now, {}, one.id, one.course_id, one.patient_id))
    return 1
