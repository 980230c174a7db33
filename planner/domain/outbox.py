"""What becomes of a message that is owed: sent, failed or taken back; and what a person may still do to it."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol as Interface

from planner.domain.inviting import PARKED
from planner.domain.notices import NO_DRIVING

TAKEN_BACK = "taken-back"
"""The outcome of a message that a person at the desk has taken back."""


class Standing(StrEnum):
    """Where a message stands."""

    OWED = "owed"
    SENT = "sent"
    FAILED = "failed"
    """For good: a person tells the patient."""
    WITHDRAWN = "withdrawn"


class Kept(Interface):
    """A message, by the instants (UTC) at which something became of it; None where that has not happened."""

    @property
    def kind(self) -> str:
        """What it is about."""

    @property
    def expires_at(self) -> datetime:
        """From when on it would mislead."""

    @property
    def sent_at(self) -> datetime | None:
        """When a server took it."""

    @property
    def given_up_at(self) -> datetime | None:
        """When it had failed for good."""

    @property
    def withdrawn_at(self) -> datetime | None:
        """When it was taken back."""

    @property
    def outcome(self) -> str | None:
        """What became of it, in a word."""


def standing_of(message: Kept) -> Standing:
    """Say where a message stands; what was taken back while it was on its way is sent all the same."""
    if message.sent_at:
        return Standing.SENT
    if message.given_up_at:
        return Standing.FAILED
    return Standing.WITHDRAWN if message.withdrawn_at else Standing.OWED


def why_not_again(message: Kept, now: datetime, *, says: bool, on_its_way: bool) -> str:
    """Say why a message may not be sent again; empty where it may.

    *says*: it has anything to say by the facts of now, and can be written. *on_its_way*: it is being sent again already.
    """
    standing = standing_of(message)
    if standing is Standing.OWED or on_its_way:
        return "it is on its way"
    if now >= message.expires_at:
        return "by now it would mislead: phone the patient instead"
    if standing is Standing.WITHDRAWN and message.outcome not in {PARKED, TAKEN_BACK}:
        return "it was withdrawn by what came after it, which has a message of its own"
    return "" if says else "as things are now, it cannot be written, or has nothing to say"


def why_not_withdrawn(message: Kept) -> str:
    """Say why a person may not take a message back; empty where they may."""
    if standing_of(message) is not Standing.OWED:
        return "it is no longer owed"
    if message.kind in NO_DRIVING:
        return "what keeps a patient from driving after a dose is never taken back by hand"
    return ""
