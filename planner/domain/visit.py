"""One visit: its steps from seat to turnover, and what each step needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from planner.domain.errors import InvalidValue

SLOT = 5
"""Minutes that one bit of availability stands for; steps last whole multiples of it."""
START_MINUTES = 15
"""How long one dose start keeps a starter: dose starts are staggered."""


class Mode(StrEnum):
    """How a step needs something."""

    HOLD = "hold"
    PRESENCE = "presence"
    START = "start"


@dataclass(frozen=True)
class Need:
    """Units of one resource held (hold), somebody of the kind on shift (presence), or a starter's quarter hour (start).

    *steady*: consecutive steps that ask for the kind keep the same resource (a pump, a therapist).
    """

    kind: str
    mode: Mode = Mode.HOLD
    units: int = 1
    steady: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.units <= 100:
            raise InvalidValue("units", "must be between 1 and 100")
        if self.mode is not Mode.HOLD and (self.units != 1 or self.steady):
            raise InvalidValue("units", f"a {self.mode} need holds nothing, so it has no units and is not steady")


@dataclass(frozen=True)
class Step:
    """A part of a visit. *lead*: before the appointed time, at the desk, holding nothing. *dose*: the administration.

    *after_hours*: may run past closing. *turnover*: the patient has left; only the place is still held.
    """

    name: str
    minutes: int
    needs: tuple[Need, ...] = ()
    lead: bool = False
    dose: bool = False
    turnover: bool = False
    after_hours: bool = False

    def __post_init__(self) -> None:
        if not SLOT <= self.minutes <= 12 * 60 or self.minutes % SLOT:
            raise InvalidValue("minutes", f"{self.minutes} is not a multiple of {SLOT} between {SLOT} and 720")
        if self.lead and (self.needs or self.dose or self.turnover):
            raise InvalidValue("lead", "a step before the appointed time holds nothing")


@dataclass(frozen=True)
class Requirement:
    """A need laid out in time: *minutes* long from *offset* minutes after the appointed time."""

    kind: str
    mode: Mode
    units: int
    offset: int
    minutes: int
    step: str


@dataclass(frozen=True)
class VisitProfile:
    """What one kind of visit consists of. *place* is the kind held from seat to the end of turnover, the same one."""

    name: str
    title: str
    steps: tuple[Step, ...]
    place: str | None = None

    def __post_init__(self) -> None:
        if not self._held:
            raise InvalidValue("steps", "a visit needs at least one step")
        if any(step.lead for step in self.steps[len(self.steps) - len(self._held) :]):
            raise InvalidValue("steps", "the steps before the appointed time come first")
        if sum(step.dose for step in self.steps) > 1:
            raise InvalidValue("steps", "a visit has at most one dose step")
        pairs = list(pairwise(self._held))
        if self._held[0].turnover or any(one.turnover and not following.turnover for one, following in pairs):
            raise InvalidValue("steps", "turnover comes last, after the patient has left")
        if any(one.after_hours and not following.after_hours for one, following in pairs):
            raise InvalidValue("steps", "only the last steps may run past closing")
        if self.held_minutes > 24 * 60:
            raise InvalidValue("steps", "a visit ends on the day it starts")
        self._check_one_need_of_a_kind()

    def _check_one_need_of_a_kind(self) -> None:
        for step in self._held:
            kinds = [(need.kind, need.mode) for need in step.needs]
            kinds += [(self.place, Mode.HOLD)] if self.place else []
            if len(set(kinds)) < len(kinds):
                raise InvalidValue("steps", f"step {step.name!r} needs the same kind twice at one time")
            if any(mode is Mode.START for _, mode in kinds) and not step.dose:
                raise InvalidValue("steps", f"step {step.name!r} needs a starter but is not the dose step")

    @property
    def _held(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if not step.lead)

    @cached_property
    def dosing(self) -> bool:
        """Whether a dose is given: only such a session counts, is spaced, and forbids driving."""
        return any(step.dose for step in self.steps)

    @cached_property
    def lead_minutes(self) -> int:
        """How long before the appointed time the patient is asked to check in."""
        return sum(step.minutes for step in self.steps if step.lead)

    @cached_property
    def minutes(self) -> int:
        """Length of the appointment: from the seat to discharge."""
        return sum(step.minutes for step in self._held if not step.turnover)

    @cached_property
    def held_minutes(self) -> int:
        """How long the place is held: from the seat to the end of turnover."""
        return sum(step.minutes for step in self._held)

    @cached_property
    def open_minutes(self) -> int:
        """How much of it must lie within opening hours: all but the steps that may run past closing."""
        return sum(step.minutes for step in self._held if not step.after_hours)

    @cached_property
    def dose_offset(self) -> int:
        """Minutes from the appointed time to the dose (0 for a visit without one)."""
        minutes = 0
        for step in self._held:
            if step.dose:
                return minutes
            minutes += step.minutes
        return 0

    @cached_property
    def outline(self) -> tuple[tuple[bool, bool, int], ...]:
        """Give for each step after the seat whether it doses, whether it is turnover, and its minutes."""
        return tuple((step.dose, step.turnover, step.minutes) for step in self._held)

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """Lay the needs out in time: the place first, then step by step, steady needs joined."""
        laid: list[Requirement] = []
        if self.place:
            laid.append(Requirement(self.place, Mode.HOLD, 1, 0, self.held_minutes, "place"))
        for step, offset in self.timed_steps():
            laid += self._of_step(step, offset, laid)
        return tuple(laid)

    def _of_step(self, step: Step, offset: int, laid: list[Requirement]) -> Iterator[Requirement]:
        for need in step.needs:
            minutes = START_MINUTES if need.mode is Mode.START else step.minutes
            before = next((r for r in laid if need.steady and r.kind == need.kind and r.mode is need.mode
                           and r.units == need.units and r.offset + r.minutes == offset), None)
            if before:
                laid[laid.index(before)] = Requirement(
                    need.kind, need.mode, need.units, before.offset, before.minutes + minutes, before.step
                )
            else:
                yield Requirement(need.kind, need.mode, need.units, offset, minutes, step.name)

    def timed_steps(self) -> Iterator[tuple[Step, int]]:
        """Go through the steps after the seat, each with its offset in minutes from the appointed time."""
        offset = 0
        for step in self._held:
            yield step, offset
            offset += step.minutes
