"""What a text message that comes in asks for, in both languages."""

import pytest

from planner.domain.inbound import Word, word_of
from planner.domain.usable import text_number


@pytest.mark.parametrize(
    "text",
    ["STOP", " stop. ", "Stop sending me these", "UNSUBSCRIBE", "Cancel", "opt-out", "ALTO", "¡Alto!", "No más",
     "Please stop", "por favor, pare"],
)  # fmt: skip
def test_stop_is_understood_however_it_is_said(text):
    assert word_of(text) is Word.STOP


@pytest.mark.parametrize(
    ("text", "word"), [("Start", Word.START), ("EMPEZAR", Word.START), ("help", Word.HELP), ("Ayuda!", Word.HELP)]
)
def test_start_and_help_are_understood_alone(text, word):
    assert word_of(text) is word


@pytest.mark.parametrize("text", ["", "👍", "I cannot cancel my other visit", "we start at ten", "please do not stop", "ok"])
def test_all_else_is_for_a_person_to_read(text):
    assert word_of(text) is Word.OTHER


def test_a_nought_that_is_dialled_at_home_alone_leaves_the_number_in_doubt():
    assert text_number("+44 (0)20 7946 0000") is None
