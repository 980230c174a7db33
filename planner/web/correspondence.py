"""How a patient is written to, at the desk: the language, the way of the dates into the calendar, what they are called."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.services import correspondence
from planner.services.correspondence import Correspondence, Delivery, Language
from planner.web.asking import Blank, Count, Form, Line, context, keep_form, read_form
from planner.web.links import LANGUAGES

bp = Blueprint("correspondence", __name__)

WAYS = (
    (Delivery.FEED.value, "A calendar link, which the patient’s calendar reads by itself"),
    (Delivery.INVITATIONS.value, "Invitations by mail, one for each appointment, updated and withdrawn by themselves"),
    (Delivery.NEITHER.value, "Not into a calendar; only messages"),
)


class ChoiceForm(Form):
    """What is chosen, and which version was seen."""

    language: Language
    delivery: Delivery
    wording: Annotated[Line | None, Blank] = None
    shows_place: bool = False
    version: Count


@bp.app_template_global("written_to")
def written_to(patient_id: UUID) -> Correspondence:
    """Tell a fragment how a patient is written to."""
    return correspondence.chosen_for(context(), patient_id)


@bp.app_template_filter("delivery_words")
def delivery_words(delivery: Delivery) -> str:
    """Say in a few words how the dates come into a patient's calendar."""
    return {Delivery.FEED: "by calendar link", Delivery.INVITATIONS: "by invitations"}.get(delivery, "not at all")


@bp.get("/patients/<uuid:patient_id>/correspondence")
def ask(patient_id: UUID) -> str:
    """Ask how the patient wants to be written to."""
    return render_template("feeds/correspondence.html", patient_id=patient_id, problems=[], sent={}, **_choices())


@bp.post("/patients/<uuid:patient_id>/correspondence")
def choose(patient_id: UUID) -> Response:
    """Write down what the patient wants."""
    keep_form("feeds/correspondence.html", patient_id=patient_id, **_choices())
    form = read_form(ChoiceForm)
    chosen = correspondence.choose_for(
        context(), patient_id=patient_id, language=form.language, delivery=form.delivery, wording=form.wording or "",
        version=form.version, shows_place=form.shows_place,
    )  # fmt: skip
    flash(f"The dates come into the patient’s calendar {delivery_words(chosen.delivery)} from now on.")
    return redirect(url_for("patients.one", patient_id=patient_id), code=303)


def _choices() -> dict[str, object]:
    return {"ways": WAYS, "languages": LANGUAGES}
