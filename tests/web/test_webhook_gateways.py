"""STOP as Twilio, Vonage and Telnyx hand it over themselves, with no relay between."""

import json
import logging
from base64 import b64encode
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from planner.domain.channels import Channel
from planner.domain.inbound import Gateway
from planner.services import clinics, consents
from planner.web.signatures import twilio_signature, vonage_signature
from webdesk import BASE

TELNYX = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
KEY = "0123456789abcdef0123456789abcdef"
URL = f"{BASE}/webhook/sms"
FORM = "application/x-www-form-urlencoded"
NUMBER, STRANGER = "+12125550100", "+12125550199"


@pytest.fixture
def ada(desk):
    """A patient who agreed to text messages."""
    (made,) = clinics.register_patients(desk.scheduler, [clinics.NewPatient("Ada Lovelace", phone="+1 (212) 555-0100")])
    consents.say(desk.scheduler, made.id, Channel.SMS, True, "on paper")
    return made.id


@pytest.fixture
def by(web, monkeypatch):
    """An installation that takes texts from a gateway."""

    def choose(kind):
        for name, value in {"SECRET": KEY, "KIND": kind, "URL": URL}.items():
            monkeypatch.setitem(web.app.config, f"PLANNER_WEBHOOK_{name}", value)
        return web

    return choose


@pytest.fixture
def twilio(by):
    return by(Gateway.TWILIO)


@pytest.fixture
def telnyx(by, monkeypatch):
    found = by(Gateway.TELNYX)
    public = TELNYX.public_key().public_bytes_raw()
    monkeypatch.setitem(found.app.config, "PLANNER_WEBHOOK_SECRET", b64encode(public).decode())
    return found


@pytest.fixture
def vonage(by):
    return by(Gateway.VONAGE)


def sid_of(number):
    return f"SM{number:032x}"


def from_twilio(web, text="STOP", number=NUMBER, sid=1, *, secret=KEY, url=URL, signature=None, **more):
    fields = {"From": number, "To": "+12125550111", "Body": text, "MessageSid": sid_of(sid), "NumMedia": "0", **more}
    signed = signature or twilio_signature(secret, url, fields.items())
    return _post(web, urlencode(fields), FORM, {"X-Twilio-Signature": signed})


def from_vonage(web, text="STOP", number=NUMBER, *, age=timedelta(), secret=KEY, as_json=False, **more):
    timestamp = str(int((web.desk.clock() - age).timestamp()))
    fields = {"msisdn": number.removeprefix("+"), "to": "12125550111", "text": text, "timestamp": timestamp}
    sent = fields | {"sig": vonage_signature(secret, fields), **more}
    return _post(web, json.dumps(sent), "application/json") if as_json else _post(web, urlencode(sent), FORM)


def from_telnyx(web, text="STOP", number=NUMBER, *, age=timedelta(), event="message.received", key=None, signed=None, **of):
    message = {"direction": "inbound", "from": {"phone_number": number, "carrier": "X"}, "text": text, **of}
    body = json.dumps({"data": {"record_type": "event", "event_type": event, "payload": message}, "meta": {"attempt": 1}})
    timestamp = str(int((web.desk.clock() - age).timestamp()))
    signature = b64encode((key or TELNYX).sign(f"{timestamp}|{body}".encode())).decode() if signed is None else signed
    headers = {"Telnyx-Timestamp": timestamp, "Telnyx-Signature-Ed25519": signature}
    return _post(web, body, "application/json", headers)


def _post(web, body, kind, headers=None):
    return web.app.test_client().post("/webhook/sms", data=body, content_type=kind, headers=headers, base_url=BASE)


def texts(web, patient_id):
    return consents.standing_for(web.desk.scheduler, patient_id).given[Channel.SMS]


def test_stop_by_twilio_is_heard_and_answered_with_no_words_of_ours(twilio, ada):
    answer = from_twilio(twilio)
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text.endswith("<Response/>\n")
    assert not texts(twilio, ada)


@pytest.mark.parametrize("as_json", [False, True])
def test_stop_by_vonage_is_heard(vonage, ada, as_json):
    answer = from_vonage(vonage, as_json=as_json)
    assert (answer.status_code, answer.data) == (200, b"")
    assert not texts(vonage, ada)


def test_stop_by_telnyx_is_heard(telnyx, ada):
    answer = from_telnyx(telnyx)
    assert (answer.status_code, answer.data) == (200, b"")
    assert not texts(telnyx, ada)


@pytest.mark.parametrize("event", ["message.sent", "message.finalized"])
def test_what_telnyx_says_of_our_own_messages_is_thanked_for_and_changes_nothing(telnyx, ada, event):
    assert from_telnyx(telnyx, event=event).status_code == 200
    assert texts(telnyx, ada)


@pytest.mark.parametrize(
    "wrong",
    [{"key": Ed25519PrivateKey.from_private_bytes(b"2" * 32)}, {"age": timedelta(minutes=6)}, {"signed": ""},
     {"signed": "ä"}, {"signed": "AAAA"}],
)  # fmt: skip
def test_what_telnyx_did_not_sign_now_changes_nothing(telnyx, ada, wrong):
    assert from_telnyx(telnyx, **wrong).status_code == 401
    assert texts(telnyx, ada)


def test_a_start_by_telnyx_that_is_played_again_after_a_stop_changes_nothing(telnyx, ada):
    from_telnyx(telnyx)
    assert from_telnyx(telnyx, "START", age=timedelta(seconds=30)).status_code == 200
    assert not texts(telnyx, ada)


@pytest.mark.parametrize(
    ("send", "kind"), [(from_twilio, Gateway.TWILIO), (from_vonage, Gateway.VONAGE), (from_telnyx, Gateway.TELNYX)]
)
def test_the_answer_is_the_same_whether_the_number_is_known_or_not(request, ada, send, kind):
    web = request.getfixturevalue(kind.value)
    known, unknown = send(web), send(web, number=STRANGER)
    assert (known.status, known.data, sorted(known.headers)) == (unknown.status, unknown.data, sorted(unknown.headers))
    assert "Set-Cookie" not in known.headers


@pytest.mark.parametrize(
    "wrong",
    [{"secret": "another-key-of-a-gateway"}, {"url": "https://elsewhere.example/webhook/sms"}, {"signature": "ä"},
     {"signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}],
)  # fmt: skip
def test_what_twilio_did_not_sign_for_this_address_changes_nothing(twilio, ada, wrong):
    assert from_twilio(twilio, **wrong).status_code == 401
    assert texts(twilio, ada)


def test_another_number_under_twilios_signature_changes_nothing(twilio, ada):
    fields = {"From": STRANGER, "To": "+12125550111", "Body": "STOP", "MessageSid": sid_of(1), "NumMedia": "0"}
    assert from_twilio(twilio, signature=twilio_signature(KEY, URL, fields.items())).status_code == 401
    assert texts(twilio, ada)


@pytest.mark.parametrize("wrong", [{"secret": "another-key-of-a-gateway"}, {"age": timedelta(hours=26)}, {"text_": "x"}])
def test_what_vonage_did_not_sign_changes_nothing(vonage, ada, wrong):
    assert from_vonage(vonage, **wrong).status_code == 401
    assert texts(vonage, ada)


def test_our_own_signature_is_none_of_twilios(twilio, ada):
    assert _post(twilio, json.dumps({"from": NUMBER, "text": "STOP"}), "application/json").status_code == 401
    assert texts(twilio, ada)


def test_a_short_code_is_refused_so_that_no_gateway_believes_it_was_heard(twilio, ada):
    assert from_twilio(twilio, number="72345").status_code == 422


def test_start_by_twilio_takes_stop_back_once(twilio, ada):
    from_twilio(twilio, sid=1)
    from_twilio(twilio, "START", sid=2)
    assert texts(twilio, ada)
    from_twilio(twilio, sid=3)
    assert from_twilio(twilio, "START", sid=2).status_code == 200
    assert not texts(twilio, ada)


def test_a_start_by_twilio_that_came_before_any_stop_is_used_up_as_well(twilio, ada):
    from_twilio(twilio, "START", sid=1)
    from_twilio(twilio, sid=2)
    from_twilio(twilio, "START", sid=1)
    assert not texts(twilio, ada)


def test_a_start_by_vonage_that_is_handed_over_again_after_a_stop_changes_nothing(vonage, ada):
    from_vonage(vonage)
    from_vonage(vonage, "START", age=timedelta(hours=1))
    assert not texts(vonage, ada)


def test_no_number_no_word_and_no_key_stands_in_a_log(twilio, ada, caplog):
    caplog.set_level(logging.DEBUG, "planner")
    with caplog.at_level(logging.DEBUG):
        from_twilio(twilio, "I feel ill")
        from_twilio(twilio, secret="another-key-of-a-gateway")
    logged = " ".join(str(one.__dict__) for one in caplog.records)
    assert "/webhook/sms" in logged
    for secret in ("5550100", "I feel ill", "Ada", KEY, sid_of(1)):
        assert secret not in logged


def test_a_start_whose_id_swallowed_the_next_field_does_not_count_again(twilio, ada):
    from_twilio(twilio)
    from_twilio(twilio, "START", sid=2)
    from_twilio(twilio, sid=3)
    fields = {"From": NUMBER, "To": "+12125550111", "Body": "START", "MessageSid": sid_of(2), "NumMedia": "0"}
    same = fields | {"MessageSid": f"{sid_of(2)}NumMedia0"}
    del same["NumMedia"]
    signed = twilio_signature(KEY, URL, fields.items())
    assert signed == twilio_signature(KEY, URL, same.items())
    _post(twilio, urlencode(same), FORM, {"X-Twilio-Signature": signed})
    assert not texts(twilio, ada)


def test_a_field_that_comes_twice_is_not_believed_in_any_order(twilio, ada):
    fields = [("Body", "STOP"), ("From", STRANGER), ("From", NUMBER), ("MessageSid", sid_of(1))]
    signed = twilio_signature(KEY, URL, fields)
    assert _post(twilio, urlencode(fields), FORM, {"X-Twilio-Signature": signed}).status_code == 401
    assert texts(twilio, ada)


def test_twilio_may_name_the_port_of_our_address_or_not(twilio, ada):
    assert from_twilio(twilio, url=URL.replace(":8000", "")).status_code == 200
    assert not texts(twilio, ada)


@pytest.mark.parametrize("body", ['{"timestamp": "1", "sig": "\\ud800"}', '{"timestamp": "1", "sig": "a", "\\udc00": "b"}'])
def test_half_a_character_is_no_reason_to_fall_over(vonage, body):
    assert _post(vonage, body, "application/json").status_code == 401


def test_a_start_that_telnyx_hands_over_late_takes_no_later_stop_back(telnyx, ada):
    came_at = telnyx.desk.clock()
    telnyx.desk.clock.now += timedelta(minutes=2)
    from_telnyx(telnyx, received_at=telnyx.desk.clock().isoformat())
    telnyx.desk.clock.now += timedelta(minutes=2)
    assert from_telnyx(telnyx, "START", received_at=came_at.isoformat()).status_code == 200
    assert not texts(telnyx, ada)


@pytest.mark.parametrize("came_at", ["yesterday", None, 5, "2026-01-01T10:00:00", "0001-01-01T00:00:00+23:59"])
def test_a_stop_by_telnyx_is_heard_whenever_it_says_that_it_came(telnyx, ada, came_at):
    assert from_telnyx(telnyx, received_at=came_at).status_code == 200
    assert not texts(telnyx, ada)


def test_a_picture_without_words_by_telnyx_is_for_a_person(telnyx, ada):
    assert from_telnyx(telnyx, None).status_code == 200
    assert texts(telnyx, ada)
