"""Scores laid out on the axis: what is labelled, where the response is named, and how many fit."""

from datetime import date, timedelta

import pytest

from planner.domain.scores import Reading, Scale
from planner.web.score_chart import TOP, ZERO, Series
from planner.web.shapes import LETTER

FIRST = date(2027, 1, 1)
LEFT, END = 92.0, 1212.0


def drawn(*values: int, every: int = 14, scale: Scale = Scale.PHQ_9, today: float | None = None, day: float = 8.0):
    found = tuple(Reading(FIRST + timedelta(days=index * every), value) for index, value in enumerate(values))
    return Series(scale, found, found[0]).on(lambda one: LEFT + (one - FIRST).days * day, LEFT, END, today)


def test_each_score_is_a_square_and_a_value_joined_by_a_line():
    found = drawn(14, 12, 7)
    assert [text.words for text in found.labels] == ["14", "12", "7"]
    assert (len(found.dots), found.path.count("L")) == (3, 2)


def test_one_score_has_no_line():
    assert drawn(17).path == ""


@pytest.mark.parametrize("scale", Scale)
def test_all_scores_lie_within_the_drawing(scale):
    found = drawn(scale.most, 0, scale.most, scale=scale)
    assert all(TOP - 5 <= y <= ZERO for _, y in found.dots)


def test_a_band_lies_above_the_lower_one():
    heights = [rule.y for rule in drawn(14).grid]
    assert heights == sorted(heights, reverse=True)


def test_the_values_of_thirty_scores_do_not_cover_each_other():
    labels = drawn(*[(index * 7) % 28 for index in range(30)], every=2).labels
    for index, one in enumerate(labels):
        for other in labels[index + 1 :]:
            assert abs(one.x - other.x) >= 14 or abs(one.y - other.y) >= 12


def test_the_first_and_the_last_value_are_always_there():
    labels = drawn(*[10 + index % 2 for index in range(30)], every=1).labels
    assert (labels[0].x, labels[-1].x) == (LEFT, LEFT + 29 * 8)


def test_the_response_is_half_the_baseline():
    found = drawn(22, 9)
    assert found.response_text.words == "response: 11 or less (baseline 22)"
    assert found.response.y == found.response_text.y + 6


def test_the_response_is_named_where_no_value_stands():
    found = drawn(20, 8, 20, 9, every=28, today=END - 100)
    width = len(found.response_text.words) * LETTER
    start, end = found.response_text.x - width, found.response_text.x
    assert all(text.span[1] < start or end < text.span[0] for text in found.labels)
    assert not start < END - 100 < end


def test_the_response_is_named_below_values_that_are_far_above_it():
    assert drawn(*[20] * 71, every=2).response_text.x == END - 4


def test_where_there_is_no_room_the_line_of_response_has_no_words():
    found = drawn(20, *[10] * 70, every=2)
    assert (found.response is not None, found.response_text) == (True, None)


def test_from_a_baseline_of_nothing_there_is_no_response():
    assert drawn(0, 5).response is None


def test_todays_value_stands_beside_the_line_of_the_day():
    (label,) = drawn(17, today=LEFT).labels
    assert (label.anchor, label.x > LEFT) == ("start", True)


def test_the_words_say_one_score_and_many():
    assert drawn(17).words == "PHQ-9: 17 on 1 January."
    assert drawn(22, 25, 9).words == (
        "PHQ-9, 3 scores: 22 on 1 January, 9 on 29 January; highest 25 on 15 January, lowest 9 on 29 January. "
        "Baseline 22, the last is a response."
    )
