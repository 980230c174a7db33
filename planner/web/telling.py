"""What a patient would be told, before there is a message: in their language, for their channel, in the clinic's words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import g

from planner.domain.channels import Channel
from planner.domain.reaching import Language
from planner.domain.reminders import asks_again_at
from planner.domain.span import local_day
from planner.notify.letters import sample
from planner.notify.linking import STAND_IN
from planner.notify.wording import instant_in_words
from planner.services.settings import Letterhead
from planner.services.telling import Telling, telling
from planner.web.asking import context, parts
from planner.web.render import stamp, zone

_WAYS: Mapping[Channel, str] = {
    Channel.MAIL: "By mail", Channel.SMS: "By text message", Channel.PHONE: "By phone: a task for the desk",
    Channel.PRINT: "On paper: a task for the desk",
}  # fmt: skip
_LANGUAGES: Mapping[Language, str] = {Language.ENGLISH: "English", Language.SPANISH: "Spanish"}


def told(patient_id: UUID) -> Telling:
    """Say how a patient would be told; asked once for each page."""
    kept: dict[UUID, Telling] = g.setdefault("told", {})
    if patient_id not in kept:
        kept[patient_id] = telling(context(), patient_id=patient_id, configured=parts().post.transports.keys())
    return kept[patient_id]


def told_how(patient_id: UUID) -> str:
    """Say it in a line: "By mail, in English"; and when, where that is not at once."""
    how = told(patient_id)
    line = f"{_WAYS[how.channel]}, in {_LANGUAGES[how.language]}"
    if how.waits_until is None:
        return line
    return f"{line}, when the quiet hours are over: {stamp(how.waits_until)} (where that is too late, a task to phone)"


def would_say(kind: str, patient_id: UUID, letterhead: Letterhead, facts: Mapping[str, Any]) -> str:
    """Give the text of a message as it would be sent, its subject first; empty for a text that cannot be made to fit."""
    how = told(patient_id)
    subject, text = sample(kind, letterhead, facts, how.language, how.written, how.words.get(kind))
    return f"{subject}\n\n{text}" if subject else text


def link_stand_ins(first: datetime | str, language: Language, *, dosing: bool) -> dict[str, object]:
    """Give what stands for the links of a letter, which are about its first visit (UTC, or in words where it is not known).

    A text about a visit that no reminder asks for a ride any more asks for it at once.
    """
    links = {"come": STAND_IN, "ride": STAND_IN if dosing else "", "change": STAND_IN}
    if isinstance(first, str):
        return {"about": first, **links}
    soon = dosing and parts().clock() >= asks_again_at(local_day(first, zone()), zone())
    asked = {"dosing": True, "has_ride": False} if soon else {}
    return {"about": instant_in_words(first, zone(), language), **links, **asked}
