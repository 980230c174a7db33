"""How messages reach a patient, at the desk: channels in order, quiet hours, reminders, and what was agreed to when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from pydantic import Field
from werkzeug.wrappers import Response

from planner.domain.channels import Channel, MessagePolicy
from planner.services import consents, correspondence, patients, policies, settings, wishes
from planner.services.consents import Standing
from planner.web.asking import Blank, Form, Line, Version, WallTime, can_text, context, keep_form, read_form
from planner.web.wishing import WishForm, filled, order_of, quiet_of

bp = Blueprint("consents", __name__)
_PAGE, _POLICY = "consents/page.html", "settings/self_service.html"
ORDER_WORDS = (
    ("mail-sms", "Mail, then text message"), ("sms-mail", "Text message, then mail"), ("mail", "Mail only"),
    ("sms", "Text message only"), ("none", "Neither: each message is done by a person"),
)  # fmt: skip
HANDS = (("phone", "The desk phones"), ("print", "The desk prints it and hands it over"))


class SayForm(Form):
    """What a patient said to the desk about a channel, and how they said it."""

    channel: Channel
    given: bool
    how: Annotated[Line, Field(min_length=1, max_length=80)]


class QuietForm(Form):
    """The clinic's quiet hours, from and until, both or neither; *version* is the clinic's."""

    quiet_from: Annotated[WallTime | None, Blank] = None
    quiet_until: Annotated[WallTime | None, Blank] = None
    safety_in_quiet: bool = False
    version: Version


@dataclass(frozen=True)
class Shown:
    """What the page shows, looked up when it is drawn: after a refusal, as it is then."""

    patient_id: UUID

    @property
    def standing(self) -> Standing:
        """Give what was agreed to."""
        return consents.standing_for(context(), self.patient_id)

    @property
    def wish(self) -> dict[str, str]:
        """Give the wishes as they stand."""
        return filled(correspondence.chosen_for(context(), self.patient_id))


@bp.app_template_global("reached_by")
def reached_by(patient_id: UUID, channels: Sequence[Channel]) -> str:
    """Say in which order messages come, and which of it may not be used."""
    given = consents.standing_for(context(), patient_id).given
    lacks = {Channel.SMS: "text messages are not agreed to", Channel.MAIL: "mail was taken back"}
    order = dict(ORDER_WORDS).get(order_of(channels), "in an order of their own").lower()
    return "; ".join((order, *(lacks[one] for one in channels if one in lacks and not given[one])))


@bp.get("/patients/<uuid:patient_id>/channels")
def ask(patient_id: UUID) -> str:
    """Show how messages reach a patient."""
    return render_template(_PAGE, problems=[], sent={}, **_values(patient_id))


@bp.post("/patients/<uuid:patient_id>/channels")
def choose(patient_id: UUID) -> Response:
    """Write down what the patient wishes."""
    keep_form(_PAGE, part="wish", **_values(patient_id))
    wishes.wish_for(context(), patient_id, read_form(WishForm).wish)
    flash("Saved. Messages that are still to be sent go by it.")
    return redirect(url_for(".ask", patient_id=patient_id), code=303)


@bp.post("/patients/<uuid:patient_id>/consents")
def say(patient_id: UUID) -> Response:
    """Write down what the patient agreed to, or took back."""
    keep_form(_PAGE, part="consent", **_values(patient_id))
    form = read_form(SayForm)
    said = consents.say(context(), patient_id, form.channel, form.given, form.how)
    flash("Written down: the patient agreed." if said.given else "Written down: nothing goes that way any more.")
    return redirect(url_for(".ask", patient_id=patient_id), code=303)


@bp.post("/settings/quiet-hours")
def set_quiet() -> Response:
    """Set the clinic's quiet hours, and whether the reminder not to drive keeps to them."""
    keep_form(_POLICY, found=settings.setup(context()))
    form = read_form(QuietForm)
    wanted = MessagePolicy(quiet_of(form.quiet_from, form.quiet_until), form.safety_in_quiet)
    policies.set_messaging(context(), wanted=wanted, seen=form.version)
    flash("Saved. It holds for what is sent from now on.")
    return redirect(url_for("replies.policy"), code=303)


def _values(patient_id: UUID) -> dict[str, object]:
    return {
        "patient_id": patient_id, "patient": patients.find(context(), patient_id), "shown": Shown(patient_id),
        "orders": ORDER_WORDS, "hands": HANDS, "can_text": can_text(),
    }  # fmt: skip
