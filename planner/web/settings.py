"""Settings of the clinic: what is set and what is missing, its hours, holidays and letterhead, and what a change did."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from pydantic import Field
from werkzeug.wrappers import Response

from planner.almanac import countries, holiday_names
from planner.documents.wording import rule_in_words
from planner.domain.clinic import WEEKDAYS
from planner.domain.hours import stretches, write_openings
from planner.services import calendar, settings
from planner.services import letterhead as letterheads
from planner.services.settings import HolidayCalendar
from planner.web.asking import Blank, Count, Form, Line, Version, context, keep_form, read_form, read_query
from planner.web.render import today
from planner.web.weeks import WeekForm, done, week_texts

bp = Blueprint("settings", __name__, url_prefix="/settings")


@bp.get("")
def overview() -> str:
    """Show all settings in short, and what is still missing."""
    found = settings.setup(context())
    broken = calendar.broken_appointments(context())
    return render_template("settings/overview.html", found=found, lacks=settings.missing(found), broken=broken)


@bp.get("/changes/<uuid:change_id>")
def change(change_id: UUID) -> str:
    """Show what a change did to what is booked."""
    found = calendar.change_of(context(), change_id)
    return render_template("settings/change.html", change=found, rule_in_words=rule_in_words)


@bp.get("/hours")
def hours() -> str:
    """Show the weekly hours, with the weeks to come."""
    found = settings.setup(context())
    sent = week_texts(found.clinic.hours)
    return render_template("settings/hours.html", sent=sent, **hours_page(found))


@bp.post("/hours")
def set_hours() -> Response:
    """Set another week from a day on."""
    found = settings.setup(context())
    keep_form("settings/hours.html", **hours_page(found))
    form = read_form(WeekForm)
    changed = form.after(found.clinic.hours)
    return done(calendar.set_hours(context(), hours=changed, seen=form.version), "settings.hours")


def hours_page(found: settings.Setup) -> dict[str, object]:
    """Give what the page of the weekly hours shows."""
    weeks = [
        (one.first_day, [(name, write_openings(some)) for name, some in zip(WEEKDAYS, one.week, strict=True)])
        for one in stretches(found.clinic.hours, today())
    ]
    return {"found": found, "weeks": weeks}


class RegionQuery(Form):
    """Whose public holidays are looked at."""

    country: Annotated[Line | None, Blank] = None
    subdivision: Annotated[Line | None, Blank] = None


class HolidaysForm(Form):
    """Whose public holidays are kept, and on which of them the clinic works."""

    country: Annotated[Line | None, Blank] = None
    subdivision: Annotated[Line | None, Blank] = None
    open_on: list[Line] = Field(default_factory=list, max_length=100)
    version: Version


@bp.get("/holidays")
def holidays() -> str:
    """Show whose public holidays are kept; another country or region is looked at by the address."""
    query, found = read_query(RegionQuery), settings.setup(context())
    kept = found.calendar
    looked = HolidayCalendar(query.country, query.subdivision) if query.country else kept
    if looked and kept and (looked.country, looked.subdivision) == (kept.country, kept.subdivision):
        looked = kept
    return render_template("settings/holidays.html", **_holidays(found, looked))


@bp.post("/holidays")
def keep_holidays() -> Response:
    """Keep the public holidays of a country or region, or of none."""
    found = settings.setup(context())
    keep_form("settings/holidays.html", **_holidays(found, found.calendar))
    form = read_form(HolidaysForm)
    wanted = HolidayCalendar(form.country, form.subdivision, tuple(form.open_on)) if form.country else None
    keep_form("settings/holidays.html", **_holidays(found, wanted))
    return done(calendar.keep_holidays(context(), calendar=wanted, seen=form.version), "settings.holidays")


def _holidays(found: settings.Setup, looked: HolidayCalendar | None) -> dict[str, object]:
    known = {one.code: one for one in countries()}
    region = known.get(looked.country) if looked else None
    usable = looked if looked and region and looked.subdivision in {None, *region.subdivisions} else None
    days = holiday_names(usable.country, usable.subdivision, (today().year, today().year + 1)) if usable else {}
    to_come = [(name, next((day for day in some if day >= today()), some[-1])) for name, some in days.items()]
    listed = sorted(to_come, key=lambda one: one[1])
    return {"found": found, "looked": looked, "region": region, "countries": known.values(), "days": listed}


class LetterheadForm(Form):
    """How the clinic appears in all that goes out; *version* is 0 where nothing was set."""

    public_name: Line
    sender: Line
    phone: Line
    address: Line = ""
    version: Count


@bp.get("/letterhead")
def letterhead() -> str:
    """Show how the clinic appears in all that goes out."""
    found = letterheads.letterhead(context())
    sent = {name: getattr(found, name) for name in ("public_name", "sender", "phone", "address")} if found else {}
    return render_template("settings/letterhead.html", kept=found, sent=sent)


@bp.post("/letterhead")
def change_letterhead() -> Response:
    """Set it."""
    keep_form("settings/letterhead.html", kept=letterheads.letterhead(context()))
    form = read_form(LetterheadForm)
    letterheads.change_letterhead(
        context(), public_name=form.public_name, sender=form.sender, phone=form.phone, address=form.address,
        version=form.version or None,
    )
    flash("Saved. All that goes out from now on says so.")
    return redirect(url_for("settings.letterhead"), code=303)
