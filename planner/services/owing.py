"""What is owed to patients: one message about a change, and after a dose the no-driving reminders; never twice or stale.

A change that touches what an earlier, unsent message is about takes that message's place: a moved appointment never sends
the time that it was moved away from, and one that is cancelled before anybody heard of it sends nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from planner.domain.course import LIVE, AppointmentStatus
from planner.domain.notices import ABOUT_CHANGES, NO_DRIVING, NoticeKind, owed_for_change
from planner.services.escorting import owe_escorts
from planner.services.foretelling import owe_before
from planner.services.inviting import owe_invitations
from planner.services.touching import Owing, Touched
from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

__all__ = ["News", "Owing", "Touched", "news_of", "owe_change"]


@dataclass(frozen=True)
class News:
    """What a patient has yet to hear of an appointment; *heard* is the wall start that they know, where it was moved."""

    kind: NoticeKind
    heard: str | None = None


def owe_change(uow: UnitOfWork, touched: Sequence[Touched], now: datetime, cause: UUID, *, told: bool) -> Owing:
    """Owe one message about all that a change did to one patient's appointments, if it is *told* and still to come.

    *cause* is the revision in the message's key. What nobody has tried to send yet is taken back where this changes it,
    and so are the no-driving reminders of what is moved or cancelled. Who gets invitations is owed one for each appointment
    as well: the message says what has changed and how to prepare, the invitation is for the calendar. What each appointment
    owes before it follows it.
    """
    if not touched:
        return Owing()
    message = _owe_message(uow, touched, now, cause, told=told)
    owe_before(uow, [one.after for one in touched], now)
    owe_escorts(uow, [one.after for one in touched if one.before], now)
    return message + owe_invitations(uow, touched, now, told=told)


def _owe_message(uow: UnitOfWork, touched: Sequence[Touched], now: datetime, cause: UUID, *, told: bool) -> Owing:
    changes = {one.after.id: change for one in touched if (change := _change(one, now))}
    if not changes or (not told and all(one.before is None for one in touched)):
        return Owing()
    waiting = uow.notices.keep(patient_id=touched[0].after.patient_id)
    stale = [one for one in waiting if one.appointment_id in _displaced(touched) and one.kind in NO_DRIVING]
    pending = [one for one in waiting if one.kind in ABOUT_CHANGES and not one.attempts and changes.keys() & news_of(one)]
    unheard = {key: news for one in pending for key, news in news_of(one).items()}
    news = _merged(unheard, changes, touched, told=told)
    starts = [*_starts(touched, news), *(one.expires_at for one in pending)]
    owing = _withdraw(uow, [*stale, *pending], now)
    notice = _message(touched[0].after, news, starts, now, cause)
    if notice is None:
        return owing
    uow.notices.put(notice)
    return replace(owing, notices=(notice.id,))


_LISTS = {
    NoticeKind.BOOKED: "added", NoticeKind.MOVED: "moved", NoticeKind.CANCELLED: "cancelled",
    NoticeKind.CONFIRMED: "confirmed",
}  # fmt: skip
"""The fact that lists, by what is told of them, the appointments which a message is about."""


def news_of(notice: Notice) -> dict[UUID, News]:
    """Read what a message about a change is to say, by appointment."""
    facts = notice.facts
    former: Mapping[str, str] = facts.get("from", {})
    return {UUID(key): News(kind, former.get(key)) for kind, name in _LISTS.items() for key in facts.get(name, [])}


def _change(one: Touched, now: datetime) -> News | None:
    """Say what happened to an appointment, in so far as any of it is still to come."""
    before, after = one.before, one.after
    if max(after.start_at, before.start_at if before else after.start_at) <= now:
        return None
    if before is None:
        return News(NoticeKind.BOOKED)
    if after.status is AppointmentStatus.CANCELLED:
        return News(NoticeKind.CANCELLED)
    if before.start_at != after.start_at:
        return News(NoticeKind.MOVED, before.wall_start)
    return News(NoticeKind.CONFIRMED) if before.status in LIVE and before.status is not after.status else None


def _displaced(touched: Iterable[Touched]) -> set[UUID]:
    gone = (one for one in touched if one.before and (one.after.start_at, one.after.status) != (
        one.before.start_at, one.before.status))  # fmt: skip
    return {one.after.id for one in gone}


def _merged(
    unheard: Mapping[UUID, News], changes: Mapping[UUID, News], touched: Iterable[Touched], *, told: bool
) -> dict[UUID, News]:
    """Put the changes on top of what the patient has not heard yet."""
    merged = dict(unheard)
    for one in touched:
        key, change = one.after.id, changes.get(one.after.id)
        if change is None or (key not in unheard and not told):
            continue
        news = _on_top(unheard.get(key), change, knows=one.before is not None and one.before.told_at is not None)
        if news is None or (news.kind is NoticeKind.MOVED and news.heard == one.after.wall_start):
            merged.pop(key, None)
        else:
            merged[key] = news
    return merged


def _on_top(unheard: News | None, change: News, *, knows: bool) -> News | None:
    """Say what is to be told after a further change; None: the patient never needs to hear of it."""
    new = unheard.kind is NoticeKind.BOOKED if unheard else not knows
    if change.kind is NoticeKind.CANCELLED:
        return None if new else change
    if new:
        return News(NoticeKind.BOOKED)
    if unheard and unheard.kind is NoticeKind.CONFIRMED:  # provisional and not again: two such changes are none
        return None if change.kind is NoticeKind.CONFIRMED else change
    return unheard or change


def _starts(touched: Iterable[Touched], news: Mapping[UUID, News]) -> list[datetime]:
    told = [one for one in touched if one.after.id in news]
    return [one.after.start_at for one in told] + [one.before.start_at for one in told if one.before]


def _withdraw(uow: UnitOfWork, notices: Iterable[Notice], now: datetime) -> Owing:
    ids = tuple(one.id for one in notices)
    if ids:
        uow.notices.withdraw(ids, now, "replaced")
    return Owing(withdrawn=ids)


def _message(
    one: AppointmentRecord, news: Mapping[UUID, News], starts: Iterable[datetime], now: datetime, cause: UUID
) -> Notice | None:
    kinds = {item.kind for item in news.values()}
    kind = kinds.pop() if len(kinds) == 1 else NoticeKind.BOOKED
    owed = owed_for_change(kind, now, starts) if news else None
    if owed is None:
        return None
    by_kind = {name: [str(key) for key, item in news.items() if item.kind is of] for of, name in _LISTS.items()}
    by_kind = {name: ids for name, ids in by_kind.items() if ids or name != "confirmed"}
    facts: dict[str, Any] = {"appointments": [str(key) for key in news], **by_kind}
    facts |= {"from": {str(key): item.heard for key, item in news.items() if item.heard}}
    alone = next(iter(news)) if len(news) == 1 else None
    return Notice(
        uuid4(), f"{kind}:{one.course_id or one.id}:{cause}", kind, "mail", one.patient_id, one.course_id, alone, facts,
        now, owed.due_at, owed.due_at, owed.expires_at,
    )  # fmt: skip
