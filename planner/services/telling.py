"""How a patient would be told of a change now: by which way, when, in which language, in which words of the clinic's own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from planner.domain.channels import Channel, Quiet, route
from planner.domain.clinic import Clinic
from planner.domain.notices import UNDO_WINDOW, NoticeKind
from planner.domain.own_words import words_kind
from planner.domain.reaching import Language
from planner.domain.roles import Permission
from planner.services.consents import usable
from planner.services.context import Context
from planner.storage.message_records import OwnWords

__all__ = ["OwnWords", "Telling", "telling"]

_CHANGES = (NoticeKind.BOOKED, NoticeKind.MOVED, NoticeKind.CANCELLED, NoticeKind.CONFIRMED)


@dataclass(frozen=True)
class Telling:
    """How a patient is told. *channel*: what is tried first; *words*: the clinic's own, of the kinds that have any.

    *waits_until*: the end of the quiet hours in which a message would wait (UTC); None where it goes at once.
    """

    channel: Channel
    language: Language
    waits_until: datetime | None = None
    words: Mapping[str, OwnWords] = field(default_factory=dict, repr=False)

    @property
    def written(self) -> Channel:
        """For which channel the words are: a person reads out, or prints, what a mail would say."""
        return _written(self.channel)


def telling(ctx: Context, *, patient_id: UUID, configured: Collection[Channel]) -> Telling:
    """Say how a patient would be told of what is booked, moved or cancelled; *configured*: what can be sent by.

    A mail waits for a server. Raises NotFound, Forbidden.
    """
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        chosen = uow.correspondence.of_patient(patient_id)
        channel = route(chosen.channels, usable(uow, patient_id, {Channel.MAIL, *configured}))[0]
        language, by = chosen.language, _written(channel)
        now = ctx.clock()
        waits_until = None if channel.by_hand else _quiet_until(uow.clinics.get(now), chosen.quiet, now)
        words = {kind.value: uow.own_words.standing(words_kind(kind), language, by) for kind in _CHANGES}
    return Telling(channel, language, waits_until, {kind: one for kind, one in words.items() if one})


def _quiet_until(clinic: Clinic, own: Quiet | None, now: datetime) -> datetime | None:
    """Give the end of the quiet hours in which a message about a change made now would be due."""
    due_at, quiet = now + UNDO_WINDOW, clinic.messaging.quiet_for(own)
    until = quiet.after(due_at, clinic.zone) if quiet else due_at
    return until if until > due_at else None


def _written(channel: Channel) -> Channel:
    return Channel.MAIL if channel.by_hand else channel
