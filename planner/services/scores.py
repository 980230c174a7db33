"""Outcome scores: recording them, correcting them with a reason, and asking for those that are due."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from planner.domain.contact import clean
from planner.domain.errors import Conflict, Fact, InvalidValue, NotFound
from planner.domain.roles import Permission
from planner.domain.scores import Scale, check_value, standing_scores
from planner.domain.span import check_day, local_day
from planner.services.context import Context
from planner.services.due_scores import keep_tasks
from planner.services.suggestions import look_at_all
from planner.services.writing import audit
from planner.storage.records import Patient
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Score


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
