"""Which outcome scores are due at a session, and the tasks that ask for them: one open for a patient and scale."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.cadence import Occasion, scales_due
from planner.domain.clinic import Clinic
from planner.domain.course import LIVE, AppointmentStatus
from planner.domain.scores import Scale, standing_scores
from planner.domain.span import local_day
from planner.storage.records import AppointmentRecord, CourseRecord, GivenRecord, Task
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Score

SCORE_TASK = "score-due"
"""The task to ask a patient for an outcome score at their next session; its facts name the scale."""
AHEAD = timedelta(days=7)
"""How long before the session the task is there (ASSUMED)."""
TAKEN, PASSED = "recorded", "no longer due"
_AWAITED = frozenset({*LIVE, AppointmentStatus.ARRIVED})


def occasion_of(
    one: AppointmentRecord, course: CourseRecord, given: Iterable[GivenRecord], clinic: Clinic
) -> Occasion | None:
    """Give what a session is in its course; None for a visit that follows one, and for a phase that is gone."""
    phase = course.protocol.phase(one.phase or "")
    if phase is None or one.linked_to is not None:
        return None
    day = local_day(one.start_at, clinic.zone)
    earlier = [other for other in given if other.appointment_id != one.id and other.day < day]
    before = max((other.day for other in earlier), default=None)
    number = sum(other.phase == phase.name for other in earlier) + 1
    return Occasion(day, phase.kind, before, number == 1, phase.sessions is not None and number >= phase.sessions)


def taken_on(scores: Iterable[Score]) -> Mapping[Scale, list[date]]:
    """Give the days of a patient's standing scores by scale."""
    found: dict[Scale, list[date]] = {}
    for one in standing_scores(scores):
        found.setdefault(one.scale, []).append(one.day)
    return found


def due_at(
    uow: UnitOfWork, one: AppointmentRecord, course: CourseRecord, scores: Iterable[Score], clinic: Clinic
) -> tuple[Scale, ...]:
    """List the scales that are due at a session of a course."""
    if not course.protocol.measures:
        return ()
    occasion = occasion_of(one, course, uow.given.of_course(course.id), clinic)
    return scales_due(course.protocol.measures, occasion, taken_on(scores)) if occasion else ()


def keep_tasks(uow: UnitOfWork, now: datetime, patient_id: UUID | None = None) -> int:
    """Bring the tasks that ask for scores up to date, of one patient or of all; gives how many are new.

    The caller holds the calendar's lock. What somebody ticked off by hand is not asked for again at that session.
    """
    clinic = uow.clinics.get(now)
    soon = [one for one in uow.appointments.between(now - timedelta(days=1), now + AHEAD, *_AWAITED) if one.course_id]
    mine = [one for one in soon if one.outcome is None and patient_id in {None, one.patient_id}]
    open_tasks = [one for one in uow.tasks.open() if one.kind == SCORE_TASK and patient_id in {None, one.patient_id}]
    wanted = _wanted(uow, mine, clinic)
    kept = set[tuple[UUID, Scale]]()
    for task in open_tasks:
        key = (task.patient_id, Scale(str(task.facts["scale"])))
        session = wanted.get(key) if task.patient_id else None
        if session and (session.id, session.start_at) == (task.appointment_id, task.due_at):
            kept.add((session.patient_id, key[1]))
        else:
            uow.tasks.finish(task.id, at=now, reason=PASSED if session else _why(uow, task))
    new = [_task(one, scale, now) for (patient, scale), one in wanted.items() if (patient, scale) not in kept]
    new = [task for task in new if not _ticked_off(uow, task)]
    uow.tasks.add(*new)
    return len(new)


def _wanted(
    uow: UnitOfWork, sessions: Iterable[AppointmentRecord], clinic: Clinic
) -> dict[tuple[UUID | None, Scale], AppointmentRecord]:
    """Find what each patient's next session asks for; the earlier of two courses' sessions asks first."""
    wanted: dict[tuple[UUID | None, Scale], AppointmentRecord] = {}
    seen = set[UUID | None]()
    for one in sessions:
        if one.course_id in seen or one.course_id is None or one.linked_to:
            continue
        seen.add(one.course_id)
        scores = uow.scores.of_patient(one.patient_id)
        for scale in due_at(uow, one, uow.courses.get(one.course_id), scores, clinic):
            wanted.setdefault((one.patient_id, scale), one)
    return wanted


def _task(one: AppointmentRecord, scale: Scale, now: datetime) -> Task:
    facts = {"scale": scale.value}
    return Task(uuid4(), SCORE_TASK, one.start_at, now, facts, one.id, one.course_id, one.patient_id)


def _ticked_off(uow: UnitOfWork, new: Task) -> bool:
    assert new.appointment_id is not None  # noqa: S101
    same = [task for task in uow.tasks.of_appointment(new.appointment_id) if task.kind == SCORE_TASK]
    return any(task.facts == new.facts and task.done_at and task.done_reason not in {TAKEN, PASSED} for task in same)


def _why(uow: UnitOfWork, task: Task) -> str:
    """Say why a score is no longer asked for: it was taken since, or its session is gone."""
    scores = uow.scores.of_patient(task.patient_id) if task.patient_id else []
    since = [one for one in standing_scores(scores) if one.scale == task.facts["scale"]]
    return TAKEN if any(one.recorded_at >= task.created_at for one in since) else PASSED
