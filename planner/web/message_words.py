"""What the desk reads of messages: where one stands, by which way it goes, and what became of it; in words, with a shape."""

from planner.domain.channels import Channel
from planner.domain.outbox import Standing
from planner.domain.replies import ReplyKind
from planner.domain.turns import is_refusal

STANDINGS = {
    Standing.OWED: "owed", Standing.SENT: "sent", Standing.FAILED: "failed", Standing.WITHDRAWN: "withdrawn",
}  # fmt: skip
CHANNELS = {Channel.MAIL: "mail", Channel.SMS: "SMS", Channel.PHONE: "phone", Channel.PRINT: "print"}
_SHAPES = {Standing.OWED: "due", Standing.SENT: "ok", Standing.FAILED: "stop", Standing.WITHDRAWN: "cancel"}
_TONES = {Standing.OWED: "note", Standing.SENT: "ok", Standing.FAILED: "stop", Standing.WITHDRAWN: "idle"}
_OUTCOMES = {
    "sent": "taken by the server", "expired": "it would have misled by then", "superseded": "nothing was left to say",
    "replaced": "a later message took its place", "no-dose": "nothing was given", "parked": "the database was restored",
    "taken-back": "taken back at the desk", "no-address": "the patient has no mail address",
    "no-letterhead": "the clinic has no letterhead yet", "no-mail-server": "no mail server is set",
    "not-neutral": "its words would tell too much", "mistake": "it could not be written",
    "quiet-hours": "it waits for the end of the quiet hours", "together": "it goes together with another",
    "no-words": "there are no words for it by this way", "invited": "taken by the server",
    "taken-out": "taken by the server", "undone": "what it was about was undone",
    "reminders-off": "reminders are switched off", "rate-limit": "it waits its turn", "by-phone": "a person phones",
    "by-print": "a person hands it out on paper", "too-long": "it is too long", "not-by-sms": "it goes by mail only",
    "no-server": "there was no server", "by-sms-only": "it goes by text message only",
    "no-number": "there is no number that a text could go to", "texts-stopped": "this number stopped text messages",
}  # fmt: skip
_REPLIES = {
    ReplyKind.COME: "comes", ReplyKind.RIDE: "has named who takes them home", ReplyKind.CHANGE: "asks for another time",
}  # fmt: skip


def by_words(channel: Channel) -> str:
    """Name a way by which messages go."""
    return CHANNELS[channel]


def outcome_words(outcome: str | None) -> str:
    """Say what became of a message or of a try; a server's answer by its number, anything else as it was noted."""
    if not outcome:
        return ""
    if outcome.startswith("bounced "):
        return f"it came back ({outcome.removeprefix('bounced ')})"
    if is_refusal(outcome):
        return f"the server refused this number ({outcome.split()[-1]})"
    return _OUTCOMES.get(outcome, f"the server answered {outcome}" if outcome.isdigit() else outcome.replace("-", " "))


def reply_words(kind: ReplyKind) -> str:
    """Say what a patient answered."""
    return _REPLIES[kind]


FILTERS = {
    "by_words": by_words, "outcome_words": outcome_words, "reply_words": reply_words,
    "standing_words": lambda standing: STANDINGS[standing], "standing_shape": lambda standing: _SHAPES[standing],
    "standing_tone": lambda standing: _TONES[standing],
}  # fmt: skip
