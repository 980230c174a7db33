"""One session moved by hand in a plan that is only shown: what then is pinned, or every rule that the new start breaks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from planner.domain.errors import Code, InvalidValue, Violation
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Plan, PlanRequest
from planner.domain.planning import plan
from planner.domain.rules import Around, check_slot, nearest_start
from planner.domain.spacing import Wanted, wanted_sessions
from planner.domain.span import local_day


@dataclass(frozen=True)
class Edit:
    """A start (UTC) by hand for the session of this number. *keep*: the others stay where they are shown; else they flow."""

    number: int
    start: datetime
    keep: bool = False


@dataclass(frozen=True)
class Edited:
    """What is pinned after an edit; or, where *violations* is not empty, why not, and the nearest start that works."""

    pinned: Mapping[int, datetime]
    violations: tuple[Violation, ...] = ()
    nearest: datetime | None = None


def edited(request: PlanRequest, occupancy: Occupancy, found: Plan, edit: Edit) -> Edited:
    """Try a start in the plan that is shown; raises InvalidValue for a session that it does not have."""
    wanted = {one.number: one for one in wanted_sessions(request, found.wanted)[: found.wanted]}
    if edit.number not in wanted:
        raise InvalidValue("number", "is no session of this plan")
    pinned = dict(request.pinned)
    if edit.keep:
        pinned |= {placed.number: placed.start for placed in found.placed}
    pinned[edit.number] = edit.start
    again = plan(replace(request, pinned=pinned), occupancy)
    needed = max(len(found.placed), edit.number - len(request.given))
    if again.complete or len(again.placed) >= needed:
        return Edited(pinned)
    if request.relaxation.hours_minutes:
        occupancy = occupancy.under(request.clinic, extend=request.relaxation.hours_minutes)
    one, around = wanted[edit.number], _around(request, found, wanted, edit.number)
    violations = check_slot(request, occupancy, one, edit.start, around)
    if not violations:
        violations = [Violation(Code.STRANDS, {"placed": len(again.placed), "wanted": needed})]
    return Edited(pinned, tuple(violations), nearest_start(request, occupancy, one, edit.start, around))


def _around(request: PlanRequest, found: Plan, wanted: Mapping[int, Wanted], number: int) -> Around:
    """Give the sessions before and after one, as they are shown, and the days of all others of its class."""
    zone, protocol = request.clinic.zone, request.protocol
    days = {placed.number: local_day(placed.start, zone).toordinal() for placed in found.placed}
    given = request.given[-1].day.toordinal() if request.given else None
    others = [day for other, day in days.items() if other != number and wanted[other].dosing == wanted[number].dosing]
    for one in request.given:
        phase = protocol.phase(one.phase)
        if phase and protocol.doses(phase) == wanted[number].dosing:
            others.append(one.day.toordinal())
    after = (days[number + 1], wanted[number + 1]) if number + 1 in days else None
    return Around(days.get(number - 1, given), after, tuple(others))
