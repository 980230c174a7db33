"""The outbox: what is owed, sent, failed and withdrawn, what became of each message, sending one again, taking one back."""

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from pydantic import Field
from werkzeug.wrappers import Response

from planner.domain.channels import Channel
from planner.domain.notices import NoticeKind
from planner.domain.outbox import Standing
from planner.notify.rereading import reread
from planner.notify.routing import turn_of
from planner.services import outbox, resending
from planner.services.message_history import history
from planner.services.outbox import Turn, Wanted
from planner.web.asking import Blank, Count, Day, Form, Line, context, keep_form, parts, read_form, read_query
from planner.web.message_words import CHANNELS, FILTERS, STANDINGS

bp = Blueprint("messages", __name__, url_prefix="/messages")
_MOST_PAGES = 20_000


class ListQuery(Form):
    """Which messages are listed: those that are still owed, unless a *state* says otherwise."""

    state: Annotated[Literal["owed", "sent", "failed", "withdrawn", "all"] | None, Blank] = None
    kind: Annotated[NoticeKind | None, Blank] = None
    channel: Annotated[Channel | None, Blank] = None
    patient: Annotated[UUID | None, Blank] = None
    day: Annotated[Day | None, Blank] = None
    page: Annotated[Count, Field(ge=1, le=_MOST_PAGES)] = 1

    def wanted(self) -> Wanted:
        """Give it to the use-case."""
        state = None if self.state == "all" else Standing(self.state or "owed")
        return Wanted(state, self.kind, self.channel, self.patient, self.day)

    def named(self, **changed: object) -> dict[str, str]:
        """Give it as an address's query, with some of it *changed*; another choice begins on its first page."""
        values = {**self.model_dump(), "page": None, **changed}
        return {name: str(value) for name, value in values.items() if value}


class WithdrawForm(Form):
    """Why a message is taken back."""

    reason: Line


@bp.record_once
def _words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.filters.update(FILTERS)


def _turn() -> Turn:
    """Tell what is tried next, by the channels that this installation sends by; without a mail server mails wait."""
    return partial(turn_of, configured=parts().post.transports)


@bp.get("")
def listing() -> str:
    """List the messages."""
    query = read_query(ListQuery)
    return render_template(
        "messages/list.html", listed=outbox.listing(context(), _turn(), query.wanted(), query.page), query=query,
        kinds=[one.value for one in NoticeKind], standings=STANDINGS, channels=CHANNELS,
    )  # fmt: skip


@bp.get("/<uuid:notice_id>")
def one(notice_id: UUID) -> str:
    """Show what became of a message, and what it says."""
    return render_template("messages/one.html", shown=history(context(), notice_id, reread, _turn()))


@bp.post("/<uuid:notice_id>/resend")
def resend(notice_id: UUID) -> Response:
    """Send a message again, from what is known now."""
    again = resending.resend(context(), notice_id, reread)
    flash("It is sent again, as it reads now. This page is of the new message.")
    return redirect(url_for("messages.one", notice_id=again), code=303)


@bp.post("/<uuid:notice_id>/withdraw")
def withdraw(notice_id: UUID) -> Response:
    """Take back a message that is still owed."""
    ctx = context()
    keep_form("messages/one.html", shown=history(ctx, notice_id, reread, _turn()))
    resending.withdraw(ctx, notice_id, read_form(WithdrawForm).reason)
    flash("The message is withdrawn, and is not sent.")
    return redirect(url_for("messages.one", notice_id=notice_id), code=303)
