"""A letter looked at again by the desk: no text is kept, so it is written from the facts of now for the moment it is of."""

from dataclasses import dataclass, field
from datetime import datetime

from planner.domain.channels import Channel
from planner.domain.notices import ESCORTED
from planner.notify.letters import Unwritable, write
from planner.notify.linking import links_of
from planner.notify.matters import matter_of
from planner.storage.desk_records import Notice
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Reread:
    """What a letter says; *unwritable*: why it says nothing, in a word of the outbox, where it cannot be written."""

    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    unwritable: str = ""


def reread(uow: UnitOfWork, notice: Notice, at: datetime, channel: Channel) -> Reread | None:
    """Write a letter as of an instant (UTC) for a channel, and make no link; None where it has nothing to say any more."""
    matter = matter_of(uow, notice, at)
    if matter is None:
        return None
    usual = Channel.SMS if notice.kind in ESCORTED else Channel.MAIL
    by = usual if channel.by_hand else channel
    try:
        letter = write(uow, notice, {**matter, **links_of(uow, notice, at, None)}, by)
    except Unwritable as failure:
        return Reread(unwritable=failure.reason)
    return Reread(letter.subject, letter.text)
