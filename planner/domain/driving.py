"""Until when a dosed patient must not drive: a day, and an instant only if the rule counts hours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from planner.domain.protocol import DrivingRule, Protocol
from planner.domain.span import DAY, local_day
from planner.domain.visit import VisitProfile

STRICTEST = DrivingRule(after_sleep=True, elapsed_hours=24)
"""What holds after a dose of which nobody knows whose rule applies."""


@dataclass(frozen=True)
class DrivingAdvice:
    """A bound, never a permission: not before *earliest_day* (local), nor before *not_before* (UTC) where there is one.

    *after_sleep*: only after a restful sleep, for which no clock time exists; *not_before* is then on *earliest_day*, or
    None where the hours are over before that day.
    """

    after_sleep: bool
    earliest_day: date
    not_before: datetime | None = None


def advise(rule: DrivingRule, discharged_at: datetime, zone: ZoneInfo) -> DrivingAdvice:
    """Give what a rule forbids after a discharge: the later of a night's sleep and the hours, as they elapse."""
    day = local_day(discharged_at, zone) + (DAY if rule.after_sleep else timedelta(0))
    if rule.elapsed_hours is None:
        return DrivingAdvice(rule.after_sleep, day)
    bound = discharged_at.astimezone(UTC) + timedelta(hours=rule.elapsed_hours)
    if local_day(bound, zone) < day:
        return DrivingAdvice(rule.after_sleep, day)
    return DrivingAdvice(rule.after_sleep, local_day(bound, zone), bound)


def rule_for(profile: VisitProfile, own: Protocol | None, published: Iterable[Protocol] = ()) -> DrivingRule:
    """Find the rule after a visit: its course's own, or of the published protocols that give this very visit the stricter.

    A visit that is in none of them gets the strictest default: a night's sleep and 24 hours.
    """
    if own:
        return own.driving
    rules = [one.driving for one in published if one.visits.get(profile.name) == profile]
    if not rules:
        return STRICTEST
    hours = [rule.elapsed_hours for rule in rules if rule.elapsed_hours is not None]
    return DrivingRule(any(rule.after_sleep for rule in rules), max(hours, default=None))
