"""A clinic's own words for its messages: written by an administrator, kept in versions, and shown before."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

from planner.domain.channels import Channel
from planner.domain.errors import Conflict, NotFound
from planner.domain.notices import NO_DRIVING
from planner.domain.own_words import KINDS, NO_DRIVING_KIND, WORDED, check_words
from planner.domain.reaching import Language
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.desk_records import Notice
from planner.storage.message_records import OwnWords
from planner.storage.outbox import Which
from planner.storage.unit_of_work import UnitOfWork

__all__ = ["OwnWords", "Place", "Version", "keep", "listing", "look", "restore", "versions"]

_LOOKED_AT = 10
T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """Where words stand: a kind of message, a language, a channel (mail or sms)."""

    kind: str
    language: Language
    channel: Channel

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.channel not in WORDED:
            raise NotFound("there are no such words")


@dataclass(frozen=True)
class Version:
    """Words as they were kept once, and by whom; those without a body are the shipped ones."""

    words: OwnWords
    author: str


def listing(ctx: Context) -> Mapping[Place, OwnWords]:
    """Give the words of the clinic's own that hold now; what is missing is in the shipped words."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        last = {Place(one.kind, one.language, one.channel): one for one in uow.own_words.all()}
    return {place: one for place, one in last.items() if one.body}


def versions(ctx: Context, place: Place) -> tuple[Version, ...]:
    """List all that was ever kept for a place, the latest first."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        names = {one.id: one.name for one in uow.staff.all()}
        return tuple(Version(one, names.get(one.author_id, "")) for one in reversed(_of(uow, place)))


def keep(ctx: Context, place: Place, *, subject: str, body: str, seen: int) -> OwnWords:
    """Use words from now on; *seen*: how many versions the page knew of.

    Raises InvalidValue (*subject*, *body*) for a word that tells, a placeholder that is unknown or missing, or too many
    characters; Conflict where somebody else was first.
    """
    ctx.require(Permission.CONFIGURE)
    return _keep(ctx, place, check_words(place.kind, place.channel, subject, body), seen)


def restore(ctx: Context, place: Place, *, seen: int) -> OwnWords:
    """Go back to the shipped words; raises Conflict where somebody else was first."""
    ctx.require(Permission.CONFIGURE)
    return _keep(ctx, place, ("", ""), seen)


def look(ctx: Context, place: Place, show: Callable[[UnitOfWork, Iterable[Notice], datetime], T]) -> T:
    """Let *show* fill words with one of the clinic's latest messages of the kind; it only reads."""
    ctx.require(Permission.READ)
    kinds = sorted(NO_DRIVING) if place.kind == NO_DRIVING_KIND else [place.kind]
    with ctx.read() as uow:
        latest = [one for kind in kinds for one in uow.outbox.page(Which(kind=kind), _LOOKED_AT, 0)]
        return show(uow, [one for one in latest if one.patient_id], ctx.clock())


def _keep(ctx: Context, place: Place, words: tuple[str, str], seen: int) -> OwnWords:
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)  # two who save at once are told apart by what they saw
        kept = _of(uow, place)
        if len(kept) != seen:
            raise Conflict("somebody else changed these words first")
        made = OwnWords(uuid4(), place.kind, place.language, place.channel, *words, now, ctx.actor.id)
        uow.own_words.add(made)
        facts = {"kind": place.kind, "language": place.language.value, "channel": place.channel.value}
        audit(ctx, uow, now, "keep-words" if made.body else "restore-words", "clinic", uow.clinic_id, facts)
    return made


def _of(uow: UnitOfWork, place: Place) -> list[OwnWords]:
    mine = (place.language, place.channel)
    return [one for one in uow.own_words.of_kind(place.kind) if (one.language, one.channel) == mine]
