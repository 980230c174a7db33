"""How far a visit has got at an instant, and what comes next: its plan, run by the times that were really recorded.

A dose that is given late moves the end of observation with it; a patient who comes late moves the dose.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache

from planner.domain.attendance import MarkKind, Outcome
from planner.domain.course import AppointmentStatus
from planner.domain.span import MINUTE
from planner.domain.visit import VisitProfile

CARE = 5
"""Minutes over, from which what is due is late and no longer only to be looked after."""


class State(StrEnum):
    """Where a visit stands, in the order of a day."""

    DUE = "due"
    ARRIVED = "arrived"
    DOSING = "dosing"
    OBSERVING = "observing"
    READY = "ready"
    LEFT = "left"
    CANCELLED = "cancelled"
    NO_SHOW = "no-show"


OVER = frozenset({State.LEFT, State.CANCELLED, State.NO_SHOW})
"""The states in which nothing more is due."""


class Part(StrEnum):
    """What a step is to whoever looks at the day."""

    PREP = "prep"
    DOSE = "dose"
    WATCH = "watch"
    OUT = "out"
    TURN = "turn"


class Level(StrEnum):
    """How much a person must look after what is due."""

    LATE = "late"
    CARE = "care"


class What(StrEnum):
    """What is due next at a visit."""

    CHECK_IN = "check-in"
    DOSE = "dose"
    DOSE_END = "dose-end"
    WATCH_END = "watch-end"
    DISCHARGE = "discharge"
    OUTCOME = "outcome"


_ENDED = {AppointmentStatus.CANCELLED: State.CANCELLED, AppointmentStatus.NOSHOW: State.NO_SHOW}
_ACTIONS = {What.CHECK_IN: MarkKind.ARRIVED, What.DOSE: MarkKind.DOSED, What.DISCHARGE: MarkKind.DISCHARGED}


@dataclass(frozen=True)
class Plan:
    """A visit as a day shows it: its parts with their minutes, without the check-in; neighbours are never alike."""

    parts: tuple[tuple[Part, int], ...]

    @cached_property
    def minutes(self) -> Mapping[Part, int]:
        """Add up the minutes of each part."""
        return {kind: sum(minutes for part, minutes in self.parts if part is kind) for kind in Part}


@lru_cache(maxsize=1024)
def plan_of(steps: tuple[tuple[bool, bool, int], ...]) -> Plan:
    """Tell the parts apart, given for each step after the seat whether it doses, whether it is turnover, and its minutes.

    What follows the dose is observation but for its last step, the discharge; a visit without a dose is all observation.
    """
    doses = [index for index, (dose, _, _) in enumerate(steps) if dose]
    stays = [index for index, (_, turnover, _) in enumerate(steps) if not turnover]
    dose, last = doses[0] if doses else -1, stays[-1]
    joined: list[tuple[Part, int]] = []
    for index, (_, turnover, minutes) in enumerate(steps):
        part = _part(index, dose, last, turnover=turnover)
        before = joined.pop()[1] if joined and joined[-1][0] is part else 0
        joined.append((part, before + minutes))
    return Plan(tuple(joined))


def _part(index: int, dose: int, last: int, *, turnover: bool) -> Part:
    if turnover:
        return Part.TURN
    if index <= dose:
        return Part.DOSE if index == dose else Part.PREP
    return Part.OUT if 0 <= dose < last - 1 and index == last else Part.WATCH


def plan_parts(profile: VisitProfile) -> Plan:
    """Give a visit's parts."""
    return plan_of(profile.outline)


@dataclass(frozen=True)
class Happened:
    """What is known of a visit: its appointed time, its status, and what was recorded; instants are UTC."""

    start: datetime
    end: datetime
    status: AppointmentStatus = AppointmentStatus.BOOKED
    arrived_at: datetime | None = None
    dosed_at: datetime | None = None
    discharged_at: datetime | None = None
    outcome: Outcome | None = None
    infusion_end: datetime | None = None


@dataclass(frozen=True)
class Clocks:
    """When things are expected at a visit, counted from what was recorded as far as it was; instants are UTC."""

    check_in: datetime
    dose: datetime
    dose_end: datetime
    watch_end: datetime
    out: datetime


@dataclass(frozen=True)
class Next:
    """What is due next, when, and the mark that says it is done (None: there is more to enter than a moment)."""

    what: What
    at: datetime
    action: MarkKind | None = None
    level: Level | None = None
    over: int = 0
    """Whole minutes that it is over; below 0: minutes that remain."""


@dataclass(frozen=True)
class Progress:
    """Where a visit stands: its state, its clocks, and what is due next (None: nothing more)."""

    state: State
    clocks: Clocks
    next: Next | None = None


def progress_of(profile: VisitProfile, one: Happened, now: datetime) -> Progress:
    """Say where a visit stands at an instant."""
    clocks = clocks_of(profile, one)
    state = _state(one, clocks, now)
    return Progress(state, clocks, _next(profile, one, clocks, state, now))


def clocks_of(profile: VisitProfile, one: Happened) -> Clocks:
    """Count a visit's clocks: from the appointed time, then from the arrival if that was later, then from the dose."""
    plan = plan_parts(profile)
    seated = max(one.start, one.arrived_at or one.start)
    dose = one.dosed_at or seated + timedelta(minutes=plan.minutes[Part.PREP])
    dose_end = one.infusion_end or dose + timedelta(minutes=plan.minutes[Part.DOSE])
    watch_end = dose_end + timedelta(minutes=plan.minutes[Part.WATCH])
    out = one.discharged_at or watch_end + timedelta(minutes=plan.minutes[Part.OUT])
    return Clocks(one.start - timedelta(minutes=profile.lead_minutes), dose, dose_end, watch_end, out)


def _state(one: Happened, clocks: Clocks, now: datetime) -> State:
    if one.status in _ENDED:
        return _ENDED[one.status]
    if one.discharged_at or (one.outcome is Outcome.NOTHING_GIVEN and not one.arrived_at):
        return State.LEFT
    if one.outcome is None:
        return State.ARRIVED if one.arrived_at else State.DUE
    if one.dosed_at and now < clocks.dose_end:
        return State.DOSING
    return State.OBSERVING if one.dosed_at and now < clocks.watch_end else State.READY


def _next(profile: VisitProfile, one: Happened, clocks: Clocks, state: State, now: datetime) -> Next | None:
    if state in OVER:
        return None
    if one.outcome is None and now >= one.end:
        return _due(What.OUTCOME, one.end, one, now)
    if one.outcome is Outcome.NOTHING_GIVEN:
        return _due(What.DISCHARGE, one.end, one, now)
    what, at = {
        State.DUE: (What.CHECK_IN, clocks.check_in),
        State.ARRIVED: (What.DOSE, clocks.dose),
        State.DOSING: (What.DOSE_END, clocks.dose_end),
        State.OBSERVING: (What.WATCH_END, clocks.watch_end),
        State.READY: (What.DISCHARGE, clocks.out),
    }[state]
    if state is State.OBSERVING and not profile.dosing:
        what = What.DISCHARGE  # there is nothing to watch for: whoever has finished may leave
    return _due(what, at, one, now)


def _due(what: What, at: datetime, one: Happened, now: datetime) -> Next:
    over = (now - at) // MINUTE
    level = None
    if what is What.OUTCOME:
        level = Level.LATE
    elif over > 0:
        is_late = now > one.start if what is What.CHECK_IN else over >= CARE
        level = Level.LATE if is_late else Level.CARE
    return Next(what, at, _ACTIONS.get(what), level, over)
