"""A clinic's own words for its messages: plain text with placeholders out of a closed list, and no word that tells.

A placeholder stands for a part of the shipped message, written anew at sending: a date is never typed. What a patient must
read is required: nobody can edit away until when not to drive.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from planner.domain.channels import Channel
from planner.domain.errors import InvalidValue
from planner.domain.neutral import check_neutral
from planner.domain.notices import NoticeKind

NO_DRIVING_KIND = "no-driving"
"""What stands for all four reminders not to drive: they say the same."""
ALWAYS = ("name", "phone")
"""The clinic's neutral name and its telephone number, which any message may hold."""
LONGEST_SUBJECT, LONGEST_MAIL, LONGEST_SMS = 120, 2000, 160
"""Characters of a clinic's own; in an SMS the placeholders and how to end the texts come on top of them."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_CLOCK = re.compile(
    r"\b\d{1,2}[:.h]\d{2}\b|\b\d{1,2}\s*(?:[ap]\.?\s?m\b|o.clock|horas)|\b(?:at|from|a las?|desde las?)\s+\d{1,2}\b"
    r"|\b(?:noon|midday|midnight|mediod[ií]a|medianoche)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?:|www\.", re.IGNORECASE)


@dataclass(frozen=True)
class Placeholders:
    """What a kind of message must hold, and what it may."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def allowed(self) -> tuple[str, ...]:
        """All that may stand in it."""
        return (*self.required, *self.optional, *ALWAYS)


_MAIL: Mapping[str, Placeholders] = {
    "booked": Placeholders(("dates",), ("prepare", "links")),
    "moved": Placeholders(("dates",), ("prepare", "links")),
    "cancelled": Placeholders(("dates",), ("next",)),
    "confirmed": Placeholders(("dates",)),
    "plan-rides": Placeholders(("dates",)),
    "ride": Placeholders(("when", "ride"), ("day", "times", "links")),
    "ride-again": Placeholders(("when", "ride"), ("day", "links")),
    "prepare": Placeholders(("when", "prepare", "ride"), ("day", "links")),
    NO_DRIVING_KIND: Placeholders(("rule", "emergency"), ("day", "home", "also")),
    "page-link": Placeholders(("link",)),
}
_SMS: Mapping[str, Placeholders] = {
    **_MAIL,
    "booked": Placeholders(("dates",), ("links",)),
    "moved": Placeholders(("dates",), ("links",)),
    "cancelled": Placeholders(("dates",)),
    NO_DRIVING_KIND: Placeholders(("rule", "emergency")),
}
KINDS = tuple(_MAIL)
"""The kinds of message that can have words of a clinic's own; an invitation says what its calendar file does."""
WORDED = (Channel.MAIL, Channel.SMS)
"""The channels that words are for."""


def words_kind(kind: str) -> str:
    """Give the kind of words of a kind of notice."""
    return NO_DRIVING_KIND if NoticeKind(kind).safety else kind


def placeholders(kind: str, channel: Channel) -> Placeholders:
    """Give what the words of a kind must and may hold; raises InvalidValue (*kind*) where there are none."""
    known = (_SMS if channel is Channel.SMS else _MAIL).get(kind) if channel in WORDED else None
    if known is None:
        raise InvalidValue("kind", "has no words of a clinic's own")
    return known


def check_words(kind: str, channel: Channel, subject: str, body: str) -> tuple[str, str]:
    """Give subject and body as they may go out; raises InvalidValue (*subject*, *body*) that says what may not be."""
    known = placeholders(kind, channel)
    text = "\n".join(line.rstrip() for line in body.replace("\r\n", "\n").strip().split("\n"))
    _check_text(text, channel)
    if kind == NO_DRIVING_KIND:
        _check_timeless(subject, "subject")
        _check_timeless(text, "body")
    _check_placeholders(text, known)
    return _subject(subject, channel, known), check_neutral(text, "body")


def is_usable(kind: str, subject: str, body: str) -> bool:
    """Whether words that were taken, perhaps by an older planner, may still go out: no time from which one might drive."""
    return kind != NO_DRIVING_KIND or not _clock_in(f"{subject}\n{body}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put in what the placeholders stand for."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def named_in(text: str) -> list[str]:
    """List the placeholders in a text, in their order."""
    return _PLACEHOLDER.findall(text)


def _check_text(text: str, channel: Channel) -> None:
    longest = LONGEST_SMS if channel is Channel.SMS else LONGEST_MAIL
    if not text:
        raise InvalidValue("body", "must not be empty")
    if len(_PLACEHOLDER.sub("", text)) > longest:
        raise InvalidValue("body", f"must be at most {longest} characters beside its placeholders")
    if not all(one.isprintable() or one == "\n" for one in text):
        raise InvalidValue("body", "must be plain text")
    if _LINK.search(text):
        raise InvalidValue("body", "must not hold an address of its own: {links} brings the private ones")


def _check_timeless(text: str, path: str) -> None:
    """Refuse a time of day where it would read as a leave to drive from then on; {rule} names a bound where there is one."""
    if found := _clock_in(text):
        raise InvalidValue(path, f"must name no time of day, such as {found}: it would read as a leave to drive")


def _clock_in(text: str) -> str | None:
    found = _CLOCK.search(_PLACEHOLDER.sub("", text))
    return found[0] if found else None


def _check_placeholders(text: str, known: Placeholders) -> None:
    found = named_in(text)
    for name in found:
        if name not in known.allowed:
            raise InvalidValue("body", f"{{{name}}} is not known here; there are {_listed(known.allowed)}")
        if found.count(name) > 1 and name not in ALWAYS:
            raise InvalidValue("body", f"{{{name}}} may stand in it once")
    if missing := [name for name in known.required if name not in found]:
        raise InvalidValue("body", f"must hold {_listed(missing)}")
    if {"{", "}"} & set(_PLACEHOLDER.sub("", text)):
        raise InvalidValue("body", "has a brace that belongs to no placeholder")


def _subject(text: str, channel: Channel, known: Placeholders) -> str:
    """Give the subject of a mail, in one line. An SMS has none."""
    subject = text.strip()
    if channel is Channel.SMS:
        if subject:
            raise InvalidValue("subject", "an SMS has none")
        return ""
    if not subject or len(subject) > LONGEST_SUBJECT or not subject.isprintable():
        raise InvalidValue("subject", f"must be one line of 1 to {LONGEST_SUBJECT} characters")
    allowed = [name for name in known.allowed if name in {"name", "day"}]
    rest = _PLACEHOLDER.sub(lambda found: "" if found[1] in allowed else found[0], subject)
    if {"{", "}"} & set(rest):
        raise InvalidValue("subject", f"may hold {_listed(allowed)} and no other placeholder")
    return check_neutral(subject, "subject")


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
