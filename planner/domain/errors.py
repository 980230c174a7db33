"""What can go wrong, as values: a refusal carries facts, never sentences about a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Code(StrEnum):
    """The rule that a proposed time breaks."""

    OFF_GRID = "off-grid"
    CLOSED = "closed"
    OUTSIDE_HOURS = "outside-hours"
    ENDS_NEXT_DAY = "ends-next-day"
    RESOURCE = "resource"
    PATIENT_BUSY = "patient-busy"
    PATIENT_AWAY = "patient-away"
    MIN_DAYS = "min-days"
    OTHER_COURSE = "other-course"
    WEEK_CAP = "week-cap"
    GAP_OVERRUN = "gap-overrun"
    FIRST_TOO_LATE = "first-too-late"
    BEFORE_START = "before-start"
    LINK_WINDOW = "link-window"
    GATE = "gate"
    PATTERN_CLOSED = "pattern-closed"
    PATTERN_TOO_DENSE = "pattern-too-dense"
    STRANDS = "strands"
    UNSUPPORTED = "unsupported"

    @property
    def overridable(self) -> bool:
        """Whether judgement may overrule the rule; physics (a chair taken, a clinic closed) has no override."""
        return self in _JUDGEMENT


_JUDGEMENT = {Code.MIN_DAYS, Code.OTHER_COURSE, Code.WEEK_CAP, Code.GAP_OVERRUN, Code.FIRST_TOO_LATE, Code.PATIENT_AWAY}

Fact = str | int | float | bool | None


@dataclass(frozen=True)
class Violation:
    """One broken rule: its code, the numbers, whose rule it is, and the nearest start (UTC) that satisfies this rule."""

    code: Code
    facts: Mapping[str, Fact] = field(default_factory=dict)
    author: str = "clinic"
    nearest: datetime | None = None

    @property
    def overridable(self) -> bool:
        """Whether judgement may overrule it: never two doses on one day, nor a session before the one it follows."""
        gap = self.facts.get("gap_days")
        return self.code.overridable and not (isinstance(gap, int) and gap <= 0)


class PlannerError(Exception):
    """The root of every refusal that planner raises on purpose."""


class InvalidValue(PlannerError, ValueError):
    """A value that cannot be: names the field by its dotted path and says what would be right."""

    def __init__(self, path: str, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(f"{path}: {message}" if path else message)

    def under(self, prefix: str) -> "InvalidValue":
        """Give the same complaint with its path below *prefix*."""
        return InvalidValue(f"{prefix}.{self.path}" if self.path else prefix, self.message)


class NotFound(PlannerError):
    """No such row in this clinic."""


class Forbidden(PlannerError):
    """The actor's role does not allow this."""


class Conflict(PlannerError):
    """Somebody else changed it first: the page or the plan is stale."""


class Unavailable(PlannerError):
    """The database cannot be reached, or is too busy: nothing was written, and it may be tried again."""


class InvalidMove(PlannerError):
    """The status does not allow this step (a cancelled appointment cannot be moved)."""


class RuleViolated(PlannerError):
    """A proposed time breaks rules: all of them, and the nearest start (UTC) that breaks none, where there is one."""

    def __init__(self, violations: "list[Violation]", nearest: datetime | None = None) -> None:
        self.violations, self.nearest = violations, nearest
        super().__init__(", ".join(sorted({violation.code.value for violation in violations})))
