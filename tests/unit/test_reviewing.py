"""Reviews that nobody has decided yet, and what waits for them."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from builders import esketamine
from planner.domain.course import Preferences
from planner.domain.protocol import Review
from planner.domain.reviewing import waits_for
from planner.domain.terms import Terms
from planner.notify.wording import is_neutral, provisional_in_words


def terms(*reviewed):
    """Eight, four weekly and eight fortnightly sessions, with a review after each of the first two phases."""
    whole = esketamine()
    phases = (*(replace(phase, review=Review("Evaluate")) for phase in whole.phases[:2]), whole.phases[2])
    return Terms(replace(whole, phases=phases), Preferences(date(2027, 3, 2)), reviewed=reviewed)


@pytest.mark.parametrize(
    ("reviewed", "phase", "waits"),
    [
        ((), "induction", None),
        ((), "weekly", "induction"),
        ((), "fortnightly", "induction"),
        (("induction",), "weekly", None),
        (("induction",), "fortnightly", "weekly"),
        (("induction", "weekly"), "fortnightly", None),
    ],
)
def test_a_session_waits_for_the_first_undecided_review_before_it(reviewed, phase, waits):
    found = waits_for(terms(*reviewed), phase)
    assert (found.name if found else None) == waits


@pytest.mark.parametrize("day", [date(2027, 3, 25), None])
def test_what_a_letter_says_of_a_provisional_date_is_neutral(day):
    words = provisional_in_words(day, ZoneInfo("America/New_York"))
    assert is_neutral(words)
    assert ("March 25, 2027" in words) is (day is not None)
