"""The text of a message, for whoever is about to cause it: "Tell the patient?" never hides what would be told."""

from collections.abc import Collection, Iterable
from datetime import datetime

from planner.domain.course import AppointmentStatus
from planner.domain.reaching import Language
from planner.languages.speech import Speech
from planner.notify.wording import (
    arrival_in_words,
    former_in_words,
    instant_in_words,
    instructions_in_words,
    provisional_in_words,
    wall_in_words,
)
from planner.services.booking import Scope
from planner.services.particulars import Particulars
from planner.web.render import zone
from planner.web.telling import link_stand_ins, told, would_say

_NEW = "[the new day and time]"


def letter_about(kind: str, about: Particulars, walls: Iterable[str] = ()) -> str | None:
    """Give the letter about moving an appointment (*moved*), or about *cancelled* ones; None without a letterhead."""
    if about.letterhead is None:
        return None
    language = told(about.patient.id).language
    facts = _cancelled(about, list(walls), language) if kind == "cancelled" else _moved(about, language)
    return would_say(kind, about.patient.id, about.letterhead, facts)


def _cancelled(about: Particulars, gone: Collection[str], language: Language) -> dict[str, object]:
    speech = Speech(language, zone())
    return {
        "cancelled": [wall_in_words(one, zone(), language) for one in gone], "next": _next(about, gone, language),
        "brief": [speech.brief(datetime.fromisoformat(one).replace(tzinfo=zone())) for one in gone],
    }  # fmt: skip


def _moved(about: Particulars, language: Language) -> dict[str, object]:
    tentative, dosing = about.record.status is AppointmentStatus.TENTATIVE, about.record.profile.dosing
    line = {
        "when": _NEW, "until": "[its end]", "before": former_in_words(about.record.wall_start, zone(), language),
        "provisional": "yes" if tentative else "",
    }  # fmt: skip
    instructions = about.course.protocol.instructions if about.course and dosing else ()
    return {
        "moved": [line], "brief": [_NEW], "before": instructions_in_words(instructions, language),
        "arrive": arrival_in_words([about.record.profile], language),
        "provisional": provisional_in_words(None, zone(), language) if tentative else "",
        **link_stand_ins("[its day and time]", language, dosing=dosing),
    }  # fmt: skip


def _next(about: Particulars, gone: Collection[str], language: Language) -> dict[str, str] | None:
    """Give the next of the course's appointments that stay, as far as the patient knows of them."""
    left = [one for one in about.scopes.get(Scope.COURSE, ()) if one.told_at and one.wall_start not in gone]
    first = min(left, key=lambda one: one.start_at, default=None)
    if first is None or about.course is None:
        return None
    provisional = "yes" if first.status is AppointmentStatus.TENTATIVE else ""
    return {"when": instant_in_words(first.start_at, zone(), language), "provisional": provisional}
