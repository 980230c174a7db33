"""The waitlist: who would come sooner, times that were freed, and offers made by phone, each kept while it stands."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from pydantic import AwareDatetime, StringConstraints
from werkzeug.wrappers import Response

from planner.domain.span import MINUTE, check_instant
from planner.domain.waitlist import Unsuited
from planner.services import freed, particulars, waitlist
from planner.services.freed import Candidate, WaitBoard
from planner.services.particulars import Particulars
from planner.services.waitlist import Waiting
from planner.web import undoing as bar
from planner.web.asking import Blank, Count, Day, Form, Line, Version, context, keep_form, present, read_form
from planner.web.render import stamp

bp = Blueprint("waitlist", __name__, url_prefix="/waitlist")
_PAGE, _ASK = "waitlist/board.html", "waitlist/ask.html"
_WORDS = {
    Unsuited.NOT_SOONER: "comes sooner already", Unsuited.OVERLAPS: "overlaps the time they have: move that one instead",
    Unsuited.DAYS: "cannot come that day", Unsuited.OFFERED: "has another offer", Unsuited.DECLINED: "declined this time",
}  # fmt: skip


class AskForm(Form):
    """How long before they must know, in hours, and between which days they would come sooner."""

    notice_hours: Count
    from_day: Annotated[Day | None, Blank] = None
    until_day: Annotated[Day | None, Blank] = None


class OfferForm(Form):
    """Which time is offered, and for how many minutes it is kept."""

    at: AwareDatetime
    minutes: Count = 60


class AnswerForm(Form):
    """An answer to an offer as it was seen."""

    version: Version


class CloseForm(Form):
    """Why somebody no longer waits."""

    version: Version
    reason: Annotated[Line, StringConstraints(min_length=1)]


class _Page:
    """What the page shows, looked up when it is drawn: after a refusal, as it is then."""

    def board(self) -> WaitBoard:
        """Give the waitlist."""
        return freed.wait_board(context())


class _Asking:
    """The appointment for which something sooner is asked."""

    def __init__(self, appointment_id: UUID) -> None:
        self._id = appointment_id

    def facts(self) -> Particulars:
        """Give the appointment."""
        return particulars.particulars(context(), appointment_id=self._id)

    def entry(self) -> Waiting | None:
        """Give the entry, if they wait already."""
        return waitlist.entry_of(context(), appointment_id=self._id)


@bp.app_template_filter("unsuited_words")
def unsuited_words(one: Candidate) -> list[str]:
    """Say what speaks against a time for somebody, the rules apart."""
    notice = f"needs {one.waiting.notice_hours} hours' notice"
    return [_WORDS.get(reason, notice) for reason in one.against]


@bp.app_template_filter("days_asked")
def days_asked(one: Waiting) -> str:
    """Say between which days they would come."""
    first, last = _written(one.from_day), _written(one.until_day)
    if first and last:
        return f"{first} to {last}"
    return f"from {first}" if first else f"until {last}" if last else "any day"


def _written(day: date | None) -> str:
    return f"{day.day} {day:%B}" if day else ""


@bp.app_template_filter("minutes_left")
def minutes_left(until: datetime) -> int:
    """Count the minutes until an instant, one that has begun included."""
    return max(0, -((present() - until) // MINUTE))


@bp.get("")
def board() -> str:
    """Show who waits, what is offered, and what was freed."""
    return render_template(_PAGE, page=_Page())


@bp.get("/appointments/<uuid:appointment_id>")
def ask(appointment_id: UUID) -> str:
    """Ask what a patient would come sooner for."""
    return render_template(_ASK, page=_Asking(appointment_id), sent={})


@bp.post("/appointments/<uuid:appointment_id>")
def add(appointment_id: UUID) -> Response:
    """Put a patient on the waitlist."""
    keep_form(_ASK, page=_Asking(appointment_id))
    form = read_form(AskForm)
    waitlist.add(
        context(), appointment_id=appointment_id, notice_hours=form.notice_hours, from_day=form.from_day,
        until_day=form.until_day,
    )  # fmt: skip
    flash("On the waitlist.")
    return redirect(url_for(".board"), code=303)


@bp.post("/<uuid:waiting_id>/offer")
def offer(waiting_id: UUID) -> Response:
    """Keep a freed time for somebody while they are phoned."""
    keep_form(_PAGE, page=_Page())
    form = read_form(OfferForm)
    made = waitlist.offer(context(), waiting_id=waiting_id, start=check_instant(form.at, "at"), minutes=form.minutes)
    flash(f"Kept until {stamp(made.expires_at)}: phone now.")
    return redirect(url_for(".board"), code=303)


@bp.post("/offers/<uuid:offer_id>/accept")
def accept(offer_id: UUID) -> Response:
    """Move the patient's appointment to the time that is kept."""
    keep_form(_PAGE, page=_Page())
    changed = waitlist.accept(context(), offer_id=offer_id, version=read_form(AnswerForm).version)
    bar.offer(changed.undo_id, f"Moved to {stamp(changed.appointment.start_at)}.")
    return redirect(url_for(".board"), code=303)


@bp.post("/offers/<uuid:offer_id>/decline")
def decline(offer_id: UUID) -> Response:
    """Write down that they do not take it: the next one's turn."""
    keep_form(_PAGE, page=_Page())
    waitlist.decline(context(), offer_id=offer_id, version=read_form(AnswerForm).version)
    flash("Declined: the time is free again.")
    return redirect(url_for(".board"), code=303)


@bp.post("/<uuid:waiting_id>/close")
def close(waiting_id: UUID) -> Response:
    """Take somebody off the waitlist."""
    keep_form(_PAGE, page=_Page())
    form = read_form(CloseForm)
    waitlist.close(context(), waiting_id=waiting_id, version=form.version, reason=form.reason)
    flash("No longer on the waitlist.")
    return redirect(url_for(".board"), code=303)
