"""What each audience sees of appointments.

A patient: when to come, and that this is no day to drive; never what for, nor whether they came. A carer: when to pick
somebody up, and where. A clinician: whose visit it is, by initials, and in which chair. A room: when it is taken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from planner.domain.course import AppointmentStatus
from planner.domain.reaching import Audience, Language
from planner.domain.span import Span, local_day
from planner.feeds.events import DAYS_BACK, MOST_ENTRIES, Entry, EntryStatus, Listing, listed, window_start
from planner.languages import phrases

__all__ = [
    "DAYS_BACK", "MOST_ENTRIES", "PICK_UP_WINDOW", "Dated", "Entry", "EntryStatus", "Listing", "Shows", "list_busy",
    "list_entries", "list_pick_ups", "list_visits", "switched_off", "window_start",
]  # fmt: skip

PICK_UP_WINDOW = timedelta(minutes=30)
"""ASSUMED: from the planned end on, so long is a patient waited for; no source says how long clinics ask drivers to wait."""


@dataclass(frozen=True)
class Dated:
    """An appointment as a feed needs it. *told*: the patient has heard of it; *dosing*: no driving on that day.

    For staff: the patient's *initials*, the name of the *place*, and the stretches (*taken*) for which a room is held.
    """

    id: UUID
    span: Span
    sequence: int
    status: AppointmentStatus
    told: bool
    dosing: bool
    created_at: datetime
    updated_at: datetime
    initials: str = ""
    place: str = ""
    taken: tuple[Span, ...] = ()

    @property
    def cancelled(self) -> bool:
        """Whether it does not take place, however late that was said."""
        return self.status is AppointmentStatus.CANCELLED


@dataclass(frozen=True)
class Shows:
    """What a link shows: the title of an appointment, the no-driving days, where to come to (*place*), and an alarm."""

    wording: str
    advice: bool = False
    place: str = ""
    alarm_minutes: int | None = None
    language: Language = Language.ENGLISH

    def say(self, english: str) -> str:
        """Say something in the link's language."""
        return phrases(self.language).gettext(english)


def list_entries(dated: Iterable[Dated], shows: Shows, zone: ZoneInfo, now: datetime) -> Listing:
    """List what a patient's calendar shows now: sixty days back and all that is ahead, a thousand entries at most.

    What is cancelled stays until its planned end, unless the patient never heard of it.
    """
    shown = [one for one in dated if _is_shown(one, one.span.end, zone, now)]
    entries = [_entry(one, one.id, one.span, _standing(one, shows.wording, shows), shows) for one in shown]
    if shows.advice:
        entries += [_advice(one, shows, zone) for one in shown if one.dosing and not one.cancelled]
    return listed(entries, zone, now)


def list_pick_ups(dated: Iterable[Dated], shows: Shows, zone: ZoneInfo, now: datetime) -> Listing:
    """List when a carer picks the patient up: after the visits that forbid driving, once the patient knows of them."""
    entries = [
        _entry(one, uuid5(one.id, Audience.CARER), window, _standing(one, shows.say("Pick-up"), shows), shows)
        for one in dated
        for window in [Span(one.span.end, one.span.end + PICK_UP_WINDOW)]
        if one.dosing and one.told and _is_shown(one, window.end, zone, now)
    ]
    return listed(entries, zone, now)


def list_visits(dated: Iterable[Dated], resource_id: UUID, shows: Shows, zone: ZoneInfo, now: datetime) -> Listing:
    """List a person's own visits, by the patients' initials and the place."""
    entries = [
        _entry(one, _own_uid(one, Audience.CLINICIAN, resource_id), one.span, _standing(one, _who(one), shows), shows)
        for one in dated
        if _is_shown(one, one.span.end, zone, now)
    ]
    return listed(entries, zone, now)


def list_busy(dated: Iterable[Dated], resource_id: UUID, shows: Shows, zone: ZoneInfo, now: datetime) -> Listing:
    """List when a chair, a room or a pump is taken, the time to clear it up included, and nothing else."""
    entries = [
        _entry(one, _own_uid(one, Audience.ROOM, resource_id, number), span, _standing(one, shows.say("Busy"), shows), shows)
        for one in map(_as_booked, dated)
        for number, span in enumerate(one.taken)
        if _is_shown(one, span.end, zone, now)
    ]
    return listed(entries, zone, now)


def switched_off(link_id: UUID, at: datetime, zone: ZoneInfo, language: Language = Language.ENGLISH) -> Sequence[Entry]:
    """List what a link shows that was switched off: one entry, since readers keep all they had when a calendar is empty."""
    title = phrases(language).gettext("This calendar link was switched off")
    return (Entry(link_id, 0, local_day(at, zone), title, EntryStatus.CONFIRMED, True, at, at),)  # noqa: FBT003


def _is_shown(one: Dated, end: datetime, zone: ZoneInfo, now: datetime) -> bool:
    return end > window_start(now, zone) and (not one.cancelled or (one.told and now < end))


def _own_uid(one: Dated, audience: Audience, resource_id: UUID, number: int = 0) -> UUID:
    """Give each calendar's own UID: somebody who has the nurse's and the chair's sees one visit in both."""
    return uuid5(one.id, f"{audience} {resource_id} {number}")


def _who(one: Dated) -> str:
    return f"{one.initials}, {one.place}" if one.place else one.initials


def _standing(one: Dated, title: str, shows: Shows) -> str:
    if one.cancelled:
        return shows.say("Cancelled: %s") % title
    return shows.say("%s (provisional)") % title if one.status is AppointmentStatus.TENTATIVE else title


def _as_booked(one: Dated) -> Dated:
    """Give a visit as whoever looks at a room may see it: it takes place, or it does not."""
    return one if one.cancelled else replace(one, status=AppointmentStatus.BOOKED)


def _status(one: Dated) -> EntryStatus:
    if one.cancelled:
        return EntryStatus.CANCELLED
    return EntryStatus.TENTATIVE if one.status is AppointmentStatus.TENTATIVE else EntryStatus.CONFIRMED


def _entry(one: Dated, uid: UUID, when: Span, title: str, shows: Shows) -> Entry:
    alarm = None if one.cancelled else shows.alarm_minutes
    return Entry(
        uid, one.sequence, when, title, _status(one), one.cancelled, one.created_at, one.updated_at, shows.place, alarm
    )  # fmt: skip


def _advice(one: Dated, shows: Shows, zone: ZoneInfo) -> Entry:
    """Give the day's own entry; its UID comes from the appointment's random one, so that it moves along."""
    uid, day, title = uuid5(one.id, "no-driving"), local_day(one.span.start, zone), shows.say("No driving today")
    return Entry(uid, one.sequence, day, title, _status(one), True, one.created_at, one.updated_at)  # noqa: FBT003
