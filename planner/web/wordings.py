"""The clinic's own words for its messages: which there are, one with its preview and its versions, and to change it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.domain.channels import Channel
from planner.domain.errors import NotFound
from planner.domain.own_words import KINDS, WORDED, check_words, placeholders
from planner.domain.reaching import Language
from planner.notify.previewing import Shown, Worded, begin_from, show
from planner.services import own_words
from planner.services.own_words import Place
from planner.web.asking import Count, Form, Line, Words, context, keep_form, parts, present, read_form
from planner.web.render import zone

bp = Blueprint("wordings", __name__, url_prefix="/settings/words")
_PAGE = "settings/words_edit.html"
_ONE = "/<kind>/<language>/<channel>"
KIND_NAMES: Mapping[str, str] = {
    "booked": "Booked or changed", "moved": "Moved", "cancelled": "Cancelled", "confirmed": "Confirmed or provisional",
    "plan-rides": "Plan the rides, a week before", "ride": "Three days before", "ride-again": "The ride, once more",
    "prepare": "How to prepare, the evening before", "no-driving": "Not to drive", "page-link": "Link to one’s page",
}  # fmt: skip
CHANNEL_NAMES: Mapping[Channel, str] = {Channel.MAIL: "mail", Channel.SMS: "SMS"}
LANGUAGE_NAMES: Mapping[Language, str] = {Language.ENGLISH: "English", Language.SPANISH: "Spanish"}
PART_NAMES: Mapping[str, str] = {
    "name": "the clinic’s neutral name", "phone": "its telephone number", "day": "the day of the visit",
    "dates": "which appointments, and when", "when": "when the appointment is", "prepare": "what to do before",
    "times": "when to be there, and when it ends", "ride": "who takes the patient home", "links": "private links to answer",
    "link": "the private link, and how long it works", "rule": "until when not to drive", "home": "how to get home",
    "also": "what else to leave alone", "emergency": "whom to call", "next": "the next appointment that stays",
}  # fmt: skip
"""What each placeholder stands for."""


class WordsForm(Form):
    """Words of the clinic's own; *seen*: how many versions there were on the page."""

    subject: Line = ""
    body: Words
    seen: Count


class SeenForm(Form):
    """How many versions there were on the page."""

    seen: Count


@bp.get("")
def listing() -> str:
    """List the kinds of messages, and which of them are in the clinic's own words."""
    kept = own_words.listing(context())
    return render_template(
        "settings/words.html", kept={(one.kind, one.language, one.channel) for one in kept}, kinds=KIND_NAMES,
        languages=LANGUAGE_NAMES, channels=CHANNEL_NAMES,
    )  # fmt: skip


@bp.get(_ONE)
def one(kind: str, language: str, channel: str) -> str:
    """Show a message's words as they are, how they read, and what they were."""
    return render_template(_PAGE, **_page(_place(kind, language, channel)))


@bp.post(_ONE)
def keep(kind: str, language: str, channel: str) -> Response:
    """Use other words from now on."""
    form, place = _read(kind, language, channel)
    own_words.keep(context(), place, subject=form.subject, body=form.body, seen=form.seen)
    flash("Saved. Messages read so from now on.")
    return _back(place)


@bp.post(f"{_ONE}/preview")
def preview(kind: str, language: str, channel: str) -> str:
    """Show how words would read, and keep nothing."""
    form, place = _read(kind, language, channel)
    subject, body = check_words(place.kind, place.channel, form.subject, form.body)
    page = _page(place, Worded(place.kind, place.language, place.channel, subject, body))
    return render_template(_PAGE, **{**page, "looked": True, "sent": {"subject": form.subject, "body": form.body}})


@bp.post(f"{_ONE}/restore")
def restore(kind: str, language: str, channel: str) -> Response:
    """Go back to the shipped words."""
    place = _place(kind, language, channel)
    keep_form(_PAGE, **_page(place))
    own_words.restore(context(), place, seen=read_form(SeenForm).seen)
    flash("The shipped words are back.")
    return _back(place)


def _read(kind: str, language: str, channel: str) -> tuple[WordsForm, Place]:
    """Read words, and show them again with what is wrong should they be refused."""
    place = _place(kind, language, channel)
    keep_form(_PAGE, **_page(place))
    return read_form(WordsForm), place


def _back(place: Place) -> Response:
    return redirect(url_for(".one", kind=place.kind, language=place.language, channel=place.channel), code=303)


def _place(kind: str, language: str, channel: str) -> Place:
    """Find what an address names; raises NotFound."""
    if kind not in KINDS or language not in set(Language) or channel not in set(WORDED):
        raise NotFound("there are no such words")
    return Place(kind, Language(language), Channel(channel))


def _page(place: Place, words: Worded | None = None) -> dict[str, Any]:
    """Give what the page of a message's words shows; without *words* those that hold now are read."""
    versions = own_words.versions(context(), place)
    held = versions[0].words if versions and versions[0].words.body else None
    now_so = (held.subject, held.body) if held else ("", "")
    begin = now_so if held else begin_from(place.kind, place.language, place.channel, zone(), present())
    looked_at = words or Worded(place.kind, place.language, place.channel, *now_so)

    def shown(uow: Any, notices: Iterable[Any], now: datetime) -> Shown:
        return show(uow, looked_at, notices, now, parts().base_url)

    known = placeholders(place.kind, place.channel)
    return {
        "place": place, "versions": versions, "held": held, "begin": begin, "shown": own_words.look(context(), place, shown),
        "placeholders": [(name, PART_NAMES[name], name in known.required) for name in known.allowed],
        "kind_name": KIND_NAMES[place.kind], "languages": LANGUAGE_NAMES, "channels": CHANNEL_NAMES, "looked": False,
    }  # fmt: skip
