"""The night's work: courses without an end are booked further ahead, and taken up again when their pause is over."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from planner.domain.clinic import Clinic
from planner.domain.course import LIVE, AppointmentStatus, CourseStatus
from planner.domain.errors import Fact, PlannerError
from planner.domain.extension import Extension, extension_of
from planner.domain.notices import UNDO_WINDOW
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.replanning import Diff
from planner.domain.roles import Permission
from planner.domain.span import local_day
from planner.services.briefing import FARTHEST, course_request, taken_from
from planner.services.context import Context
from planner.services.ordering import UNPLACED_TASK
from planner.services.owing import Touched, owe_change
from planner.services.reviews import course_changed
from planner.services.writing import Change, apply_change, audit, explained, seat_all
from planner.storage.records import AppointmentRecord, CourseRecord, Task
from planner.storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)
T = TypeVar("T")

_PLANNED_ANEW = "book-series"
"""What plans all of a course that is still to come: what people cancelled before is forgotten with it, as by an order."""


@dataclass(frozen=True)
class Extended:
    """What a night did: courses booked further and the sessions added; sessions without a place; courses taken up again."""

    courses: int = 0
    added: int = 0
    unplaced: int = 0
    resumed: int = 0
    failed: int = 0


@dataclass(frozen=True)
class _Reached:
    """One course after its turn: the appointments added, and how many sessions found no place."""

    added: tuple[AppointmentRecord, ...] = ()
    missing: int = 0


def extend(ctx: Context) -> Extended:
    """Book the open-ended courses ahead over the clinic's horizon, each in a transaction of its own.

    What is booked stays where it is, what people cancelled is not booked again, and a second run adds nothing. A course
    whose pause is over is active again. A course that fails is logged, and the others go on. Each patient gets one
    message; what finds no place is one task for the desk.
    """
    ctx.require(Permission.BOOK)
    resumed = sum(bool(_attempt(partial(_take_up, ctx, key), key)) for key in _paused(ctx))
    reached, told = list[_Reached | None](), dict[UUID, list[AppointmentRecord]]()
    for course in _to_extend(ctx):
        earlier = told.setdefault(course.patient_id, [])
        found = _attempt(partial(_extend, ctx, course.id, tuple(earlier)), course.id)
        reached.append(found)
        earlier += found.added if found else ()
    done = [one for one in reached if one]
    return Extended(
        sum(bool(one.added) for one in done), sum(follows.linked_to is None for one in done for follows in one.added),
        sum(one.missing for one in done), resumed, len(reached) - len(done),
    )  # fmt: skip


def _attempt(act: Callable[[], T], course_id: UUID) -> T | None:
    """Do one course's part; None where it fails, which is no reason for the others not to get theirs."""
    try:
        return act()
    except PlannerError as refusal:
        log.warning("course %s was not extended: %s", course_id, refusal)
    except Exception:  # a course that cannot be read must not cost the others their dates
        log.exception("course %s was not extended", course_id)
    return None


def _paused(ctx: Context) -> list[UUID]:
    """List the courses on hold whose day has come."""
    with ctx.read() as uow:
        now = ctx.clock()
        today = local_day(now, uow.clinics.get(now).zone)
        held = uow.courses.with_status(CourseStatus.ON_HOLD)
    return [one.id for one in held if one.resumes_on and one.resumes_on <= today]


def _take_up(ctx: Context, course_id: UUID) -> bool:
    """Make a course active whose pause is over; its dates after the pause are booked already."""
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        course, today = uow.courses.get(course_id), local_day(now, uow.clinics.get(now).zone)
        if course.status is not CourseStatus.ON_HOLD or course.resumes_on is None or course.resumes_on > today:
            return False
        uow.courses.save(replace(course, status=CourseStatus.ACTIVE), "status")
        audit(ctx, uow, now, "take-up", "course", course_id, {"resumes_on": course.resumes_on.isoformat()})
    return True


def _to_extend(ctx: Context) -> list[CourseRecord]:
    """List the active courses without an end whose last booked session leaves room, or whose task may be done by now."""
    with ctx.read() as uow:
        now = ctx.clock()
        clinic = uow.clinics.get(now)
        horizon = local_day(now, clinic.zone) + timedelta(days=clinic.horizon_days)
        active = uow.courses.with_status(CourseStatus.ACTIVE)
        open_tasks = {task.course_id for task in uow.tasks.open() if task.kind == UNPLACED_TASK}
        ahead = uow.appointments.between(now, now + FARTHEST, *LIVE)
    last = {one.course_id: one for one in ahead if one.linked_to is None}
    endless = [one for one in active if one.protocol.phases[-1].sessions is None]
    found = [one for one in endless if one.id in open_tasks or _has_room(one, last.get(one.id), horizon, clinic.zone)]
    return sorted(found, key=lambda one: (one.patient_id.bytes, one.created_at))


def _has_room(course: CourseRecord, last: AppointmentRecord | None, horizon: date, zone: ZoneInfo) -> bool:
    """Whether an open-ended course may want more after its last booked session, by its days alone."""
    phase = course.protocol.phases[-1]
    if last is None or last.phase != phase.name:
        return True
    return (horizon - local_day(last.start_at, zone)).days >= phase.spacing.target_days


def _extend(ctx: Context, course_id: UUID, earlier: Sequence[AppointmentRecord]) -> _Reached:
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        course = uow.courses.get(course_id)
        if course.status is not CourseStatus.ACTIVE:
            return _Reached()
        request = course_request(uow, course, now)
        taken = taken_from(uow, now)
        found = extension_of(request, Occupancy(request.clinic, taken), _not_before(uow, course, now))
        added = _write(uow, course, found, request.clinic, taken, now) if found.placed else ()
        asked = _ask(uow, course, found.missing, now)
        _tell(uow, (*earlier, *added), now)
        if added or asked:
            facts = {"sessions": len(found.placed), "unplaced": found.missing, **explained({}, added)}
            audit(ctx, uow, now, "extend", "course", course_id, facts)
    return _Reached(tuple(added), found.missing)


def _write(
    uow: UnitOfWork, course: CourseRecord, found: Extension, clinic: Clinic, taken: Sequence[BusyRow], now: datetime
) -> Sequence[AppointmentRecord]:
    """Write what is added beside what is taken."""
    visits = [visit for one in found.placed for visit in (one, one.linked) if visit]
    seats = seat_all(visits, clinic, course.patient_id, taken)
    change = Change(Diff((), (), (), tuple(visits)), {}, told=True)
    added = apply_change(uow, change, course.protocol, clinic, course.patient_id, course.id, seats, now)
    course_changed(uow, course.id, now)
    return added


def _not_before(uow: UnitOfWork, course: CourseRecord, now: datetime) -> date | None:
    """Give the local day from which on there may be sessions: after all that people cancelled and nobody planned anew."""
    zone = uow.clinics.get(now).zone
    planned = [one.given_at for one in uow.orders.of_course(course.id)]
    planned += [one.at for one in uow.audit.of_subject(course.id) if one.action == _PLANNED_ANEW]
    since = max(planned, default=course.created_at)
    cancelled = [
        local_day(one.start_at, zone)
        for one in uow.appointments.of_course(course.id)
        if one.status is AppointmentStatus.CANCELLED and one.linked_to is None and one.told_at and one.updated_at > since
    ]
    return max(cancelled) + timedelta(days=1) if cancelled else None


def _ask(uow: UnitOfWork, course: CourseRecord, missing: int, now: datetime) -> bool:
    """Leave one task for what found no place, and tick it off once it has one; tells whether anything changed."""
    tasks = uow.tasks.open_of_course(course.id, UNPLACED_TASK)
    if bool(tasks) == bool(missing):
        return False
    for task in tasks:
        uow.tasks.finish(task.id, at=now, reason="booked since")
    if missing:
        facts: dict[str, Fact] = {"sessions": missing}
        uow.tasks.add(Task(uuid4(), UNPLACED_TASK, now, now, facts, course_id=course.id, patient_id=course.patient_id))
    return True


def _tell(uow: UnitOfWork, added: Sequence[AppointmentRecord], now: datetime) -> None:
    """Owe the patient one message, about what another course of theirs got a moment ago as well."""
    fresh = [one for one in added if one.told_at and one.told_at > now - UNDO_WINDOW]
    if any(one.told_at == now for one in fresh):
        owe_change(uow, [Touched(None, one) for one in fresh], now, uuid4(), told=True)
