"""What a gateway of text messages hands over: signed, fresh, and answered the same whether a number is known or not.

POST /webhook/sms takes {"from": "+12125550100", "text": "STOP"} with two headers: Planner-Timestamp (seconds since 1970)
and Planner-Signature, the HMAC-SHA256 in hexadecimal of the timestamp, a full stop and the body as it is sent. Without
PLANNER_WEBHOOK_SECRET there is no such address. What is older than five minutes is refused; what is sent twice within them
changes nothing more: STOP is STOP, and START only takes back a STOP that came before it was signed. A number without its
country's code is refused: a gateway that sends such ones must not believe that STOP was heard.
"""

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated

from flask import Blueprint, current_app, request
from pydantic import Field, StringConstraints, ValidationError
from werkzeug.wrappers import Response

from planner.domain.usable import text_number
from planner.services import accounts, consents
from planner.web.accounts import network
from planner.web.asking import Form, parts
from planner.web.security import csrf

bp = Blueprint("webhook", __name__)
csrf.exempt(bp)
_FRESH = timedelta(minutes=5)
_LARGEST, _PER_MINUTE, _MINUTE = 8 * 1024, 300, timedelta(minutes=1)


class Incoming(Form):
    """A text message: from which number, and what it says."""

    sender: Annotated[str, StringConstraints(max_length=40), Field(alias="from")]
    text: Annotated[str, StringConstraints(max_length=2000)]


@bp.post("/webhook/sms")
def sms() -> Response:
    """Take a text message in."""
    secret: str | None = current_app.config["PLANNER_WEBHOOK_SECRET"]
    if not secret:
        return _answer(404)
    request.max_content_length = _LARGEST
    body = request.get_data()
    store, clock = parts().store, parts().clock
    signed_at = _signed_at(secret, body)
    fresh = signed_at is not None and abs(clock() - signed_at) <= _FRESH
    who = "signed" if fresh else network(request.remote_addr or "")  # no stranger can use up what the gateway may
    if accounts.is_too_often(store, clock, f"webhook {who}", _PER_MINUTE, _MINUTE):
        return _answer(429)
    if signed_at is None or not fresh:
        return _answer(401)
    message = _message(body)
    if message is None or text_number(message.sender) is None:
        return _answer(422)
    consents.receive(store, clock, message.sender, message.text, signed_at)
    return _answer(204)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Sign a body as a gateway does."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


def _message(body: bytes) -> Incoming | None:
    try:
        return Incoming.model_validate_json(body)
    except ValidationError:
        return None


def _signed_at(secret: str, body: bytes) -> datetime | None:
    """Tell when a body was signed; None where it was not, or by somebody else."""
    timestamp, given = (request.headers.get(f"Planner-{name}", "") for name in ("Timestamp", "Signature"))
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11 and given.isascii()):
        return None
    if not hmac.compare_digest(signature(secret, timestamp, body), given.strip().lower()):
        return None
    return datetime.fromtimestamp(int(timestamp), UTC)


def _answer(status: int) -> Response:
    """Answer in a word: a gateway reads no pages."""
    words = {204: "", 401: "not signed, or too old", 404: "not found", 422: "not a message", 429: "too often"}
    answer = Response(f"{words[status]}\n" if words[status] else "", status, mimetype="text/plain")
    if status == 429:
        answer.headers["Retry-After"] = "60"
    return answer
