"""The worklist of what a clinic cannot give as booked: why, the nearest times, and by when it should be."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from planner.domain.affected import only_standing
from planner.domain.course import LIVE, CourseStatus
from planner.domain.errors import Violation
from planner.domain.occupancy import Occupancy
from planner.domain.planning import plan
from planner.domain.relaxing import Blocked, Rule, explain_blocked
from planner.domain.roles import Permission
from planner.domain.rules import check_hours, check_resources
from planner.services.briefing import course_request
from planner.services.context import Context
from planner.services.openings import openings_of
from planner.services.remembering import occupancy_from
from planner.services.writing import CHANGE_TASK
from planner.storage.records import AppointmentRecord, CourseRecord, Patient, Task
from planner.storage.unit_of_work import UnitOfWork

PAGE = 10
"""Appointments that are looked at a time: for each, the days around it are searched."""
_MOST_NEAR = 6


@dataclass(frozen=True)
class Left:
    """An appointment that must be moved or cancelled: what is in its way, and the nearest starts (UTC) that keep all rules.

    *beyond*: starts that break only what the *rules* named say, in order, where the course finds no place as a whole.
    *keep_by*: the last local day of the longest gap; *last_usable*: the last one by then with a start.
    """

    task: Task
    record: AppointmentRecord
    patient: Patient
    course: CourseRecord | None
    violations: tuple[Violation, ...]
    near: tuple[datetime, ...]
    beyond: tuple[datetime, ...] = ()
    rules: tuple[Rule, ...] = ()
    keep_by: date | None = None
    last_usable: date | None = None


@dataclass(frozen=True)
class Unresolved:
    """Some of the worklist, the earliest first, from the index *first* on, and how much there is in all."""

    items: tuple[Left, ...]
    total: int
    first: int


def unresolved(ctx: Context, *, first: int = 0) -> Unresolved:
    """List what must be moved or cancelled since the clinic cannot give it as booked."""
    ctx.require(Permission.CLOSE)
    with ctx.read() as uow:
        now = ctx.clock()
        tasks = [one for one in uow.tasks.open() if one.kind == CHANGE_TASK and one.appointment_id]
        return Unresolved(tuple(_left(uow, tasks[first : first + PAGE], now)), len(tasks), first)


def _left(uow: UnitOfWork, tasks: list[Task], now: datetime) -> Iterator[Left]:
    records = uow.appointments.among([task.appointment_id for task in tasks if task.appointment_id]) if tasks else {}
    patients = uow.people.among({one.patient_id for one in records.values()})
    explained = dict[UUID, Blocked | None]()
    whole = Occupancy(uow.clinics.get(now))
    for task in tasks:
        record = records.get(task.appointment_id) if task.appointment_id else None
        if record is None or record.status not in LIVE:
            continue
        course = uow.courses.get(record.course_id) if record.course_id else None
        broken = check_hours(whole, record.profile, record.start_at)
        broken += check_resources(whole, record.profile, record.start_at)
        found = openings_of(uow, record, now)
        near = tuple(sorted((*found.that_day, *found.other_days), key=lambda start: abs(start - record.start_at)))
        left = Left(task, record, patients[record.patient_id], course, tuple(broken), near[:_MOST_NEAR])
        if course and not near and course.id not in explained:
            left = _beyond(left, explained.setdefault(course.id, _blocked(uow, course, now)))
        yield left


def _blocked(uow: UnitOfWork, course: CourseRecord, now: datetime) -> Blocked | None:
    """Explain why the course finds no place as a whole; None where it does, or where it is not under way."""
    if course.status is CourseStatus.DRAFT or not course.terms.plans:
        return None
    request, _ = only_standing(course_request(uow, course, now))
    occupancy = occupancy_from(uow, request.clinic, now, [one.appointment_id for one in request.standing])
    found = plan(request, occupancy)
    return None if found.complete else explain_blocked(request, occupancy, found)


def _beyond(left: Left, blocked: Blocked | None) -> Left:
    if blocked is None:
        return left
    starts = tuple(one.placed.start for one in blocked.proposals)
    return Left(
        left.task, left.record, left.patient, left.course, left.violations, left.near, starts, blocked.rules,
        blocked.keep_by, blocked.last_usable,
    )  # fmt: skip
