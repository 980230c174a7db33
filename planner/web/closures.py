"""Closures: days and parts of days on which the clinic is closed, and taking one back."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from planner.services import calendar, settings
from planner.web.asking import context, keep_form, present, read_form
from planner.web.weeks import SpanForm, StretchForm, done, whole_days

bp = Blueprint("closures", __name__, url_prefix="/settings/closures")


@bp.get("")
def listing() -> str:
    """List the closures, the next first."""
    return render_template("settings/closures.html", sent={}, **listed())


@bp.post("")
def close() -> Response:
    """Close the clinic for some days, or for a part of one."""
    keep_form("settings/closures.html", **listed())
    form = read_form(StretchForm)
    return done(calendar.close(context(), span=form.span(), reason=form.reason, seen=form.version), "closures.listing")


@bp.post("/reopen")
def reopen() -> Response:
    """Take a closure back."""
    keep_form("settings/closures.html", taking_back=True, **listed())
    form = read_form(SpanForm)
    return done(calendar.reopen(context(), span=form.span(), seen=form.version), "closures.listing")


def listed() -> dict[str, object]:
    """Give what the page shows."""
    found = settings.setup(context())
    ordered = sorted(found.clinic.closures, key=lambda one: one.span)
    coming = [(one, whole_days(one.span)) for one in ordered if one.span.end > present()]
    past = [(one, whole_days(one.span)) for one in reversed(ordered) if one.span.end <= present()]
    return {"found": found, "coming": coming, "past": past[:50]}
