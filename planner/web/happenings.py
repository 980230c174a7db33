"""What people did to a course, in words: orders with what they replaced, and entries of the audit."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from planner.domain.errors import Fact
from planner.domain.protocol import Protocol
from planner.services.timelines import Happening
from planner.web import order_words

_MARKS = {
    "arrived": "arrived", "dosed": "given", "discharged": "left", "no-show": "no-show", "late-cancel": "cancelled late",
    "nothing-given": "nothing given",
}  # fmt: skip
_SCOPES = {"one": "", "later": ", with all later ones", "course": ", with the whole course"}
_UNDONE = {"move": "the move", "cancel": "the cancellation", "book-series": "the booking"}


def happening_words(one: Happening, protocol: Protocol) -> str:
    """Say in one line what was done in a course of *protocol*."""
    if one.order:
        about = order_words.order_words(one.about.content, protocol) if one.about else "an order"
        return order_words.order_words(one.order.content, protocol, _when(one), about)
    if one.entry is None:
        return ""
    words = _WORDS.get(one.entry.action)
    return words(one.entry.facts, _when(one)) if words else one.entry.action.replace("-", " ")


def was_words(one: Happening) -> str:
    """Say what an order replaced."""
    return order_words.was_words(one.order.content, one.order.previous) if one.order else ""


def reason_of(one: Happening) -> str:
    """Give the reason that was entered."""
    return (one.order.reason if one.order else one.entry.reason if one.entry else "") or ""


def _when(one: Happening) -> str:
    return wall_words(one.appointment.wall_start) if one.appointment else "an appointment"


def wall_words(wall: str) -> str:
    """Write a wall time, such as 2027-01-05T10:00, as "Tue 5 January 10:00"."""
    local = datetime.fromisoformat(wall)
    return f"{local:%a} {local.day} {local:%B %H:%M}"


def _begun(facts: Mapping[str, Fact], _: str) -> str:
    given = f", {facts['given']} given before" if facts.get("given") else ""
    return f"Begun by version {facts.get('protocol_version')} of the protocol{given}"


def _booked(facts: Mapping[str, Fact], _: str) -> str:
    count = facts.get("sessions")
    return f"Booked: {count} session{'' if count == 1 else 's'}"


def _booked_ahead(facts: Mapping[str, Fact], _: str) -> str:
    added, missing = facts.get("sessions"), facts.get("unplaced")
    return f"Booked ahead: {added} more" + (f", no place for {missing}" if missing else "")


def _moved(facts: Mapping[str, Fact], _: str) -> str:
    beyond = f" beyond {facts['overridden']}" if facts.get("overridden") else ""
    return f"Moved from {wall_words(str(facts['from']))} to {wall_words(str(facts['to']))}{beyond}"


def _cancelled(facts: Mapping[str, Fact], when: str) -> str:
    return f"Cancelled {when}{_SCOPES.get(str(facts.get('scope')), '')}"


def _undone(facts: Mapping[str, Fact], _: str) -> str:
    return f"Undone: {_UNDONE.get(str(facts.get('action')), 'a change')}"


def _attended(facts: Mapping[str, Fact], when: str) -> str:
    return f"{when}: {_MARKS.get(str(facts.get('mark')), 'recorded')}"


def _corrected(facts: Mapping[str, Fact], when: str) -> str:
    what = _MARKS.get(str(facts.get("mark")), "a mark")
    return f"{when}: {what!r} {'taken back' if facts.get('withdrawn') else 'corrected'}"


def _replied(facts: Mapping[str, Fact], when: str) -> str:
    return f"{when}: {'will come' if facts.get('kind') == 'come' else 'a ride is arranged'}, as the patient says"


def _asked(facts: Mapping[str, Fact], when: str) -> str:
    return f"Asked for another time instead of {when}" if facts.get("start") else f"Asked for a call about {when}"


_WORDS: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    "reply": _replied,
    "ask-change": _asked,
    "begin": _begun,
    "book-series": _booked,
    "book-visit": lambda _, when: f"Booked {when}",
    "adopt": lambda _, when: f"Took {when} into the course",
    "move": _moved,
    "anchor": lambda facts, _: f"Asks for {str(facts.get('weekdays')).replace(',', ' and ')} from now on",
    "cancel": _cancelled,
    "undo": _undone,
    "attend": _attended,
    "correct": _corrected,
    "extend": _booked_ahead,
    "take-up": lambda _, __: "Taken up again: the day until which it was held has come",
    "make-up": lambda _, when: f"Made up for {when}",
    "wait": lambda _, when: f"Put on the waitlist for earlier than {when}",
    "stop-waiting": lambda _, when: f"Taken off the waitlist: {when} stays",
    "offer": lambda _, when: f"Offered an earlier time instead of {when}",
    "decline": lambda _, when: f"An earlier time was declined: {when} stays",
    "expire": lambda _, when: f"The offer of an earlier time has run out: {when} stays",
}
