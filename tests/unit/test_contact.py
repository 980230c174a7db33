"""Names, addresses and numbers: what is refused at the edge, and what a search finds."""

import pytest

from planner.domain.contact import clean, fold, mail_address, phone_number, search_key, search_words
from planner.domain.errors import InvalidValue


def finds(term: str, *patient: str | None) -> bool:
    key = search_key(*patient)
    return all(word in key for word in search_words(term))


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("munoz", "José Muñoz"), ("JOSE", "José Muñoz"), ("muñ jos", "José Muñoz"), ("soren", "Søren Ærø"),
        ("strasse", "Ada Straße"), ("lodz", "Łódź Kowalski"),
    ],
)  # fmt: skip
def test_accents_and_case_do_not_matter(term, name):
    assert finds(term, name, None, None)


@pytest.mark.parametrize("term", ["0100", "555-0100", "(555) 0100", "20417"])
def test_a_phone_tail_and_a_record_number_find_the_patient(term):
    assert finds(term, "Dana Okafor", "20417", "+1 555 0100")


def test_every_word_must_be_found():
    assert not finds("dana bell", "Dana Okafor", "20417", None)


@pytest.mark.parametrize(
    "address", ["a@b", "a b@c.de", "a@c.de\r\nBcc: x@y.z", "a,b@c.de", "a@c.de,b@c.de", "<a@c.de>", "", "ä@c.de"]
)
def test_what_is_no_mail_address_is_refused(address):
    with pytest.raises(InvalidValue, match="email"):
        mail_address(address)


def test_a_mail_address_is_kept_in_small_letters():
    assert mail_address(" Ada@Example.ORG ") == "ada@example.org"


@pytest.mark.parametrize("number", ["1234", "12345678901234567", "555-CALL", "+", "٣٤٥٦٧٨"])
def test_what_is_no_telephone_number_is_refused(number):
    with pytest.raises(InvalidValue, match="phone"):
        phone_number(number)


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "a\nb", "a\u202eb", "x" * 201])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(InvalidValue, match="name"):
        clean(name, "name")


def test_folding_leaves_single_spaces():
    assert fold("  José   MUÑOZ ") == "jose munoz"
