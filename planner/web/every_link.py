"""All links of the clinic on one page, and switching off many at once: what is meant stands in the address, in words."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from pydantic import Field
from werkzeug.wrappers import Response

from planner.services import every_link
from planner.services.every_link import LinkKind, LinkState, Which
from planner.web.asking import Blank, Count, Form, context, read_form, read_query

bp = Blueprint("every_link", __name__, url_prefix="/settings/links")
PER_PAGE = 100
KINDS = {
    LinkKind.PATIENT: ("patients’ calendars", "patient’s calendar"),
    LinkKind.CARER: ("carers’ calendars", "carer’s calendar"),
    LinkKind.CLINICIAN: ("calendars of people", "person’s own calendar"),
    LinkKind.ROOM: ("calendars of rooms and things", "calendar of a room or thing"),
    LinkKind.PAGE: ("patients’ pages", "patient’s page"),
    LinkKind.MESSAGE: ("links in messages", "link in a message"),
}
"""What the links of each kind are called, and one of them."""
STATES = {LinkState.ON: "on", LinkState.OFF: "switched off", LinkState.ENDED: "ended"}


class WhichForm(Form):
    """Which links are meant: of which kind, and whose."""

    kind: Annotated[LinkKind | None, Blank] = None
    patient: Annotated[UUID | None, Blank] = None
    resource: Annotated[UUID | None, Blank] = None

    def which(self, state: LinkState | None = LinkState.ON) -> Which:
        """Give it to the use-case."""
        return Which(self.kind, state, self.patient, self.resource)

    def named(self) -> dict[str, str]:
        """Give it as an address's query."""
        return {name: str(value) for name, value in self.model_dump().items() if value and name in WhichForm.model_fields}


class ListQuery(WhichForm):
    """Which links are listed; without a *state* those that are on, with *all* whatever it is."""

    state: Annotated[str | None, Blank, Field(pattern="^(on|off|ended|all)$")] = None
    page: Annotated[Count, Field(ge=1)] = 1

    def listed(self) -> Which:
        """Give it to the use-case."""
        return self.which(None if self.state == "all" else LinkState(self.state or "on"))


@bp.get("")
def listing() -> str:
    """List the links."""
    query = read_query(ListQuery)
    found = every_link.all_links(context(), query.listed())
    first = (query.page - 1) * PER_PAGE
    return render_template(
        "settings/links.html", lines=found[first : first + PER_PAGE], count=len(found), more=len(found) > first + PER_PAGE,
        query=query, kinds=KINDS, states=STATES,
    )  # fmt: skip


@bp.get("/revoke")
def ask() -> str:
    """Ask whether the links that are meant are to be switched off, and say how many they are."""
    form = read_query(WhichForm)
    found = every_link.all_links(context(), form.which())
    return render_template("settings/links_revoke.html", lines=found, form=form, kinds=KINDS)


@bp.post("/revoke")
def revoke() -> Response:
    """Switch them off."""
    form = read_form(WhichForm)
    count = every_link.revoke_every(context(), form.which())
    flash(f"{count} link{' is' if count == 1 else 's are'} switched off.")
    return redirect(url_for("every_link.listing"), code=303)
