"""What a patient's calendar shows: when to come, and that this is no day to drive; never what for, nor whether they came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from planner.domain.course import AppointmentStatus
from planner.domain.span import DAY, Span, day_start, local_day

DAYS_BACK = 60
MOST_ENTRIES = 1000
ADVICE_TITLE = "No driving today"
SWITCHED_OFF_TITLE = "This calendar link was switched off"


class EntryStatus(StrEnum):
    """RFC 5545's words for an event."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Entry:
    """One event of a calendar: a stretch of time, or a whole local day; a *transparent* one takes no time."""

    uid: UUID
    sequence: int
    when: Span | date
    title: str
    status: EntryStatus
    transparent: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Dated:
    """An appointment as a feed needs it. *told*: the patient has heard of it; *dosing*: no driving on that day."""

    id: UUID
    span: Span
    sequence: int
    status: AppointmentStatus
    told: bool
    dosing: bool
    created_at: datetime
    updated_at: datetime

    @property
    def cancelled(self) -> bool:
        """Whether it does not take place, however late that was said."""
        return self.status is AppointmentStatus.CANCELLED


@dataclass(frozen=True)
class Shows:
    """What a link shows: its title for an appointment, and whether it has the no-driving days."""

    wording: str
    advice: bool


@dataclass(frozen=True)
class Listing:
    """The entries of a calendar, by start and then UID, as they stay *until* time alone changes them."""

    entries: tuple[Entry, ...]
    until: datetime


def window_start(now: datetime, zone: ZoneInfo) -> datetime:
    """Give the instant from which a feed shows what has been: a local midnight."""
    return day_start(local_day(now, zone) - timedelta(days=DAYS_BACK), zone)


def list_entries(dated: Iterable[Dated], shows: Shows, zone: ZoneInfo, now: datetime) -> Listing:
    """List what a patient's calendar shows now: sixty days back and all that is ahead, a thousand entries at most.

    What is cancelled stays until its planned end, unless the patient never heard of it.
    """
    first = window_start(now, zone)
    shown = [one for one in dated if one.span.end > first and _is_shown(one, now)]
    entries = [_appointment(one, shows.wording) for one in shown]
    if shows.advice:
        entries += [_advice(one, zone) for one in shown if one.dosing and not one.cancelled]
    entries.sort(key=lambda entry: (_begins(entry, zone), str(entry.uid)))
    midnight = day_start(local_day(now, zone) + DAY, zone)
    until = min([midnight, *(one.span.end for one in shown if one.cancelled)])
    return Listing(tuple(entries[:MOST_ENTRIES]), until)


def _is_shown(one: Dated, now: datetime) -> bool:
    return not one.cancelled or (one.told and now < one.span.end)


def _begins(entry: Entry, zone: ZoneInfo) -> datetime:
    return entry.when.start if isinstance(entry.when, Span) else day_start(entry.when, zone)


def _status(one: Dated) -> EntryStatus:
    if one.cancelled:
        return EntryStatus.CANCELLED
    return EntryStatus.TENTATIVE if one.status is AppointmentStatus.TENTATIVE else EntryStatus.CONFIRMED


def _appointment(one: Dated, wording: str) -> Entry:
    title = _title(one, wording)
    return Entry(one.id, one.sequence, one.span, title, _status(one), one.cancelled, one.created_at, one.updated_at)


def _title(one: Dated, wording: str) -> str:
    if one.cancelled:
        return f"Cancelled: {wording}"
    return f"{wording} (provisional)" if one.status is AppointmentStatus.TENTATIVE else wording


def _advice(one: Dated, zone: ZoneInfo) -> Entry:
    """Give the day's own entry; its UID comes from the appointment's random one, so that it moves along."""
    uid, day = uuid5(one.id, "no-driving"), local_day(one.span.start, zone)
    return Entry(uid, one.sequence, day, ADVICE_TITLE, _status(one), True, one.created_at, one.updated_at)  # noqa: FBT003


def switched_off(link_id: UUID, at: datetime, zone: ZoneInfo) -> Sequence[Entry]:
    """List what a link shows that was switched off: one entry, since readers keep all they had when a calendar is empty."""
    day = local_day(at, zone)
    return (Entry(link_id, 0, day, SWITCHED_OFF_TITLE, EntryStatus.CONFIRMED, True, at, at),)  # noqa: FBT003
