"""Who drifts: a course whose next dose is booked after its maximum gap, or not at all; and the times that still fit.

Days are local. A course without a dose is held against the day it was asked for, and the days within which a course begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from planner.domain.bitmaps import instant_of
from planner.domain.choices import Choices
from planner.domain.occupancy import Occupancy
from planner.domain.plan import PlanRequest
from planner.domain.rules import Around, check_spacing
from planner.domain.spacing import Wanted, bounds_of, is_legal, wanted_sessions


@dataclass(frozen=True)
class Drift:
    """A course that will pass its maximum gap, or has: the last day that keeps it, and the last that may be booked at all.

    *last*: the day of the last session given. *booked*: the day of the next one, if there is one. *days_over*: by how many
    days that passes the deadline, or where nothing is booked, today does; 0 while there is still time. *passed*: the last
    day that may be booked is behind.
    """

    phase: str
    last: date | None
    deadline: date
    hard_end: date
    booked: date | None
    days_over: int
    passed: bool


class Way(StrEnum):
    """What an order can do for a course for which no time, or none in time, fits."""

    RESUME = "resume"
    SPACING = "spacing"


@dataclass(frozen=True)
class Opening:
    """A start (UTC) at which the next session keeps every rule, and that of what follows it; *in_time*: by the deadline."""

    start: datetime
    linked_start: datetime | None
    in_time: bool


def drift_of(request: PlanRequest, asked: date, booked: date | None, today: date) -> Drift | None:
    """Say how a course drifts; None where the next session lies in time, or nothing more is wanted.

    *asked*: the day from which the course was asked for. *booked*: the day of its next session.
    """
    wanted = next(iter(wanted_sessions(request, 1)), None)
    if wanted is None:
        return None
    last = request.given[-1].day if request.given else None
    within = wanted.pace.rule.max_days if last else request.clinic.first_within_days
    deadline = (last or asked) + timedelta(days=within)
    if booked and booked <= deadline:
        return None
    hard_end = deadline + timedelta(days=request.clinic.overrun_days)
    over = max(0, ((booked or today) - deadline).days)
    return Drift(wanted.phase.name, last, deadline, hard_end, booked, over, today > hard_end)


def openings_for(
    drift: Drift, request: PlanRequest, occupancy: Occupancy, wanted: Wanted, around: Around, count: int = 3
) -> tuple[Opening, ...]:
    """Find the next times at which the session keeps every rule and comes sooner than it is booked, one a day at most.

    *occupancy* leaves out the session's own appointment.
    """
    asked, bounds = request.preferences, bounds_of(request)
    choices = Choices(replace(request, pinned={}, standing=()), occupancy, asked.clinician_id)
    found: list[Opening] = []
    for day in _days(drift, asked.start, wanted):
        if around.before is not None and not is_legal(wanted.pace, around.before, day.toordinal(), bounds):
            continue
        opening = _on(choices, request, wanted, around, day)
        found += [replace(opening, in_time=day <= drift.deadline)] if opening else []
        if len(found) == count:
            break
    return tuple(found)


def _days(drift: Drift, first: date, wanted: Wanted) -> Iterator[date]:
    """Go through the days that may do: not before the minimum gap, not past the end, and sooner than what is booked."""
    if drift.last:
        first = max(first, drift.last + timedelta(days=wanted.pace.rule.min_days))
    last = min(drift.hard_end, drift.booked - timedelta(days=1)) if drift.booked else drift.hard_end
    for ahead in range((last - first).days + 1):
        yield first + timedelta(days=ahead)


def _on(choices: Choices, request: PlanRequest, wanted: Wanted, around: Around, day: date) -> Opening | None:
    option, zone = choices.on(wanted, day.toordinal()), request.clinic.zone
    if option is None:
        return None
    start = instant_of(day, option.slot, zone)
    if check_spacing(request, wanted, start, around):
        return None
    linked = option.linked
    follows = instant_of(date.fromordinal(linked.day), linked.slot, zone) if linked else None
    return Opening(start, follows, in_time=False)


def ways_out(drift: Drift, openings: tuple[Opening, ...]) -> tuple[Way, ...]:
    """Say which orders help where no time does, or none that comes in time."""
    if any(one.in_time for one in openings):
        return ()
    if openings:
        return (Way.SPACING,)
    return (Way.RESUME, Way.SPACING) if drift.last else (Way.SPACING,)
