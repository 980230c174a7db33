"""Invitations by mail: what a patient's own calendar may hold of an appointment, and what it must be sent to be right.

Each mail is written from the facts of its moment, so what is owed says only which appointment to bring up to date. Its
SEQUENCE is the appointment's own, raised by as much as switching invitations off and on has cost: every mail is newer than
all before it, and the appointment, with what the patient answered to it, stays as it is.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from typing import Protocol as Interface

INVITED, TAKEN_OUT = "invited", "taken-out"
"""The outcome of a mail that put an appointment into a calendar, and of one that took it out."""


SUPERSEDED = "superseded"
"""The outcome of a mail that found nothing to say."""
PARKED = "parked"
"""The outcome of a mail that was due while its database was lost: it may have been sent, and nobody can know."""


class Method(StrEnum):
    """What a mail asks a calendar to do with an appointment (RFC 5546)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"

    @property
    def outcome(self) -> str:
        """What has become of the mail when it is sent."""
        return INVITED if self is Method.REQUEST else TAKEN_OUT


class Mailed(Interface):
    """A mail about one appointment: sent, tried, owed or withdrawn."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Its *sequence* when it was owed, and by how much that is *raised* above the appointment's."""

    @property
    def attempts(self) -> int:
        """How often it was tried."""

    @property
    def sent_at(self) -> datetime | None:
        """When it was taken by the mail server."""

    @property
    def given_up_at(self) -> datetime | None:
        """When it was refused for good."""

    @property
    def outcome(self) -> str | None:
        """What became of it."""


def may_have_come(mail: Mailed) -> bool:
    """Whether a patient may have got it: not where its only attempt was refused for good, or found nothing to say."""
    if mail.outcome == PARKED:
        return True
    refused = mail.given_up_at is not None or mail.outcome == SUPERSEDED
    return mail.sent_at is not None or mail.attempts > refused


def may_hold(mailed: Iterable[Mailed]) -> bool:
    """Whether the patient's calendar may hold an appointment by these mails about it: one that was tried may have come."""
    for one in sorted(mailed, key=lambda mail: int(mail.facts["sequence"]), reverse=True):
        if may_have_come(one):
            return one.sent_at is None or one.outcome == INVITED
    return False


def raised_by(mailed: Iterable[Mailed]) -> int:
    """Give by how much the SEQUENCE of an appointment's mails is raised above the appointment's own."""
    return max((int(one.facts["raised"]) for one in mailed), default=0)


def method_for(*, wanted: bool, held: bool) -> Method | None:
    """Say what a calendar must be sent: *wanted* in it, perhaps *held* by it; None where nothing is to be done."""
    if wanted:
        return Method.REQUEST
    return Method.CANCEL if held else None
