"""The patient's page and calendars: links made for each program, shown once, replaced and stopped; dates downloaded once.

What a link means for privacy and freshness is said on the page, before the click.
"""

from enum import StrEnum
from typing import Annotated, NamedTuple, Self
from urllib.parse import quote, urlencode
from uuid import UUID

from flask import Response as Page
from flask import redirect, url_for
from markupsafe import Markup
from pydantic import StringConstraints, model_validator
from segno import make_qr
from werkzeug.wrappers import Response

from planner.domain.reaching import Audience
from planner.services import correspondence, feeds, own_dates
from planner.services.feeds import Minted, Wanted
from planner.web.asking import Blank, Count, Form, Line, read_form
from planner.web.mine import asked
from planner.web.private import Bearer, bearer, private_blueprint, shown, with_headers

bp = private_blueprint("own_calendar", __name__)
Short = Annotated[Line, StringConstraints(max_length=60)]


class Program(StrEnum):
    """The calendar program that a link is made for, or the way that its address takes."""

    APPLE = "apple"
    GOOGLE = "google"
    OUTLOOK = "outlook"
    COPY = "copy"
    QR = "qr"


class Ways(NamedTuple):
    """One address, in the form that each program wants."""

    https: str
    webcal: str
    google: str
    outlook: str


class LinkForm(Form):
    """A calendar link: for which program, whose device, and what it shows. A carer's needs the patient's agreement."""

    program: Program
    label: Short
    audience: Audience = Audience.PATIENT
    shows_advice: bool = False
    shows_place: bool = False
    alarm_minutes: Annotated[Count | None, Blank] = None
    agreed: bool = False

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.audience is Audience.CARER and not self.agreed:
            raise ValueError("Tick that you agree, or the link cannot be made.")
        return self


@bp.post("/my/<token>/links")
def make_link(token: str) -> Response:
    """Make a calendar link and show its address, once."""
    found = asked(token)
    form, chosen = read_form(LinkForm), correspondence.chosen(found)
    worded = chosen.wording if chosen.version and form.audience is Audience.PATIENT else None
    wanted = Wanted(
        form.label, form.audience, worded, shows_advice=form.shows_advice, shows_place=form.shows_place,
        alarm_minutes=form.alarm_minutes, language=chosen.language,
    )  # fmt: skip
    return _made(found, feeds.create_own(found, wanted), form.program)


@bp.post("/my/<token>/links/<uuid:link_id>/rotate")
def rotate_link(token: str, link_id: UUID) -> Response:
    """Replace the address of a calendar link and show the new one, once."""
    found = asked(token)
    read_form(Form)
    return _made(found, feeds.rotate_own(found, link_id), None)


@bp.post("/my/<token>/links/<uuid:link_id>/stop")
def stop_link(token: str, link_id: UUID) -> Response:
    """Switch a calendar link off."""
    found = asked(token)
    read_form(Form)
    feeds.stop_own(found, link_id)
    return redirect(url_for("mine.page", token=token, _anchor="links"), code=303)


def _made(found: Bearer, minted: Minted, program: Program | None) -> Page:
    """Show the address in the answer itself: a redirect would have to carry the secret somewhere."""
    ways = ways_of(url_for("feeds.calendar", token=minted.token, _external=True))
    code = make_qr(ways.webcal, error="m").svg_inline(omitsize=True, border=4, svgclass="code", lineclass=None)
    drawn = Markup(code)  # noqa: S704 -- nothing but squares
    return shown("mine/made.html", found, 201, made=minted.link, ways=ways, code=drawn, program=program)


def ways_of(address: str) -> Ways:
    """Write an https address as each program wants it."""
    webcal = "webcal:" + address.partition(":")[2]
    google = f"https://calendar.google.com/calendar/render?{urlencode({'cid': webcal})}"
    return Ways(address, webcal, google, f"https://outlook.live.com/calendar/0/addfromweb?url={quote(address, safe='')}")


@bp.get("/my/<token>/appointments.ics")
def download(token: str) -> Response:
    """Give the whole plan as a file, which will not be updated."""
    return _file(own_dates.plan_file(bearer(token)), "appointments")


@bp.get("/my/<token>/<uuid:appointment_id>.ics")
def download_one(token: str, appointment_id: UUID) -> Response:
    """Give one appointment as a file, which will not be updated."""
    return _file(own_dates.appointment_file(bearer(token), appointment_id), "appointment")


def _file(body: bytes, name: str) -> Page:
    answer = Page(body, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return with_headers(answer)
