"""A course as it went and as it is planned: gaps held against the rule of their time, and when the next dose is due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from planner.domain.course import Order
from planner.domain.protocol import Protocol, SpacingRule
from planner.domain.span import local_day


class SessionState(StrEnum):
    """What became of a session, or is to become of it. *unsaid*: its time has come, and nobody has said anything."""

    GIVEN = "given"
    PLANNED = "planned"
    HERE = "here"
    UNSAID = "unsaid"
    NO_SHOW = "no-show"
    NOTHING_GIVEN = "nothing-given"
    LATE_CANCEL = "late-cancel"
    CANCELLED = "cancelled"

    @property
    def counts(self) -> bool:
        """Whether it is a session from which days are counted: given, or still expected to be."""
        return self in {SessionState.GIVEN, SessionState.PLANNED, SessionState.HERE, SessionState.UNSAID}


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


def rule_of(
    protocol: Protocol, phase_name: str, before: str, day: date, orders: Iterable[Order], zone: ZoneInfo,
    replaced: Iterable[SpacingRule | None],
) -> SpacingRule:  # fmt: skip
    """Give the spacing that held for a session of a phase on a day, after one of the phase *before*.

    A later order does not change what held then: the spacing that the first order after that day *replaced* did.
    """
    phase = protocol.phase(phase_name) or protocol.phases[-1]
    if phase.entry and before != phase_name:
        return phase.entry
    for order, former in zip(orders, replaced, strict=True):
        if order.phase == phase_name and local_day(order.given_at, zone) > day and former:
            return former
    return phase.spacing
