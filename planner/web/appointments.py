"""One appointment: its facts, moving it, cancelling it or more of its course, and undoing that."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import AwareDatetime, StringConstraints
from werkzeug.wrappers import Response

from planner.documents.wording import rule_in_words
from planner.domain.allowing import order_allowing
from planner.domain.course import Override
from planner.domain.errors import InvalidValue
from planner.domain.span import at_wall, check_day, check_instant, local_day, wall_instants
from planner.notify.wording import is_neutral
from planner.services import booking, openings, particulars, undoing
from planner.services.booking import Scope
from planner.services.openings import Openings
from planner.services.particulars import Particulars
from planner.web import undoing as bar
from planner.web.asking import Blank, Day, Form, Line, Version, WallTime, context, keep_form, read_form, read_query
from planner.web.letters import letter_about
from planner.web.refusals import joined
from planner.web.render import clock_time, stamp, zone, zone_name
from planner.web.telling import told, told_how

bp = Blueprint("appointments", __name__)
bp.add_app_template_filter(rule_in_words, "rule_words")
bp.add_app_template_filter(joined, "rules_joined")
bp.add_app_template_filter(order_allowing)
bp.add_app_template_filter(is_neutral, "can_be_mailed")
bp.add_app_template_global(bar.offered, "undo_offered")
bp.add_app_template_global(letter_about)
bp.add_app_template_global(told)
bp.add_app_template_global(told_how)
_PAGE = "appointments/one.html"
Reason = Annotated[Line, StringConstraints(max_length=200)]


class DayQuery(Form):
    """Around which day free times are shown."""

    day: Annotated[Day | None, Blank] = None


class MoveForm(Form):
    """Where an appointment is moved to: an instant that was offered (*at*), or a local day and wall time."""

    version: Version
    day: Annotated[Day | None, Blank] = None
    time: Annotated[WallTime | None, Blank] = None
    at: Annotated[AwareDatetime | None, Blank] = None
    tell: bool = False
    override: Reason = ""


class CancelForm(Form):
    """What is cancelled and why; *shown* are the appointments that were seen before more than one goes."""

    version: Version
    scope: Scope = Scope.ONE
    reason: Annotated[Reason, StringConstraints(min_length=1)]
    tell: bool = False
    shown: tuple[UUID, ...] = ()


class UndoForm(Form):
    """A button alone."""


class UnclearTime(InvalidValue):
    """A wall time that does not exist on that night, or comes twice; *choices* are the instants that may be meant."""

    def __init__(self, message: str, choices: Sequence[datetime]) -> None:
        self.choices = choices
        super().__init__("time", message)


class PageOf:
    """What the page shows, looked up when it is drawn: after a refusal, as it is then."""

    def __init__(self, appointment_id: UUID, day: date | None = None) -> None:
        self._id, self._day = appointment_id, day

    def facts(self) -> Particulars:
        """Give the appointment."""
        return particulars.particulars(context(), appointment_id=self._id)

    def openings(self) -> Openings:
        """Give where it may be moved to."""
        return openings.openings(context(), appointment_id=self._id, day=self._day)


@bp.get("/appointments/<uuid:appointment_id>")
def one(appointment_id: UUID) -> str:
    """Show one appointment, and where it may be moved to."""
    day = read_query(DayQuery).day
    page = PageOf(appointment_id, check_day(day, "day") if day else None)
    particulars.note_reading(context(), appointment_id=appointment_id)
    return render_template(_PAGE, page=page, sent={})


@bp.post("/appointments/<uuid:appointment_id>/move")
def move(appointment_id: UUID) -> Response:
    """Move it; a refusal keeps the form, with every rule and the nearest start."""
    keep_form(_PAGE, page=PageOf(appointment_id), moving=True)
    form = read_form(MoveForm)
    day = _day_of(form)
    keep_form(_PAGE, page=PageOf(appointment_id, day), moving=True)
    start = form.at or start_of(day, form.time)
    override = Override(form.override) if form.override else None
    changed = booking.move(
        context(), appointment_id=appointment_id, start=start, version=form.version, override=override, told=form.tell
    )
    bar.offer(changed.undo_id, f"Moved to {stamp(changed.appointment.start_at)}.")
    return redirect(url_for(".one", appointment_id=appointment_id), code=303)


def _day_of(form: MoveForm) -> date:
    """Give the local day that is meant; raises InvalidValue for none, or one that cannot be."""
    if form.at:
        return check_day(local_day(check_instant(form.at, "at"), zone()), "at")
    if form.day is None:
        raise InvalidValue("day", "is missing")
    return check_day(form.day, "day")


def start_of(day: date, wall: time | None) -> datetime:
    """Give the instant of a wall time; raises InvalidValue for none, UnclearTime where the clocks change."""
    if wall is None:
        raise InvalidValue("time", "is missing")
    minute = wall.replace(second=0, microsecond=0, tzinfo=None)
    found = wall_instants(day, minute, zone())
    if len(found) == 1:
        return found[0]
    if found:
        raise UnclearTime(f"{minute:%H:%M} comes twice that night, as the clocks go back: choose which is meant", found)
    after = at_wall(day, minute, zone())
    message = f"{minute:%H:%M} does not exist that night, as the clocks go forward: it would be {clock_time(after)}"
    raise UnclearTime(f"{message} {zone_name(after)}", (after,))


@bp.post("/appointments/<uuid:appointment_id>/cancel")
def cancel(appointment_id: UUID) -> Response | str:
    """Cancel it, or more of its course; more than one visit is shown first."""
    page = PageOf(appointment_id)
    keep_form(_PAGE, page=page, cancelling=True)
    form = read_form(CancelForm)
    if form.scope is not Scope.ONE and not form.shown:
        return render_template(_PAGE, page=page, cancelling=True, asked=form.scope, sent=request.form)
    keep_form(_PAGE, page=page, cancelling=True, asked=None if form.scope is Scope.ONE else form.scope)
    changed = booking.cancel(
        context(), appointment_id=appointment_id, version=form.version, reason=form.reason, scope=form.scope,
        told=form.tell, shown=form.shown or None,
    )  # fmt: skip
    count = len(changed.appointments)
    bar.offer(changed.undo_id, f"Cancelled {count} appointments." if count > 1 else "Cancelled.")
    return redirect(url_for(".one", appointment_id=appointment_id), code=303)


@bp.post("/undo/<uuid:undo_id>")
def undo(undo_id: UUID) -> Response:
    """Undo the last change; too late is said as such, with what can be done instead."""
    made = undoing.find(context(), undo_id=undo_id)
    where = url_for(".one", appointment_id=made.former[0].appointment_id)
    if made.action in {"book-series", "make-up"} and "course" in made.facts:
        where = url_for("courses.one", course_id=made.facts["course"])
    keep_form("appointments/too_late.html", where=where, made=made)
    read_form(UndoForm)
    bar.forget()
    undoing.undo(context(), undo_id=undo_id)
    flash("Undone. Everything is as it was, and nothing was sent.")
    return redirect(where, code=303)
