"""Sentences of the patient's page: after a night's sleep there is no clock time; hours have a bound and no permission."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from planner.domain.neutral import forbidden_in
from planner.domain.preparing import ahead, in_force
from planner.domain.protocol import DrivingRule
from planner.domain.reaching import Language
from planner.domain.replies import Ride, RideKind
from planner.languages.speech import Speech
from planner.web.own_words import driving_more, driving_rule, minutes_before, ride_words, slip

NEW_YORK = ZoneInfo("America/New_York")
SLEEP, BOTH, HOURS = DrivingRule(), DrivingRule(after_sleep=True, elapsed_hours=24), DrivingRule(False, 24)
CLOCK = re.compile(r"\d{1,2}:\d\d|\b[ap]\.?m\b|noon|midnight|mediod|mediano", re.IGNORECASE)
EN, ES = (Speech(language, NEW_YORK) for language in Language)


def ny(*wall):
    return datetime(*wall, tzinfo=NEW_YORK).astimezone(UTC)


def plain(words):
    return words.replace("\N{NO-BREAK SPACE}", " ")


def whole(speech, no_driving, now):
    return " ".join([driving_rule(speech, no_driving, now), *driving_more(speech, no_driving, now, "")])


@pytest.mark.parametrize("speech", [EN, ES])
@pytest.mark.parametrize("left", [ny(2027, 3, 13, 12, 35), ny(2027, 11, 6, 12, 35), ny(2027, 1, 5, 23, 50)])
def test_a_rule_of_sleep_is_never_given_a_clock_time(speech, left):
    assert not CLOCK.search(whole(speech, ahead(SLEEP, left, NEW_YORK), left - timedelta(days=2)))
    assert not CLOCK.search(slip(speech, ahead(SLEEP, left, NEW_YORK)))
    for hours in range(48):
        now = left + timedelta(hours=hours)
        if found := in_force(SLEEP, left, now, NEW_YORK):
            assert not CLOCK.search(whole(speech, found, now)), now


@pytest.mark.parametrize(("left", "bound"), [
    (ny(2027, 3, 13, 15), "4:00 pm, New York time (EDT), Sunday, March 14"),
    (ny(2027, 11, 6, 15), "2:00 pm, New York time (EST), Sunday, November 7"),
])  # fmt: skip
def test_hours_are_said_as_a_bound_that_has_elapsed(left, bound):
    said = plain(driving_rule(EN, in_force(HOURS, left, left, NEW_YORK), left))
    assert said == f"Do not drive, cycle or use machines before {bound}."


def test_hours_and_sleep_are_both_said():
    left = ny(2027, 3, 16, 15)
    said = plain(driving_rule(EN, in_force(BOTH, left, left, NEW_YORK), left))
    assert "before 3:00 pm, New York time (EDT), Wednesday, March 17, and only after a restful night’s sleep" in said


def test_once_the_hours_are_over_only_the_sleep_is_asked_about():
    left, now = ny(2027, 3, 16, 15), ny(2027, 3, 17, 16)
    assert "unless you have had a restful night’s sleep" in driving_rule(EN, in_force(BOTH, left, now, NEW_YORK), now)


def test_on_the_paper_hours_are_counted_by_who_reads_it():
    assert "for 24 hours after you leave" in slip(EN, ahead(BOTH, ny(2027, 3, 16, 15), NEW_YORK))


def test_who_has_nobody_to_drive_is_told_whom_to_call_until_they_are_home():
    left = ny(2027, 3, 16, 12)
    today, later = ny(2027, 3, 16, 11), ny(2027, 3, 17, 8)
    assert any("555-0100" in one for one in driving_more(EN, in_force(SLEEP, left, today, NEW_YORK), today, "555-0100"))
    assert not any("555" in one for one in driving_more(EN, in_force(SLEEP, left, later, NEW_YORK), later, "555-0100"))


@pytest.mark.parametrize("rule", [SLEEP, BOTH, HOURS])
def test_no_sentence_tells_what_the_visit_was_for(rule):
    left = ny(2027, 3, 16, 12)
    for speech in (EN, ES):
        assert forbidden_in(whole(speech, in_force(rule, left, left, NEW_YORK), left)) == []


def test_a_ride_is_named_by_what_is_known_of_it():
    assert ride_words(EN, Ride(RideKind.ADULT, "Sam Lee", "555-0199")) == "Sam Lee, 555-0199"
    assert ride_words(EN, Ride(RideKind.RIDESHARE)) == "a ride service or taxi"
    assert ride_words(ES, Ride(RideKind.MEDICAL, "Rápido")) == "un transporte médico, Rápido"


@pytest.mark.parametrize(("minutes", "words"), [
    (30, "30 minutes before"), (60, "one hour before"), (90, "90 minutes before"), (360, "6 hours before"),
    (1440, "one day before"),
])  # fmt: skip
def test_a_length_is_said_in_the_unit_that_fits(minutes, words):
    assert minutes_before(EN, minutes) == words
