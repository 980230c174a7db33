"""Mails that came back: a delivery status notification (RFC 3464) makes a sent message one that has failed.

It is owed again, and goes by the next channel that the patient can be reached by, or is left to a person. Of what was sent
in one mail all comes back.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from uuid import UUID, uuid4

from planner.clock import Clock
from planner.domain.channels import Channel
from planner.domain.notices import ALONE
from planner.storage.desk_records import Notice
from planner.storage.message_records import Attempt
from planner.storage.unit_of_work import Store, UnitOfWork

_MESSAGE_ID = re.compile(r"^<?([0-9a-f]{32})@(?:[0-9a-f]{8}\.)?notice\.invalid>?$")
_STATUS = re.compile(r"^[245]\.[0-9]{1,3}\.[0-9]{1,3}")


@dataclass(frozen=True)
class Bounce:
    """A mail that came back: which message it was, and the status of RFC 3463, such as 5.1.1."""

    notice_id: UUID
    status: str


def bounce_of(content: bytes) -> Bounce | None:
    """Read a report; None for what is none, says that all is well or that it takes longer, or is not about our mails."""
    mail = message_from_bytes(content, policy=compat32)
    if mail.get_content_type() != "multipart/report":
        return None
    parts = list(mail.walk())
    status = next(filter(None, map(_failure, parts)), None)
    notice_id = next(filter(None, map(_message, parts)), None)
    return Bounce(notice_id, status) if status and notice_id else None


def _failure(part: Message) -> str | None:
    """Give the status of a recipient to whom the mail could not be delivered."""
    if str(part.get("Action", "")).strip().lower() != "failed":
        return None
    found = _STATUS.match(str(part.get("Status", "")).strip())
    return found.group() if found else "5.0.0"


def _message(part: Message) -> UUID | None:
    """Give the message that is returned, whole or its headers only."""
    if part.get_content_type() == "text/rfc822-headers":
        payload = part.get_payload(decode=True)
        part = message_from_bytes(payload if isinstance(payload, bytes) else b"", policy=compat32)
    found = _MESSAGE_ID.match(str(part.get("Message-ID", "")).strip())
    return UUID(found.group(1)) if found else None


def take_back(store: Store, clock: Clock, bounce: Bounce) -> int:
    """Owe again all that was sent in a mail which came back; gives how many messages: none for one that is not known."""
    with store.read_installation() as installation:
        found = installation.notice(bounce.notice_id)
    if found is None:
        return 0
    with store.begin(found.clinic_id) as uow:
        now, outcome = clock(), f"bounced {bounce.status}"
        same = sorted(_in_one_mail(uow, found.record), key=lambda one: one.id)
        reopened = [one for one in same if uow.notices.reopen(one.id, now, outcome)]
        for one in reopened:
            uow.attempts.add(Attempt(uuid4(), one.id, Channel.MAIL, now, outcome, final=True))
    return len(reopened)


def _in_one_mail(uow: UnitOfWork, notice: Notice) -> list[Notice]:
    """List what went out together: to the same person, by mail, settled at the same instant."""
    if notice.channel != Channel.MAIL or notice.sent_at is None:
        return []
    if notice.kind in ALONE or notice.patient_id is None:
        return [notice]
    same = (one for one in uow.notices.of_patient(notice.patient_id) if one.kind not in ALONE)
    return [one for one in same if (one.sent_at, one.channel) == (notice.sent_at, notice.channel)]
