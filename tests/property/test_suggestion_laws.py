"""Whatever is missed and scored: no second suggestion within 28 days, none without a score, never a looser schedule."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from builders import phase, uid
from planner.domain.protocol import PhaseKind, SpacingRule
from planner.domain.scores import Reading, Scale
from planner.domain.suggesting import PAUSE, Missed, suggest

FIRST = date(2027, 1, 1)
_days = st.integers(0, 200).map(lambda days: FIRST + timedelta(days=days))
_missed = st.lists(
    st.builds(Missed, st.integers(0, 50).map(lambda n: uid(str(n))), _days, st.sampled_from(PhaseKind), st.none() | _days),
    max_size=12,
)
_readings = st.lists(st.builds(Reading, _days, st.integers(0, 27)), max_size=30)
_scores = st.dictionaries(st.sampled_from(Scale), _readings)
_rules = st.lists(st.integers(1, 60), min_size=3, max_size=3).map(lambda days: SpacingRule(*sorted(days)))
_phases = st.builds(
    lambda rule: phase("maintenance", None, (rule.min_days, rule.target_days, rule.max_days)), _rules
)


@given(_phases, _missed, _scores, st.lists(_rules, max_size=4))
def test_a_year_of_days_makes_suggestions_at_least_28_days_apart(kind, missed, scores, earlier):
    made: list[date] = []
    for number in range(230):
        today = FIRST + timedelta(days=number)
        known = {scale: [one for one in found if one.day <= today] for scale, found in scores.items()}
        if suggest(today, kind, [one for one in missed if one.day <= today], known, earlier, made):
            made.append(today)
    assert all(later - before >= PAUSE for before, later in pairwise(made))


@given(_phases, _missed, st.lists(_rules, max_size=4), _days)
def test_without_a_score_nothing_is_ever_suggested(kind, missed, earlier, today):
    assert suggest(today, kind, missed, {}, earlier) is None


@given(_phases, _missed, _scores, st.lists(_rules, max_size=4), _days)
def test_what_is_suggested_is_denser_and_has_its_reason(kind, missed, scores, earlier, today):
    found = suggest(today, kind, missed, scores, earlier)
    if found:
        assert found.spacing.target_days < kind.spacing.target_days
        assert found.missed in missed
        assert found.before.day < found.missed.day <= found.after.day
        assert found.after.value > found.before.value
