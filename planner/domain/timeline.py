"""A course as it went and as it is planned: gaps held against the rule of their time, and when the next dose is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from planner.domain.protocol import Protocol, SpacingRule
from planner.domain.span import local_day


class SessionState(StrEnum):
    """What became of a session, or is to become of it.

    *unsaid*: its time has come, and nobody has said anything. *tentative*: a review that comes before it is undecided.
    """

    GIVEN = "given"
    PLANNED = "planned"
    TENTATIVE = "tentative"
    HERE = "here"
    UNSAID = "unsaid"
    NO_SHOW = "no-show"
    NOTHING_GIVEN = "nothing-given"
    LATE_CANCEL = "late-cancel"
    CANCELLED = "cancelled"

    @property
    def counts(self) -> bool:
        """Whether it is a session from which days are counted: given, or still expected to be."""
        return self in {
            SessionState.GIVEN, SessionState.PLANNED, SessionState.TENTATIVE, SessionState.HERE, SessionState.UNSAID,
        }  # fmt: skip


@dataclass(frozen=True)
class Gap:
    """Local days since the session before, and the rule that held for them."""

    days: int
    rule: SpacingRule

    @property
    def over(self) -> int:
        """Days beyond the longest gap; 0 for none."""
        return max(0, self.days - self.rule.max_days)

    @property
    def under(self) -> int:
        """Days short of the least gap; 0 for none."""
        return max(0, self.rule.min_days - self.days)


@dataclass(frozen=True)
class Due:
    """When the next session is due: local days, both included. *after*: the day of the session that they count from."""

    first: date
    last: date
    rule: SpacingRule | None = None
    after: date | None = None

    def off(self, day: date) -> int:
        """Give how many days a day lies after the window, or before it (negative); 0 within."""
        return min(0, (day - self.first).days) or max(0, (day - self.last).days)


def due_after(day: date, rule: SpacingRule) -> Due:
    """Give the window that a rule opens after a session."""
    return Due(day + timedelta(days=rule.min_days), day + timedelta(days=rule.max_days), rule, day)


def protocol_on(
    day: date, current: Protocol, orders: Sequence[tuple[datetime, Protocol]], zone: ZoneInfo
) -> Protocol:
    """Give the protocol that held on a local day: the one that the first order after that day found.

    *orders*: when each was given (UTC), and the protocol that it found, the oldest first.
    """
    return next((found for given_at, found in orders if local_day(given_at, zone) > day), current)


def rule_of(protocol: Protocol, phase_name: str, before: str) -> SpacingRule:
    """Give the spacing of a session of a phase after one of the phase *before*."""
    phase = protocol.phase(phase_name) or protocol.phases[-1]
    return phase.entry if phase.entry and before != phase_name else phase.spacing
