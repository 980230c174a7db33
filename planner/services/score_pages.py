"""What pages about outcome scores show: a patient's, those of a visit, and what a course makes of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from planner.domain.roles import Permission
from planner.domain.scores import Scale, standing_scores
from planner.services.context import Context
from planner.services.due_scores import due_at
from planner.services.suggestions import SUGGESTION_TASK, pause_ends
from planner.services.writing import audit
from planner.storage.records import AppointmentRecord, Patient, Task
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Score


@dataclass(frozen=True)
class Entry:
    """A score as it was entered, and by whom; *stands*: neither corrected nor withdrawn, nor itself the withdrawal."""

    score: Score
    by: str
    stands: bool


@dataclass(frozen=True)
class PatientScores:
    """A patient's scores, the latest day first; *due*: what is asked for at the session to come.

    Of a course there are its first dose, its open *suggestion*, all suggestions by id, and when the next may come.
    """

    patient: Patient
    entries: tuple[Entry, ...]
    due: tuple[Scale, ...] = ()
    first_dose: date | None = None
    suggestion: Task | None = None
    suggested: Mapping[UUID, Task] = field(default_factory=dict)
    next_suggestion: date | None = None

    @property
    def last_suggestion(self) -> Task | None:
        """The last suggestion that is answered, or holds no longer."""
        done = [task for task in self.suggested.values() if task.done_at]
        return max(done, key=lambda task: task.created_at, default=None)

    @property
    def scores(self) -> list[Score]:
        """All scores as they were entered, the latest day first."""
        return [one.score for one in self.entries]

    @property
    def standing(self) -> list[Score]:
        """The scores that stand, by day."""
        return sorted((one.score for one in self.entries if one.stands), key=lambda score: score.day)


def of_patient(ctx: Context, *, patient_id: UUID) -> PatientScores:
    """List a patient's scores, corrected ones included, and write down who looked; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        found = PatientScores(uow.people.get(patient_id), _entries(uow, patient_id), _due(uow, patient_id, now))
    with ctx.begin() as uow:
        audit(ctx, uow, now, "read", "patient", patient_id)
    return found


def of_visit(ctx: Context, *, appointment_id: UUID) -> PatientScores:
    """Give the scores of a visit's patient, and those that are due at it; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        one = uow.appointments.get(appointment_id)
        due = _due_of(uow, [one], ctx.clock())
        return PatientScores(uow.people.get(one.patient_id), _entries(uow, one.patient_id), due)


def of_course(ctx: Context, *, course_id: UUID) -> PatientScores:
    """Give the scores of a course's patient, with what the course makes of them; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        course, given = uow.courses.get(course_id), uow.given.of_course(course_id)
        doses = [one.day for one in given if (phase := course.protocol.phase(one.phase)) and course.protocol.doses(phase)]
        suggested = {task.id: task for task in uow.tasks.of_course(course_id, SUGGESTION_TASK)}
        patient_id, zone = course.patient_id, uow.clinics.get(now).zone
        return PatientScores(
            uow.people.get(patient_id), _entries(uow, patient_id), _due(uow, patient_id, now, course_id),
            min(doses, default=None), next((task for task in suggested.values() if task.done_at is None), None), suggested,
            pause_ends(uow, course_id, zone),
        )  # fmt: skip


def _entries(uow: UnitOfWork, patient_id: UUID) -> tuple[Entry, ...]:
    scores = uow.scores.of_patient(patient_id)
    names = {one.id: one.name for one in uow.staff.all()} if scores else {}
    standing = {one.id for one in standing_scores(scores)}
    by_day = sorted(scores, key=lambda one: (one.day, one.scale))[::-1]
    return tuple(Entry(one, names.get(one.recorded_by, "the planner"), one.id in standing) for one in by_day)


def _due(uow: UnitOfWork, patient_id: UUID, now: datetime, course_id: UUID | None = None) -> tuple[Scale, ...]:
    """List what is due at the next session of a patient, or of one course."""
    ahead = [
        one for one in uow.appointments.of_patient(patient_id)
        if one.outcome is None and one.end_at > now and one.course_id and course_id in {None, one.course_id}
    ]  # fmt: skip
    return _due_of(uow, [one for one in ahead if one.linked_to is None][:1], now)


def _due_of(uow: UnitOfWork, sessions: Iterable[AppointmentRecord], now: datetime) -> tuple[Scale, ...]:
    clinic = uow.clinics.get(now)
    return tuple(
        scale
        for one in sessions if one.course_id
        for scale in due_at(uow, one, uow.courses.get(one.course_id), uow.scores.of_patient(one.patient_id), clinic)
    )  # fmt: skip
