"""A protocol: what a clinician prescribes as a reusable, versioned course of treatment. Every number is the clinic's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from planner.domain.errors import InvalidValue
from planner.domain.scores import Scale
from planner.domain.visit import VisitProfile

MOST_SESSIONS = 100


class PhaseKind(StrEnum):
    """The part a phase plays in a course."""

    PREPARATION = "preparation"
    INDUCTION = "induction"
    TAPER = "taper"
    MAINTENANCE = "maintenance"


class Rhythm(StrEnum):
    """What a phase keeps to: the weekdays of a pattern, or the interval since the session before."""

    PATTERN = "pattern"
    INTERVAL = "interval"


@dataclass(frozen=True)
class SpacingRule:
    """Local calendar days between neighbouring sessions: never under *min_days*; priced above *max_days*."""

    min_days: int
    target_days: int
    max_days: int

    def __post_init__(self) -> None:
        for name in ("min_days", "target_days", "max_days"):
            if not 1 <= getattr(self, name) <= 366:
                raise InvalidValue(name, f"{getattr(self, name)} is not between 1 and 366 days")
        if self.min_days > self.max_days:
            raise InvalidValue("min_days", f"{self.min_days} is above max_days {self.max_days}")
        if not self.min_days <= self.target_days <= self.max_days:
            raise InvalidValue("target_days", f"{self.target_days} is not between min_days and max_days")


@dataclass(frozen=True)
class Link:
    """A visit that follows a dose within a window of elapsed hours counted from the dose (integration: 24 to 72)."""

    visit: str
    min_hours: int
    max_hours: int

    def __post_init__(self) -> None:
        if not 1 <= self.min_hours <= 24 * 28:
            raise InvalidValue("min_hours", "must be between 1 and 672")
        if self.max_hours < self.min_hours:
            raise InvalidValue("max_hours", f"{self.max_hours} is below min_hours {self.min_hours}")

    @property
    def least_days(self) -> int:
        """Give the fewest days to the next session with which the linked visit always comes before it."""
        return (self.max_hours + 24) // 24 + 1


@dataclass(frozen=True)
class Review:
    """A decision that a clinician owes after the last session of a phase, before the next phase begins."""

    title: str
    within_days: int = 7


@dataclass(frozen=True)
class Phase:
    """A run of like sessions with one spacing rule. *sessions* of None means open-ended.

    One without sessions is a phase that a clinician ended before it began: no protocol is published with it.
    *entry* replaces the spacing for the first session after another phase. *per_week* is the cap in a treatment week.
    *weekdays* is the pattern proposed where the patient states none (0 is Monday). *visits* names the profile of the
    first session, the second, and so on; the last name serves all that follow.
    """

    name: str
    kind: PhaseKind
    rhythm: Rhythm
    sessions: int | None
    spacing: SpacingRule
    visits: tuple[str, ...]
    title: str = ""
    entry: SpacingRule | None = None
    per_week: int | None = None
    weekdays: tuple[int, ...] = ()
    link: Link | None = None
    review: Review | None = None

    def __post_init__(self) -> None:
        if self.sessions is not None and not 0 <= self.sessions <= MOST_SESSIONS:
            raise InvalidValue("sessions", f"{self.sessions} is not between 1 and {MOST_SESSIONS}")
        if not self.visits:
            raise InvalidValue("visits", "name at least one visit")
        if self.per_week is not None and not 1 <= self.per_week <= 7:
            raise InvalidValue("per_week", "must be between 1 and 7")
        if any(not 0 <= weekday <= 6 for weekday in self.weekdays) or len(set(self.weekdays)) < len(self.weekdays):
            raise InvalidValue("weekdays", "must be different weekdays from Monday to Sunday")
        if self.rhythm is Rhythm.PATTERN and not self.weekdays:
            raise InvalidValue("weekdays", "a pattern phase needs its usual weekdays")
        if self.link and self.spacing.min_days < self.link.least_days:
            raise InvalidValue("link.max_hours", "a linked visit must come before the next session may")

    def visit_of(self, index: int) -> str:
        """Name the profile of the phase's session number *index*, counted from 0."""
        return self.visits[min(index, len(self.visits) - 1)]


@dataclass(frozen=True)
class DrivingRule:
    """Until when a dosed patient must not drive: the next day after a restful sleep, hours from discharge, or both."""

    after_sleep: bool = True
    elapsed_hours: int | None = None

    def __post_init__(self) -> None:
        if self.elapsed_hours is not None and not 1 <= self.elapsed_hours <= 168:
            raise InvalidValue("elapsed_hours", "must be between 1 and 168")
        if not self.after_sleep and self.elapsed_hours is None:
            raise InvalidValue("after_sleep", "a dose always forbids driving: set after_sleep or elapsed_hours")


@dataclass(frozen=True)
class Instruction:
    """What the patient does before a visit; *minutes_before* the appointed arrival is the cut-off, where there is one."""

    text: str
    minutes_before: int | None = None

    def __post_init__(self) -> None:
        if self.minutes_before is not None and not 5 <= self.minutes_before <= 7 * 24 * 60:
            raise InvalidValue("minutes_before", "must be between 5 minutes and 7 days")


class Moment(StrEnum):
    """When a scale is due, where it does not go by days: before the first session, at each, or at a phase's last."""

    START = "start"
    VISIT = "visit"
    END = "end"


@dataclass(frozen=True)
class Measure:
    """How often an outcome score is asked for: at a moment, or *every_days* local days; in one kind of phase or all."""

    scale: Scale
    when: Moment | None = None
    every_days: int | None = None
    phase: PhaseKind | None = None

    def __post_init__(self) -> None:
        if (self.when is None) == (self.every_days is None):
            raise InvalidValue("when", "say either when, or every_days")
        if self.every_days is not None and not 1 <= self.every_days <= 366:
            raise InvalidValue("every_days", "must be between 1 and 366 days")


@dataclass(frozen=True)
class Protocol:
    """A versioned course of treatment. *sources* maps the dotted path of a number, or of a table, to where it is from.

    *clinician* is the kind of the person whom a course keeps to (a therapist); *gates* must be met before booking.
    *measures* are the outcome scores that are asked for.
    """

    name: str
    title: str
    version: int
    modality: str
    phases: tuple[Phase, ...]
    visits: Mapping[str, VisitProfile]
    driving: DrivingRule
    instructions: tuple[Instruction, ...] = ()
    gates: tuple[str, ...] = ()
    clinician: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    measures: tuple[Measure, ...] = ()

    def __post_init__(self) -> None:
        if not self.phases:
            raise InvalidValue("phases", "a protocol needs at least one phase with sessions")
        if not 1 <= self.version <= 10_000:
            raise InvalidValue("version", "must be between 1 and 10000")
        names = [phase.name for phase in self.phases]
        if len(set(names)) < len(names):
            raise InvalidValue("phases", "two phases have the same name")
        for name, profile in self.visits.items():
            if profile.name != name:
                raise InvalidValue(f"visits.{name}.name", f"{profile.name!r} is not the name it is listed under")
        for index, phase in enumerate(self.phases):
            self._check_phase(index, phase)
            self._check_link(index, phase)
        self._check_order()

    def _check_phase(self, index: int, phase: Phase) -> None:
        for name in (*phase.visits, *([phase.link.visit] if phase.link else [])):
            if name not in self.visits:
                raise InvalidValue(f"phases.{index}.visits", f"there is no visit named {name!r}")
        if phase.sessions is None and index < len(self.phases) - 1:
            raise InvalidValue(f"phases.{index}.sessions", "only the last phase may be open-ended")
        if phase.sessions is None and phase.rhythm is Rhythm.PATTERN:
            raise InvalidValue(f"phases.{index}.rhythm", "an open-ended phase goes by interval")
        if len({self.visits[name].dosing for name in phase.visits}) > 1:
            raise InvalidValue(f"phases.{index}.visits", "a phase either doses at each session or at none")

    def _check_link(self, index: int, phase: Phase) -> None:
        """Check that a linked visit lies between its own session and the next: days are planned one by one."""
        if phase.link is None:
            return
        if self.visits[phase.link.visit].dosing:
            raise InvalidValue(f"phases.{index}.link.visit", "a linked visit gives no dose")
        after_dose = max(self.visits[name].held_minutes - self.visits[name].dose_offset for name in phase.visits)
        if phase.link.min_hours * 60 < after_dose:
            raise InvalidValue(f"phases.{index}.link.min_hours", "a linked visit must begin after its session has ended")
        following = self.phases[index + 1] if index + 1 < len(self.phases) else None
        if following and (following.entry or following.spacing).min_days < phase.link.least_days:
            raise InvalidValue(f"phases.{index}.link.max_hours", "a linked visit must come before the next session may")

    def check_publishable(self) -> None:
        """Refuse a protocol that a course may have, but no clinic publish; raises InvalidValue."""
        for index, phase in enumerate(self.phases):
            if phase.sessions == 0:
                raise InvalidValue(f"phases.{index}.sessions", f"0 is not between 1 and {MOST_SESSIONS}")

    def _check_order(self) -> None:
        dosing = [self.doses(phase) for phase in self.phases]
        if dosing != sorted(dosing):
            raise InvalidValue("phases", "phases without a dose come before those with one")

    def doses(self, phase: Phase) -> bool:
        """Whether the sessions of a phase give a dose."""
        return self.visits[phase.visits[0]].dosing

    def doses_in(self, name: str) -> bool:
        """Whether the sessions of a phase give a dose; those of one that the protocol does not have give none."""
        phase = self.phase(name)
        return phase is not None and self.doses(phase)

    def phase(self, name: str) -> Phase | None:
        """Find a phase by its name."""
        return next((phase for phase in self.phases if phase.name == name), None)

    def source_of(self, path: str) -> str | None:
        """Say where the number at a dotted path is from: its own source, or that of the nearest table around it."""
        return next((self.sources[around] for around in _upwards(path) if around in self.sources), None)


def _upwards(path: str) -> Iterator[str]:
    parts = path.split(".")
    return (".".join(parts[:length]) for length in range(len(parts), 0, -1))
