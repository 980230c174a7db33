"""By which way a message goes, and whether it goes now: what the patient chose and agreed to, quiet hours, what was tried.

What falls into quiet hours waits for their end; a reminder that could not wait so long was owed for before them. What would
make no sense any more by then is left to a person at once: they can still phone, and whoever caused it is there. A
no-driving message goes all the same where the clinic's policy says so, and so does a link that the patient has just asked
for.

A mail waits for a server where there is none; a no-driving message that could go by nothing that there is does not.

A channel that does not take it for now is not waited for alone: the others that the patient agreed to have their turns, as
`planner.domain.turns` says. A number that a service refuses again and again, while it takes others, is refused for good:
later messages go another way until it, or what the patient agreed to, has changed, or somebody has ticked its task off.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from planner.domain.channels import Channel, route
from planner.domain.notices import BEFORE, BY_MAIL, ESCORTED, HELD, NO_DRIVING, TOGETHER, NoticeKind
from planner.domain.turns import (
    HASTE,
    PATIENCE,
    REFUSALS,
    another_at_once,
    is_about_address,
    is_refusal,
    is_this_number,
    whose_turn,
)
from planner.domain.usable import usable_channels
from planner.notify.escorts import escorts_number
from planner.notify.leaving import is_refused
from planner.storage.desk_records import Notice
from planner.storage.link_records import Correspondence
from planner.storage.message_records import Attempt
from planner.storage.unit_of_work import UnitOfWork

_QUIET, _TOGETHER = HELD
_STOPPED = "texts-stopped"


@dataclass(frozen=True)
class Way:
    """The channels that are left to try, in order; the last is a person's. *why* the first is, where it is one.

    *at_once*: whether the next is tried without waiting, should the first not take it for now. *doubted*: whether the first
    has refused the number so often that once more is for good. *refused*: the tries by others that were, for good.
    """

    channels: tuple[Channel, ...]
    why: str = ""
    at_once: bool = False
    doubted: bool = False
    refused: tuple[Attempt, ...] = ()

    @property
    def first(self) -> Channel:
        """What is tried now."""
        return self.channels[0]

    @property
    def has_another(self) -> bool:
        """Whether something else than a person is left when the first one fails."""
        return len(self.channels) > 2


@dataclass(frozen=True)
class Held:
    """It waits until an instant, for a reason in a word or two."""

    until: datetime
    reason: str


@dataclass(frozen=True)
class Unwanted:
    """The patient does not want it."""


def way_of(uow: UnitOfWork, notice: Notice, now: datetime, configured: Collection[Channel]) -> Way | Held | Unwanted:
    """Say how a message goes, and when; *configured*: what this installation can send by. Mails wait for a server."""
    chosen = uow.correspondence.of_patient(notice.patient_id) if notice.patient_id else None
    if chosen and notice.kind in BEFORE and not chosen.reminders:
        return Unwanted()
    way = _escorts_way(uow, notice, configured) if notice.kind in ESCORTED else _way(uow, notice, chosen, configured)
    if way.first.by_hand:
        return way
    held = _quiet(uow, notice, chosen, now) or _with_safety(uow, notice, chosen, now)
    if held and held.until >= notice.expires_at:
        return Way((way.channels[-1],), held.reason)
    return held or way


def turn_of(uow: UnitOfWork, notice: Notice, configured: Collection[Channel]) -> Channel:
    """Say by which channel something owed is tried next, whenever that is; by a person's where no other is left."""
    next_try = replace(notice, attempts=notice.attempts + 1)
    if notice.kind in ESCORTED:
        return _escorts_way(uow, next_try, configured).first
    chosen = uow.correspondence.of_patient(notice.patient_id) if notice.patient_id else None
    return _way(uow, next_try, chosen, configured).first


def _way(uow: UnitOfWork, notice: Notice, chosen: Correspondence | None, configured: Collection[Channel]) -> Way:
    if notice.patient_id is None or chosen is None:
        return Way((Channel.PHONE,), "no-address")
    patient, standing = uow.people.get(notice.patient_id), uow.consents.standing(notice.patient_id)
    usable = usable_channels(patient.email, patient.phone, standing, {Channel.MAIL, *configured})
    tried = uow.attempts.of_notice(notice.id) if notice.attempts > 1 else []
    failed = [one for one in tried if one.final]
    by_mail_only = notice.kind in BY_MAIL
    wanted = [one for one in chosen.channels if one.by_hand or one is Channel.MAIL or not by_mail_only]
    wanted = [Channel.MAIL, *wanted] if by_mail_only else wanted
    channels = _without_refused(uow, patient.id, route(wanted, usable - {one.channel for one in failed}), configured)
    why = failed[-1].outcome if failed else f"by-{channels[-1]}" if patient.email else "no-address"
    refused = tuple(one for one in failed if is_about_address(one.outcome))
    return _in_turn(uow, notice, Way(channels, why, refused=refused), tried, configured)


def _without_refused(
    uow: UnitOfWork, patient_id: UUID, channels: tuple[Channel, ...], configured: Collection[Channel]
) -> tuple[Channel, ...]:
    """Leave out texts where the patient's number is known to refuse them, and another channel can go.

    A mail is tried each time: it costs one try, and its refusal may be meant for who sends it.
    """
    others = tuple(one for one in channels if one is not Channel.SMS)
    if len(others) == len(channels) or not any(one in configured for one in others):
        return channels
    return others if is_refused(uow, patient_id, Channel.SMS) else channels


def _in_turn(
    uow: UnitOfWork, notice: Notice, way: Way, tried: Sequence[Attempt], configured: Collection[Channel]
) -> Way:
    """Put that channel first whose turn it is."""
    *left, by_hand = way.channels
    if not left:
        return way
    able, failed = [one for one in left if one in configured], [one.channel for one in tried if not one.final]
    if configured and not able and notice.kind in NO_DRIVING:
        return Way((by_hand,), "no-server")
    able = able or left[:1]
    patience = HASTE if notice.kind in NO_DRIVING else PATIENCE
    now = whose_turn(able, failed, patience)
    return replace(
        way, channels=(now, *(one for one in left if one is not now), by_hand),
        at_once=another_at_once(able, failed, patience), doubted=_doubted(uow, notice, tried, now),
    )  # fmt: skip


def _doubted(uow: UnitOfWork, notice: Notice, tried: Sequence[Attempt], channel: Channel) -> bool:
    """Whether a service that refuses the patient's number once more means that number, and not all it is asked to text."""
    refused = [one for one in tried if one.channel is channel and is_refusal(one.outcome)]
    if len(refused) + 1 < REFUSALS or notice.patient_id is None:
        return False
    mine = {one.id for one in uow.notices.of_patient(notice.patient_id)}
    return is_this_number({one.outcome for one in uow.attempts.of_others(mine, channel, refused[0].at)})


def _escorts_way(uow: UnitOfWork, notice: Notice, configured: Collection[Channel]) -> Way:
    """Text to the number that the patient named for it, unless it said STOP; else a person phones it."""
    number, tried = escorts_number(uow, notice), uow.attempts.of_notice(notice.id)
    refused = next((one.outcome for one in tried if one.final), None)
    if why := refused or (_STOPPED if number and uow.text_stops.holds(number) else ""):
        return Way((Channel.PHONE,), why)
    if number is None or Channel.SMS not in configured:
        return Way((Channel.PHONE,), "no-number" if number is None else "by-phone")
    return Way((Channel.SMS, Channel.PHONE), doubted=_doubted(uow, notice, tried, Channel.SMS))


def _quiet(uow: UnitOfWork, notice: Notice, chosen: Correspondence | None, now: datetime) -> Held | None:
    clinic = uow.clinics.get(now)
    quiet = clinic.messaging.quiet_for(chosen.quiet if chosen and notice.kind not in ESCORTED else None)
    exempt = notice.kind in NO_DRIVING and clinic.messaging.safety_in_quiet
    if quiet is None or exempt or notice.kind == NoticeKind.PAGE_LINK:
        return None
    until = quiet.after(now, clinic.zone)
    return Held(max(until, notice.due_at), _QUIET) if until > now else None


def _with_safety(uow: UnitOfWork, notice: Notice, chosen: Correspondence | None, now: datetime) -> Held | None:
    """Let a reminder wait for the no-driving message that is due soon: that one is never sent before its time.

    Not where it would be quiet by then: the reminder could come too late.
    """
    if notice.kind not in BEFORE or notice.patient_id is None:
        return None
    others = (one for one in uow.notices.open_to(notice.patient_id) if one.kind in NO_DRIVING)
    soon = [one.due_at for one in others if now < one.due_at <= now + TOGETHER and one.due_at < notice.expires_at]
    return Held(min(soon), _TOGETHER) if soon and not _quiet(uow, notice, chosen, min(soon)) else None
