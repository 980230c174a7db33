"""The links of patients' own pages, at the desk: made, printed, sent by mail, replaced and switched off; shown once."""

from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.services import page_links, patients
from planner.services.correspondence import chosen_for
from planner.services.letterhead import letterhead
from planner.services.page_links import MintedPage, PageLink
from planner.web.asking import Form, context, keep_form, read_form
from planner.web.links import NothingForm, Short, code_of
from planner.web.speaking import anywhere

bp = Blueprint("page_links", __name__)


class PageLinkForm(Form):
    """Whose device a new link is for."""

    label: Short


@bp.app_template_global("own_pages")
def own_pages(patient_id: UUID) -> list[PageLink]:
    """List the links of a patient's page for a fragment."""
    return page_links.list_of(context(), patient_id=patient_id)


@bp.post("/patients/<uuid:patient_id>/page-links")
def create(patient_id: UUID) -> Response:
    """Make a link and show its address."""
    keep_form("patients/one.html", whole=patients.whole(context(), patient_id))
    form = read_form(PageLinkForm)
    return _shown(page_links.create(context(), patient_id=patient_id, label=form.label))


@bp.post("/patients/<uuid:patient_id>/page-links/send")
def send(patient_id: UUID) -> Response:
    """Send the patient a mail with a link."""
    keep_form("patients/one.html", whole=patients.whole(context(), patient_id))
    read_form(NothingForm)
    page_links.send(context(), patient_id=patient_id)
    flash("A mail with a link is on its way. It opens the page once, within 7 days.")
    return redirect(url_for("patients.one", patient_id=patient_id), code=303)


@bp.post("/page-links/<uuid:page_link_id>/rotate")
def rotate(page_link_id: UUID) -> Response:
    """Replace a link and show its new address."""
    read_form(NothingForm)
    return _shown(page_links.rotate(context(), link_id=page_link_id))


@bp.post("/page-links/<uuid:page_link_id>/revoke")
def revoke(page_link_id: UUID) -> Response:
    """Switch a link off."""
    read_form(NothingForm)
    link = page_links.revoke(context(), link_id=page_link_id)
    return redirect(url_for("patients.one", patient_id=link.patient_id), code=303)


def _shown(minted: MintedPage) -> Response:
    """Show the address in the answer itself: a redirect would have to carry the secret somewhere."""
    address = url_for("mine.page", token=minted.token, _external=True)
    hand_out = url_for("mine.hand_out", token=minted.token)
    page = render_template(
        "feeds/page_made.html", link=minted.link, address=address, hand_out=hand_out, code=code_of(address),
        letterhead=letterhead(context()), speech=anywhere(chosen_for(context(), minted.link.patient_id).language),
    )  # fmt: skip
    return make_response(page, 201)
