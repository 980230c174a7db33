"""The links of calendars: of patients and their carers, of people and rooms. Made, replaced, switched off; shown once."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, url_for
from markupsafe import Markup
from pydantic import StringConstraints
from segno import make_qr
from werkzeug.wrappers import Response

from planner.domain.reaching import Audience, Language
from planner.domain.subscribing import ALARMS
from planner.services import clinics, feeds, resources
from planner.services.feeds import FeedLink, Minted, Wanted
from planner.services.resources import PEOPLE
from planner.web.asking import Blank, Count, Form, Line, context, keep_form, may, read_form, signed_in

bp = Blueprint("links", __name__)
Short = Annotated[Line, StringConstraints(max_length=60)]
LANGUAGES = ((Language.ENGLISH.value, "English"), (Language.SPANISH.value, "Spanish"))
WHO = (
    (Audience.PATIENT.value, "The patient: when to come"),
    (Audience.CARER.value, "A carer: when to pick the patient up, nothing else"),
)


class ResourceLinkForm(Form):
    """What a new link of a person's or a room's calendar is for."""

    label: Short
    alarm_minutes: Annotated[Count | None, Blank] = None

    def wanted(self) -> Wanted:
        """Give it to the use-case."""
        return Wanted(self.label, alarm_minutes=self.alarm_minutes, shows_advice=False)


class LinkForm(ResourceLinkForm):
    """What a new link of a patient's calendar is for, and what it shows; a carer's needs the patient's agreement."""

    audience: Audience = Audience.PATIENT
    wording: Annotated[Short | None, Blank] = None
    shows_advice: bool = False
    shows_place: bool = False
    language: Language = Language.ENGLISH
    agreed: bool = False

    def wanted(self) -> Wanted:
        """Give it to the use-case."""
        return Wanted(
            self.label, self.audience, self.wording, shows_advice=self.shows_advice, shows_place=self.shows_place,
            alarm_minutes=self.alarm_minutes, language=self.language,
        )  # fmt: skip


class NothingForm(Form):
    """A button alone."""


@bp.app_template_global("feed_links")
def feed_links(patient_id: UUID) -> list[FeedLink]:
    """List a patient's links for a fragment."""
    return feeds.list_of(context(), patient_id=patient_id)


@bp.app_template_global("resource_links")
def resource_links(resource_id: UUID) -> list[FeedLink]:
    """List the links of a person's or a room's calendar for a fragment."""
    return feeds.list_of_resource(context(), resource_id=resource_id)


@bp.app_template_global("own_resource_id")
def own_resource_id() -> UUID | None:
    """Tell as whom the person who asks is needed at visits."""
    member = signed_in()
    return member.staff.resource_id if member else None


@bp.app_template_global("may_link")
def may_link(resource_id: UUID) -> bool:
    """Whether who asks may make links of this resource: for leaving out buttons, never for deciding."""
    return may("configure") or resource_id == own_resource_id()


@bp.app_template_filter("alarm_words")
def alarm_words(minutes: int) -> str:
    """Say how long before."""
    for size, unit in ((1440, "day"), (60, "hour")):
        if minutes % size == 0:
            return f"{minutes // size} {unit}{'s' if minutes > size else ''} before"
    return f"{minutes} minutes before"


@bp.get("/patients/<uuid:patient_id>/links/new")
def new(patient_id: UUID) -> str:
    """Ask for a new link."""
    wanted = feeds.suggested(context(), patient_id=patient_id)
    sent = {
        "audience": wanted.audience.value, "wording": wanted.wording or "Appointment", "shows_advice": "yes",
        "language": wanted.language.value,
    }  # fmt: skip
    return render_template("feeds/new.html", patient_id=patient_id, sent=sent, problems=[], **_choices())


@bp.post("/patients/<uuid:patient_id>/links")
def create(patient_id: UUID) -> Response:
    """Make a link and show its address."""
    keep_form("feeds/new.html", patient_id=patient_id, **_choices())
    form = read_form(LinkForm)
    return _shown(feeds.create(context(), form.wanted(), patient_id=patient_id, agreed=form.agreed))


@bp.get("/settings/resources/<uuid:resource_id>/links/new")
def new_for_resource(resource_id: UUID) -> str:
    """Ask for a new link of a person's or a room's calendar."""
    return render_template("feeds/new_for_resource.html", sent={}, problems=[], **_of_resource(resource_id))


@bp.post("/settings/resources/<uuid:resource_id>/links")
def create_for_resource(resource_id: UUID) -> Response:
    """Make a link of a person's or a room's calendar and show its address."""
    keep_form("feeds/new_for_resource.html", **_of_resource(resource_id))
    form = read_form(ResourceLinkForm)
    return _shown(feeds.create_for_resource(context(), form.wanted(), resource_id=resource_id))


@bp.post("/links/<uuid:link_id>/rotate")
def rotate(link_id: UUID) -> Response:
    """Replace a link and show its new address."""
    read_form(NothingForm)
    return _shown(feeds.rotate(context(), link_id=link_id))


@bp.post("/links/<uuid:link_id>/revoke")
def revoke(link_id: UUID) -> Response:
    """Switch a link off."""
    read_form(NothingForm)
    return redirect(_home(feeds.revoke(context(), link_id=link_id)), code=303)


def _choices() -> dict[str, object]:
    alarms = [("", "none"), *((minutes, alarm_words(minutes)) for minutes in ALARMS)]
    return {"who": WHO, "alarms": alarms, "languages": LANGUAGES}


def _of_resource(resource_id: UUID) -> dict[str, object]:
    thing = resources.find(clinics.the_clinic(context()), resource_id)
    return {"thing": thing, "is_person": thing.kind in PEOPLE, "home": _home_of(resource_id), **_choices()}


def _home(link: FeedLink) -> str:
    """Give the page on which a link is listed, for who asks."""
    if link.patient_id:
        return url_for("patients.one", patient_id=link.patient_id)
    return _home_of(link.resource_id) if link.resource_id else url_for("settings.overview")


def _home_of(resource_id: UUID) -> str:
    if resource_id == own_resource_id():
        return url_for("entrance.account")
    return url_for("resources.one", resource_id=resource_id)


def _shown(minted: Minted) -> Response:
    """Show the address in the answer itself: a redirect would have to carry the secret somewhere."""
    address = url_for("feeds.calendar", token=minted.token, _external=True)
    apple = "webcal:" + address.partition(":")[2]
    page = render_template(
        "feeds/made.html", link=minted.link, address=address, apple=apple, code=code_of(apple), home=_home(minted.link)
    )
    return make_response(page, 201)


def code_of(address: str) -> Markup:
    """Draw an address for a telephone's camera, within the page: no address of its own could leak it."""
    drawn = make_qr(address, error="m").svg_inline(omitsize=True, border=4, light="#fff", svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704 -- nothing but squares
