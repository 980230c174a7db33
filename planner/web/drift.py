"""The drift list: who passes the maximum gap, and one button for each time that still keeps every rule."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from pydantic import AwareDatetime
from werkzeug.wrappers import Response

from planner.domain.rechecking import Shown
from planner.domain.span import check_instant
from planner.services import booking, drifting
from planner.services.drifting import DriftList
from planner.web import undoing as bar
from planner.web.asking import Blank, Count, Form, Version, context, keep_form, read_form
from planner.web.render import stamp

bp = Blueprint("drift", __name__, url_prefix="/drift")
_PAGE = "drift/list.html"


class MoveForm(Form):
    """To which of the times that were shown the next appointment is moved."""

    version: Version
    at: AwareDatetime


class BookForm(Form):
    """At which of the times that were shown the next session is booked, with the visit that *follows* it."""

    version: Version
    number: Count
    at: AwareDatetime
    follows: Annotated[AwareDatetime | None, Blank] = None


class _Page:
    """What the page shows, looked up when it is drawn: after a refusal, as it is then."""

    def found(self) -> DriftList:
        """Give who drifts."""
        return drifting.drifting(context())


@bp.get("")
def listing() -> str:
    """List who drifts, the most urgent first."""
    return render_template(_PAGE, page=_Page())


@bp.post("/appointments/<uuid:appointment_id>")
def move(appointment_id: UUID) -> Response:
    """Move the next appointment of a course to a time that was shown."""
    keep_form(_PAGE, page=_Page())
    form = read_form(MoveForm)
    start = check_instant(form.at, "at")
    changed = booking.move(context(), appointment_id=appointment_id, start=start, version=form.version)
    bar.offer(changed.undo_id, f"Moved to {stamp(changed.appointment.start_at)}.")
    return redirect(url_for(".listing"), code=303)


@bp.post("/courses/<uuid:course_id>")
def book(course_id: UUID) -> Response:
    """Book the next session of a course at a time that was shown."""
    keep_form(_PAGE, page=_Page())
    form = read_form(BookForm)
    shown = Shown(form.number, form.at, form.follows, pinned=True)
    booked = booking.book_series(context(), course_id=course_id, shown=[shown], version=form.version)
    bar.offer(booked.undo_id, f"Booked for {stamp(booked.appointments[0].start_at)}.")
    return redirect(url_for(".listing"), code=303)
