"""A missed session of an induction: both things that can be done about it side by side, and what the clinic proposes."""

from functools import partial
from typing import Annotated
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from pydantic import AwareDatetime
from werkzeug.wrappers import Response

from planner.domain.clinic import MissedPolicy
from planner.domain.missing import Choice, close_misses
from planner.domain.protocol import PhaseKind
from planner.domain.reviewing import waits_for
from planner.domain.terms import undecided
from planner.domain.timeline import SessionState
from planner.services import missing, policies, settings
from planner.services.missing import Missed, Shown
from planner.services.timelines import Timeline
from planner.web import undoing as bar
from planner.web.asking import Blank, Form, Version, context, keep_form, read_form
from planner.web.render import stamp

bp = Blueprint("missing", __name__)
_PAGE, _POLICY = "missing/one.html", "missing/policy.html"
POLICIES = {
    MissedPolicy.MAKE_UP: "Make it up in the same treatment week where both gaps allow, else append it at the end",
    MissedPolicy.APPEND: "Append it at the end",
    MissedPolicy.ASK: "Ask: a clinician chooses each time",
}
"""What each policy is called."""
CHOICES = {Choice.MAKE_UP: "Make up in the same treatment week", Choice.APPEND: "Append at the end"}
_MISSES = {SessionState.NO_SHOW, SessionState.LATE_CANCEL}


class MakeUpForm(Form):
    """Which choice is booked, as it was shown; *version* is the course's."""

    choice: Choice
    version: Version
    start: AwareDatetime
    linked: Annotated[AwareDatetime | None, Blank] = None
    tell: bool = False


class PolicyForm(Form):
    """What the clinic proposes; *version* is the clinic's."""

    missed: MissedPolicy
    version: Version


@bp.get("/appointments/<uuid:appointment_id>/missed")
def one(appointment_id: UUID) -> str:
    """Show both choices for a missed session."""
    return render_template(_PAGE, look=_look(appointment_id))


@bp.post("/appointments/<uuid:appointment_id>/missed")
def make_up(appointment_id: UUID) -> Response:
    """Book one choice as it was shown; a refusal shows both as they are now."""
    keep_form(_PAGE, look=_look(appointment_id))
    form = read_form(MakeUpForm)
    made = missing.make_up(
        context(), appointment_id=appointment_id, choice=form.choice, version=form.version,
        shown=Shown(form.start, form.linked), told=form.tell,
    )  # fmt: skip
    bar.offer(made.undo_id, f"Booked {stamp(made.appointment.start_at)}.")
    return redirect(url_for("courses.one", course_id=made.appointment.course_id), code=303)


def _look(appointment_id: UUID) -> "partial[Missed]":
    return partial(missing.options, context(), appointment_id=appointment_id)


@bp.get("/settings/missed")
def policy() -> str:
    """Show what the clinic proposes where a session of an induction was missed."""
    return render_template(_POLICY, found=settings.setup(context()), policies=POLICIES)


@bp.post("/settings/missed")
def set_policy() -> Response:
    """Set it."""
    keep_form(_POLICY, found=settings.setup(context()), policies=POLICIES)
    form = read_form(PolicyForm)
    policies.set_missed(context(), policy=form.missed, seen=form.version)
    flash("Saved. It holds for what is proposed from now on.")
    return redirect(url_for(".policy"), code=303)


@bp.app_template_global()
def missed_close(whole: Timeline) -> tuple[object, ...]:
    """Give the latest two misses of a course's induction within fourteen days; nothing where no two are that close."""
    inductions = {phase.name for phase in whole.course.protocol.phases if phase.kind is PhaseKind.INDUCTION}
    missed = [one for one in whole.lines if one.state in _MISSES and one.phase in inductions and not one.follows]
    return close_misses(one.day for one in missed)


@bp.app_template_global()
def can_be_made_up(whole: Timeline, line: object) -> bool:
    """Whether a session of a course is one of its induction that was missed."""
    phase = whole.course.protocol.phase(getattr(line, "phase", ""))
    found = getattr(line, "state", None) in _MISSES and not getattr(line, "follows", True)
    return found and phase is not None and phase.kind is PhaseKind.INDUCTION


bp.add_app_template_filter(CHOICES.__getitem__, "missed_choice")
bp.add_app_template_filter(POLICIES.__getitem__, "missed_policy")
bp.add_app_template_filter(undecided, "undecided_phases")
bp.add_app_template_filter(waits_for, "waits_for")
