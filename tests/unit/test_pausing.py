"""How long a course has paused, and from when its spacing counts again."""

from datetime import date

import pytest

from planner.domain.pausing import Lapse, lapse_of, resumed
from planner.domain.protocol import SpacingRule

RULE = SpacingRule(10, 14, 21)
LAST = date(2027, 3, 1)


@pytest.mark.parametrize(
    ("days", "lapse"),
    [(None, None), (28, None), (29, Lapse.LONG_GAP), (60, Lapse.LONG_GAP), (61, Lapse.LAPSED), (400, Lapse.LAPSED)],
)
def test_above_28_and_60_days_a_gap_has_a_name(days, lapse):
    assert lapse_of(days) is lapse


@pytest.mark.parametrize(("last", "resumes_on"), [(None, LAST), (LAST, None), (LAST, date(2027, 3, 22))])
def test_a_pause_that_the_rule_allows_changes_nothing(last, resumes_on):
    assert resumed(RULE, last, resumes_on) == RULE


def test_after_a_longer_pause_the_gap_counts_from_the_day_of_resuming():
    assert resumed(RULE, LAST, date(2027, 4, 30)) == SpacingRule(10, 60, 67)


def test_no_gap_is_longer_than_a_year():
    assert resumed(RULE, LAST, date(2028, 3, 1)) == SpacingRule(10, 366, 366)


def test_a_dose_given_after_the_pause_ends_it():
    assert resumed(RULE, date(2027, 5, 3), date(2027, 4, 30)) == RULE
