"""Days and times in a letter's words."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from planner.documents.protocols import shipped
from planner.domain.neutral import forbidden_in
from planner.domain.reaching import Language
from planner.notify.wording import (
    arrival_in_words,
    former_in_words,
    instant_in_words,
    instructions_in_words,
    near_day_in_words,
    one_line,
    wall_in_words,
)

NEW_YORK = ZoneInfo("America/New_York")


def plain(words):
    return words.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("America/New_York", "Tuesday, March 2, 2027, 10:00 am, New York time (EST)"),
        ("America/Sao_Paulo", "Tuesday, March 2, 2027, 10:00 am, Sao Paulo time (UTC-03)"),
        ("America/Argentina/Buenos_Aires", "Tuesday, March 2, 2027, 10:00 am, Buenos Aires time (UTC-03)"),
        ("Australia/Lord_Howe", "Tuesday, 2 March 2027, 10:00, Lord Howe Island time (UTC+11)"),
        ("UTC", "Tuesday, 2 March 2027, 10:00, UTC"),
        ("Etc/GMT+5", "Tuesday, 2 March 2027, 10:00, UTC-05"),
    ],
)
def test_a_time_is_spelled_out_with_its_zone(zone, words):
    assert plain(instant_in_words(datetime(2027, 3, 2, 10, tzinfo=ZoneInfo(zone)), ZoneInfo(zone))) == words


def test_the_hour_that_comes_twice_is_told_apart_by_its_zone():
    first, second = (datetime(2027, 11, 7, 1, 30, fold=fold, tzinfo=NEW_YORK) for fold in (0, 1))
    assert plain(instant_in_words(first, NEW_YORK)).endswith("1:30 am, New York time (EDT)")
    assert plain(instant_in_words(second, NEW_YORK)).endswith("1:30 am, New York time (EST)")


def test_a_promised_time_is_read_as_it_was_promised():
    assert plain(former_in_words("2027-03-02T10:00", NEW_YORK)) == "Tuesday, March 2, 2027, 10:00 am"


def test_a_promised_time_that_stands_alone_says_its_zone():
    spoken = plain(wall_in_words("2027-03-16T10:00", NEW_YORK))
    assert spoken == "Tuesday, March 16, 2027, 10:00 am, New York time (EDT)"


@pytest.mark.parametrize(("day", "words"), [(2, "today, "), (3, "tomorrow, "), (4, "")])
def test_today_and_tomorrow_are_said_so(day, words):
    found = near_day_in_words(date(2027, 3, day), date(2027, 3, 2), NEW_YORK)
    assert found.startswith(words)
    assert found.endswith(f"March {day}, 2027")


def test_a_name_is_made_one_plain_line():
    assert one_line("Harbor\r\nBcc: x\u202e  Rooms\x00\u2028") == "Harbor Bcc: x Rooms"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("protocol", shipped().values(), ids=shipped())
def test_how_to_prepare_by_a_shipped_protocol_hints_at_no_treatment(protocol, language):
    told = " ".join(instructions_in_words(protocol.instructions, language))
    assert forbidden_in(told) == []
    assert "nasal" not in told


@pytest.mark.parametrize("protocol", shipped().values(), ids=shipped())
def test_as_much_is_said_of_preparing_in_spanish(protocol):
    english, spanish = (instructions_in_words(protocol.instructions, language) for language in Language)
    assert len(english) == len(spanish)
    assert not set(english) & set(spanish)


def test_who_checks_in_first_is_told_how_early_to_come():
    visits = shipped()["spravato-trd"].visits.values()
    assert arrival_in_words(visits) == "Please arrive 15 minutes early, to check in."


def test_a_visit_without_check_in_asks_nobody_to_come_early():
    assert arrival_in_words([]) == ""
