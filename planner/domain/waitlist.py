"""Who may have a time that was freed: what speaks against it before any rule is looked at, and whose turn it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.span import Span, local_day


class Unsuited(StrEnum):
    """Why a freed time is not for somebody who waits, whatever the rules say."""

    NOT_SOONER = "not-sooner"
    OVERLAPS = "overlaps"
    NOTICE = "notice"
    DAYS = "days"
    OFFERED = "offered"
    DECLINED = "declined"


@dataclass(frozen=True)
class Waits:
    """Somebody who would come sooner: what their appointment takes now, and what they asked for when they were put down.

    *deadline*: the last local day within the maximum gap of their session; None where no gap is counted. *tried*: this time
    was offered to them before, and they did not answer.
    """

    id: UUID
    span: Span
    notice_hours: int
    since: datetime
    from_day: date | None = None
    until_day: date | None = None
    deadline: date | None = None
    tried: bool = False


def unsuited(one: Waits, slot: Span, now: datetime, zone: ZoneInfo) -> tuple[Unsuited, ...]:
    """List what speaks against a time for somebody: it is no sooner, too soon to come, or on a day that was ruled out."""
    found, day = list[Unsuited](), local_day(slot.start, zone)
    if slot.start >= one.span.start:
        found.append(Unsuited.NOT_SOONER)
    elif slot.overlaps(one.span):
        found.append(Unsuited.OVERLAPS)
    if slot.start - now < timedelta(hours=one.notice_hours):
        found.append(Unsuited.NOTICE)
    if (one.from_day and day < one.from_day) or (one.until_day and day > one.until_day):
        found.append(Unsuited.DAYS)
    return tuple(found)


def in_turn(waiting: Iterable[Waits]) -> list[Waits]:
    """Put those who wait in order: the earliest deadline, then who has waited longest; who did not answer comes last."""
    return sorted(waiting, key=lambda one: (one.tried, one.deadline or date.max, one.since, one.id.bytes))
