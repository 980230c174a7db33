"""The signatures of gateways, against what they publish, and what is read of what they post."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from planner.web.gateways import Posted, Telnyx, Twilio, Vonage
from planner.web.signatures import twilio_signature, vonage_signature

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
URL = "https://planner.example/webhook/sms"
TWILIO_EXAMPLE = {
    "CallSid": "CA1234567890ABCDE", "Caller": "+12349013030", "Digits": "1234", "From": "+12349013030", "To": "+18005551212",
}  # fmt: skip


def test_twilios_own_example_has_twilios_signature():
    signed = twilio_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", TWILIO_EXAMPLE.items())
    assert signed == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_vonages_own_example_has_vonages_signature():
    signed = vonage_signature("secret", {"a": "1", "b": "2", "timestamp": "1461605396"})
    assert signed == "a321e824b9b816be7c3f28859a31749a098713d39f613c80d455bbaffae1cd24"


def test_vonage_signs_what_could_be_taken_for_another_field_as_underscores():
    fields = {"text": "a&b=c", "timestamp": "1"}
    assert vonage_signature("secret", fields) == vonage_signature("secret", fields | {"text": "a_b_c", "sig": "x"})


def test_twilio_signs_a_field_that_comes_twice_twice():
    url, secret = "https://planner.example/", "s" * 16
    assert twilio_signature(secret, url, [("A", "2"), ("A", "1")]) == twilio_signature(secret, url, [("A", "1"), ("A", "2")])
    assert twilio_signature(secret, url, [("A", "2"), ("A", "1")]) != twilio_signature(secret, url, [("A", "1")])


def posted(fields, **headers):
    return Posted(URL, headers, urlencode(fields).encode())


def test_what_twilio_took_for_stop_goes_before_the_words():
    fields = {"From": "+12125550100", "Body": "arrete", "MessageSid": "SM1", "OptOutType": "STOP"}
    assert Twilio().read(posted(fields)).words == "STOP"


@pytest.mark.parametrize("lost", ["From", "Body", "MessageSid"])
def test_a_post_of_twilio_that_is_no_text_is_none(lost):
    fields = {"From": "+12125550100", "Body": "STOP", "MessageSid": "SM1"}
    assert Twilio().read(posted({name: value for name, value in fields.items() if name != lost})) is None


@pytest.mark.parametrize("body", [b"\xff", b"a=%ff", b"&".join(b"a=1" for _ in range(201)), b"", b"[1]"])
def test_a_body_that_is_no_form_is_not_signed_and_breaks_nothing(body):
    for rules in (Twilio(), Vonage(), Telnyx()):
        for headers in ({}, {"Content-Type": "application/json"}):
            assert not rules.is_signed("s" * 16, Posted(URL, headers, body), NOW)
            assert rules.read(Posted(URL, headers, body)) is None


@pytest.mark.parametrize(("age", "taken"), [(-6, False), (-4, True), (24 * 60, True), (26 * 60, False)])
def test_vonage_may_be_a_day_late_since_it_tries_for_a_day(age, taken):
    fields = {"msisdn": "12125550100", "text": "STOP", "timestamp": str(int((NOW - timedelta(minutes=age)).timestamp()))}
    signed = fields | {"sig": vonage_signature("s" * 16, fields).upper()}
    assert Vonage().is_signed("s" * 16, posted(signed), NOW) is taken
