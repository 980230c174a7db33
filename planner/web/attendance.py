"""What happened at a visit: the moments of its day, and corrections with a reason. Times are the clinic's wall times."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import Field
from werkzeug.wrappers import Response

from planner.domain.attendance import MarkKind
from planner.domain.span import at_wall, local_day
from planner.services import attendance
from planner.services.board_cards import Card
from planner.services.visit_marks import VisitMarks, visit_marks
from planner.web.asking import (
    Blank,
    Count,
    Form,
    Line,
    Version,
    WallTime,
    context,
    keep_form,
    present,
    read_form,
    read_query,
)
from planner.web.board_words import mark_words
from planner.web.render import clock_time, today, zone, zone_name

bp = Blueprint("attendance", __name__)
Back = Literal["attendance", "board", "appointment"]
Wall = Annotated[WallTime | None, Blank]


class BackQuery(Form):
    """Where to go on when all is recorded."""

    back: Back = "attendance"


class FactsForm(Form):
    """A time of the visit's day, and what is noted of a dose; the use-case names them *facts*."""

    version: Version
    at: Wall = None
    devices: Annotated[Count | None, Blank] = Field(default=None, alias="facts.devices")
    infusion_start: Wall = Field(default=None, alias="facts.infusion_start")
    infusion_end: Wall = Field(default=None, alias="facts.infusion_end")
    left_with: Annotated[Line | None, Blank] = Field(default=None, alias="facts.left_with")
    back: Back = "attendance"

    def facts(self, day: date) -> dict[str, object]:
        """Give what is noted, the times as instants of the visit's day."""
        times = {"infusion_start": self.infusion_start, "infusion_end": self.infusion_end}
        noted = {name: at_wall(day, wall, zone()) for name, wall in times.items() if wall}
        counted = {"devices": self.devices} if self.devices is not None else {}
        return {**noted, **counted, **({"left_with": self.left_with} if self.left_with else {})}


class MarkForm(FactsForm):
    """What happened: when (now, where no time is given), and why, where there is something to say."""

    kind: MarkKind
    reason: Annotated[Line | None, Blank] = None


class CorrectionForm(FactsForm):
    """What was recorded wrongly: as it really was, or (*withdraw*) not at all; always with a reason."""

    reason: Annotated[Line | None, Blank] = None
    withdraw: Literal["yes"] | None = None


@bp.get("/appointments/<uuid:appointment_id>/attendance")
def show(appointment_id: UUID) -> str:
    """Show what was recorded of a visit, and what may be recorded now."""
    query = read_query(BackQuery)
    visit = visit_marks(context(), appointment_id=appointment_id)
    return render_template("attendance/visit.html", visit=visit, sent={"back": query.back}, problems=[], correcting=None)


@bp.post("/appointments/<uuid:appointment_id>/marks")
def record(appointment_id: UUID) -> Response:
    """Record what happened."""
    visit = _kept(appointment_id)
    form, day = read_form(MarkForm), _day_of(visit.card)
    at = at_wall(day, form.at, zone()) if form.at else _this_minute(visit)
    attendance.record(
        context(), appointment_id=appointment_id, kind=form.kind, version=form.version, at=at, facts=form.facts(day),
        reason=form.reason,
    )  # fmt: skip
    flash(f"{mark_words(form.kind, visit.card)}, {clock_time(at)} {zone_name(at)}.")
    return _back(form.back, appointment_id, day)


@bp.post("/appointments/<uuid:appointment_id>/marks/<uuid:mark_id>/correct")
def correct(appointment_id: UUID, mark_id: UUID) -> Response:
    """Correct what was recorded, or take it back."""
    visit = _kept(appointment_id, mark_id)
    form, day = read_form(CorrectionForm), _day_of(visit.card)
    attendance.correct(
        context(), appointment_id=appointment_id, mark_id=mark_id, version=form.version, reason=form.reason or "",
        at=at_wall(day, form.at, zone()) if form.at else None, facts=form.facts(day) or None,
        withdraw=form.withdraw is not None,
    )  # fmt: skip
    flash("Taken back." if form.withdraw else "Corrected.")
    return _back(form.back, appointment_id, day)


def _kept(appointment_id: UUID, mark_id: UUID | None = None) -> VisitMarks:
    """Find the visit, and keep its page for a refusal."""
    visit = visit_marks(context(), appointment_id=appointment_id)
    keep_form("attendance/visit.html", visit=visit, correcting=mark_id)
    return visit


def _day_of(card: Card) -> date:
    return local_day(card.start, zone())


def _this_minute(visit: VisitMarks) -> datetime:
    """Give the present minute, as people read a clock; the moment itself where something was recorded within it."""
    now = present().astimezone(UTC)
    minute = now.replace(second=0, microsecond=0)
    return now if any(one.mark.at > minute for one in visit.entries if one.stands) else minute


_PLACES: dict[str, Callable[[UUID, date], str]] = {
    "attendance": lambda appointment_id, _: url_for("attendance.show", appointment_id=appointment_id),
    "appointment": lambda appointment_id, _: f"{request.script_root}/appointments/{appointment_id}",
    "board": lambda _, day: url_for("board.day", day=None if day == today() else day),
}


def _back(back: Back, appointment_id: UUID, day: date) -> Response:
    return redirect(_PLACES[back](appointment_id, day), code=303)
