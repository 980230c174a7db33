"""How long a text message is for the networks, and that what is shipped in both languages is paid for as it must be."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from builders import NEW_YORK
from planner.domain.channels import Channel
from planner.domain.notices import ESCORTED, NoticeKind
from planner.domain.own_words import KINDS
from planner.domain.reaching import Language
from planner.domain.texts import is_basic, parts, places, plain
from planner.languages.speech import Speech
from planner.notify.invented import invented
from planner.notify.rendering import shipped, values_of

MONDAY = datetime(2027, 3, 1, 15, tzinfo=UTC)
HARBOR = SimpleNamespace(public_name="Harbor Rooms", phone="+1 212 555 0100")
LINKED = {"booked", "moved", "ride", "ride-again", "prepare", "page-link"}
SENT = sorted({NoticeKind.EVENING if kind == "no-driving" else NoticeKind(kind) for kind in KINDS} | ESCORTED)


@pytest.mark.parametrize(
    ("text", "count"),
    [("x" * 160, 1), ("x" * 161, 2), ("é" * 306, 2), ("x" * 307, 3), ("á" * 70, 1), ("á" * 71, 2), ("á" * 134, 2),
     ("á" * 135, 3), ("€" * 80, 1), ("€" * 81, 2), ("\N{GRINNING FACE}" * 35, 1), ("\N{GRINNING FACE}" * 36, 2), ("", 1)],
)  # fmt: skip
def test_parts_are_counted_as_the_networks_do(text, count):
    assert parts(text) == count


def test_a_letter_of_the_extension_takes_two_places_and_one_that_is_in_neither_makes_each_take_one_of_fewer():
    assert (places("a~"), places("á~"), is_basic("a~"), is_basic("á~")) == (3, 2, True, False)


def test_quotes_dashes_and_spaces_of_a_book_become_those_of_a_typewriter():
    assert plain("St. Mary\N{RIGHT SINGLE QUOTATION MARK}s:\n10:00\N{NO-BREAK SPACE}am \N{EN DASH} 11:00") == (
        "St. Mary's: 10:00 am - 11:00"
    )


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", SENT)
def test_what_is_shipped_takes_two_parts_with_its_link_and_how_to_end_the_texts(kind, language):
    matter = dict(invented(words_of(kind), Speech(language, NEW_YORK), MONDAY, "https://plan.harbor.example"))
    if "cues" in matter:
        matter["cues"] = [{**matter["cues"][0], "text": "No coma."}]
    _, text = shipped(kind, Channel.SMS, values_of(HARBOR, {"dosing": True, "has_ride": False, **matter}))
    assert (is_basic(text), parts(text) <= 2) == (True, True)
    assert text.endswith(("Reply STOP to end texts.", "Responda ALTO para no recibir textos."))
    assert ("/answer/" in text) is (kind in LINKED)
    assert HARBOR.phone in text or kind not in {"moved", "ride", "ride-again"}  # the others have no room


def words_of(kind):
    return "no-driving" if kind.safety else kind.value
