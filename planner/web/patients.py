"""Patients: list, search, new, edit, and a page with courses and messages. What is searched for travels by POST."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from pydantic import StringConstraints
from werkzeug.wrappers import Response

from planner.services import own_page, patients
from planner.services.clinics import NewPatient
from planner.web.asking import Blank, Count, Day, Form, Line, Version, context, keep_form, read_form, read_query
from planner.web.mine import printed
from planner.web.speaking import Speech

bp = Blueprint("patients", __name__, url_prefix="/patients")


class PatientForm(Form):
    """What is entered of a patient; all but the name may be empty."""

    name: Line
    record_number: Annotated[Line | None, Blank] = None
    phone: Annotated[Line | None, Blank] = None
    email: Annotated[Line | None, Blank] = None
    birth_date: Annotated[Day | None, Blank] = None

    def entered(self) -> NewPatient:
        """Give it to the use-case."""
        return NewPatient(self.name, self.record_number, self.phone, self.email, self.birth_date)


class CorrectionForm(PatientForm):
    """A correction: it says which version was seen."""

    version: Version


class TermForm(Form):
    """What is searched for."""

    term: Annotated[Line, StringConstraints(max_length=100)] = ""


class PageQuery(Form):
    """Which page of a list."""

    page: Count = 1


@bp.get("")
def listing() -> str:
    """List the patients by name."""
    query = read_query(PageQuery)
    found = patients.listed(context(), query.page)
    return render_template("patients/list.html", found=found, page=query.page, term="")


@bp.post("/search")
def search() -> str:
    """Find patients by a part of the name, a record number or the end of a telephone number."""
    term = read_form(TermForm).term
    return render_template("patients/list.html", found=patients.search(context(), term), page=1, term=term)


@bp.get("/new")
def new() -> str:
    """Ask for a new patient."""
    return render_template("patients/form.html", sent={}, patient=None)


@bp.post("/new")
def register() -> Response:
    """Enter a patient."""
    keep_form("patients/form.html", patient=None)
    made = patients.register(context(), read_form(PatientForm).entered())
    return redirect(url_for("patients.one", patient_id=made.id), code=303)


@bp.get("/<uuid:patient_id>")
def one(patient_id: UUID) -> str:
    """Show a patient with courses, appointments and messages."""
    return render_template("patients/one.html", whole=patients.whole(context(), patient_id))


@bp.get("/<uuid:patient_id>/hand-out")
def hand_out(patient_id: UUID) -> str:
    """Show what a patient is given on paper, in their language."""
    found = own_page.hand_out_for(context(), patient_id=patient_id)
    speech, back = Speech(found.reader.language, found.reader.zone), url_for(".one", patient_id=patient_id)
    standing = {"speech": speech, "say": speech.say, "reader": found.reader, "back": back}
    return render_template("mine/hand_out.html", **standing, **printed(found))


@bp.get("/<uuid:patient_id>/edit")
def edit(patient_id: UUID) -> str:
    """Show what is known of a patient, to be corrected."""
    found = patients.find(context(), patient_id)
    sent = {name: getattr(found, name) or "" for name in PatientForm.model_fields}
    return render_template("patients/form.html", patient=found, sent=sent)


@bp.post("/<uuid:patient_id>/edit")
def correct(patient_id: UUID) -> Response:
    """Correct what is known of a patient."""
    ctx = context()
    keep_form("patients/form.html", patient=patients.find(ctx, patient_id))
    form = read_form(CorrectionForm)
    patients.correct(ctx, patient_id=patient_id, version=form.version, changed=form.entered())
    return redirect(url_for("patients.one", patient_id=patient_id), code=303)
