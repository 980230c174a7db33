"""Texts by Apprise over a real web server on loopback: taken, refused, slow, away; never to a number that is none."""

import logging

import pytest
from apprise.plugins import twilio

from gateway import Gateway
from planner.domain.turns import is_refusal
from planner.notify.texting import TextTransport
from planner.notify.transports import Letter, TransportError

TWILIO = f"twilio://AC{'a' * 32}:{'b' * 32}@+12125550111/{{to}}?cto=2&rto=2"
LETTER = Letter("+12125550101", "", "Harbor Rooms: a new time.\n", "a@b.invalid", "Harbor Rooms", "h@b.example")


def test_a_text_goes_to_the_number_with_its_words_and_no_subject():
    with Gateway() as gateway:
        gateway.transport().deliver(LETTER)
    assert gateway.taken == [("+12125550101", "Harbor Rooms: a new time.")]


@pytest.mark.parametrize("answer", [500, 429, 403])
def test_a_gateway_that_does_not_take_it_may_another_time(answer):
    with Gateway(answer) as gateway, pytest.raises(TransportError) as refused:
        gateway.transport().deliver(LETTER)
    assert (refused.value.permanent, refused.value.answer, gateway.taken) == (False, str(answer), [])


@pytest.mark.parametrize("answer", [400, 404, 422])
def test_a_gateway_that_will_not_text_the_number_says_so_and_whether_for_good_is_seen_later(answer):
    with Gateway(answer) as gateway, pytest.raises(TransportError) as refused:
        gateway.transport().deliver(LETTER)
    assert (refused.value.permanent, is_refusal(refused.value.answer)) == (False, True)
    assert refused.value.answer == f"refused {answer}"


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [(400, 21211, "refused 21211"), (429, 20429, "20429"), (401, 20003, "20003"), (503, None, "503")],
)
def test_twilios_own_codes_are_read(monkeypatch, status, code, answer):
    with Gateway(status, said={"code": code, "message": "To +12125550101, error=1."} if code else None) as gateway:
        monkeypatch.setattr(twilio.NotifyTwilio, "notify_sms_url", f"http://127.0.0.1:{gateway.server_port}/")
        with pytest.raises(TransportError) as refused:
            TextTransport(TWILIO).deliver(LETTER)
    assert refused.value.answer == answer


def test_a_slow_gateway_is_not_waited_for():
    with Gateway(1.5) as gateway, pytest.raises(TransportError) as refused:
        TextTransport(gateway.url.replace("rto=2", "rto=0.2")).deliver(LETTER)
    assert (refused.value.permanent, refused.value.answer) == (False, "no-answer")


def test_a_gateway_that_is_away_may_be_back():
    with Gateway() as gateway:
        pass
    with pytest.raises(TransportError) as refused:
        gateway.transport().deliver(LETTER)
    assert not refused.value.permanent


@pytest.mark.parametrize("to", ["212 555 0101", "", "ada@mail.example", "+0125550101"])
def test_a_number_without_its_country_is_refused_for_good_and_nobody_is_texted(to):
    with Gateway() as gateway, pytest.raises(TransportError) as refused:
        gateway.transport().deliver(Letter(to, "", "x", "a@b.invalid", "H", "h@b.example"))
    assert (refused.value.permanent, gateway.tried) == (True, 0)


@pytest.mark.parametrize("url", ["nonsense://{to}", f"twilio://AC{'a' * 32}:{'b' * 32}@+12125550111/x{{to}}x"])
def test_a_service_that_does_not_read_the_number_is_never_asked(url):
    with pytest.raises(TransportError) as refused:
        TextTransport(url).deliver(LETTER)
    assert (refused.value.answer, refused.value.permanent) == ("bad-sms-url", False)


def test_neither_a_number_nor_a_secret_is_logged(caplog):
    with caplog.at_level(logging.DEBUG), Gateway(500) as gateway, pytest.raises(TransportError):
        gateway.transport().deliver(LETTER)
    assert "2125550101" not in caplog.text
    assert "secret" not in repr(TextTransport("twilio://sid:secret@from/{to}"))
