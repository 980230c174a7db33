"""What storage gives out and takes in of messages beside the outbox: consents, attempts, own words. Frozen; UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from planner.domain.channels import Channel
from planner.domain.reaching import Language


@dataclass(frozen=True)
class Consent:
    """That a patient agreed to a channel, or (*given* false) withdrew that; append-only, the last one stands.

    *by*: the member of staff or the private link it came through, None for an answer by the channel itself. *how*: in a word
    or two: "on paper", "by phone", "page", "STOP".
    """

    id: UUID
    patient_id: UUID
    channel: Channel
    given: bool
    at: datetime
    how: str
    by: UUID | None = None


@dataclass(frozen=True)
class Attempt:
    """One try of a message by a channel, and the answer to it: "sent", or a word or a code without an address.

    *final*: the channel refused the message for good, so that it is not tried for it again.
    """

    id: UUID
    notice_id: UUID
    channel: Channel
    at: datetime
    outcome: str
    final: bool = False


@dataclass(frozen=True)
class TextStop:
    """That a number, whoever it belongs to, stopped all text messages or (*stopped* false) wants them again; append-only.

    A patient's own agreement is a Consent. This is for those who are no patients: who takes one home.
    """

    id: UUID
    number: str = field(repr=False)
    stopped: bool
    at: datetime


@dataclass(frozen=True)
class TextStart:
    """That a text message that wants messages again was heard, by a *mark* of its id at the gateway; append-only.

    Kept of gateways that do not sign when: such a message, handed over again later, is none.
    """

    id: UUID
    mark: str = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class OwnWords:
    """A clinic's own text of a kind of message, in one language and for one channel; append-only, the last one stands.

    An empty *body* goes back to the words that are shipped. *subject* is empty for an SMS.
    """

    id: UUID
    kind: str
    language: Language
    channel: Channel
    subject: str = field(repr=False)
    body: str = field(repr=False)
    at: datetime
    author_id: UUID
