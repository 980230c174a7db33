"""The desk's task about a ride of which nobody has heard by the noon before, or that the clinic does not accept any more.

Without a ride the session cannot take place.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.course import LIVE
from planner.domain.errors import Fact
from planner.domain.preparing import arrival
from planner.domain.reminders import Coming, ride_task_due
from planner.domain.replies import ReplyKind, Ride
from planner.services.replying import replies_of, ways_home
from planner.services.writing import REFUSED_RIDE, RIDE_TASK
from planner.storage.records import AppointmentRecord, Task
from planner.storage.unit_of_work import UnitOfWork

_AHEAD = timedelta(hours=40)
"""How far ahead a visit may start whose noon before is over: a day and a half, and an hour of the clocks."""


def owe_ride_tasks(uow: UnitOfWork, now: datetime) -> int:
    """Ask the desk, once for each visit as it is, to phone about a ride that is not settled; gives how many are new."""
    found = _due(uow, uow.appointments.between(now, now + _AHEAD, *LIVE), now)
    due = _due(uow, uow.appointments.lock_free(one.id for one, _ in found), now) if found else []
    asked = {(one.appointment_id, *_about(one.facts)) for one in _tasks(uow, [one for one, _ in due])}
    new = [(one, facts) for one, facts in due if (one.id, *_about(facts)) not in asked]
    uow.tasks.add(*(
        Task(uuid4(), RIDE_TASK, now, now, facts, one.id, one.course_id, one.patient_id) for one, facts in new
    ))  # fmt: skip
    return len(new)


def _due(
    uow: UnitOfWork, visits: Sequence[AppointmentRecord], now: datetime
) -> list[tuple[AppointmentRecord, dict[str, Fact]]]:
    """Choose those about which the desk must phone by now, as they are, and say of what: asked anew of what is nobody's."""
    coming = [one for one in visits if one.status in LIVE and one.profile.dosing and one.told_at]
    said, clinic = replies_of(uow, coming), uow.clinics.get(now)
    rides = {one.id: said[one.id][ReplyKind.RIDE].ride for one in coming if ReplyKind.RIDE in said[one.id]}
    settled = _settled(uow, coming, rides, now)
    due = [one for one in coming if _is_due(ride_task_due(_coming(one, ride=one.id in settled), clinic.zone), now)]
    return [(one, _facts(one, rides.get(one.id))) for one in due]


def _settled(
    uow: UnitOfWork, visits: Sequence[AppointmentRecord], rides: Mapping[UUID, Ride | None], now: datetime
) -> set[UUID]:
    """Find the visits of which somebody is named who takes the patient home, in a way that the clinic accepts."""
    named = [one for one in visits if one.id in rides]
    return {one.id for one in named if (ride := rides[one.id]) and ride.kind in ways_home(uow, one, now)}


def _facts(one: AppointmentRecord, ride: Ride | None) -> dict[str, Fact]:
    return {"sequence": one.sequence, **({REFUSED_RIDE: ride.kind.value} if ride else {})}


def _about(facts: Mapping[str, Fact]) -> tuple[Fact, Fact]:
    """Say what a task is about: a visit as it is, and the way home that is not accepted, if one is named."""
    return facts["sequence"], facts.get(REFUSED_RIDE)


def _coming(one: AppointmentRecord, *, ride: bool) -> Coming:
    return Coming(one.start_at, arrival(one.start_at, one.profile), one.profile.dosing, ride=ride)


def _is_due(due_at: datetime | None, now: datetime) -> bool:
    return due_at is not None and due_at <= now


def _tasks(uow: UnitOfWork, due: Sequence[AppointmentRecord]) -> list[Task]:
    return [task for one in due for task in uow.tasks.of_appointment(one.id) if task.kind == RIDE_TASK]
