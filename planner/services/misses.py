"""What a missed session of an induction leaves: a task by which the clinician is told, once, and no more than that."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from planner.domain.attendance import Outcome
from planner.domain.course import CourseStatus
from planner.domain.errors import Fact
from planner.domain.missing import CLOSE_DAYS, close_misses, lacking
from planner.domain.protocol import PhaseKind
from planner.domain.span import local_day
from planner.services.briefing import course_request
from planner.storage.records import AppointmentRecord, CourseRecord, Task
from planner.storage.unit_of_work import UnitOfWork

MISSED_TASK = "missed-session"
"""The task that a missed session of an induction leaves."""
MADE_UP = "booked in its place"
"""Why that task is done where another session is booked, by its page or by an order."""
TAKEN_BACK = "taken back: it was not missed"
"""Why that task is done where what was recorded is corrected."""
_MISSES = {Outcome.NO_SHOW, Outcome.LATE_CANCEL}
_RUNNING = {CourseStatus.ACTIVE, CourseStatus.ON_HOLD}


def is_miss(one: AppointmentRecord, course: CourseRecord) -> bool:
    """Whether an appointment is a session of its course's induction that the patient missed or cancelled late."""
    phase = course.protocol.phase(one.phase or "")
    return one.outcome in _MISSES and one.linked_to is None and phase is not None and phase.kind is PhaseKind.INDUCTION


def close_misses_of(appointments: Iterable[AppointmentRecord], course: CourseRecord, zone: ZoneInfo) -> tuple[date, ...]:
    """Give the latest two misses of a course's induction within fourteen days; nothing where no two are that close."""
    return close_misses(local_day(one.start_at, zone) for one in appointments if is_miss(one, course))


def owe_missed(uow: UnitOfWork, one: AppointmentRecord, now: datetime) -> None:
    """Tell the clinician of a missed session, once; take that back where the mark was corrected away."""
    if one.course_id is None:
        return
    tasks = [task for task in uow.tasks.of_appointment(one.id) if task.kind == MISSED_TASK]
    course = uow.courses.get(one.course_id)
    if is_miss(one, course):
        if course.status in _RUNNING and all(task.done_reason == TAKEN_BACK for task in tasks):
            _add(uow, one, course, now)
        return
    for task in tasks:
        if task.done_at is None:
            uow.tasks.finish(task.id, at=now, reason=TAKEN_BACK)


def _add(uow: UnitOfWork, one: AppointmentRecord, course: CourseRecord, now: datetime) -> None:
    facts: dict[str, Fact] = {"phase": one.phase, "outcome": one.outcome.value if one.outcome else None}
    others = {other.id: other for other in uow.appointments.of_course(course.id)} | {one.id: one}
    day = local_day(one.start_at, (zone := uow.clinics.get(now).zone))
    close = close_misses_of(others.values(), course, zone)
    if day in close:
        facts |= {"misses": len(close), "within_days": CLOSE_DAYS}
    uow.tasks.add(Task(uuid4(), MISSED_TASK, now, now, facts, one.id, course.id, course.patient_id))


def finish_missed(uow: UnitOfWork, appointment_id: UUID, now: datetime, reason: str) -> list[UUID]:
    """Mark the task of a missed session as done, and say which that was."""
    tasks = [task for task in uow.tasks.of_appointment(appointment_id) if task.kind == MISSED_TASK and not task.done_at]
    for task in tasks:
        uow.tasks.finish(task.id, at=now, reason=reason)
    return [task.id for task in tasks]


def finish_made_up(uow: UnitOfWork, course: CourseRecord, now: datetime) -> None:
    """Mark the tasks of missed sessions as done where every session of the phase has its date, or the course is over."""
    tasks = uow.tasks.open_of_course(course.id, MISSED_TASK)
    if not tasks:
        return
    running = course.status in _RUNNING
    request = course_request(uow, course, now) if running else None
    for task in tasks:
        if request is None:
            uow.tasks.finish(task.id, at=now, reason="the course has ended")
        elif not lacking(request, str(task.facts.get("phase") or "")):
            uow.tasks.finish(task.id, at=now, reason=MADE_UP)
