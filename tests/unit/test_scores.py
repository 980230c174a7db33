"""What a score is called, what is response, remission and worse, and which of corrected scores stands."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest

from builders import uid
from planner.domain.errors import InvalidValue
from planner.domain.scores import (
    Reading,
    Scale,
    band_of,
    baseline_of,
    check_value,
    is_remission,
    is_response,
    is_worse,
    readings,
    remission_at,
    response_at,
    standing_scores,
)

PHQ, MADRS = Scale.PHQ_9, Scale.MADRS


@dataclass(frozen=True)
class Kept:
    id: UUID
    scale: Scale
    value: int
    day: date
    replaces: UUID | None = None
    withdrawn: bool = False


def kept(name: str, value: int, day: int, replaces: str = "", *, withdrawn: bool = False, scale: Scale = PHQ) -> Kept:
    return Kept(uid(name), scale, value, date(2027, 1, day), uid(replaces) if replaces else None, withdrawn)


@pytest.mark.parametrize(
    ("scale", "edges"),
    [
        (PHQ, {4: "none to minimal", 5: "mild", 10: "moderate", 15: "moderately severe", 20: "severe", 27: "severe"}),
        (MADRS, {6: "none to minimal", 7: "mild", 19: "mild", 20: "moderate", 34: "moderate", 35: "severe"}),
        (Scale.QIDS, {5: "none to minimal", 6: "mild", 11: "moderate", 16: "severe", 21: "very severe"}),
        (Scale.GAD_7, {4: "none to minimal", 5: "mild", 10: "moderate", 15: "severe"}),
    ],
)
def test_a_value_has_the_name_of_its_band(scale, edges):
    assert {value: band_of(scale, value) for value in edges} == edges


@pytest.mark.parametrize("scale", Scale)
def test_a_scale_has_no_value_beyond_its_ends(scale):
    assert [check_value(scale, value) for value in (0, scale.most)] == [0, scale.most]
    for value in (-1, scale.most + 1):
        with pytest.raises(InvalidValue, match="value"):
            check_value(scale, value)


def test_response_is_a_fall_of_at_least_half():
    assert (response_at(22), is_response(22, 11), is_response(22, 12)) == (11, True, False)
    assert (response_at(21), is_response(21, 10), is_response(21, 11)) == (10, True, False)


def test_a_baseline_of_nothing_has_no_response():
    assert not is_response(0, 0)


def test_remission_is_12_or_less_on_madrs_and_below_5_on_phq_9():
    assert [is_remission(MADRS, value) for value in (12, 13)] == [True, False]
    assert [is_remission(PHQ, value) for value in (4, 5)] == [True, False]


def test_a_scale_without_a_source_has_no_remission():
    assert remission_at(Scale.QIDS) is None
    assert not is_remission(Scale.QIDS, 0)


def test_five_points_more_on_phq_9_are_worse():
    assert (is_worse(PHQ, 7, 12), is_worse(PHQ, 7, 11)) == (True, False)


def test_a_corrected_score_gives_way_to_its_correction():
    scores = [kept("first", 17, 4), kept("second", 7, 4, "first")]
    assert readings(scores, PHQ) == [Reading(date(2027, 1, 4), 7)]


def test_a_withdrawn_score_stands_no_more_nor_does_its_withdrawal():
    assert standing_scores([kept("first", 17, 4), kept("second", 17, 4, "first", withdrawn=True)]) == []


def test_scores_stand_by_day_whatever_the_order_of_recording():
    scores = [kept("late", 9, 20), kept("early", 14, 2), kept("other", 30, 5, scale=MADRS)]
    assert [one.value for one in standing_scores(scores, PHQ)] == [14, 9]


def _days(*found: tuple[int, int]) -> list[Reading]:
    return [Reading(date(2027, 1, day), value) for day, value in found]


def test_the_baseline_is_the_last_score_on_or_before_the_first_dose():
    assert baseline_of(_days((1, 24), (5, 22), (8, 18)), date(2027, 1, 5)) == Reading(date(2027, 1, 5), 22)


def test_without_a_score_before_the_first_dose_the_first_is_the_baseline():
    assert baseline_of(_days((8, 18), (12, 16)), date(2027, 1, 5)) == Reading(date(2027, 1, 8), 18)


def test_before_any_dose_the_last_score_is_the_baseline():
    assert baseline_of(_days((1, 24), (8, 18)), None) == Reading(date(2027, 1, 8), 18)


def test_without_a_score_there_is_no_baseline():
    assert baseline_of([], date(2027, 1, 5)) is None
