"""What a text that is too long leaves out: how to end the texts first, then its link; never when, nor not to drive."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as some

from planner.domain.channels import Channel
from planner.domain.reaching import Language
from planner.domain.texts import is_basic, parts, places, plain
from planner.languages.speech import anywhere
from planner.notify.rendering import LONGEST_SMS, shipped, values_of

TOKEN = "k" * 43
WHEN, ARRIVE = "Thu, Mar 4, 10:00 am EST", "9:45 am"
STOPS = {Language.ENGLISH: "Reply STOP", Language.SPANISH: "Responda ALTO"}
ALONE = {Language.ENGLISH: "Do not drive yourself home.", Language.SPANISH: "No conduzca de vuelta a casa."}
words = some.text("abc éá~", min_size=1, max_size=70).map(lambda text: plain(f"Do {text}."))
cues = some.lists(some.tuples(words, some.sampled_from(("7:00 am", ""))), max_size=4)


@some.composite
def texts(draw):
    """A reminder in either language: its language, its link, and what fills it."""
    language, host = draw(some.sampled_from(list(Language))), "h" * draw(some.integers(4, 60))
    address = f"https://{host}.example/answer/{TOKEN}"
    todo = [{"text": text, "from": since} for text, since in draw(cues)]
    values = {
        "say": anywhere(language).say, "brief": [WHEN], "arrive": ARRIVE, "dosing": True, "has_ride": False, "cues": todo,
        "withheld": draw(some.booleans()), "ways": draw(some.sampled_from(("", "an adult whom you name"))),
        "come": "", "change": "", "ride": f"{address}/{'0' * 36}/ride",
    }  # fmt: skip
    letterhead = SimpleNamespace(public_name="N" * draw(some.integers(2, 80)), phone="+1 212 555 0100")
    return language, address, dict(values_of(letterhead, values))


kinds = some.sampled_from(("ride", "ride-again", "prepare"))


def written(kind, values, **more):
    found = shipped(kind, Channel.SMS, {**values, **more})
    return found[1] if found else None


@given(kinds, texts())
def test_it_fits_and_says_when_and_not_to_drive_however_long_the_rest_is(kind, message):
    language, _, values = message
    text = written(kind, values)
    assert places(text) <= LONGEST_SMS
    assert parts(text) <= (2 if is_basic(text) else 5)
    assert WHEN in text
    assert ALONE[language] in text
    assert kind == "ride-again" or ARRIVE in text


@given(kinds, texts())
def test_how_to_end_the_texts_and_the_ways_home_never_cost_the_link(kind, message):
    _, address, values = message
    text = written(kind, values)
    assert (address in text) is (address in written(kind, values, stop=False, ways=""))
    assert address in text or "http" not in text  # never half of it


@given(kinds, texts())
def test_whom_to_call_never_costs_the_link(kind, message):
    _, address, values = message
    assert (address in written(kind, values)) is (address in written(kind, values, call=False))


@given(kinds, texts())
def test_the_link_never_costs_what_to_do_at_a_time(kind, message):
    _, address, values = message
    text = written(kind, values)
    timed = [one["text"] for one in values["cues"] if one["from"]] if kind == "prepare" else []
    bare = written(kind, values, ride="", ways="", stop=False)
    assert all(one in text for one in timed) is all(one in bare for one in timed)
    assert address not in text or all(one in text for one in timed)


@given(kinds, texts())
def test_whoever_has_no_link_is_told_whom_to_call(kind, message):
    language, address, values = message
    text = written(kind, values)
    assert address in text or "+1 212 555 0100" in text
    assert STOPS[language] in text or STOPS[language] not in written(kind, values, ways="")
