"""How a clinic's own words would read: filled with what is owed to a patient now, or with a visit that nobody has."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from planner.domain.channels import Channel
from planner.domain.own_words import NO_DRIVING_KIND
from planner.domain.reaching import Language
from planner.languages.speech import Speech
from planner.notify.invented import invented
from planner.notify.linking import links_of
from planner.notify.matters import Matter, matter_of
from planner.notify.rendering import draft, own, shipped, values_of
from planner.notify.wording import is_neutral
from planner.storage.desk_records import Letterhead, Notice
from planner.storage.unit_of_work import UnitOfWork

_HEAD = Letterhead("Our clinic", "desk@clinic.invalid", "555 0100")


@dataclass(frozen=True)
class Shown:
    """A message as it would read. *real*: of what is owed to a patient; *fallback*: it would go out in the shipped words."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    real: bool
    fallback: bool


@dataclass(frozen=True)
class Worded:
    """Words to look at: of a kind, in a language, for a channel; without a *body* the shipped ones."""

    kind: str
    language: Language
    channel: Channel
    subject: str = field(default="", repr=False)
    body: str = field(default="", repr=False)


def show(uow: UnitOfWork, words: Worded, notices: Iterable[Notice], now: datetime, base_url: str) -> Shown:
    """Fill words with the first of some messages that would still be sent to somebody of the language; else invented."""
    head = uow.letterheads.get() or _HEAD
    speech = Speech(words.language, uow.clinics.get(now).zone)
    invention = invented(words.kind, speech, now, base_url)
    real = _real(uow, words, notices, now, invention)
    values = values_of(head, real or invention)
    kind = _notice_kind(words.kind)
    made = own(words.subject, words.body, kind, words.channel, values) if words.body else None
    fits = made is not None and is_neutral("\n".join(made))
    subject, text = made if made and fits else shipped(kind, words.channel, values) or ("", "")
    return Shown(subject, text, real is not None, bool(words.body) and not fits)


def begin_from(kind: str, language: Language, channel: Channel, zone: ZoneInfo, now: datetime) -> tuple[str, str]:
    """Give the shipped words with placeholders, to change; subject and body."""
    return draft(_notice_kind(kind), channel, values_of(_HEAD, invented(kind, Speech(language, zone), now, "")))


def _real(uow: UnitOfWork, words: Worded, notices: Iterable[Notice], now: datetime, invention: Matter) -> Matter | None:
    """Gather what a message would say now, with links that lead nowhere in place of its own."""
    for notice in notices:
        matter = matter_of(uow, notice, now)
        if matter is not None and matter["language"] is words.language:
            links = {name: invention[name] for name, link in links_of(uow, notice, now, None).items() if link}
            return {**matter, **links}
    return None


def _notice_kind(kind: str) -> str:
    return "no-driving-evening" if kind == NO_DRIVING_KIND else kind
