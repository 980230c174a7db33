"""The text of a message, for whoever is about to cause it: "Tell the patient?" never hides what would be told."""

from collections.abc import Collection, Iterable

from planner.domain.course import AppointmentStatus
from planner.notify.letters import sample
from planner.notify.wording import (
    arrival_in_words,
    instant_in_words,
    instructions_in_words,
    provisional_in_words,
    wall_in_words,
)
from planner.services.booking import Scope
from planner.services.particulars import Particulars
from planner.web.render import zone

_LINK = "[a private link]"
"""What stands for a link that is made as the letter is sent."""


def letter_about(kind: str, about: Particulars, walls: Iterable[str] = ()) -> str | None:
    """Give the letter about moving an appointment (*moved*), or about *cancelled* ones; None without a letterhead."""
    if about.letterhead is None:
        return None
    if kind == "cancelled":
        gone = list(walls)
        facts: dict[str, object] = {"cancelled": [wall_in_words(one, zone()) for one in gone], "next": _next(about, gone)}
        return sample(kind, about.letterhead, facts)
    tentative = about.record.status is AppointmentStatus.TENTATIVE
    line = {
        "when": "[the new day and time]", "until": "[its end]", "before": wall_in_words(about.record.wall_start),
        "provisional": "yes" if tentative else "",
    }  # fmt: skip
    instructions = about.course.protocol.instructions if about.course and about.record.profile.dosing else ()
    before, arrive = instructions_in_words(instructions), arrival_in_words([about.record.profile])
    words = provisional_in_words(None) if tentative else ""
    facts = {"moved": [line], "before": before, "arrive": arrive, "provisional": words}
    ride = _LINK if about.record.profile.dosing else ""
    facts |= {"about": "[its day and time]", "come": _LINK, "ride": ride, "change": _LINK}
    return sample(kind, about.letterhead, facts)


def _next(about: Particulars, gone: Collection[str]) -> dict[str, str] | None:
    """Give the next of the course's appointments that stay, as far as the patient knows of them."""
    left = [one for one in about.scopes.get(Scope.COURSE, ()) if one.told_at and one.wall_start not in gone]
    first = min(left, key=lambda one: one.start_at, default=None)
    if first is None or about.course is None:
        return None
    provisional = "yes" if first.status is AppointmentStatus.TENTATIVE else ""
    return {"when": instant_in_words(first.start_at, zone()), "provisional": provisional}
