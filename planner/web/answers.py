"""What patients answer by a private link: that they come, who takes them home, that they need another time.

Mail scanners follow links: opening one shows a form, and only sending the form does anything. A link from a message is
good for its own form and its own appointment; who comes from their page goes back to it.
"""

from enum import StrEnum
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from flask import redirect, url_for
from pydantic import AwareDatetime, Field
from werkzeug.wrappers import Response

from planner.domain.reaching import Purpose
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.services import changing, page_links, replying
from planner.web.asking import Blank, Count, Day, Form, Line, Version, can_text, keep_form, read_form, read_query
from planner.web.private import Bearer, bearer, private_blueprint, shown

bp = private_blueprint("answers", __name__)
_OPEN = "answers/open.html"
_FORMS = {kind: f"answers/{kind}.html" for kind in ReplyKind}
_ONE = "/answer/<token>/<uuid:appointment_id>"
Sequence = Annotated[Count | None, Blank]


class Done(StrEnum):
    """What was just done, for the page that says so."""

    SAID = "said"
    MOVED = "moved"
    ASKED = "asked"


class ShownQuery(Form):
    """What follows an address: what was just done, and the day whose times are wanted."""

    done: Annotated[Done | None, Blank] = None
    day: Annotated[Day | None, Blank] = None


class ComeForm(Form):
    """A button alone; *sequence*: the appointment's, as it was shown."""

    sequence: Sequence = None


class RideForm(Form):
    """Who takes the patient home."""

    kind: RideKind
    name: Annotated[Line | None, Blank] = None
    phone: Annotated[Annotated[Line, Field(max_length=40)] | None, Blank] = None
    contact: bool = False
    sequence: Sequence = None

    @property
    def ride(self) -> Ride:
        """Give who it is; raises InvalidValue."""
        return Ride(self.kind, self.name, self.phone, self.contact)


class ChangeForm(Form):
    """The time that is chosen of those offered; none: none of them suits. *version*: the appointment's, as it was shown."""

    version: Version
    start: Annotated[AwareDatetime | None, Blank] = None


@bp.get("/answer/<token>")
def landing(token: str) -> Response:
    """Show what a link from a message is for: date, time and one form, and nothing else."""
    found = bearer(token)
    if found.link.purpose is Purpose.PAGE:
        return redirect(url_for("mine.page", token=token), code=303)
    if found.link.purpose is Purpose.OPEN:
        return shown(_OPEN, found, made=None)
    appointment_id = found.link.appointment_id or UUID(int=0)
    return _shown(found, ReplyKind(found.link.purpose.value), appointment_id)


@bp.post("/answer/<token>")
def open_page(token: str) -> Response:
    """Give the address of one's page, once; the link is used up."""
    found = bearer(token)
    found.check(Purpose.OPEN)
    read_form(Form)
    return shown(_OPEN, found, made=page_links.open_page(found))


@bp.get(f"{_ONE}/<any(come, ride, change):kind>")
def ask(token: str, appointment_id: UUID, kind: str) -> Response:
    """Show one form about one appointment."""
    return _shown(bearer(token), ReplyKind(kind), appointment_id)


def _shown(found: Bearer, kind: ReplyKind, appointment_id: UUID) -> Response:
    found.check(Purpose.PAGE, Purpose(kind.value))
    query = read_query(ShownQuery)
    return shown(_FORMS[kind], found, **_values(found, appointment_id, query))


def _values(found: Bearer, appointment_id: UUID, query: ShownQuery | None = None) -> dict[str, Any]:
    """Give what a form shows; what it offers is looked up when it is drawn: after a refusal, as it is then."""
    asked = partial(replying.asked, found, appointment_id=appointment_id)
    offers = partial(changing.offered, found, appointment_id=appointment_id, day=query.day if query else None)
    return {
        "asked": asked, "offers": offers, "done": query.done if query else None, "sent": {}, "problems": [],
        "can_text": can_text(),
    }  # fmt: skip


def _answering(token: str, kind: ReplyKind, appointment_id: UUID) -> Bearer:
    """Find who answers, before a form is read: a link that is not for it learns nothing; a refusal shows the form again."""
    found = bearer(token)
    found.check(Purpose.PAGE, Purpose(kind.value))
    replying.asked(found, appointment_id=appointment_id)
    keep_form(_FORMS[kind], **_values(found, appointment_id))
    return found


@bp.post(f"{_ONE}/come")
def come(token: str, appointment_id: UUID) -> Response:
    """Write down that the patient comes."""
    found = _answering(token, ReplyKind.COME, appointment_id)
    form = read_form(ComeForm)
    replying.reply(found, appointment_id=appointment_id, kind=ReplyKind.COME, sequence=form.sequence)
    return _back(found, token, appointment_id, Done.SAID)


@bp.post(f"{_ONE}/ride")
def ride(token: str, appointment_id: UUID) -> Response:
    """Write down who takes the patient home."""
    found = _answering(token, ReplyKind.RIDE, appointment_id)
    form = read_form(RideForm)
    replying.reply(
        found, appointment_id=appointment_id, kind=ReplyKind.RIDE, ride=form.ride, sequence=form.sequence
    )  # fmt: skip
    return _back(found, token, appointment_id, Done.SAID)


@bp.post(f"{_ONE}/change")
def change(token: str, appointment_id: UUID) -> Response:
    """Move the appointment, or ask for it."""
    found = _answering(token, ReplyKind.CHANGE, appointment_id)
    form = read_form(ChangeForm)
    made = changing.change(found, appointment_id=appointment_id, start=form.start, version=form.version)
    return _back(found, token, appointment_id, Done.MOVED if made.moved else Done.ASKED)


def _back(found: Bearer, token: str, appointment_id: UUID, done: Done) -> Response:
    """Go back to the patient's page, or to what the link is for, which says that it is done."""
    purpose = found.link.purpose
    if purpose is Purpose.PAGE:
        return redirect(url_for("mine.page", token=token), code=303)
    return redirect(url_for(".ask", token=token, appointment_id=appointment_id, kind=purpose, done=done), code=303)
