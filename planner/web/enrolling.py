"""Beginning a course: patient, protocol, and what is asked for; then the whole series is shown (series.py)."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from pydantic import StringConstraints
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from planner.domain.protocol import Protocol
from planner.services import courses, drafts, patients
from planner.services.drafts import Offer
from planner.web.asking import Blank, Form, Line, context, keep_form, read_form, read_query
from planner.web.render import today
from planner.web.series_filled import Filled, filled_as_sent, first_filled
from planner.web.series_forms import BeginForm
from planner.web.series_page import people_of

bp = Blueprint("enrolling", __name__, url_prefix="/courses/new")
GIVEN_ROWS, AWAY_ROWS = 6, 3


class PatientQuery(Form):
    """For whom; empty before a patient is chosen."""

    patient: Annotated[UUID | None, Blank] = None


class TermForm(Form):
    """What a patient is searched by."""

    term: Annotated[Line, StringConstraints(max_length=100)] = ""


class StartForm(Form):
    """For whom, and by which protocol."""

    patient: UUID
    protocol: Line


@bp.get("")
def new() -> str:
    """Ask for the patient, then for the protocol."""
    query = read_query(PatientQuery)
    if query.patient is None:
        return render_template("series/patient.html", found=patients.listed(context()), term="")
    return render_template("series/protocol.html", offer=drafts.offer(context(), patient_id=query.patient))


@bp.post("/patient")
def search() -> str:
    """Find the patient; the term travels by POST."""
    term = read_form(TermForm).term
    found = patients.search(context(), term) if term else patients.listed(context())
    return render_template("series/patient.html", found=found, term=term)


@bp.post("/asked")
def ask() -> str:
    """Ask what is wanted, by the protocol that was chosen; or give more rows for what was sent so far."""
    again = "more" in request.form
    names = MultiDict([(name, request.form.get(name, "")) for name in ("patient", "protocol")])
    form = read_form(StartForm, names) if again else read_form(StartForm)
    offer = drafts.offer(context(), patient_id=form.patient)
    protocol = offer.protocol(form.protocol)
    filled = filled_as_sent(request.form) if again else first_filled(protocol, today())
    return render_template("series/asked.html", **_asking(offer, protocol, filled, more=again))


def _asking(offer: Offer, protocol: Protocol, filled: Filled, *, more: bool = False) -> dict[str, object]:
    given, away = len(filled.given) + GIVEN_ROWS * more, len(filled.away) + AWAY_ROWS * more
    return {
        "offer": offer, "protocol": protocol, "filled": filled, "people": people_of(offer.clinic, protocol),
        "given_rows": max(given, GIVEN_ROWS), "away_rows": max(away, AWAY_ROWS),
    }  # fmt: skip


@bp.post("")
def begin() -> Response:
    """Begin a draft and show its plan."""
    names = MultiDict([(name, request.form.get(name, "")) for name in ("patient", "protocol")])
    start = read_form(StartForm, names)
    offer = drafts.offer(context(), patient_id=start.patient)
    protocol = offer.protocol(start.protocol)
    keep_form("series/asked.html", **_asking(offer, protocol, filled_as_sent(request.form)))
    form = read_form(BeginForm)
    course = courses.begin(
        context(), patient_id=form.patient, protocol=form.protocol, version=form.version,
        preferences=form.preferences(protocol, today()), given=form.given(protocol),
    )  # fmt: skip
    return redirect(url_for("series.plan", course_id=course.id, until=form.until), code=303)
