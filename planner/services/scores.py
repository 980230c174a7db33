"""Outcome scores: recording them, correcting them with a reason, and asking for those that are due."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from planner.domain.contact import clean
from planner.domain.errors import Conflict, Fact, InvalidValue, NotFound
from planner.domain.roles import Permission
from planner.domain.scores import Scale, check_value, standing_scores
from planner.domain.span import check_day, local_day
from planner.services.context import Context
from planner.services.due_scores import due_at, keep_tasks
from planner.services.suggestions import SUGGESTION_TASK, look_at_all, pause_ends
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
    def scores(self) -> list[Score]:
        """All scores as they were entered, the latest day first."""
        return [one.score for one in self.entries]

    @property
    def standing(self) -> list[Score]:
        """The scores that stand, by day."""
        return sorted((one.score for one in self.entries if one.stands), key=lambda score: score.day)


def record(
    ctx: Context, *, patient_id: UUID, scale: Scale, value: int, day: date | None = None, reason: str | None = None
) -> Score:
    """Record a score of a local day (None: today), and see what follows from it.

    Raises InvalidValue for a value (*value*) that the scale cannot have, and a *day* to come, before the patient's birth,
    or with a score already; NotFound, Forbidden.
    """
    ctx.require(Permission.ATTEND)
    check_value(scale, value)
    said = clean(reason, "reason") if reason else None
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        when = _checked_day(uow, uow.people.get(patient_id), day, now)
        _check_free(uow.scores.of_patient(patient_id), scale, when)
        score = Score(uuid4(), patient_id, scale, value, when, now, ctx.actor.id, reason=said)
        _add(ctx, uow, score, "score", now)
    return score


def correct(
    ctx: Context, *, patient_id: UUID, score_id: UUID, reason: str, value: int | None = None, day: date | None = None,
    withdraw: bool = False,
) -> Score:  # fmt: skip
    """Correct a score, or withdraw it, with a reason; what was recorded first is kept.

    Raises Conflict for a score that was corrected already, InvalidValue, NotFound, Forbidden.
    """
    ctx.require(Permission.ATTEND)
    said = clean(reason, "reason")
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        scores = uow.scores.of_patient(patient_id)
        old = _correctable(scores, score_id)
        new_value, new_day = old.value, old.day
        if not withdraw:
            new_value = check_value(old.scale, old.value if value is None else value)
            new_day = _checked_day(uow, uow.people.get(patient_id), day or old.day, now)
            if (new_value, new_day) == (old.value, old.day):
                raise InvalidValue("value", "is the one recorded: enter what it really was, or withdraw it")
            _check_free([one for one in scores if one.id != old.id], old.scale, new_day)
        score = Score(
            uuid4(), patient_id, old.scale, new_value, new_day, now, ctx.actor.id, old.id, withdraw, said
        )  # fmt: skip
        _add(ctx, uow, score, "correct-score", now)
    return score


def owe_scores(ctx: Context) -> int:
    """Keep one open task for each patient and scale that is due at the next session; gives how many are new.

    Any number of workers may call it, at any time: what is asked for already is not asked for again.
    """
    ctx.require(Permission.ATTEND)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        return keep_tasks(uow, now)


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


def _checked_day(uow: UnitOfWork, patient: Patient, day: date | None, now: datetime) -> date:
    today = local_day(now, uow.clinics.get(now).zone)
    if day is None:
        return today
    check_day(day, "day")
    if day > today:
        raise InvalidValue("day", "is still to come")
    if patient.birth_date and day < patient.birth_date:
        raise InvalidValue("day", "is before the patient was born")
    return day


def _check_free(scores: Iterable[Score], scale: Scale, day: date) -> None:
    if any(one.day == day for one in standing_scores(scores, scale)):
        raise InvalidValue("day", f"has a {scale.label} score already: correct that one")


def _correctable(scores: Sequence[Score], score_id: UUID) -> Score:
    if score_id not in {one.id for one in scores}:
        raise NotFound(f"no score {score_id} of this patient")
    found = next((one for one in standing_scores(scores) if one.id == score_id), None)
    if found is None:
        raise Conflict("this score was corrected already")
    return found


def _add(ctx: Context, uow: UnitOfWork, score: Score, action: str, now: datetime) -> None:
    """Write a score down, with all that follows: what is due no longer, and a suggestion where it is worse."""
    uow.scores.add(score)
    keep_tasks(uow, now, score.patient_id)
    look_at_all(uow, score.patient_id, now)
    facts: dict[str, Fact] = {"score": str(score.id), "value": score.value, "day": score.day.isoformat()}
    facts |= {"replaces": str(score.replaces), "withdrawn": score.withdrawn} if score.replaces else {}
    audit(ctx, uow, now, action, "patient", score.patient_id, facts, score.reason)


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
