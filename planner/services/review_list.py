"""The reviews that clinicians owe: whose, after which phase, due when, and what waits for each."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from planner.domain.course import AppointmentStatus, CourseStatus
from planner.domain.protocol import Phase
from planner.domain.reviewing import waits_for
from planner.domain.roles import Permission
from planner.domain.scores import Scale, standing_scores
from planner.domain.span import local_day
from planner.services.briefing import FARTHEST
from planner.services.context import Context
from planner.services.reviews import REVIEW_TASK
from planner.storage.records import AppointmentRecord, CourseRecord, Patient
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Score

_RUNNING = {CourseStatus.ACTIVE, CourseStatus.ON_HOLD}


@dataclass(frozen=True)
class Owed:
    """A review that nobody has decided yet: due at an instant (UTC), to be decided by a local day.

    *waits*: the appointments that are tentative until then, by start. *scores*: the first and the latest of each scale.
    """

    course: CourseRecord
    patient: Patient
    phase: Phase
    due_at: datetime
    decide_by: date
    waits: tuple[AppointmentRecord, ...] = ()
    has_come: bool = False
    late: bool = False
    scores: tuple[tuple[Score, Score], ...] = ()


def owed_reviews(ctx: Context) -> list[Owed]:
    """List the reviews that are owed, now or when a phase ends: the earliest due first, so that those overdue are on top."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        waiting = _waiting(uow, now)
        due = _due(uow, waiting)
        courses = {key: uow.courses.get(key) for key in {course_id for course_id, _ in due}}
        patients = uow.people.among({one.patient_id for one in courses.values()})
        zone = uow.clinics.get(now).zone
        scores = {one.patient_id: _scores(uow, one.patient_id) for one in courses.values()}
    found = list[Owed]()
    for (course_id, name), due_at in due.items():
        course = courses[course_id]
        phase = course.protocol.phase(name)
        if phase is None or phase.review is None or course.status not in _RUNNING or name in course.reviewed:
            continue
        by = local_day(due_at, zone) + timedelta(days=phase.review.within_days)
        waits = tuple(waiting.get((course_id, name), ()))
        late = local_day(now, zone) > by or any(one.start_at <= now for one in waits)
        who = course.patient_id
        found.append(Owed(course, patients[who], phase, due_at, by, waits, due_at <= now, late, scores[who]))
    return sorted(found, key=lambda one: (one.due_at, one.patient.name))


def _scores(uow: UnitOfWork, patient_id: UUID) -> tuple[tuple[Score, Score], ...]:
    """Give the first and the latest score that stand, of each scale that has any."""
    by_scale = dict[Scale, list[Score]]()
    for one in sorted(standing_scores(uow.scores.of_patient(patient_id)), key=lambda score: score.day):
        by_scale.setdefault(one.scale, []).append(one)
    return tuple((some[0], some[-1]) for some in by_scale.values())


def _waiting(uow: UnitOfWork, now: datetime) -> dict[tuple[UUID, str], list[AppointmentRecord]]:
    """Give what is tentative by the course and the phase whose review it waits for."""
    found = dict[tuple[UUID, str], list[AppointmentRecord]]()
    courses = dict[UUID, CourseRecord]()
    for one in uow.appointments.between(now - timedelta(days=1), now + FARTHEST, AppointmentStatus.TENTATIVE):
        if one.course_id is None:
            continue
        if one.course_id not in courses:
            courses[one.course_id] = uow.courses.get(one.course_id)
        phase = waits_for(courses[one.course_id].terms, one.phase)
        if phase:
            found.setdefault((one.course_id, phase.name), []).append(one)
    return found


def _due(uow: UnitOfWork, waiting: dict[tuple[UUID, str], list[AppointmentRecord]]) -> dict[tuple[UUID, str], datetime]:
    """Give when each is due: when its task is, or where somebody ticked that off undecided, when the first one waits."""
    due = {key: min(one.start_at for one in some) for key, some in waiting.items()}
    tasks = (task for task in uow.tasks.open() if task.kind == REVIEW_TASK and task.course_id)
    return {**due, **{(task.course_id, str(task.facts["phase"])): task.due_at for task in tasks if task.course_id}}

