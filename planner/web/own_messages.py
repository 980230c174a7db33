"""How messages reach the patient, on their own page: by which channels, when, and what they agree to."""

from typing import Any

from flask import redirect, url_for
from werkzeug.wrappers import Response

from planner.domain.reaching import Purpose
from planner.services import consents, correspondence, wishes
from planner.web.asking import can_text, keep_form, read_form
from planner.web.private import Bearer, bearer, private_blueprint, shown
from planner.web.wishing import ConsentForm, WishForm, filled

bp = private_blueprint("own_messages", __name__)
_PAGE = "mine/messages.html"


@bp.get("/my/<token>/messages")
def page(token: str) -> Response:
    """Show how messages come."""
    found = bearer(token)
    return shown(_PAGE, found, **_values(found))


@bp.post("/my/<token>/messages")
def choose(token: str) -> Response:
    """Choose how messages come."""
    found = _asked(token)
    wishes.wish(found, read_form(WishForm).wish)
    return redirect(url_for(".page", token=token), code=303)


@bp.post("/my/<token>/consents")
def say(token: str) -> Response:
    """Agree to a channel, or take that back."""
    found = _asked(token)
    form = read_form(ConsentForm)
    consents.say_own(found, form.channel, given=form.given)
    return redirect(url_for(".page", token=token), code=303)


def _asked(token: str) -> Bearer:
    """Find who sent a form; raises NotFound for a link that is for something else, before the form is read."""
    found = bearer(token)
    keep_form(_PAGE, **_values(found))
    return found


def _values(found: Bearer) -> dict[str, Any]:
    found.check(Purpose.PAGE)
    return {
        "standing": consents.standing_own(found), "wish": filled(correspondence.chosen(found)), "can_text": can_text(),
        "problems": [], "sent": {},
    }  # fmt: skip
