"""The links of patients' calendars, at the desk: made, replaced, switched off; an address is shown once."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, url_for
from markupsafe import Markup
from pydantic import StringConstraints
from segno import make_qr
from werkzeug.wrappers import Response

from planner.services import feeds
from planner.services.feeds import FeedLink, Minted, Wanted
from planner.web.asking import Blank, Form, Line, context, keep_form, read_form

bp = Blueprint("links", __name__)
Short = Annotated[Line, StringConstraints(max_length=60)]


class LinkForm(Form):
    """What a new link is for, and what it shows."""

    label: Short
    wording: Annotated[Short | None, Blank] = None
    shows_advice: bool = False


class NothingForm(Form):
    """A button alone."""


@bp.app_template_global("feed_links")
def feed_links(patient_id: UUID) -> list[FeedLink]:
    """List a patient's links for a fragment."""
    return feeds.list_of(context(), patient_id=patient_id)


@bp.get("/patients/<uuid:patient_id>/links/new")
def new(patient_id: UUID) -> str:
    """Ask for a new link."""
    feeds.list_of(context(), patient_id=patient_id)
    sent = {"wording": "Appointment", "shows_advice": "yes"}
    return render_template("feeds/new.html", patient_id=patient_id, sent=sent, problems=[])


@bp.post("/patients/<uuid:patient_id>/links")
def create(patient_id: UUID) -> Response:
    """Make a link and show its address."""
    keep_form("feeds/new.html", patient_id=patient_id)
    form = read_form(LinkForm)
    wanted = Wanted(form.label, wording=form.wording, shows_advice=form.shows_advice)
    return _shown(feeds.create(context(), wanted, patient_id=patient_id))


@bp.post("/links/<uuid:link_id>/rotate")
def rotate(link_id: UUID) -> Response:
    """Replace a link and show its new address."""
    read_form(NothingForm)
    return _shown(feeds.rotate(context(), link_id=link_id))


@bp.post("/links/<uuid:link_id>/revoke")
def revoke(link_id: UUID) -> Response:
    """Switch a link off."""
    read_form(NothingForm)
    link = feeds.revoke(context(), link_id=link_id)
    return redirect(url_for("patients.one", patient_id=link.patient_id), code=303)


def _shown(minted: Minted) -> Response:
    """Show the address in the answer itself: a redirect would have to carry the secret somewhere."""
    address = url_for("feeds.calendar", token=minted.token, _external=True)
    apple = "webcal:" + address.partition(":")[2]
    page = render_template("feeds/made.html", link=minted.link, address=address, apple=apple, code=_code(apple))
    return make_response(page, 201)


def _code(address: str) -> Markup:
    """Draw an address for a telephone's camera, within the page: no address of its own could leak it."""
    drawn = make_qr(address, error="m").svg_inline(omitsize=True, border=4, light="#fff", svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704 -- nothing but squares
