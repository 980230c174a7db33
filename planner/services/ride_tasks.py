"""The desk's task about a ride of which nobody has heard by the noon before: without one the session cannot take place."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from planner.domain.course import LIVE
from planner.domain.preparing import arrival
from planner.domain.reminders import Coming, ride_task_due
from planner.domain.replies import ReplyKind
from planner.services.replying import replies_of
from planner.services.writing import RIDE_TASK
from planner.storage.records import AppointmentRecord, Task
from planner.storage.unit_of_work import UnitOfWork

_AHEAD = timedelta(hours=40)
"""How far ahead a visit may start whose noon before is over: a day and a half, and an hour of the clocks."""


def owe_ride_tasks(uow: UnitOfWork, now: datetime) -> int:
    """Ask the desk, once for each visit as it is, to phone about a ride that nobody has named; gives how many are new."""
    found = _due(uow, uow.appointments.between(now, now + _AHEAD, *LIVE), now)
    due = _due(uow, uow.appointments.lock_free(one.id for one in found), now) if found else []
    asked = {(one.appointment_id, one.facts["sequence"]) for one in _tasks(uow, due)}
    new = [one for one in due if (one.id, one.sequence) not in asked]
    uow.tasks.add(*(
        Task(uuid4(), RIDE_TASK, now, now, {"sequence": one.sequence}, one.id, one.course_id, one.patient_id) for one in new
    ))  # fmt: skip
    return len(new)


def _due(uow: UnitOfWork, visits: Sequence[AppointmentRecord], now: datetime) -> list[AppointmentRecord]:
    """Choose those about which the desk must phone by now, as they are: asked anew of what nobody else is changing."""
    coming = [one for one in visits if one.status in LIVE and one.profile.dosing and one.told_at]
    said, zone = replies_of(uow, coming), uow.clinics.get(now).zone
    return [one for one in coming if _is_due(ride_task_due(_coming(one, ride=ReplyKind.RIDE in said[one.id]), zone), now)]


def _coming(one: AppointmentRecord, *, ride: bool) -> Coming:
    return Coming(one.start_at, arrival(one.start_at, one.profile), one.profile.dosing, ride=ride)


def _is_due(due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and due_at <= now


def _tasks(uow: UnitOfWork, due: Sequence[AppointmentRecord]) -> list[Task]:
    return [task for one in due for task in uow.tasks.of_appointment(one.id) if task.kind == RIDE_TASK]
