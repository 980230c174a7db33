"""The texts of messages: the templates that are shipped, and a clinic's own words, whose placeholders are their blocks."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from textwrap import shorten
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.runtime import Context

from planner.documents.templates import templates_directory
from planner.domain.channels import Channel
from planner.domain.own_words import ALWAYS, fill, is_usable, named_in, words_kind
from planner.domain.reaching import Language
from planner.domain.texts import places, plain
from planner.languages.speech import anywhere
from planner.notify.linking import shortest
from planner.notify.wording import one_line
from planner.storage.desk_records import Letterhead

LONGEST_SMS = 300
"""Places of a text message with all that is in it: two parts, or five where a letter is not in the networks' alphabet."""
_GAPS = re.compile(r"\n{3,}")
_NO_WAYS = {"ways": ""}
_LINKS = ("come", "ride", "change")
_NO_LINKS = {**dict.fromkeys(_LINKS, ""), **_NO_WAYS}
_BRIEF = {**_NO_WAYS, "call": False}
_RUNGS: tuple[Mapping[str, Any], ...] = (
    {}, _NO_WAYS, _BRIEF, _BRIEF | {"stop": False}, _NO_LINKS, _NO_LINKS | {"stop": False},
    _NO_LINKS | {"stop": False, "brisk": True},
    _NO_LINKS | {"cues": [], "shortened": True, "stop": False},
    _NO_LINKS | {"cues": [], "shortened": True, "stop": False, "place": "", "later": None},
)  # fmt: skip
"""What a text message that is too long leaves out, until it fits: ways home, whom to call beside its link, how to end the
texts (it was said when they were agreed to), its link, (*brisk*) what has no time, what a call can tell, at last where an
escort is to come. When it is, and not to drive, is in all of them."""
_SHORT_NAME = 40

Values = Mapping[str, Any]


def values_of(letterhead: Letterhead, matter: Mapping[str, Any]) -> Values:
    """Give what a template is filled with; English where the matter names no language."""
    name, phone = one_line(letterhead.public_name), one_line(letterhead.phone)
    return {"name": name, "phone": phone, "say": anywhere(Language.ENGLISH).say, **matter}


def shipped(kind: str, channel: Channel, values: Values) -> tuple[str, str] | None:
    """Give subject and text of a message in the words that are shipped; None for an SMS that cannot be made to fit."""
    template = _template(kind, channel)
    if channel is Channel.SMS:
        return _short(template.render, values)
    subject, _, text = template.render(values).partition("\n")
    return subject, _tidy(text)


def own(subject: str, body: str, kind: str, channel: Channel, values: Values) -> tuple[str, str] | None:
    """Give subject and text of a message in a clinic's own words.

    None for an SMS that cannot be made to fit, and for words that would not be taken now: a placeholder that is not known
    any more, or a time of day in what keeps a patient from driving.
    """
    if not is_usable(words_kind(kind), subject, body):
        return None
    if not set(named_in(f"{subject} {body}")) <= {*_template(kind, channel).blocks, *ALWAYS, "day"}:
        return None
    if channel is Channel.SMS:
        return _short(lambda some: fill(body, _parts(body, kind, channel, some)), values)
    parts = _parts(f"{subject} {body}", kind, channel, values)
    return fill(subject, parts), _tidy(fill(body, parts))


def draft(kind: str, channel: Channel, values: Values) -> tuple[str, str]:
    """Give the shipped words as a clinic's own could be, with placeholders: to begin from."""
    template = _template(kind, channel)
    context = template.new_context({**values, **{name: f"{{{name}}}" for name in (*ALWAYS, "day")}, "visit_day": "{day}"})
    context.blocks = {name: [partial(_in_braces, name)] for name in template.blocks}
    text = "".join(template.root_render_func(context))
    if channel is Channel.SMS:
        return "", " ".join(text.split())
    subject, _, body = text.partition("\n")
    return subject, _GAPS.sub("\n\n", body).strip()


def _in_braces(name: str, _: Context) -> Iterator[str]:
    yield f"\n{{{name}}}\n"


def _parts(text: str, kind: str, channel: Channel, values: Values) -> dict[str, str]:
    """Write each part of the shipped message that a text has a placeholder for."""
    template = _template(kind, channel)
    context = template.new_context(dict(values))
    blocks = [name for name in named_in(text) if name in template.blocks]
    written = {name: "".join(template.blocks[name](context)).strip() for name in blocks}
    return {"day": values.get("day") or values.get("visit_day", ""), **written, **{name: values[name] for name in ALWAYS}}


def _short(write: Callable[[Values], str], values: Values) -> tuple[str, str] | None:
    """Write a text message in one line of plain spaces, with how to end the texts, as long as it may be."""
    known = {**values, **{name: shortest(values[name]) for name in _LINKS if values.get(name)}}
    for left_out in _RUNGS:
        some = {**known, **left_out}
        if "shortened" in left_out:
            some["name"] = shorten(values["name"], _SHORT_NAME, placeholder="...")
        text = plain(write(some))
        if some.get("stop", True):
            text = f"{text} {plain(values['say']('Reply STOP to end texts.'))}"
        if places(text) <= LONGEST_SMS:
            return "", text
    return None


def _tidy(text: str) -> str:
    return _GAPS.sub("\n\n", text).strip("\n") + "\n"


def _template(kind: str, channel: Channel) -> Template:
    folder = "letters/sms" if channel is Channel.SMS else "letters"
    return templates().get_template(f"{folder}/{words_kind(kind)}.txt")


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Give the shipped templates of messages."""
    return Environment(
        loader=FileSystemLoader(templates_directory()),
        autoescape=False,  # noqa: S701 -- plain text: a name is written as it is
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
