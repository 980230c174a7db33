"""How gateways sign and write the text messages that they hand over: our own way, Twilio's, Vonage's and Telnyx's.

Twilio (X-Twilio-Signature) signs the address and the fields, and not when: of it START counts once for each message. Between
names and values it puts no mark, so that one field could be passed off as the end of another: a message's id must look like
one, and no name may come twice. Vonage (the SMS API, with "SHA-256 HMAC" as the account's method, by POST) signs the fields,
with a time of the message: since it tries for a day, a message may be a day old. Telnyx (Ed25519; what we know of it is its
public key) signs time and body, anew at each try: when a message came in stands in the body. It tells of everything at one
address: what is no message that came in is thanked for as well. Plivo signs nothing of a text message but the address, and
is not believed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any
from typing import Protocol as Interface

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from planner.domain.inbound import Gateway
from planner.web.asking import Form
from planner.web.posted import Posted, earlier, fields_of, form_of, instant_of
from planner.web.signatures import (
    is_by,
    is_equal,
    signature,
    twilio_signature,
    vonage_signature,
    with_and_without_port,
)

_FRESH, _DAY = timedelta(minutes=5), timedelta(hours=25)
_TWILIOS_ID = re.compile("[A-Z]{2}[0-9a-f]{32}")


@dataclass(frozen=True)
class Text:
    """A text message. *sent_at*: when, where that is signed; *message*: its id at the gateway, where that is not."""

    sender: str = field(repr=False)
    words: str = field(repr=False)
    sent_at: datetime | None
    message: str = field(default="", repr=False)


NO_TEXT = Text("", "", None)
"""What is signed, and tells of something else than a message that came in."""


class Rules(Interface):
    """What a gateway does its own way. *thanks*: what it takes for "heard", status, type and body."""

    thanks: tuple[int, str, str]

    def is_signed(self, secret: str, posted: Posted, now: datetime) -> bool:
        """Whether it comes from who knows the secret, and not too long ago where that can be seen."""

    def read(self, posted: Posted) -> Text | None:
        """Read the message; NO_TEXT for what needs nothing done, None where it cannot be read."""


class Incoming(Form):
    """A text message in our own way: from which number, and what it says."""

    sender: Annotated[str, StringConstraints(max_length=40), Field(alias="from")]
    text: Annotated[str, StringConstraints(max_length=2000)]


class Own:
    """Our own way: JSON, with the time and the signature in headers."""

    thanks = (204, "text/plain", "")

    def is_signed(self, secret: str, posted: Posted, now: datetime) -> bool:
        """Compare the signature of time and body; five minutes are fresh."""
        timestamp, given = (posted.headers.get(f"Planner-{name}", "") for name in ("Timestamp", "Signature"))
        sent_at = instant_of(timestamp)
        if sent_at is None or not is_equal(signature(secret, timestamp, posted.body), given.strip().lower()):
            return False
        return abs(now - sent_at) <= _FRESH

    def read(self, posted: Posted) -> Text | None:
        """Read the JSON."""
        try:
            message = Incoming.model_validate_json(posted.body)
        except ValidationError:
            return None
        return Text(message.sender, message.text, instant_of(posted.headers.get("Planner-Timestamp", "")))


class Twilio:
    """Twilio's way: a form, its signature over the address and all fields by name; an empty TwiML says "no answer"."""

    thanks = (200, "text/xml", '<?xml version="1.0" encoding="UTF-8"?><Response/>\n')

    def is_signed(self, secret: str, posted: Posted, now: datetime) -> bool:  # noqa: ARG002 -- no time is signed
        """Compare the signature."""
        fields = form_of(posted.body)
        given = posted.headers.get("X-Twilio-Signature", "")
        if fields is None or len(dict(fields)) < len(fields):
            return False
        return any(is_equal(twilio_signature(secret, url, fields), given) for url in with_and_without_port(posted.url))

    def read(self, posted: Posted) -> Text | None:
        """Read the fields; what Twilio itself took for STOP or START goes before the words."""
        fields = dict(form_of(posted.body) or ())
        if not {"From", "Body", "MessageSid"} <= fields.keys():
            return None
        message = fields["MessageSid"] if _TWILIOS_ID.fullmatch(fields["MessageSid"]) else ""
        return Text(fields["From"], fields.get("OptOutType") or fields["Body"], None, message)


class Vonage:
    """Vonage's way (SMS API): a form or JSON, the signature among the fields; numbers without a plus."""

    thanks = (200, "text/plain", "")

    def is_signed(self, secret: str, posted: Posted, now: datetime) -> bool:
        """Compare the signature."""
        fields = dict(fields_of(posted))
        sent_at, given = instant_of(fields.get("timestamp", "")), fields.get("sig", "").lower()
        if sent_at is None or not is_equal(vonage_signature(secret, fields), given):
            return False
        return -_FRESH <= now - sent_at <= _DAY

    def read(self, posted: Posted) -> Text | None:
        """Read the fields."""
        fields = dict(fields_of(posted))
        if not {"msisdn", "text", "timestamp"} <= fields.keys():
            return None
        return Text(f"+{fields['msisdn'].removeprefix('+')}", fields["text"], instant_of(fields["timestamp"]))


class _From(BaseModel):
    phone_number: str


class _Payload(BaseModel):
    sender: _From = Field(alias="from")
    text: str | None = None
    received_at: Any = None


class _Event(BaseModel):
    event_type: str
    payload: Any = None


class _Envelope(BaseModel):
    data: _Event


class Telnyx:
    """Telnyx's way: an event as JSON, with the time and the signature in headers."""

    thanks = (200, "text/plain", "")

    def is_signed(self, secret: str, posted: Posted, now: datetime) -> bool:
        """Look whether the signature of time and body is by the key; five minutes are fresh."""
        timestamp, given = (posted.headers.get(f"Telnyx-{name}", "") for name in ("Timestamp", "Signature-Ed25519"))
        sent_at = instant_of(timestamp)
        if sent_at is None or not is_by(secret, given, timestamp.encode() + b"|" + posted.body):
            return False
        return abs(now - sent_at) <= _FRESH

    def read(self, posted: Posted) -> Text | None:
        """Read the event."""
        try:
            event = _Envelope.model_validate_json(posted.body).data
            if event.event_type != "message.received":
                return NO_TEXT
            message = _Payload.model_validate(event.payload)
        except ValidationError:
            return None
        tried_at = instant_of(posted.headers.get("Telnyx-Timestamp", ""))
        return Text(message.sender.phone_number, message.text or "", earlier(message.received_at, tried_at))


RULES: Mapping[Gateway, Rules] = {
    Gateway.PLANNER: Own(), Gateway.TWILIO: Twilio(), Gateway.VONAGE: Vonage(), Gateway.TELNYX: Telnyx(),
}  # fmt: skip
