"""The address at which a gateway hands over text messages: signed, fresh, and silent about whose number it is."""

import json
import logging
from datetime import timedelta

import pytest

from planner.domain.channels import Channel
from planner.services import clinics, consents
from planner.web.signatures import signature
from webdesk import BASE

KEY = "a-key-of-the-gateway-0123456789-abcdef"
NUMBER, STRANGER = "+12125550100", "+12125550199"


@pytest.fixture
def gateway(web, monkeypatch):
    """An installation that has agreed on a secret with its gateway."""
    monkeypatch.setitem(web.app.config, "PLANNER_WEBHOOK_SECRET", KEY)
    return web


@pytest.fixture
def ada(desk):
    """A patient who agreed to text messages."""
    (made,) = clinics.register_patients(desk.scheduler, [clinics.NewPatient("Ada Lovelace", phone="+1 (212) 555-0100")])
    consents.say(desk.scheduler, made.id, Channel.SMS, True, "on paper")
    return made.id


def hand_over(web, text="STOP", number=NUMBER, *, secret=KEY, age=timedelta(), body=None, **headers):
    sent = body if body is not None else json.dumps({"from": number, "text": text}).encode()
    timestamp = str(int((web.desk.clock() - age).timestamp()))
    signed = {"Planner-Timestamp": timestamp, "Planner-Signature": signature(secret, timestamp, sent), **headers}
    return web.app.test_client().post("/webhook/sms", data=sent, headers=signed, base_url=BASE)


def texts(desk, patient_id):
    return consents.standing_for(desk.scheduler, patient_id).given[Channel.SMS]


def test_without_a_secret_there_is_no_such_address(web, ada):
    assert hand_over(web).status_code == 404
    assert texts(web.desk, ada)


def test_stop_is_taken_in_before_it_is_answered(gateway, ada):
    assert hand_over(gateway).status_code == 204
    assert not texts(gateway.desk, ada)


def test_the_answer_is_the_same_whether_the_number_is_known_or_not(gateway, ada):
    known, unknown = hand_over(gateway), hand_over(gateway, number=STRANGER)
    assert (known.status, known.data, sorted(known.headers)) == (unknown.status, unknown.data, sorted(unknown.headers))
    assert "Set-Cookie" not in known.headers


@pytest.mark.parametrize(
    "wrong",
    [{"secret": "another-key-of-the-gateway-0123456789"}, {"age": timedelta(minutes=6)}, {"age": timedelta(minutes=-6)},
     {"Planner-Signature": ""}, {"Planner-Signature": "ä"}, {"Planner-Timestamp": "soon"}, {"Planner-Timestamp": "9" * 11}],
)  # fmt: skip
def test_what_is_not_signed_now_by_the_gateway_changes_nothing(gateway, ada, wrong):
    assert hand_over(gateway, **wrong).status_code == 401
    assert texts(gateway.desk, ada)


def test_another_body_under_the_same_signature_changes_nothing(gateway, ada):
    timestamp = str(int(gateway.desk.clock().timestamp()))
    signed = signature(KEY, timestamp, json.dumps({"from": STRANGER, "text": "STOP"}).encode())
    assert hand_over(gateway, **{"Planner-Signature": signed}).status_code == 401
    assert texts(gateway.desk, ada)


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[1]", b"\xff", b'{"from": 1, "text": "STOP"}', b'{"from": "+12125550100", "text": "STOP", "id": 1}'],
)
def test_what_is_no_message_is_refused(gateway, ada, body):
    assert hand_over(gateway, body=body).status_code == 422
    assert texts(gateway.desk, ada)


@pytest.mark.parametrize("number", ["", "STOP", "2125550100", "12125550100", "+" + "1" * 39, "+1'; --"])
def test_a_number_that_is_none_is_refused_so_that_no_gateway_believes_it_was_heard(gateway, ada, number):
    assert hand_over(gateway, number=number).status_code == 422
    assert texts(gateway.desk, ada)


def test_what_is_too_large_is_not_read(gateway):
    assert hand_over(gateway, text="x" * 9000).status_code == 413


def test_too_many_are_told_to_come_later_and_none_is_lost(gateway, ada, monkeypatch):
    monkeypatch.setattr("planner.web.webhook._PER_MINUTE", 1)
    assert hand_over(gateway, number=STRANGER).status_code == 204
    later = hand_over(gateway)
    assert (later.status_code, later.headers["Retry-After"]) == (429, "60")
    gateway.desk.clock.now += timedelta(minutes=1)
    assert hand_over(gateway).status_code == 204
    assert not texts(gateway.desk, ada)


def test_a_stranger_who_asks_too_often_does_not_keep_the_gateway_out(gateway, ada, monkeypatch):
    monkeypatch.setattr("planner.web.webhook._PER_MINUTE", 1)
    tries = [hand_over(gateway, secret="another-key-of-the-gateway-0123456789").status_code for _ in range(2)]
    assert tries == [401, 429]
    assert hand_over(gateway).status_code == 204
    assert not texts(gateway.desk, ada)


def test_a_start_that_is_played_again_after_a_stop_changes_nothing(gateway, ada):
    hand_over(gateway)
    assert hand_over(gateway, "START", age=timedelta(seconds=30)).status_code == 204
    assert not texts(gateway.desk, ada)


def test_no_number_and_no_word_stands_in_a_log(gateway, ada, caplog):
    caplog.set_level(logging.DEBUG, "planner")  # another test may have set it by a start of the whole planner
    with caplog.at_level(logging.DEBUG):
        hand_over(gateway, "I feel ill")
        hand_over(gateway)
        hand_over(gateway, secret="another-key-of-the-gateway-0123456789")
    logged = " ".join(str(one.__dict__) for one in caplog.records)
    assert "/webhook/sms" in logged
    for secret in ("5550100", "555-0100", "I feel ill", "Ada", KEY):
        assert secret not in logged
