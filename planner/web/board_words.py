"""The board's words: what a state, a clock or something overdue is called. Words and shapes go together."""

from collections.abc import Callable, Mapping
from datetime import datetime

from planner.domain.attendance import MarkKind, Outcome
from planner.domain.contact import initials
from planner.domain.course import AppointmentStatus
from planner.domain.progress import Level, Next, State, What
from planner.services.board_cards import Card
from planner.web.render import clock_time

SHAPES = {
    State.DUE: "due", State.ARRIVED: "arrived", State.DOSING: "dosing", State.OBSERVING: "watch", State.READY: "ready",
    State.LEFT: "left", State.CANCELLED: "cancel", State.NO_SHOW: "stop",
}  # fmt: skip
"""The icon of each state."""
CLASSES = {
    State.DUE: "is-due", State.ARRIVED: "is-arrived", State.DOSING: "is-dosing", State.OBSERVING: "is-watch",
    State.READY: "is-ready", State.LEFT: "is-left is-done", State.CANCELLED: "is-off", State.NO_SHOW: "is-off is-missed",
}  # fmt: skip
"""How a visit of each state is drawn."""
STATES = {state: state.value for state in State} | {State.NO_SHOW: "did not come"}
"""What each state is called in a count."""
MODALITIES = {
    "esketamine-nasal": "Esketamine nasal spray", "ketamine-iv": "Ketamine, intravenous",
    "ketamine-im": "Ketamine, intramuscular", "ketamine-lozenge": "Ketamine lozenge",
    "ketamine-assisted-psychotherapy": "Assisted psychotherapy", "consultation": "Consultation",
}  # fmt: skip
_MARKS = {
    MarkKind.ARRIVED: "Arrived", MarkKind.DOSED: "Dosed", MarkKind.DISCHARGED: "Discharged",
    MarkKind.NO_SHOW: "Did not come", MarkKind.LATE_CANCEL: "Cancelled late", MarkKind.NOTHING_GIVEN: "Nothing given",
}  # fmt: skip
_OUTCOMES = {Outcome.LATE_CANCEL: "Cancelled late", Outcome.NOTHING_GIVEN: "Nothing given"}


def modality_words(modality: str) -> str:
    """Name a treatment; one that has no name of ours as the protocol writes it."""
    return MODALITIES.get(modality, modality.replace("-", " ").capitalize())


def mark_words(kind: MarkKind, card: Card) -> str:
    """Name a mark: a visit without a dose begins instead."""
    return "Begun" if kind is MarkKind.DOSED and not card.profile.dosing else _MARKS[kind]


def due_words(card: Card) -> str:
    """Name what is due next: "Check-in", "End of infusion"."""
    dosing = card.profile.dosing
    ending = "End of infusion" if card.notes == "infusion" else "End of dosing"
    names = {
        What.CHECK_IN: "Check-in", What.DOSE: "Dose" if dosing else "Begin", What.DOSE_END: ending,
        What.WATCH_END: "End of observation", What.DISCHARGE: "Discharge" if dosing else "End of visit",
        What.OUTCOME: "No outcome",
    }  # fmt: skip
    return names[card.next.what] if card.next else ""


def minutes_words(minutes: int) -> str:
    """Write "5 min", "99 min", "2 h": whoever needs the minutes of hours reads the time beside it."""
    return f"{minutes} min" if minutes < 100 else f"{round(minutes / 60)} h"


def in_words(due: Next) -> str:
    """Say how far away something due is: "in 15 min", "5 min over", "now"."""
    if due.over > 0:
        return f"{minutes_words(due.over)} over"
    return "now" if due.over == 0 else f"in {minutes_words(-due.over)}"


def is_tentative(card: Card) -> bool:
    """Whether a visit is still to come of which a review, that nobody has decided, says whether it takes place."""
    return card.status is AppointmentStatus.TENTATIVE and card.state is State.DUE


def shape(card: Card) -> str:
    """Name the icon of where a visit stands."""
    return "tent" if is_tentative(card) else SHAPES[card.state]


def foot(card: Card) -> str:
    """Say where a visit stands in a few words: "Due 11:45", "Discharge overdue 5 min", "Left 10:27"."""
    if card.next and card.next.what is What.OUTCOME:
        return f"No outcome, ended {clock_time(card.next.at)}"
    if card.next and card.level is Level.LATE:
        overdue = minutes_words(card.next.over)
        return f"Not here, {overdue} over" if card.state is State.DUE else f"{due_words(card)} overdue {overdue}"
    if is_tentative(card):
        return f"Tentative, due {clock_time(card.clocks.check_in)}"
    if card.needed_at:
        return f"{card.place.name if card.place else 'Place'} needed {clock_time(card.needed_at)}"
    return _standing(card)


def _standing(card: Card) -> str:
    if card.state in {State.LEFT, State.READY} and card.outcome is Outcome.NOTHING_GIVEN:
        return _left(card, "Nothing given")
    clocks = card.clocks
    words: Mapping[State, Callable[[], str]] = {
        State.DUE: lambda: f"Due {clock_time(clocks.check_in)}",
        State.ARRIVED: lambda: f"Arrived {_time(card.arrived_at)}",
        State.DOSING: lambda: f"{'Infusing' if card.notes == 'infusion' else 'Dosing'} to {clock_time(clocks.dose_end)}",
        State.OBSERVING: lambda: f"{'Observed' if card.profile.dosing else 'Here'} to {clock_time(clocks.watch_end)}",
        State.READY: lambda: f"Ready, out by {clock_time(clocks.out)}",
        State.LEFT: lambda: _left(card, "Left"),
        State.CANCELLED: lambda: _OUTCOMES.get(card.outcome, "Cancelled") if card.outcome else "Cancelled",
        State.NO_SHOW: lambda: "Did not come",
    }
    return words[card.state]()


def _left(card: Card, words: str) -> str:
    return f"{words} {_time(card.discharged_at)}" if card.discharged_at else words


def _time(instant: datetime | None) -> str:
    return clock_time(instant) if instant else ""


def brief(card: Card) -> str:
    """Say it in one short word for a phone; the time stands below it."""
    if is_tentative(card) and card.level is None:
        return "tent."
    if card.next is None:
        return {State.LEFT: "left", State.CANCELLED: "off", State.NO_SHOW: "no"}.get(card.state, "")
    return {
        What.CHECK_IN: "in", What.DOSE: "dose", What.DOSE_END: "end", What.WATCH_END: "end", What.DISCHARGE: "out",
        What.OUTCOME: "?",
    }[card.next.what]  # fmt: skip


def place_in_phase(card: Card) -> str:
    """Write "5 of 8", "5" of an open-ended phase, or nothing of a single visit."""
    if card.number is None:
        return ""
    return f"{card.number} of {card.total}" if card.total else str(card.number)


def spoken(card: Card, *, names: bool, standing: str) -> str:
    """Say a visit in one sentence, and where it stands, for whoever hears the page."""
    name = card.name if names else initials(card.name)
    number = f", session {place_in_phase(card)}" if card.number else ""
    place = f", {card.place.name}" if card.place else ""
    times = f"{clock_time(card.start)} to {clock_time(card.end)}"
    return f"{name}, {card.title}{number}{place}, {times}: {standing}"


def wall_of(text: object) -> str:
    """Write the wall time of an instant that is kept as text; nothing for nothing."""
    return clock_time(datetime.fromisoformat(str(text))) if text else ""


FILTERS = {
    "due_words": due_words, "in_words": in_words, "foot": foot, "brief": brief, "spoken": spoken,
    "place_in_phase": place_in_phase, "modality_words": modality_words, "mark_words": mark_words,
    "shape": shape, "is_tentative": is_tentative,
    "wall_of": wall_of,
}  # fmt: skip
GLOBALS = {"SHAPES": SHAPES, "CLASSES": CLASSES, "STATES": STATES}
