"""A clinic's own words: placeholders from a closed list, the rule not to drive in every reminder, and no word that tells."""

import pytest

from planner.domain.channels import Channel
from planner.domain.errors import InvalidValue
from planner.domain.notices import NO_DRIVING, NoticeKind
from planner.domain.own_words import KINDS, LONGEST_MAIL, LONGEST_SMS, check_words, fill, placeholders, words_kind

MAIL, SMS = Channel.MAIL, Channel.SMS
BOOKED = "Hello,\n\n{dates}\n\n{links}\n\n{name}, {phone}"


def refused(kind, channel, subject, body):
    with pytest.raises(InvalidValue) as found:
        check_words(kind, channel, subject, body)
    return found.value.path, found.value.message


def test_words_with_what_must_be_there_are_taken_as_they_are():
    assert check_words("booked", MAIL, " Your dates at {name} ", BOOKED) == ("Your dates at {name}", BOOKED)


def test_line_ends_and_what_stands_around_are_made_plain():
    assert check_words("booked", MAIL, "Dates", "  Hello,  \r\n{dates}\r\n")[1] == "Hello,\n{dates}"


@pytest.mark.parametrize(("body", "says"), [
    ("{rule}", "must hold {emergency}"), ("Drive if you like. {emergency}", "must hold {rule}"), ("Hi", "must hold {rule}"),
])  # fmt: skip
@pytest.mark.parametrize("channel", [MAIL, SMS])
def test_nobody_edits_away_until_when_not_to_drive(channel, body, says):
    subject = "A reminder" if channel is MAIL else ""
    path, message = refused("no-driving", channel, subject, body)
    assert (path, says in message) == ("body", True)


@pytest.mark.parametrize("time", [
    "at 7:00", "from 7 am", "7 a.m.", "07.30", "a las 7 horas", "at 7 o'clock", "7h30", "at 7", "a las 7",
    "at noon", "a mediodía",
])  # fmt: skip
@pytest.mark.parametrize("channel", [MAIL, SMS])
def test_nobody_writes_a_time_from_which_one_may_drive(channel, time):
    subject = "A reminder" if channel is MAIL else ""
    path, message = refused("no-driving", channel, subject, f"Drive {time} {{rule}} {{emergency}}")
    assert (path, "no time of day" in message) == ("body", True)
    assert check_words("ride", SMS, "", f"Call before {time}. {{when}} {{ride}}")


def test_a_number_that_is_no_time_may_stand_beside_the_rule():
    assert check_words("no-driving", SMS, "", "Call {phone}, 24/7, at 212 555 0100. {rule} {emergency}")


@pytest.mark.parametrize("body", [
    "{dates} {drug}", "{dates} {{ name }}", "{dates} {", "{dates} }", "{dates} {}", "{dates} {name.x}", "{dates} {0}",
    "{dates} {dates}", "{dates} https://elsewhere.example", "{dates} www.elsewhere.example", "{dates} \x07", "",
    "{dates} \u202e", "{dates}" + "x" * (LONGEST_MAIL + 1),
])  # fmt: skip
def test_what_is_no_plain_text_with_known_placeholders_is_refused(body):
    assert refused("booked", MAIL, "Your dates", body)[0] == "body"


@pytest.mark.parametrize("word", ["ketamine", "Your infusion", "psychiatric", "dose"])
def test_no_word_may_tell_what_the_appointments_are_for(word):
    assert refused("booked", MAIL, word, BOOKED)[0] == "subject"
    assert refused("booked", MAIL, "Your dates", f"{BOOKED} {word}")[0] == "body"
    assert refused("booked", SMS, "", f"{word}: {{dates}}")[0] == "body"


@pytest.mark.parametrize("subject", ["", "x" * 121, "a\nb", "{dates}", "{name", "Dates {day}"])
def test_a_mail_has_a_subject_in_one_line_that_holds_the_name_at_most(subject):
    assert refused("booked", MAIL, subject, BOOKED)[0] == "subject"


def test_a_subject_may_name_the_day_where_the_message_does():
    assert check_words("ride", MAIL, "See you on {day}", "{when} {ride}")[0] == "See you on {day}"


def test_a_text_has_no_subject_and_is_short():
    assert check_words("booked", SMS, "", "{name}: {dates} {links}") == ("", "{name}: {dates} {links}")
    assert refused("booked", SMS, "Dates", "{dates}")[0] == "subject"
    assert refused("booked", SMS, "", "{dates}" + "x" * (LONGEST_SMS + 1))[0] == "body"


def test_every_kind_of_message_to_a_patient_has_words_but_an_invitation():
    without = {words_kind(kind) for kind in NoticeKind} - set(KINDS)
    assert without - {"pick-up", "pick-up-off", "pick-up-early"} == {"invitation"}
    assert set(KINDS) <= {words_kind(kind) for kind in NoticeKind}
    assert {words_kind(kind) for kind in NO_DRIVING} == {"no-driving"}


@pytest.mark.parametrize(("kind", "channel"), [("invitation", MAIL), ("booked", Channel.PHONE), ("none", SMS)])
def test_what_has_no_words_is_refused(kind, channel):
    with pytest.raises(InvalidValue, match="kind"):
        placeholders(kind, channel)


def test_a_placeholder_is_filled_once_and_what_it_brings_is_not_read_again():
    assert fill("{name}: {dates}", {"name": "{dates}", "dates": "now"}) == "{dates}: now"
