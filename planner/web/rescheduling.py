"""A change of the clinic looked at before it is made: what it affects, how far its plan is, making it, giving it up."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from pydantic import Field
from werkzeug.wrappers import Response

from planner.documents.wording import BLOCKING, reason_in_words
from planner.domain.errors import InvalidValue
from planner.domain.hours import without_weekday
from planner.domain.rescheduling import (
    BeAway,
    CloseClinic,
    Found,
    KeepHours,
    KeepShifts,
    PlanAgain,
    Retire,
)
from planner.domain.span import check_day
from planner.services import committing, previewing, rescheduling, settings, unresolved
from planner.services.committing import ReplanChanged
from planner.services.previewing import Preview
from planner.services.rescheduling import Replan
from planner.services.unresolved import Unresolved
from planner.web.asking import Count, Day, Form, Version, context, keep_form, read_form, read_query
from planner.web.change_words import change_words
from planner.web.closures import listed
from planner.web.render import the_clinic, today
from planner.web.resources import SeenForm, keep_page
from planner.web.settings import hours_page
from planner.web.weeks import StretchForm, WeekForm, week_texts

bp = Blueprint("rescheduling", __name__, url_prefix="/reschedule")
bp.add_app_template_filter(reason_in_words, "reason_words")
bp.add_app_template_filter(BLOCKING.get, "blocking_words")
_PAGE = "rescheduling/one.html"


class FromForm(Form):
    """From which one of a list on it is shown."""

    first: Count = 0


class WeekdayForm(Form):
    """A weekday on which the clinic no longer opens, from a day on."""

    weekday: Annotated[Count, Field(le=6)]
    from_day: Day
    version: Version


class CommitForm(Form):
    """The re-plan as it was seen, and whether the patients are told."""

    version: Version
    tell: bool = False


class ButtonForm(Form):
    """A button alone."""


class _Page:
    """What a re-plan's page shows, looked up when it is drawn: after a refusal, as it is then."""

    def __init__(self, replan_id: UUID, first: int = 0, before: Mapping[UUID, Found | None] | None = None) -> None:
        self._id, self._first, self.before = replan_id, first, before or {}

    def after(self, refusal: object) -> "_Page":
        """Show what is planned again before all else, beside what was shown for it."""
        return _Page(self._id, 0, refusal.before) if isinstance(refusal, ReplanChanged) else self

    @cached_property
    def preview(self) -> Preview:
        """Give the re-plan, or a page of it."""
        return previewing.preview(context(), replan_id=self._id, first=self._first, ahead=self.before.keys())

    @property
    def words(self) -> str:
        """Say what the change is."""
        return change_words(self.preview.replan, self.preview.clinic)

    @property
    def computing(self) -> bool:
        """Whether it is not planned to the end yet."""
        return self.preview.replan.status in {"waiting", "computing"}


@bp.get("")
def listing() -> str:
    """List the re-plans that are neither made nor given up."""
    found = rescheduling.running(context())
    named = [(one, change_words(one, the_clinic())) for one in found.replans]
    return render_template("rescheduling/list.html", named=named, authors=found.authors)


@bp.get("/<uuid:replan_id>")
def one(replan_id: UUID) -> str:
    """Show what a change affects, and what is planned for it."""
    return render_template(_PAGE, page=_Page(replan_id, read_query(FromForm).first))


@bp.get("/<uuid:replan_id>/progress")
def progress(replan_id: UUID) -> Response:
    """Say how far it is, for the page's script."""
    found = previewing.progress(context(), replan_id=replan_id)
    return jsonify(status=found.status.value, done=found.done, total=found.total)


@bp.post("/<uuid:replan_id>/commit")
def commit(replan_id: UUID) -> Response:
    """Make the change with all that was shown for it; what no longer fits is answered with what fits now."""
    keep_form(_PAGE, page=_Page(replan_id))
    form = read_form(CommitForm)
    made = committing.commit(context(), replan_id=replan_id, version=form.version, told=form.tell)
    flash(_made_words(made))
    return redirect(url_for("settings.change", change_id=made.effects.change_id), code=303)


def _made_words(made: committing.Committed) -> str:
    told = f" {made.told} patient{' gets' if made.told == 1 else 's get'} a message." if made.told else ""
    phoned = f" {made.phoned} to phone, see the tasks." if made.phoned else ""
    return f"Made, as it was shown.{told}{phoned}"


@bp.post("/<uuid:replan_id>/cancel")
def cancel(replan_id: UUID) -> Response:
    """Give it up; nothing of it is made."""
    keep_form(_PAGE, page=_Page(replan_id))
    read_form(ButtonForm)
    rescheduling.cancel(context(), replan_id=replan_id)
    flash("Given up. Nothing was changed.")
    return redirect(url_for(".listing"), code=303)


class _Left:
    """The worklist, looked up when it is drawn."""

    def __init__(self, first: int = 0) -> None:
        self._first = first

    @cached_property
    def found(self) -> Unresolved:
        """Give it."""
        return unresolved.unresolved(context(), first=self._first)


@bp.get("/unresolved", endpoint="unresolved")
def unresolved_list() -> str:
    """List what must be moved or cancelled, with the nearest times."""
    return render_template("rescheduling/unresolved.html", left=_Left(read_query(FromForm).first))


@bp.post("/again")
def again() -> Response:
    """Plan anew what the clinic cannot give as booked."""
    keep_form("rescheduling/unresolved.html", left=_Left())
    read_form(ButtonForm)
    return _drafted(rescheduling.draft(context(), change=PlanAgain()))


@bp.post("/closure")
def closure() -> Response:
    """See what a closure affects."""
    keep_form("settings/closures.html", **listed())
    form = read_form(StretchForm)
    return _drafted(rescheduling.draft(context(), change=CloseClinic(form.span(), form.reason), seen=form.version))


@bp.post("/resources/<uuid:resource_id>/absence")
def absence(resource_id: UUID) -> Response:
    """See what an absence affects."""
    keep_page("absence", resource_id)
    form = read_form(StretchForm)
    change = BeAway(resource_id, form.span(), form.reason)
    return _drafted(rescheduling.draft(context(), change=change, seen=form.version))


@bp.post("/resources/<uuid:resource_id>/shifts")
def shifts(resource_id: UUID) -> Response:
    """See what other shifts affect."""
    kept = keep_page("shifts", resource_id)
    form = read_form(WeekForm)
    change = KeepShifts(resource_id, form.after(kept.hours))
    return _drafted(rescheduling.draft(context(), change=change, seen=form.version))


@bp.post("/resources/<uuid:resource_id>/retire")
def retire(resource_id: UUID) -> Response:
    """See what taking it out of use affects."""
    keep_page("retire", resource_id)
    form = read_form(SeenForm)
    return _drafted(rescheduling.draft(context(), change=Retire(resource_id), seen=form.version))


@bp.post("/hours")
def hours() -> Response:
    """See what another week affects."""
    found = settings.setup(context())
    keep_form("settings/hours.html", **hours_page(found))
    form = read_form(WeekForm)
    change = KeepHours(form.after(found.clinic.hours))
    return _drafted(rescheduling.draft(context(), change=change, seen=form.version))


@bp.post("/weekday")
def weekday() -> Response:
    """See what closing a weekday for good affects."""
    found = settings.setup(context())
    keep_form("settings/hours.html", dropping=True, week=week_texts(found.clinic.hours), **hours_page(found))
    form = read_form(WeekdayForm)
    change = KeepHours(without_weekday(found.clinic.hours, form.weekday, _day_to_come(form.from_day)))
    return _drafted(rescheduling.draft(context(), change=change, seen=form.version))


def _day_to_come(day: date) -> date:
    if check_day(day, "from_day") < today():
        raise InvalidValue("from_day", "must be today or later: what was, stays as it was")
    return day


def _drafted(made: Replan) -> Response:
    return redirect(url_for(".one", replan_id=made.id), code=303)
