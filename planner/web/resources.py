"""Chairs, rooms, pumps and people: what there is, in which order, with which shifts, and when they are away."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from pydantic import Field
from werkzeug.wrappers import Response

from planner.domain.clinic import WEEKDAYS, Clinic
from planner.domain.hours import stretches, write_openings
from planner.services import calendar, resources, settings
from planner.web.asking import Count, Form, Line, Version, context, keep_form, present, read_form
from planner.web.render import today
from planner.web.weeks import SpanForm, StretchForm, WeekForm, done, week_texts, whole_days

bp = Blueprint("resources", __name__, url_prefix="/settings/resources")


class ChangeForm(Form):
    """A resource's name and units."""

    name: Line
    capacity: Annotated[Count, Field(ge=1, le=100)] = 1
    version: Version


class NewForm(ChangeForm):
    """A new resource."""

    kind: Line


class RankForm(Form):
    """One place up or down among its kind."""

    way: Annotated[str, Field(pattern="^(earlier|later)$")]
    version: Version


class SeenForm(Form):
    """Only which settings were seen."""

    version: Version


@bp.get("")
def listing() -> str:
    """List all that the clinic has, by kind."""
    return render_template("settings/resources.html", sent={}, **_listed())


@bp.post("")
def add() -> Response:
    """Add a resource."""
    keep_form("settings/resources.html", **_listed())
    form = read_form(NewForm)
    effects = resources.add_resource(
        context(), name=form.name, kind=form.kind, capacity=form.capacity, seen=form.version
    )
    return done(effects, "resources.listing")


def _listed() -> dict[str, object]:
    found = settings.setup(context())
    kinds = _kinds(found.clinic)
    groups = [(kind, list(found.clinic.of_kind(kind))) for kind in kinds]
    return {"found": found, "choices": [(kind, kind) for kind in kinds], "groups": groups}


def _kinds(clinic: Clinic) -> list[str]:
    return list(dict.fromkeys((*resources.KINDS, *(one.kind for one in clinic.resources))))


@bp.get("/<uuid:resource_id>")
def one(resource_id: UUID) -> str:
    """Show a resource with its shifts and absences."""
    return render_template("settings/resource.html", sent={}, form="", **page_of(resource_id))


@bp.post("/<uuid:resource_id>")
def change(resource_id: UUID) -> Response:
    """Rename it, and set its units."""
    keep_page("change", resource_id)
    form = read_form(ChangeForm)
    effects = resources.change_resource(
        context(), resource_id=resource_id, name=form.name, capacity=form.capacity, seen=form.version
    )
    return done(effects, "resources.one", resource_id=resource_id)


@bp.post("/<uuid:resource_id>/rank")
def rank(resource_id: UUID) -> Response:
    """Move it one place among its kind."""
    keep_form("settings/resources.html", **_listed())
    form = read_form(RankForm)
    resources.rank_resource(context(), resource_id=resource_id, later=form.way == "later", seen=form.version)
    return redirect(url_for("resources.listing"), code=303)


@bp.post("/<uuid:resource_id>/shifts")
def set_shifts(resource_id: UUID) -> Response:
    """Set another week of shifts from a day on."""
    kept = keep_page("shifts", resource_id)
    form = read_form(WeekForm)
    hours = form.after(kept.hours)
    effects = calendar.set_shifts(context(), resource_id=resource_id, hours=hours, seen=form.version)
    return done(effects, "resources.one", resource_id=resource_id)


@bp.post("/<uuid:resource_id>/shifts/drop")
def drop_shifts(resource_id: UUID) -> Response:
    """Let it be there whenever it is asked for."""
    keep_page("shifts", resource_id)
    form = read_form(SeenForm)
    effects = calendar.set_shifts(context(), resource_id=resource_id, hours=None, seen=form.version)
    return done(effects, "resources.one", resource_id=resource_id)


@bp.post("/<uuid:resource_id>/absences")
def note_absence(resource_id: UUID) -> Response:
    """Note that it is not there for some days, or for a part of one."""
    keep_page("absence", resource_id)
    form = read_form(StretchForm)
    effects = calendar.note_absence(
        context(), resource_id=resource_id, span=form.span(), reason=form.reason, seen=form.version
    )
    return done(effects, "resources.one", resource_id=resource_id)


@bp.post("/<uuid:resource_id>/absences/end")
def end_absence(resource_id: UUID) -> Response:
    """Take an absence back."""
    keep_page("", resource_id)
    form = read_form(SpanForm)
    effects = calendar.end_absence(context(), resource_id=resource_id, span=form.span(), seen=form.version)
    return done(effects, "resources.one", resource_id=resource_id)


@bp.post("/<uuid:resource_id>/retire")
def retire(resource_id: UUID) -> Response:
    """Take it out of use for good."""
    keep_page("retire", resource_id)
    form = read_form(SeenForm)
    effects = resources.retire_resource(context(), resource_id=resource_id, seen=form.version)
    if not effects.any:
        flash("Out of use. Nothing that is booked is affected.")
        return redirect(url_for("resources.listing"), code=303)
    return done(effects, "resources.listing")


def keep_page(form: str, resource_id: UUID) -> resources.Resource:
    """Show the page again with what was sent in the form of this name, should it be refused."""
    values = page_of(resource_id)
    keep_form("settings/resource.html", form=form, **values)
    kept: resources.Resource = values["thing"]  # type: ignore[assignment]
    return kept


def page_of(resource_id: UUID) -> dict[str, object]:
    """Give what a resource's page shows."""
    found = settings.setup(context())
    thing = resources.find(found.clinic, resource_id)
    weeks = [
        (one.first_day, [(name, write_openings(some)) for name, some in zip(WEEKDAYS, one.week, strict=True)])
        for one in (stretches(thing.hours, today()) if thing.hours else ())
    ]
    away = [(one, whole_days(one.span)) for one in thing.absences if one.span.end > present()]
    return {"found": found, "thing": thing, "weeks": weeks, "away": away, "week": week_texts(thing.hours)}
