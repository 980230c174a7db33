"""What goes out must not say what the appointment is for."""

import pytest

from planner.domain.errors import InvalidValue
from planner.domain.neutral import FORBIDDEN, check_neutral, forbidden_in

A12 = ["ketamine", "esketamine", "spravato", "infusion", "dose", "mg", "depress", "psych", "PHQ", "MADRS", "REMS"]


@pytest.mark.parametrize("word", [*A12, *FORBIDDEN])
def test_every_forbidden_word_is_found_in_either_case(word):
    for text in (word, word.upper(), f"Our {word.lower()}, at ten."):
        assert forbidden_in(text), text


@pytest.mark.parametrize("text", [
    "84mg", "PHQ-9", "Kétamine", "ＫＥＴＡＭＩＮＥ", "keta\u00admine", "k\u200betamine", "Ketamineclinic", "Psychiatrist",
    "info@psych-care.example", "mental\thealth", "antidepressants", "su depresión", "Psiquiatría", "antidepresivo",
    "la inyección", "Ketamina", "una infusión", "k\u0131nd of \u0131nfus\u0131on", "salud mental", "psicóloga",
    "psicoterapia", "ANESTESIA",
])  # fmt: skip
def test_a_forbidden_word_is_found_in_disguise(text):
    assert forbidden_in(text)


@pytest.mark.parametrize("text", [
    "", "Main Street Clinic", "Appointment", "Room 1, north", "overdose", "premises", "Dosey Road", "Aremsburg", "omg",
    "Please do not drive until tomorrow, and only after a good night's sleep.", "555-0100", "Crisis: 988",
    "No conduzca hasta mañana, y solo después de una noche de buen sueño.", "Su cita", "Línea de crisis",
])  # fmt: skip
def test_everyday_words_pass(text):
    assert forbidden_in(text) == []
    assert check_neutral(text, "name") == text


def test_the_refusal_names_the_field_and_the_word():
    with pytest.raises(InvalidValue, match="Ketamine") as refused:
        check_neutral("The Ketamine Place", "public_name")
    assert refused.value.path == "public_name"
