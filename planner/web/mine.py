"""The patient's own page, by private link: no account, no script, no cookie. GET never changes anything."""

from typing import Annotated, Any

from flask import redirect, url_for
from pydantic import StringConstraints
from werkzeug.wrappers import Response

from planner.domain.reaching import Delivery, Language, Purpose
from planner.domain.subscribing import ALARMS
from planner.services import correspondence, own_page, page_links
from planner.services.own_page import HandOut
from planner.web.asking import Blank, Count, Form, Line, keep_form, read_form
from planner.web.own_words import (
    change_words,
    cue_time,
    day_words,
    driving_more,
    driving_rule,
    minutes_before,
    moved_words,
    problem_field,
    ride_words,
    slip,
)
from planner.web.private import Bearer, bearer, private_blueprint, shown

bp = private_blueprint("mine", __name__)
Short = Annotated[Line, StringConstraints(max_length=60)]
_PAGE, _SHEET = "mine/page.html", "mine/hand_out.html"
_WORDS = {
    one.__name__: one
    for one in (driving_rule, driving_more, slip, ride_words, change_words, moved_words, cue_time, day_words, minutes_before,
                problem_field)
}


class DeliveryForm(Form):
    """How the dates come into the patient's calendar."""

    delivery: Delivery
    version: Count


class ChoicesForm(Form):
    """The language, what a calendar calls each date, and whether the page says all."""

    language: Language
    wording: Annotated[Short | None, Blank] = None
    full: bool = False
    shows_place: bool = False
    version: Count


@bp.get("/my/<token>")
def page(token: str) -> Response:
    """Show the patient's own page."""
    found = bearer(token)
    return shown(_PAGE, found, **values_of(found))


def values_of(found: Bearer) -> dict[str, Any]:
    """Give what the page shows, and the words for it."""
    found.check(Purpose.PAGE)
    mine = own_page.own_page(found)
    return {"mine": mine, "plan": mine.plan, "now": mine.now, "alarms": ALARMS, "problems": [], "sent": {}, **_WORDS}


def asked(token: str) -> Bearer:
    """Find who sent a form of the page; what is refused shows the page again, as it is by then."""
    found = bearer(token)
    keep_form(_PAGE, **values_of(found))
    return found


def printed(found: HandOut) -> dict[str, Any]:
    """Give what a hand-out shows, at the desk as on the patient's page, and the words for it."""
    return {"plan": found.plan, "now": found.now, **_WORDS}


@bp.get("/my/<token>/hand-out")
def hand_out(token: str) -> Response:
    """Show the plan to print."""
    found = bearer(token)
    return shown(_SHEET, found, **printed(own_page.hand_out(found)), back=url_for(".page", token=token))


@bp.post("/my/<token>/delivery")
def choose_delivery(token: str) -> Response:
    """Choose how the dates come into the calendar."""
    found = asked(token)
    form, chosen = read_form(DeliveryForm), correspondence.chosen(found)
    correspondence.choose(
        found, language=chosen.language, delivery=form.delivery, wording=chosen.wording, version=form.version
    )
    return redirect(url_for(".page", token=token, _anchor="cal"), code=303)


@bp.post("/my/<token>/choices")
def choose(token: str) -> Response:
    """Choose the language and the words."""
    found = asked(token)
    form, chosen = read_form(ChoicesForm), correspondence.chosen(found)
    correspondence.choose(
        found, language=form.language, delivery=chosen.delivery, wording=form.wording or "", version=form.version,
        full=form.full, shows_place=form.shows_place if chosen.delivery is Delivery.INVITATIONS else None,
    )  # fmt: skip
    return redirect(url_for(".page", token=token), code=303)


def _holder(token: str) -> Bearer:
    """Find who came by a link to the page; raises NotFound for any other, before a form is read."""
    found = bearer(token)
    found.check(Purpose.PAGE)
    return found


@bp.post("/my/<token>/renew")
def renew(token: str) -> Response:
    """Give the page a new address, and show it once."""
    found = _holder(token)
    read_form(Form)
    made = page_links.renew(found)
    return shown("mine/renewed.html", found, 201, address=url_for(".page", token=made.token, _external=True))


@bp.get("/my/<token>/stop")
def ask_stop(token: str) -> Response:
    """Ask whether the page's link is to be switched off."""
    return shown("mine/stop.html", _holder(token), stopped=False)


@bp.post("/my/<token>/stop")
def stop(token: str) -> Response:
    """Switch the page's link off."""
    found = _holder(token)
    read_form(Form)
    page_links.stop(found)
    return shown("mine/stop.html", found, stopped=True)
