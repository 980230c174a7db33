"""Days and times in the words of a language, on the wall of a clinic."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from planner.domain.reaching import Language
from planner.languages.speech import Speech

EN, ES = Language.ENGLISH, Language.SPANISH
FRIDAY = date(2027, 3, 19)
MORNING = datetime(2027, 3, 19, 14, tzinfo=UTC)


def speech(language=EN, zone="America/New_York"):
    return Speech(language, ZoneInfo(zone))


def plain(words):
    return words.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(("language", "zone", "words"), [
    (EN, "America/New_York", "Friday, March 19, 2027"), (ES, "America/New_York", "viernes, 19 de marzo de 2027"),
    (EN, "Europe/London", "Friday, 19 March 2027"), (ES, "Europe/Madrid", "viernes, 19 de marzo de 2027"),
])  # fmt: skip
def test_a_day_is_spelled_out(language, zone, words):
    assert speech(language, zone).day(FRIDAY) == words


@pytest.mark.parametrize(("language", "words"), [(EN, "Friday, March 19"), (ES, "viernes, 19 de marzo")])
def test_a_day_near_by_needs_no_year(language, words):
    assert speech(language).near(FRIDAY) == words


@pytest.mark.parametrize(("language", "zone", "words"), [
    (EN, "America/New_York", "10:00 am"), (ES, "America/New_York", "10:00 a.m."),
    (EN, "Europe/Berlin", "15:00"), (ES, "Europe/Madrid", "15:00"), (EN, "Pacific/Honolulu", "4:00 am"),
])  # fmt: skip
def test_twelve_hours_are_counted_in_american_zones_and_24_in_others(language, zone, words):
    assert plain(speech(language, zone).time(MORNING)) == words


@pytest.mark.parametrize(("language", "zone", "words"), [
    (EN, "America/New_York", "New York time (EDT)"), (ES, "America/New_York", "hora de Nueva York (EDT)"),
    (EN, "America/Sao_Paulo", "Sao Paulo time (UTC-03)"), (EN, "UTC", "UTC"), (EN, "Etc/GMT+5", "UTC-05"),
])  # fmt: skip
def test_a_zone_has_its_city_and_what_holds_then(language, zone, words):
    assert speech(language, zone).zone_name(MORNING) == words


def test_the_zone_is_the_one_of_the_instant():
    winter = datetime(2027, 3, 14, 6, 59, tzinfo=UTC)
    assert speech().zone_name(winter).endswith("(EST)")
    assert speech().zone_name(datetime(2027, 3, 14, 7, tzinfo=UTC)).endswith("(EDT)")


def test_an_abbreviation_at_the_end_of_a_sentence_brings_its_full_stop():
    spanish = speech(ES)
    assert plain(spanish.say("You leave at about %(time)s.", time=spanish.time(MORNING))).endswith("10:00 a.m.")


@pytest.mark.parametrize(("time", "words"), [
    ("1:20 p.m.", "Desde la 1:20 p.m.: No coma."), ("01:20", "Desde la 01:20: No coma."),
    ("11:20 a.m.", "Desde las 11:20 a.m.: No coma."), ("13:00", "Desde las 13:00: No coma."),
    ("jueves, 4 de marzo, 7:45 a.m.", "Desde el jueves, 4 de marzo, 7:45 a.m.: No coma."),
])  # fmt: skip
def test_a_spanish_article_agrees_with_what_it_stands_before(time, words):
    assert speech(ES).say("From %(time)s: %(what)s", time=time, what="No coma.") == words


def test_what_a_phrase_is_filled_with_is_not_read_as_a_phrase():
    assert speech().say("Hello, %(name)s", name="100 %(x)s") == "Hello, 100 %(x)s"
