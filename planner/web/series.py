"""The whole series of a new course before anything is booked, and booking exactly what was shown.

Asking begins a draft; what is shown of it is stored nowhere. The wish travels in the address, the shown plan in the form.
"""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from planner.domain.course import Override
from planner.domain.editing import Edit
from planner.domain.errors import Conflict, InvalidValue, PlannerError
from planner.domain.explaining import other_wishes
from planner.domain.span import at_wall
from planner.services import booking, courses, drafts
from planner.services.booking import PlanChanged
from planner.services.courses import Wish
from planner.services.leave import Leave
from planner.web import undoing
from planner.web.asking import context, keep_form, read_form, read_query
from planner.web.render import today, zone
from planner.web.series_filled import filled_as_sent, filled_from
from planner.web.series_forms import (
    BookForm,
    ChooseForm,
    DiscardForm,
    EditForm,
    PreferForm,
    WishQuery,
    address_of,
)
from planner.web.series_page import (
    PlanPage,
    choice_of,
    differences,
    first_proposals,
    is_draft,
    people_of,
    plan_page,
    refused_rules,
    still_standing,
)
from planner.web.series_shown import ShownPlan, shown_plan

bp = Blueprint("series", __name__, url_prefix="/courses")

@bp.get("/<uuid:course_id>/plan")
def plan(course_id: UUID) -> str | Response:
    """Show the whole series of a draft; a course that is booked has a page of its own."""
    query = read_query(WishQuery)
    if not is_draft(drafts.look_up(context(), course_id=course_id)):
        return redirect(f"/courses/{course_id}", code=303)
    look = partial(_look, course_id, query.wish(), edit=query.edit)
    return render_template("series/plan.html", look=look, problems=[], refusal=None, sent={})


def _look(
    course_id: UUID, wish: Wish, refusal: PlannerError | None, *, shown: ShownPlan | None = None, edit: int | None = None
) -> dict[str, object]:
    """Plan anew for the page: after a refusal without the rows by hand that no longer fit, beside what was shown."""
    draft = drafts.look_up(context(), course_id=course_id)
    if not is_draft(draft):
        return {"page": PlanPage(draft)}
    if isinstance(refusal, PlanChanged):
        kept = {number: start for number, start in wish.pinned.items() if number not in refusal.broken}
        wish = replace(wish, pinned=kept)
    preview = courses.preview(context(), course_id=course_id, wish=wish)
    page = plan_page(draft, preview, wish, _secret())
    if shown and isinstance(refusal, Conflict):
        page = replace(
            page, differences=differences(shown, preview.plan, refusal), still=still_standing(shown, refusal)
        )
    page = replace(page, refused=refused_rules(refusal), nearest=getattr(refusal, "nearest", None))
    asked = filled_from(draft.course.preferences, draft.course.protocol, today(), wish.horizon)
    filled = filled_as_sent(request.form) if "away_first" in request.form else asked
    people, proposals = people_of(preview.request.clinic, draft.course.protocol), first_proposals(preview.blocked)
    return {"page": page, "filled": filled, "people": people, "proposals": proposals, "edit": edit,
            "away_rows": len(filled.away) + 2, "letter": page.letter}  # fmt: skip


@bp.post("/<uuid:course_id>/preferences")
def prefer(course_id: UUID) -> Response:
    """Ask for something else, and plan anew; rows edited by hand are let go."""
    keep_form("series/plan.html", look=partial(_look, course_id, Wish()))
    form = read_form(PreferForm)
    course = drafts.look_up(context(), course_id=course_id).course
    asked = form.preferences(course.protocol, today(), course.preferences)
    drafts.prefer(context(), course_id=course_id, preferences=asked, version=form.version)
    return redirect(url_for("series.plan", course_id=course_id, until=form.until), code=303)


@bp.post("/<uuid:course_id>/choice")
def choose(course_id: UUID) -> Response:
    """Ask for an alternative from now on: its time of day, or its weekdays."""
    keep_form("series/plan.html", look=partial(_look, course_id, Wish()))
    form = read_form(ChooseForm)
    back = redirect(url_for("series.plan", course_id=course_id, until=form.until), code=303)
    if not form.choice:
        return back
    brief = courses.brief_of(context(), course_id, Wish())
    wishes = {choice_of(at, weekdays): other.preferences for other, at, weekdays in other_wishes(brief.request)}
    if form.choice not in wishes:
        raise InvalidValue("choice", "is no longer offered; choose again")
    new, stored = wishes[form.choice], brief.course.preferences
    asked = replace(stored, at=new.at, weekdays=new.weekdays, phase_weekdays=new.phase_weekdays)
    drafts.prefer(context(), course_id=course_id, preferences=asked, version=form.version)
    return back


@bp.post("/<uuid:course_id>/plan/row")
def edit(course_id: UUID) -> Response:
    """Edit one row: the others stay, or flow; a start that breaks rules is refused with all of them."""
    keep_form("series/plan.html", look=partial(_look, course_id, Wish()))
    form = read_form(EditForm)
    wish = form.wish()
    keep_form("series/plan.html", look=partial(_look, course_id, wish, edit=form.number))
    change = Edit(form.number, at_wall(form.day, form.time, zone()), keep=form.rest == "keep")
    pinned = drafts.edit_start(context(), course_id=course_id, wish=wish, edit=change)
    address: dict[str, Any] = {**address_of(replace(wish, pinned=pinned))}
    return redirect(url_for("series.plan", course_id=course_id, _anchor=f"session-{form.number}", **address), code=303)


@bp.post("/<uuid:course_id>/book")
def book(course_id: UUID) -> Response:
    """Book exactly what was shown, all or none; what no longer fits is answered with what has changed."""
    keep_form("series/plan.html", look=partial(_look, course_id, Wish()))
    form = read_form(BookForm)
    shown = shown_plan(form.shown, _secret(), course_id)
    keep_form("series/plan.html", look=partial(_look, course_id, shown.wish, shown=shown))
    if len(shown.sessions) < shown.wanted and not form.part:
        raise InvalidValue("shown", "has sessions without a date: choose what would help, or book the first ones only")
    leave = Leave(shown.wish.relaxation, Override(form.reason) if form.reason else None)
    made = booking.book_series(
        context(), course_id=course_id, shown=shown.sessions, version=shown.version, told=form.tell == "yes", leave=leave
    )
    count = len(shown.sessions)
    undoing.offer(made.undo_id, f"{count} session{'s' if count > 1 else ''} booked.")
    return redirect(f"/courses/{course_id}", code=303)


@bp.post("/<uuid:course_id>/discard")
def discard(course_id: UUID) -> Response:
    """Give a draft up."""
    form = read_form(DiscardForm)
    gone = drafts.discard(context(), course_id=course_id, version=form.version)
    flash("The draft was discarded.")
    return redirect(f"/patients/{gone.patient_id}", code=303)


def _secret() -> str:
    return str(current_app.secret_key)
