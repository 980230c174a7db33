"""Suggestions to a clinician: a maintenance session was missed, and a score is worse after it. Never automatic."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from planner.domain.attendance import Outcome
from planner.domain.contact import clean
from planner.domain.course import CourseStatus
from planner.domain.errors import Conflict, Fact, NotFound
from planner.domain.orders import ChangeSpacing, DeclineSuggestion, Order, Stop, Succeed
from planner.domain.protocol import Phase, SpacingRule
from planner.domain.roles import Permission
from planner.domain.scores import Reading, Scale, readings
from planner.domain.span import local_day
from planner.domain.suggesting import Missed, Suggestion, next_on, suggest, worse_after
from planner.services.briefing import standing
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.records import AppointmentRecord, CourseRecord, OrderRecord, Task
from planner.storage.unit_of_work import UnitOfWork

SUGGESTION_TASK = "suggestion"
"""The task to consider a denser schedule; its facts are the suggestion. Only a clinician's order answers it."""
DECLINED, LAPSED = "declined", "no longer holds"
MISSES = frozenset({Outcome.NO_SHOW, Outcome.LATE_CANCEL})
"""The outcomes of a session that was missed."""


def decline(ctx: Context, *, course_id: UUID, task_id: UUID, reason: str) -> OrderRecord:
    """Leave the spacing as it is, with a reason: an order that changes no terms, and answers the suggestion.

    Raises NotFound, Conflict where it is answered already, InvalidValue (*reason*), Forbidden.
    """
    ctx.require(Permission.PRESCRIBE)
    said = clean(reason, "reason")
    with ctx.begin() as uow:
        clock = ctx.clock()
        uow.calendar.lock(clock)
        now = uow.orders.moment(course_id, clock)
        course, task = uow.courses.get(course_id), uow.tasks.get(task_id)
        if task.kind != SUGGESTION_TASK or task.course_id != course_id:
            raise NotFound(f"no suggestion {task_id} of this course")
        if task.done_at:
            raise Conflict("this suggestion is answered already")
        today = local_day(now, uow.clinics.get(now).zone)
        order = OrderRecord(
            uuid4(), course_id, DeclineSuggestion(task_id), course.terms, said, ctx.actor.id, now, today
        )  # fmt: skip
        uow.orders.add(order)
        uow.tasks.finish(task_id, at=now, reason=DECLINED)
        facts: dict[str, Fact] = {"order": str(order.id), "kind": order.content.kind, "task": str(task_id)}
        audit(ctx, uow, now, "order", "course", course_id, facts, said)
    return order


def answer(uow: UnitOfWork, course_id: UUID, order: Order, now: datetime) -> None:
    """Note that an order answers what is suggested: it changes the spacing, ends the course, or declines."""
    reason = {ChangeSpacing: "spacing changed", Stop: "course ended", Succeed: "course ended"}.get(type(order))
    for task in uow.tasks.of_course(course_id, SUGGESTION_TASK):
        declined = isinstance(order, DeclineSuggestion) and order.task_id == task.id
        if task.done_at is None and (reason or declined):
            uow.tasks.finish(task.id, at=now, reason=reason or DECLINED)


def look_at_all(uow: UnitOfWork, patient_id: UUID, now: datetime) -> None:
    """See whether anything is to be suggested for a patient's courses, now that a score is recorded or corrected."""
    for course in uow.courses.of_patient(patient_id):
        look(uow, course, now)


def look(uow: UnitOfWork, course: CourseRecord, now: datetime) -> None:
    """See whether anything is to be suggested for a course, and whether what was suggested still holds.

    Each missed session is the reason of one suggestion at most: its id says so, and whoever comes second is refused.
    """
    missed = _missed(uow, course, now)
    tasks = uow.tasks.of_course(course.id, SUGGESTION_TASK)
    if not missed and not tasks:
        return
    scores = uow.scores.of_patient(course.patient_id)
    found = {scale: readings(scores, scale) for scale in Scale}
    open_task = next((task for task in tasks if task.done_at is None), None)
    if open_task:
        _check_holds(uow, open_task, missed, found, now)
    elif course.status is CourseStatus.ACTIVE:
        asked = {task.appointment_id for task in tasks}
        new = [one for one in missed if one.appointment_id not in asked]
        phase, orders = _phase_now(uow, course, now), uow.orders.of_course(course.id)
        zone = uow.clinics.get(now).zone
        made = phase and suggest(
            local_day(now, zone), phase, new, found, _spaced_before(course, phase, orders), _answered(tasks, orders, zone)
        )
        if made:
            uow.tasks.add(_task(made, course, now))


def pause_ends(uow: UnitOfWork, course_id: UUID, zone: ZoneInfo) -> date | None:
    """Give the local day from which a further suggestion may be made; None where none was made yet."""
    tasks, orders = uow.tasks.of_course(course_id, SUGGESTION_TASK), uow.orders.of_course(course_id)
    return next_on(_answered(tasks, orders, zone)) if tasks else None


def _missed(uow: UnitOfWork, course: CourseRecord, now: datetime) -> list[Missed]:
    zone = uow.clinics.get(now).zone
    gone = [one for one in uow.appointments.of_course(course.id) if one.outcome in MISSES and one.linked_to is None]
    given = [one.day for one in uow.given.of_course(course.id)] if gone else []
    return [miss for one in gone if (miss := _miss(one, course, given, zone))]


def _miss(one: AppointmentRecord, course: CourseRecord, given: Iterable[date], zone: ZoneInfo) -> Missed | None:
    phase, day = course.protocol.phase(one.phase or ""), local_day(one.start_at, zone)
    later = min((other for other in given if other > day), default=None)
    return Missed(one.id, day, phase.kind, later) if phase else None


def _phase_now(uow: UnitOfWork, course: CourseRecord, now: datetime) -> Phase | None:
    """Give the phase of the next session, else that of the last one given."""
    ahead = [one.phase for one in standing(uow.appointments.of_course(course.id), now) if one.linked_to is None]
    behind = [one.phase for one in uow.given.of_course(course.id)]
    return course.protocol.phase((ahead[:1] or behind[-1:] or [None])[0] or "")


def _spaced_before(course: CourseRecord, phase: Phase, orders: Sequence[OrderRecord]) -> list[SpacingRule]:
    """List how the course was spaced before: in the phases before this one, and in this one before orders changed it."""
    phases = course.protocol.phases
    former = (order.previous.protocol.phase(phase.name) for order in orders)
    return [one.spacing for one in (*phases[: phases.index(phase)], *former) if one]


def _answered(tasks: Iterable[Task], orders: Iterable[OrderRecord], zone: ZoneInfo) -> list[date]:
    """List the days of suggestions, of their answers, and of changes of the spacing."""
    moments = [moment for task in tasks for moment in (task.created_at, task.done_at) if moment]
    moments += [order.given_at for order in orders if isinstance(order.content, ChangeSpacing)]
    return [local_day(moment, zone) for moment in moments]


def _check_holds(
    uow: UnitOfWork, task: Task, missed: Iterable[Missed], found: Mapping[Scale, Sequence[Reading]], now: datetime
) -> None:
    """Take a suggestion back whose reason was corrected away; word it anew where its numbers were corrected."""
    miss = next((one for one in missed if one.appointment_id == task.appointment_id), None)
    worse = worse_after(miss, found) if miss else None
    if worse is None:
        uow.tasks.finish(task.id, at=now, reason=LAPSED)
    elif (facts := {**task.facts, **_scored(*worse)}) != task.facts:
        uow.tasks.restate(task.id, facts)


def _task(made: Suggestion, course: CourseRecord, now: datetime) -> Task:
    facts: dict[str, Fact] = {
        "phase": made.phase, "missed_on": made.missed.day.isoformat(), "was_days": made.was.target_days,
        "min_days": made.spacing.min_days, "target_days": made.spacing.target_days, "max_days": made.spacing.max_days,
        **_scored(made.scale, made.before, made.after),
    }  # fmt: skip
    missed_id = made.missed.appointment_id
    return Task(uuid5(missed_id, SUGGESTION_TASK), SUGGESTION_TASK, now, now, facts, missed_id, course.id, course.patient_id)


def _scored(scale: Scale, before: Reading, after: Reading) -> dict[str, Fact]:
    return {
        "scale": scale.value, "from": before.value, "from_day": before.day.isoformat(), "to": after.value,
        "to_day": after.day.isoformat(),
    }  # fmt: skip
