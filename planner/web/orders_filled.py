"""The form of an order as it is first shown: filled with what holds now."""

from collections.abc import Iterator, Mapping
from typing import Any

from planner.domain.errors import InvalidMove
from planner.domain.protocol import Phase
from planner.services.outlook import Outlook
from planner.services.timelines import Timeline
from planner.web.order_words import observed
from planner.web.orders_forms import FORMS


def present(kind: str, found: Outlook, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Fill a form with what holds now; *asked* are values that an address gives. Raises InvalidMove where none can be."""
    whole = found.whole
    filled: dict[str, Any] = dict(_phase_values(kind, found, asked.get("phase")))
    if kind in {"skip", "override"} and not found.sessions:
        raise InvalidMove("no session of this course is still to come")
    if kind == "override":
        one = next((one for one in found.sessions if str(one.id) == asked.get("appointment_id")), found.sessions[0])
        filled |= {"appointment_id": str(one.id), "day": one.wall_start[:10], "time": one.wall_start[11:]}
    if kind == "take-back":
        if whole.latest is None:
            raise InvalidMove("no order stands that could be taken back")
        filled["order_id"] = str(whole.latest)
    if kind in {"re-induce", "switch"}:
        filled |= _succession(kind, found)
    filled |= {"resume": {"day": whole.today.isoformat()}, "extend": {"sessions": "1"},
               "observation": {"minutes": str(observed(whole.course.protocol))}}.get(kind, {})  # fmt: skip
    return {**filled, **asked}


def _succession(kind: str, found: Outlook) -> dict[str, Any]:
    """Begin today at the time of now; by the same protocol, on the weekdays of its first phase."""
    asked, first = found.whole.course.preferences, found.published.phases[0]
    weekdays = asked.phase_weekdays.get(first.name) or asked.weekdays or first.weekdays
    return {
        "start": found.whole.today.isoformat(), "at": f"{asked.at:%H:%M}" if asked.at else "",
        "weekdays": [str(day) for day in weekdays] if kind == "re-induce" else [],
    }  # fmt: skip


def _phase_values(kind: str, found: Outlook, name: str | None) -> Iterator[tuple[str, Any]]:
    """Fill in the phase that an order is about, and how it is spaced, given and dated now."""
    phases = open_phases(kind, found.whole)
    if "phase" not in FORMS[kind].model_fields:
        return
    if not phases:
        raise InvalidMove("the course has no phase to which this could apply")
    asked = found.whole.course.preferences
    phase = next((one for wanted in (name, found.whole.phase.name) for one in phases if one.name == wanted), phases[0])
    weekdays = asked.phase_weekdays.get(phase.name) or asked.weekdays
    if kind == "pattern":
        yield from (("weekdays", [str(day) for day in weekdays]), ("at", f"{asked.at:%H:%M}" if asked.at else ""))
        return
    yield "phase", phase.name
    days = phase.spacing.target_days
    yield from (("every", str(days if days % 7 else days // 7)), ("unit", "days" if days % 7 else "weeks"))
    yield "visit", phase.visits[-1]


def open_phases(kind: str, whole: Timeline) -> tuple[Phase, ...]:
    """List the phases that an order of a kind can be about: the last that has begun, and those after it."""
    course, begun = whole.course, {one.phase for one in whole.given}
    phases = course.protocol.phases
    phases = phases[max((at for at, one in enumerate(phases) if one.name in begun), default=0) :]
    if kind == "extend":
        return tuple(one for one in phases if one.sessions is not None)
    if kind == "dose":
        return tuple(one for one in phases if course.protocol.doses(one))
    if kind == "continue":
        return tuple(one for one in course.protocol.phases if one.review and one.name not in course.reviewed)
    return phases


def extendable(whole: Timeline) -> bool:
    """Tell whether a course has a phase left that an order can make longer."""
    return bool(open_phases("extend", whole))
