"""A course that paused: how long since the last dose, what that calls for, and from when its spacing counts again."""

from datetime import date
from enum import StrEnum

from planner.domain.protocol import SpacingRule

LONGEST_GAP = 366
"""Days since the last dose after which a course is not taken up again but begun anew."""
LONG_GAP, LAPSED = 28, 60
"""Days since the last dose: above 28 SUSTAIN-3 counted a lapse [S1]; above 60 studies count a discontinuation [S35]."""


class Lapse(StrEnum):
    """How long a course has paused, where that is worth a word."""

    LONG_GAP = "long-gap"
    LAPSED = "lapsed"


def lapse_of(days: int | None) -> Lapse | None:
    """Say what local days since the last dose are called: more than 28 a long gap, more than 60 a lapse."""
    if days is None or days <= LONG_GAP:
        return None
    return Lapse.LAPSED if days > LAPSED else Lapse.LONG_GAP


def resumed(rule: SpacingRule, last: date | None, resumes_on: date | None) -> SpacingRule:
    """Give the rule for the first session after a pause: it counts from the day on which the course is taken up again."""
    if last is None or resumes_on is None or (resumes_on - last).days <= rule.max_days:
        return rule
    days = min((resumes_on - last).days, LONGEST_GAP)
    return SpacingRule(rule.min_days, days, min(days + rule.max_days - rule.target_days, LONGEST_GAP))
