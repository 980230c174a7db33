"""What a gateway of text messages hands over: signed, and answered the same whether a number is known or not.

POST /webhook/sms takes, in our own way, {"from": "+12125550100", "text": "STOP"} with two headers: Planner-Timestamp
(seconds since 1970) and Planner-Signature, the HMAC-SHA256 in hexadecimal of the timestamp, a full stop and the body as it
is sent. With PLANNER_WEBHOOK_KIND it takes what Twilio, Vonage or Telnyx post instead (web/gateways.py). Without
PLANNER_WEBHOOK_SECRET there is no such address. What is old is refused; what is sent twice changes nothing more: STOP is
STOP, and START only takes back a STOP that came before it. A number without its country's code is refused: a gateway that
sends such ones must not believe that STOP was heard.
"""

from datetime import timedelta

from flask import Blueprint, current_app, request
from werkzeug.wrappers import Response

from planner.domain.usable import text_number
from planner.services import accounts, consents
from planner.web.accounts import network
from planner.web.asking import parts
from planner.web.gateways import NO_TEXT, RULES
from planner.web.posted import Posted
from planner.web.security import csrf

bp = Blueprint("webhook", __name__)
csrf.exempt(bp)
_LARGEST, _PER_MINUTE, _MINUTE = 8 * 1024, 300, timedelta(minutes=1)
_WORDS = {401: "not signed, or too old", 404: "not found", 422: "not a message", 429: "too often"}


@bp.post("/webhook/sms")
def sms() -> Response:
    """Take a text message in."""
    secret: str | None = current_app.config["PLANNER_WEBHOOK_SECRET"]
    if not secret:
        return _refusal(404)
    request.max_content_length = _LARGEST
    rules = RULES[current_app.config["PLANNER_WEBHOOK_KIND"]]
    posted = Posted(current_app.config["PLANNER_WEBHOOK_URL"], dict(request.headers), request.get_data())
    store, clock = parts().store, parts().clock
    signed = rules.is_signed(secret, posted, clock())
    who = "signed" if signed else network(request.remote_addr or "")  # no stranger can use up what the gateway may
    if accounts.is_too_often(store, clock, f"webhook {who}", _PER_MINUTE, _MINUTE):
        return _refusal(429)
    if not signed:
        return _refusal(401)
    text = rules.read(posted)
    if text is None or (text is not NO_TEXT and text_number(text.sender) is None):
        return _refusal(422)
    if text is not NO_TEXT:
        consents.receive(store, clock, text.sender, text.words, text.sent_at, message=text.message)
    status, kind, body = rules.thanks
    return Response(body, status, mimetype=kind)


def _refusal(status: int) -> Response:
    """Answer in a word: a gateway reads no pages."""
    answer = Response(f"{_WORDS[status]}\n", status, mimetype="text/plain")
    if status == 429:
        answer.headers["Retry-After"] = "60"
    return answer
