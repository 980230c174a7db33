"""A session of an induction that was missed: what could be booked in its place, and why not. No other date ever moves.

It counts for nothing: neither towards the series nor for spacing, which is counted from the last one that was given. What
is proposed is the cheapest start by the planner's own costs; of two as cheap, the later, as in a plan.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from planner.domain.clinic import MissedPolicy
from planner.domain.course import Booked
from planner.domain.errors import Code, Violation
from planner.domain.inserting import Fit, Place, fits, places, sessions, unbounded
from planner.domain.nearest import same_wall
from planner.domain.occupancy import Occupancy
from planner.domain.plan import PlanRequest
from planner.domain.rules import check_slot
from planner.domain.spacing import week_anchor
from planner.domain.span import local_day

CLOSE_DAYS = 14
"""Two misses within so many days, the first and the last included, are worth a clinician's look."""


class Choice(StrEnum):
    """What can be done about a missed session: in its own treatment week, or after the last one that is booked."""

    MAKE_UP = "make-up"
    APPEND = "append"


@dataclass(frozen=True)
class Miss:
    """A session that was missed: its phase, and the start at which it was booked (UTC)."""

    phase: str
    start: datetime


@dataclass(frozen=True)
class Tried:
    """A start (UTC) that was looked at, at the time of day of what was missed, and all that it breaks."""

    start: datetime
    violations: tuple[Violation, ...]


@dataclass(frozen=True)
class Remedy:
    """One choice as it would be booked (*fit*), or the days that were *tried* in vain.

    *blocker*: the booked session in whose way it is, where that is all, and *free_from* the local day from which on that
    one would leave room.
    """

    choice: Choice
    fit: Fit | None = None
    request: PlanRequest | None = None
    tried: tuple[Tried, ...] = ()
    blocker: Booked | None = None
    free_from: date | None = None


def close_misses(days: Iterable[date]) -> tuple[date, ...]:
    """Give the latest two misses that lie within fourteen days, both days included; nothing where no two do."""
    found = sorted(days)
    pairs = [(one, two) for one, two in pairwise(found) if (two - one).days < CLOSE_DAYS]
    return pairs[-1] if pairs else ()


def proposed(policy: MissedPolicy, found: Sequence[Remedy]) -> Choice | None:
    """Say what the clinic's policy proposes; None where a clinician chooses, or where it is not possible."""
    possible = {one.choice for one in found if one.fit}
    wanted = {MissedPolicy.MAKE_UP: (Choice.MAKE_UP, Choice.APPEND), MissedPolicy.APPEND: (Choice.APPEND,)}
    return next((one for one in wanted.get(policy, ()) if one in possible), None)


def lacking(request: PlanRequest, phase_name: str) -> int:
    """Count the sessions of a phase that are neither given nor booked: what there is to make up."""
    phase = request.protocol.phase(phase_name)
    if phase is None or phase.sessions is None:
        return 0
    known = [one.phase for one in request.given] + [one.phase for one in sessions(request)]
    return max(0, phase.sessions - known.count(phase_name))


def remedies(request: PlanRequest, occupancy: Occupancy, miss: Miss) -> tuple[Remedy, ...]:
    """Give both choices; the occupancy holds all that is booked, the course's own sessions too."""
    return tuple(remedy(request, occupancy, miss, choice) for choice in Choice)


def remedy(
    request: PlanRequest, occupancy: Occupancy, miss: Miss, choice: Choice, at: datetime | None = None
) -> Remedy:
    """Give one choice at its cheapest; *at*: at this start (UTC) and no other."""
    found = [_only(one, at) if at else one for one in _places(request, miss, choice)]
    best = min(((fit, one) for one in found for fit in fits(one, occupancy)), key=lambda pair: pair[0].rank, default=None)
    if best:
        return Remedy(choice, best[0], best[1].request)
    tried = tuple(one for gap in found for one in _tried(gap, occupancy, miss))
    return _blocked(Remedy(choice, tried=tried), found[-1:] if choice is Choice.APPEND else (), occupancy)


def _only(into: Place, at: datetime) -> Place:
    """Give a place in which only one start will do."""
    return replace(into, request=replace(into.request, pinned={**into.request.pinned, into.wanted.number: at}))


def _places(request: PlanRequest, miss: Miss, choice: Choice) -> Iterator[Place]:
    """List the places within the treatment week, or the one after the last session of the phase."""
    phases = [phase.name for phase in request.protocol.phases]
    booked, rank = sessions(request), phases.index(miss.phase)
    first = next((at for at, one in enumerate(booked) if phases.index(one.phase) >= rank), len(booked))
    last = next((at for at, one in enumerate(booked) if phases.index(one.phase) > rank), len(booked))
    if choice is Choice.APPEND:
        yield from places(request, miss.phase, last, last)
        return
    anchor, day = week_anchor(request), local_day(miss.start, request.clinic.zone).toordinal()
    monday = day - (day - anchor) % 7
    for one in places(request, miss.phase, first, last):
        days = range(max(one.days.start, monday), min(one.days.stop, monday + 7))
        if days:
            yield replace(one, days=days)


def _tried(into: Place, occupancy: Occupancy, miss: Miss) -> Iterator[Tried]:
    """Say of each day what is in the way of it, at the time of day of what was missed; of a closed day, only that."""
    for day in into.days:
        start = same_wall(miss.start, day, into.request.clinic.zone)
        found = check_slot(into.request, occupancy, into.wanted, start, into.around)
        shut = [one for one in found if one.code is Code.CLOSED]
        yield Tried(start, tuple(shut or found))


def _blocked(empty: Remedy, found: Sequence[Place], occupancy: Occupancy) -> Remedy:
    """Find whether the session after it is all that is in the way, and from which day on it would not be."""
    for one in found:
        best = min(fits(unbounded(one), occupancy), key=lambda fit: fit.placed.start, default=None)
        if best and one.around.after:
            day = local_day(best.placed.start, one.request.clinic.zone)
            free_from = day + timedelta(days=one.around.after[1].pace.rule.min_days)
            return replace(empty, blocker=one.after, free_from=free_from)
    return empty
