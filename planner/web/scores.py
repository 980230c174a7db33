"""Outcome scores on pages: recording and correcting them, and a suggestion that a clinician declines."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from pydantic import StringConstraints
from werkzeug.wrappers import Response

from planner.domain.scores import Scale, band_of, baseline_of, is_remission, is_response, readings
from planner.domain.suggesting import next_on
from planner.services import score_pages, scores, suggestions
from planner.services.score_pages import Entry, PatientScores
from planner.services.timelines import Happening
from planner.web.asking import Blank, Count, Day, Form, Line, context, keep_form, read_form, read_query
from planner.web.order_words import every_words
from planner.web.render import local

bp = Blueprint("scores", __name__)
_PAGE = "scores/patient.html"
Reason = Annotated[Line, StringConstraints(max_length=200)]


class PageQuery(Form):
    """Which score is to be corrected, and from which page one comes."""

    score: UUID | None = None
    course: UUID | None = None


class Back(Form):
    """Where to go on: the page of a course, or of a visit; else that of the patient's scores."""

    course: Annotated[UUID | None, Blank] = None
    visit: Annotated[UUID | None, Blank] = None

    def to(self, patient_id: UUID) -> Response:
        """Go there."""
        if self.course:
            place = url_for("courses.one", course_id=self.course, _anchor="scores")
        elif self.visit:
            place = url_for("attendance.show", appointment_id=self.visit, _anchor="scores")
        else:
            place = url_for("scores.listing", patient_id=patient_id)
        return redirect(place, code=303)


class ScoreForm(Back):
    """A score, and the local day that it was taken on: today where none is given."""

    scale: Scale
    value: Count
    day: Annotated[Day | None, Blank] = None


class CorrectionForm(Back):
    """What was recorded wrongly: as it really was, or (*withdraw*) not at all; always with a reason."""

    value: Annotated[Count | None, Blank] = None
    day: Annotated[Day | None, Blank] = None
    reason: Reason = ""
    withdraw: Literal["yes"] | None = None


class DeclineForm(Form):
    """Why things are left as they are."""

    reason: Reason = ""


@bp.get("/patients/<uuid:patient_id>/scores")
def listing(patient_id: UUID) -> str:
    """List a patient's scores, with what was corrected."""
    query = read_query(PageQuery)
    found = score_pages.of_patient(context(), patient_id=patient_id)
    return render_template(_PAGE, found=found, correcting=query.score, sent={"course": query.course or ""}, problems=[])


@bp.post("/patients/<uuid:patient_id>/scores")
def record(patient_id: UUID) -> Response:
    """Record a score."""
    _kept(patient_id)
    form = read_form(ScoreForm)
    made = scores.record(context(), patient_id=patient_id, scale=form.scale, value=form.value, day=form.day)
    flash(f"{made.scale.label} of {made.value} recorded: {band_of(made.scale, made.value)}.")
    return form.to(patient_id)


@bp.post("/patients/<uuid:patient_id>/scores/<uuid:score_id>/correct")
def correct(patient_id: UUID, score_id: UUID) -> Response:
    """Correct a score, or withdraw it."""
    _kept(patient_id, score_id)
    form = read_form(CorrectionForm)
    scores.correct(
        context(), patient_id=patient_id, score_id=score_id, reason=form.reason, value=form.value, day=form.day,
        withdraw=form.withdraw is not None,
    )  # fmt: skip
    flash("Withdrawn." if form.withdraw else "Corrected.")
    return form.to(patient_id)


def _kept(patient_id: UUID, score_id: UUID | None = None) -> None:
    """Keep the page of the patient's scores for a refusal."""
    keep_form(_PAGE, found=score_pages.of_patient(context(), patient_id=patient_id), correcting=score_id)


@bp.post("/courses/<uuid:course_id>/suggestions/<uuid:task_id>/decline")
def decline(course_id: UUID, task_id: UUID) -> Response:
    """Decline a suggestion, with the reason."""
    found = score_pages.of_course(context(), course_id=course_id)
    keep_form("scores/declining.html", found=found, task=found.suggested.get(task_id), course_id=course_id)
    form = read_form(DeclineForm)
    suggestions.decline(context(), course_id=course_id, task_id=task_id, reason=form.reason)
    flash("Declined. The plan stays as it is.")
    return redirect(url_for("courses.one", course_id=course_id), code=303)


@bp.app_template_global()
def visit_scores(appointment_id: UUID) -> PatientScores:
    """Give the scores of a visit's patient, and what is due at it."""
    return score_pages.of_visit(context(), appointment_id=appointment_id)


@bp.app_template_filter()
def meaning(entry: Entry, found: PatientScores) -> str:
    """Say what a score is: "moderate", "mild, response, 11 below the baseline"."""
    score = entry.score
    baseline = baseline_of(readings(found.scores, score.scale), found.first_dose)
    said = [band_of(score.scale, score.value)] + (["remission"] if is_remission(score.scale, score.value) else [])
    if baseline and found.first_dose:
        off = score.value - baseline.value
        said += ["response"] if is_response(baseline.value, score.value) else []
        said += [f"{abs(off)} {'above' if off > 0 else 'below'} the baseline"] if off else []
        said += ["the baseline"] if (score.day, score.value) == (baseline.day, baseline.value) else []
    return ", ".join(said)


@bp.app_template_filter()
def step_words(days: int) -> str:
    """Name a schedule in a few words: "weekly", "twice a week", "every 2 weeks"."""
    return {7: "weekly", 3: "twice a week"}.get(days) or every_words(days)


@bp.app_template_filter()
def suggested_by(one: Happening, found: PatientScores) -> object | None:
    """Give the suggestion that an order declined; None for any other happening."""
    task_id = getattr(one.order.content, "task_id", None) if one.order else None
    return found.suggested.get(task_id) if task_id else None


@bp.app_template_filter()
def next_after(one: Happening) -> date | None:
    """Give the first day of the next suggestion after one was declined."""
    return next_on([local(one.at).date()])


@bp.app_template_global()
def scales() -> tuple[Scale, ...]:
    """List the scales in use."""
    return tuple(Scale)


bp.add_app_template_filter(date.fromisoformat, "as_day")
