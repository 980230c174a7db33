"""Orders in words: what each asks for, and what it replaced."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from planner.domain.clinic import WEEKDAYS
from planner.domain.orders import (
    ChangeDose,
    ChangeObservation,
    ChangePattern,
    ChangeSpacing,
    Continue,
    DeclineSuggestion,
    EndPhase,
    Extend,
    Hold,
    Order,
    OverrideSpacing,
    Resume,
    Skip,
    Stop,
    Succeed,
    TakeBack,
)
from planner.domain.protocol import Protocol, SpacingRule
from planner.domain.terms import Terms, observation_of
from planner.domain.visit import VisitProfile
from planner.web.render import day_brief, stamp

TITLES: Mapping[str, str] = {
    "spacing": "Change the interval", "pattern": "Days and time", "dose": "Dose", "observation": "Observation",
    "skip": "Skip one session", "extend": "Extend", "end-phase": "End a phase", "hold": "Hold", "resume": "Resume",
    "stop": "Stop the course", "re-induce": "Re-induce", "switch": "Switch",
    "override": "Override the spacing of one session",
    "continue": "Continue after the review", "take-back": "Take an order back",
}  # fmt: skip
"""The pages of orders, by the word in their addresses."""


def every_words(days: int) -> str:
    """Say an interval: "every 2 weeks", "every 10 days", "every day"."""
    if days == 1:
        return "every day"
    if days % 7:
        return f"every {days} days"
    return "every week" if days == 7 else f"every {days // 7} weeks"


def spacing_words(rule: SpacingRule) -> str:
    """Say how a phase is spaced: "every 2 weeks, 10 to 18 days"."""
    every = every_words(rule.target_days)
    return every if rule.min_days == rule.max_days else f"{every}, {rule.min_days} to {rule.max_days} days"


def phase_words(protocol: Protocol, name: str) -> str:
    """Name a phase by its title."""
    phase = protocol.phase(name)
    return (phase and phase.title) or name


def weekday_words(weekdays: Sequence[int]) -> str:
    """Name weekdays: "Tue and Thu"; no weekday is any."""
    return " and ".join(WEEKDAYS[day] for day in sorted(weekdays)) or "any weekday"


def dose_words(visit: VisitProfile) -> str:
    """Name a dosing visit with its length."""
    return f"{visit.title}, {visit.minutes} min"


def order_words(order: Order, protocol: Protocol, when: str = "one session", about: str = "an order") -> str:
    """Say in a few words what an order asks for; *when* is its appointment, *about* the order that it takes back."""
    match order:
        case Skip():
            return f"Skip {when}"
        case OverrideSpacing():
            return f"Spacing overruled for one session: {stamp(order.start)}"
        case TakeBack():
            return f"Taken back: {about[:1].lower()}{about[1:]}"
        case _:
            return _WORDS[type(order)](order, protocol)


def _pattern(order: ChangePattern, protocol: Protocol) -> str:
    days = weekday_words(order.weekdays) if order.weekdays or order.phase else ""
    said = ", ".join(part for part in (days, f"{order.at:%H:%M}" if order.at else "") if part)
    return f"{phase_words(protocol, order.phase) if order.phase else 'All phases'}: {said or 'as before'}"


def _dose(order: ChangeDose, protocol: Protocol) -> str:
    visit = protocol.visits.get(order.visit)
    return f"{phase_words(protocol, order.phase)}: {visit.title if visit else order.visit} from now on"


def _extend(order: Extend, protocol: Protocol) -> str:
    return f"{phase_words(protocol, order.phase)}: {order.sessions} session{'s' if order.sessions > 1 else ''} more"


def _succeed(order: Succeed, protocol: Protocol) -> str:
    kind = "Re-induction" if order.protocol == protocol.name else f"Switched to {order.protocol}"
    return f"{kind} from {day_brief(order.start)}"


_WORDS: Mapping[type, Callable[[Any, Protocol], str]] = {
    ChangeSpacing: lambda order, protocol: f"{phase_words(protocol, order.phase)}: {spacing_words(order.spacing)}",
    ChangePattern: _pattern,
    ChangeDose: _dose,
    ChangeObservation: lambda order, _: f"Observe {order.minutes} min after each dose",
    Extend: _extend,
    EndPhase: lambda order, protocol: f"{phase_words(protocol, order.phase)} ended",
    Hold: lambda order, _: f"On hold until {day_brief(order.until)}" if order.until else "On hold until cleared",
    Resume: lambda order, _: f"Resumed from {day_brief(order.day)}",
    Stop: lambda _, __: "Course stopped",
    Continue: lambda order, protocol: f"Continued after the review of {phase_words(protocol, order.phase)}",
    Succeed: _succeed,
    DeclineSuggestion: lambda _, __: "Suggestion declined",
}


def was_words(order: Order, previous: Terms) -> str:
    """Say what an order replaced, in the same words; nothing where it replaced nothing."""
    words = _FORMER.get(type(order))
    return words(order, previous) if words else ""


def _former_spacing(order: ChangeSpacing, previous: Terms) -> str:
    phase = previous.protocol.phase(order.phase)
    return spacing_words(phase.spacing) if phase else ""


def _former_dose(order: ChangeDose, previous: Terms) -> str:
    phase = previous.protocol.phase(order.phase)
    return previous.protocol.visits[phase.visits[-1]].title if phase else ""


def _former_length(order: Extend | EndPhase, previous: Terms) -> str:
    phase = previous.protocol.phase(order.phase)
    return "" if phase is None else "open-ended" if phase.sessions is None else f"{phase.sessions} sessions"


def _former_pattern(order: ChangePattern, previous: Terms) -> str:
    asked = previous.preferences
    weekdays = asked.phase_weekdays.get(order.phase or "") or asked.weekdays
    time = f", {asked.at:%H:%M}" if order.at and asked.at else ", any time" if order.at else ""
    return f"{weekday_words(weekdays)}{time}"


def observed(protocol: Protocol) -> int:
    """Give for how many minutes a dose is observed: the longest of the protocol's visits."""
    return max((one.steps[observation_of(one)].minutes for one in protocol.visits.values() if one.dosing), default=0)


def status_words(terms: Terms) -> str:
    """Say how a course stands: "active", "on hold until 5 May 2027", "on hold until cleared"."""
    words = str(terms.status.value).replace("-", " ")
    if words != "on hold":
        return words
    return f"on hold until {day_brief(terms.resumes_on)}" if isinstance(terms.resumes_on, date) else "on hold until cleared"


_FORMER: Mapping[type, Callable[[Any, Terms], str]] = {
    ChangeSpacing: _former_spacing,
    ChangePattern: _former_pattern,
    ChangeDose: _former_dose,
    ChangeObservation: lambda _, previous: f"{observed(previous.protocol)} min",
    Extend: _former_length,
    EndPhase: _former_length,
    Hold: lambda _, previous: status_words(previous),
    Resume: lambda _, previous: status_words(previous),
}
