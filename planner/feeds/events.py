"""What a calendar consists of: its entries, how many of them it has, and how long that stays so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.span import DAY, Span, day_start, local_day

DAYS_BACK = 60
MOST_ENTRIES = 1000
MOST_BYTES = 990_000
"""What the entries may take, so that the calendar with its own lines stays under a megabyte."""
_BARE = 500
_WIDEST = 2.2
"""Octets of an entry without its texts, and of a text for each of its own: escaped, and folded."""


class EntryStatus(StrEnum):
    """RFC 5545's words for an event."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Entry:
    """One event of a calendar: a stretch of time, or a whole local day; a *transparent* one takes no time.

    *updated_at*: when anything of it last changed. *place*: where to go to; *alarm_minutes*: a courtesy so long before.
    """

    uid: UUID
    sequence: int
    when: Span | date
    title: str
    status: EntryStatus
    transparent: bool
    created_at: datetime
    updated_at: datetime
    place: str = ""
    alarm_minutes: int | None = None


@dataclass(frozen=True)
class Listing:
    """The entries of a calendar, by start and then UID, as they stay *until* time alone changes them."""

    entries: tuple[Entry, ...]
    until: datetime


def window_start(now: datetime, zone: ZoneInfo) -> datetime:
    """Give the instant from which a feed shows what has been: a local midnight."""
    return day_start(local_day(now, zone) - timedelta(days=DAYS_BACK), zone)


def is_ahead(end: datetime, zone: ZoneInfo, now: datetime) -> bool:
    """Whether something is not past for a feed, which counts in whole local days."""
    return end > day_start(local_day(now, zone), zone)


def listed(entries: Iterable[Entry], zone: ZoneInfo, now: datetime) -> Listing:
    """List entries until the next local midnight, or until the first cancelled one is over; their order does not matter.

    Where they are too many or too long, what goes first is the oldest past, and only then the farthest future: the weeks to
    come are there always.
    """
    found = sorted(entries, key=lambda entry: (begin_of(entry, zone), str(entry.uid)))
    midnight = day_start(local_day(now, zone) + DAY, zone)
    ends = (end_of(entry, zone) for entry in found if entry.status is EntryStatus.CANCELLED)
    return Listing(tuple(_fitting(found, zone, now)), min([midnight, *ends]))


def begin_of(entry: Entry, zone: ZoneInfo) -> datetime:
    """Give the instant at which an entry begins."""
    return entry.when.start if isinstance(entry.when, Span) else day_start(entry.when, zone)


def end_of(entry: Entry, zone: ZoneInfo) -> datetime:
    """Give the instant at which an entry is over."""
    return entry.when.end if isinstance(entry.when, Span) else day_start(entry.when + DAY, zone)


def _fitting(found: Sequence[Entry], zone: ZoneInfo, now: datetime) -> Sequence[Entry]:
    if len(found) <= MOST_ENTRIES and sum(map(_octets, found)) <= MOST_BYTES:
        return found
    ahead = [entry for entry in found if is_ahead(end_of(entry, zone), zone, now)]
    past = [entry for entry in found if not is_ahead(end_of(entry, zone), zone, now)]
    taken, left = set[UUID](), float(MOST_BYTES)
    for entry in [*ahead, *reversed(past)][:MOST_ENTRIES]:
        left -= _octets(entry)
        if left < 0:
            break
        taken.add(entry.uid)
    return [entry for entry in found if entry.uid in taken]


def _octets(entry: Entry) -> float:
    """Give what an entry takes at most when it is written."""
    alarm = len(entry.title.encode("utf-8", "replace")) if entry.alarm_minutes else 0
    texts = len(entry.title.encode("utf-8", "replace")) + len(entry.place.encode("utf-8", "replace")) + alarm
    return _BARE + texts * _WIDEST
