"""When a denser schedule is suggested, which one, and when not."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import phase, uid
from planner.domain.protocol import Link, PhaseKind, SpacingRule
from planner.domain.scores import Reading, Scale
from planner.domain.suggesting import LADDER, Missed, denser, next_on, suggest

FORTNIGHTLY = phase("maintenance", None, (10, 14, 18))
MISS = Missed(uid("missed"), date(2027, 2, 2), PhaseKind.MAINTENANCE)
TODAY = date(2027, 2, 16)
WORSE = {Scale.PHQ_9: [Reading(date(2027, 1, 19), 7), Reading(TODAY, 17)]}


def made(*, misses=(MISS,), scores=WORSE, kind=FORTNIGHTLY, **more):
    return suggest(TODAY, kind, misses, scores, **more)


def test_a_miss_with_a_worse_score_after_it_suggests_the_denser_schedule():
    found = made()
    assert (found.phase, found.spacing, found.was) == ("maintenance", SpacingRule(5, 7, 9), SpacingRule(10, 14, 18))
    assert (found.scale, found.before.value, found.after.value, found.missed) == (Scale.PHQ_9, 7, 17, MISS)


def test_without_a_miss_nothing_is_suggested():
    assert made(misses=()) is None


@pytest.mark.parametrize("scores", [{}, {Scale.PHQ_9: WORSE[Scale.PHQ_9][:1]}, {Scale.PHQ_9: WORSE[Scale.PHQ_9][1:]}])
def test_without_a_score_before_and_one_after_nothing_is_suggested(scores):
    assert made(scores=scores) is None


def test_a_rise_of_less_than_counts_suggests_nothing():
    assert made(scores={Scale.PHQ_9: [Reading(date(2027, 1, 19), 13), Reading(TODAY, 17)]}) is None


def test_scores_of_different_scales_are_not_compared():
    assert made(scores={Scale.PHQ_9: [Reading(date(2027, 1, 19), 7)], Scale.MADRS: [Reading(TODAY, 40)]}) is None


def test_the_last_scores_before_and_after_are_compared():
    better_again = [*WORSE[Scale.PHQ_9], Reading(date(2027, 2, 18), 8)]
    assert made(scores={Scale.PHQ_9: better_again}) is None


def test_a_score_long_after_the_miss_says_nothing_about_it():
    late = Reading(MISS.day + timedelta(days=29), 17)
    scores = {Scale.PHQ_9: [Reading(date(2027, 1, 19), 7), late]}
    assert suggest(late.day, FORTNIGHTLY, [MISS], scores) is None


def test_a_score_at_the_next_session_given_speaks_of_the_miss_however_late():
    late = Reading(MISS.day + timedelta(days=35), 17)
    scores = {Scale.PHQ_9: [Reading(date(2027, 1, 19), 7), late]}
    assert suggest(late.day, FORTNIGHTLY, [replace(MISS, next_given=late.day)], scores)


def test_a_miss_in_the_taper_counts_and_one_in_induction_does_not():
    assert made(misses=[replace(MISS, kind=PhaseKind.TAPER)])
    assert made(misses=[replace(MISS, kind=PhaseKind.INDUCTION)]) is None


def test_nothing_is_suggested_for_an_induction():
    assert made(kind=replace(FORTNIGHTLY, kind=PhaseKind.INDUCTION)) is None


def test_the_latest_miss_is_named():
    later = Missed(uid("later"), date(2027, 2, 14), PhaseKind.MAINTENANCE)
    assert made(misses=[MISS, later]).missed == later


@pytest.mark.parametrize(("days", "is_made"), [(27, False), (28, True)])
def test_the_next_suggestion_comes_after_28_days(days, is_made):
    assert bool(made(answered=[TODAY - timedelta(days=days)])) is is_made


def test_the_next_suggestion_counts_from_the_latest_answer():
    assert next_on([date(2027, 1, 1), date(2027, 2, 16)]) == date(2027, 3, 16)
    assert next_on([]) is None


@pytest.mark.parametrize(
    ("target", "step"), [(42, 28), (28, 14), (21, 14), (14, 7), (10, 7), (7, 3)],
)  # fmt: skip
def test_one_step_denser_goes_down_the_ladder(target, step):
    assert denser(phase("maintenance", None, (target, target, target)), ()).target_days == step


def test_twice_weekly_is_as_dense_as_it_gets():
    assert denser(phase("maintenance", None, (2, 3, 5)), ()) is None


def test_the_course_goes_back_to_its_own_earlier_spacing():
    own = SpacingRule(16, 21, 26)
    assert denser(phase("maintenance", None, (21, 28, 35)), [SpacingRule(2, 3, 5), own]) == own


def test_an_earlier_spacing_of_more_than_one_step_is_not_gone_back_to():
    assert denser(phase("maintenance", None, (21, 28, 35)), [SpacingRule(2, 3, 5)]) == LADDER[1]


def test_a_spacing_that_leaves_no_room_for_the_linked_visit_is_not_suggested():
    linked = phase("maintenance", None, (7, 7, 9), link=Link("talk", 24, 72))
    assert denser(linked, ()) is None
