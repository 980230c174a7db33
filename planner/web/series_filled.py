"""A form's fields as they are shown: what is stored, or what was sent and refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from itertools import zip_longest
from typing import Any

from werkzeug.datastructures import MultiDict

from planner.domain.course import Preferences
from planner.domain.protocol import Protocol

_START, _END = time(), time(23, 59)


@dataclass(frozen=True)
class Filled:
    """A form's fields as they are shown: what is stored, or what was sent."""

    start: str = ""
    at: str = ""
    not_before: str = ""
    not_after: str = ""
    days: frozenset[str] = frozenset()
    away: Sequence[tuple[str, str]] = ()
    clinician: str = ""
    until: str = ""
    given: Sequence[tuple[str, str, str]] = ()


def filled_from(asked: Preferences, protocol: Protocol, today: date, horizon: date | None = None) -> Filled:
    """Show what is asked for."""
    days = {
        f"{index}-{weekday}"
        for index, phase in enumerate(protocol.phases)
        for weekday in asked.phase_weekdays.get(phase.name) or asked.weekdays or phase.weekdays
    }
    shifts = asked.hours.shifts if asked.hours else ()
    first = min((shift.start for shift in shifts), default=_START)
    last = max((shift.end for shift in shifts), default=_END)
    return Filled(
        start=max(asked.start, today).isoformat(),
        at=f"{asked.at:%H:%M}" if asked.at else "",
        not_before="" if first == _START else f"{first:%H:%M}",
        not_after="" if last == _END else f"{last:%H:%M}",
        days=frozenset(days),
        away=[(one.first_day.isoformat(), one.last_day.isoformat()) for one in asked.away],
        clinician=str(asked.clinician_id or ""),
        until=horizon.isoformat() if horizon else "",
    )


def first_filled(protocol: Protocol, today: date) -> Filled:
    """Propose the protocol's own weekdays from tomorrow on."""
    return replace(filled_from(Preferences(today), protocol, today), start=(today + timedelta(days=1)).isoformat())


def filled_as_sent(sent: MultiDict[str, str]) -> Filled:
    """Show what was sent, whatever it was."""
    names = ("start", "at", "not_before", "not_after", "clinician", "until")
    fields: dict[str, Any] = {name: sent.get(name, "") for name in names}
    away = zip_longest(sent.getlist("away_first"), sent.getlist("away_last"), fillvalue="")
    given = zip_longest(
        sent.getlist("given_phase"), sent.getlist("given_day"), sent.getlist("given_where"), fillvalue=""
    )  # fmt: skip
    return replace(
        Filled(**fields),
        days=frozenset(sent.getlist("days")), away=list(away)[:120], given=list(given)[:120],
    )  # fmt: skip
