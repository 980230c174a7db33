"""Protocols: what is published, with every number and its source; and a next version, previewed before it is published."""

from typing import Annotated

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import BeforeValidator, StringConstraints
from werkzeug.wrappers import Response

from planner.documents.protocol_changes import differences
from planner.documents.protocol_form import edited, sections
from planner.documents.protocols import read_protocol, shipped, write_protocol
from planner.domain.clinic import WEEKDAYS
from planner.domain.errors import InvalidValue, NotFound
from planner.domain.protocol import Protocol
from planner.services import clinics, protocols
from planner.web.asking import (
    Count,
    Form,
    InvalidForm,
    Line,
    Version,
    checked,
    context,
    keep_form,
    printable,
    read_form,
    read_query,
)

bp = Blueprint("protocols", __name__, url_prefix="/settings/protocols")
Document = Annotated[str, BeforeValidator(printable), StringConstraints(max_length=100_000)]


class NameForm(Form):
    """Which protocol."""

    name: Line


class VersionQuery(Form):
    """Which version is looked at."""

    version: Version | None = None


class CopyQuery(Form):
    """The name of a copy, where one is wanted."""

    name: Annotated[Line, StringConstraints(max_length=60)] = ""


class SeenForm(Form):
    """Which version was the latest when the page was made."""

    seen: Version


class TextForm(SeenForm):
    """A protocol as a file."""

    text: Document


class PublishForm(Form):
    """A protocol as a file, and the version that it follows (0: it is the first)."""

    text: Document
    after: Count


@bp.get("")
def listing() -> str:
    """List the published protocols, and the shipped ones that are not."""
    return render_template("settings/protocols.html", **_listed())


@bp.post("/publish-shipped")
def publish_shipped() -> Response:
    """Publish a protocol that comes with planner."""
    keep_form("settings/protocols.html", **_listed())
    found = shipped().get(read_form(NameForm).name)
    if found is None:
        raise InvalidValue("name", "must be a protocol that comes with planner")
    clinics.next_version(context(), found, after=0)
    flash(f"{found.title} is published.")
    return redirect(url_for("protocols.one", name=found.name), code=303)


def _listed() -> dict[str, object]:
    found = protocols.published(context())
    names = {versions[0].name for versions in found}
    return {"published": found, "shipped": [one for name, one in shipped().items() if name not in names]}


@bp.get("/<name>")
def one(name: str) -> str:
    """Show a version with every number and its source."""
    wanted, found = read_query(VersionQuery).version, protocols.versions(context(), name)
    shown = next((one for one in found if wanted in {None, one.version}), None)
    if shown is None:
        raise NotFound(f"no version {wanted} of {name}")
    older = next((one for one in found if one.version < shown.version), None)
    return render_template(
        "settings/protocol.html", shown=shown, versions=found, sections=sections(shown.document), weekdays=WEEKDAYS,
        changes=differences(older.document, shown.document) if older else [],
    )  # fmt: skip


@bp.get("/<name>/edit")
def edit(name: str) -> str:
    """Show the usual numbers of the latest version as fields."""
    return render_template("settings/protocol_edit.html", sent={}, **_latest(name))


@bp.post("/<name>/edit")
def preview(name: str) -> str:
    """Show what would change, before it is published."""
    values = _latest(name)
    keep_form("settings/protocol_edit.html", **values)
    seen, fields = _fields()
    base = protocols.versions(context(), name)[0].document
    return _previewed(edited(base, fields), name, seen)


def _latest(name: str) -> dict[str, object]:
    latest = protocols.versions(context(), name)[0]
    return {"latest": latest, "sections": sections(latest.document, blanks=True)}


def _fields() -> tuple[int, dict[str, str]]:
    """Read the fields of the form, each given once and printable; which they may be, the document says."""
    problems, fields = list[InvalidValue](), dict[str, str]()
    for name in request.form:
        if name in {"csrf_token", "seen"}:
            continue
        try:
            fields[name] = str(printable(request.form[name]))
        except ValueError as problem:
            problems.append(InvalidValue(name, str(problem)))
        if len(request.form.getlist(name)) > 1:
            problems.append(InvalidValue(name, "is given twice"))
    if problems:
        raise InvalidForm(problems)
    return checked(SeenForm, {"seen": request.form.get("seen", "")}).seen, fields


@bp.get("/<name>/text")
def text(name: str) -> str:
    """Show the latest version as a file to be edited, or a copy of it under another name."""
    latest, copy = protocols.versions(context(), name)[0], read_query(CopyQuery).name
    sent = {"text": _copied(write_protocol(latest.document), latest.document, copy)}
    return render_template("settings/protocol_text.html", sent=sent, latest=latest, copy=copy)


def _copied(written: str, protocol: Protocol, copy: str) -> str:
    """Give the file another name in its first line; the reader of the file checks it."""
    if not copy:
        return written
    return written.replace(f'name = "{protocol.name}"', f'name = "{copy}"', 1).replace(
        f"version = {protocol.version}", "version = 1", 1
    )


@bp.post("/<name>/text")
def preview_text(name: str) -> str:
    """Show what a file would change, before it is published."""
    keep_form("settings/protocol_text.html", latest=protocols.versions(context(), name)[0], copy="")
    form = read_form(TextForm)
    return _previewed(read_protocol(form.text), name, form.seen)


def _previewed(protocol: Protocol, base: str, seen: int) -> str:
    draft = protocols.draft(context(), protocol, base=base, seen=seen)
    return render_template(
        "settings/protocol_preview.html", draft=draft, base=base, changes=differences(draft.before, protocol),
        text=write_protocol(protocol), seen=seen,
    )  # fmt: skip


@bp.post("/<name>/revise")
def revise(name: str) -> str:
    """Go on editing what was previewed, as a file."""
    latest = protocols.versions(context(), name)[0]
    form = read_form(TextForm)
    return render_template("settings/protocol_text.html", sent={"text": form.text}, latest=latest, copy="")


@bp.post("/<name>/publish")
def publish(name: str) -> Response:
    """Publish the previewed protocol as its next version."""
    keep_form("settings/protocol_text.html", latest=protocols.versions(context(), name)[0], copy="")
    form = read_form(PublishForm)
    made = clinics.next_version(context(), read_protocol(form.text), after=form.after)
    flash(f"{made.title} is published as version {made.version}. Courses that have begun keep their own.")
    return redirect(url_for("protocols.one", name=made.name), code=303)
