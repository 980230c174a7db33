"""Calendars as they go out, each with what whoever reads it should see; made by a clinic's desk in an own database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from desks import Desk
from planner.domain.course import AppointmentStatus
from planner.domain.span import DAY, Span
from planner.feeds.entries import Entry, EntryStatus
from planner.feeds.ical import calendar_bytes, clean
from planner.feeds.kept import Kept
from planner.services import fetching
from planner.storage.records import AppointmentRecord
from readers.reading import Seen

STAMP = datetime(2027, 1, 4, 12, tzinfo=UTC)
ZONES = ("America/New_York", "America/Santiago", "Europe/Berlin", "Australia/Lord_Howe")
"""North and south; Santiago's clocks change at midnight, Lord Howe's by half an hour."""
TITLES = [
    "Appointment", "Cancelled: Appointment", "A, b; c: d", 'C:\\New\\x "quoted"', "two\nlines", " spaced ", "END:VEVENT",
    "A\r\nATTACH:http://evil.example", "\u202eturned\u2066\x00\x0b\ud800", "é 🙂 " * 30, '"quoted"', "Cita mañana, ¿sí?",
    "e\u0301" * 60,
]  # fmt: skip


@dataclass(frozen=True)
class Document:
    """A calendar, how it is called if it has a name, and its events by UID."""

    written: bytes
    name: str | None
    meant: tuple[Seen, ...]


def document(written: bytes, name: str | None, meant: Iterable[Seen]) -> Document:
    return Document(written, name, tuple(sorted(meant, key=lambda one: one.uid)))


def fetched(desk: Desk, token: str) -> bytes:
    """What is sent to whoever asks for a calendar by its address."""
    return fetching.fetch(desk.store, desk.clock, Kept(), token, "Reader/1.0").body


def visit(record: AppointmentRecord, title: str, place: str | None = None, alarms: tuple[float, ...] = ()) -> Seen:
    """An appointment as it should be seen under a title, which is given for one that takes place for certain."""
    off, maybe = record.status is AppointmentStatus.CANCELLED, record.status is AppointmentStatus.TENTATIVE
    status = EntryStatus.CANCELLED if off else EntryStatus.TENTATIVE if maybe else EntryStatus.CONFIRMED
    return Seen(
        str(record.id), record.start_at, record.end_at, title, status.value, record.sequence, off, place,
        () if off else alarms, (),
    )  # fmt: skip


def advice(record: AppointmentRecord, title: str = "No driving today") -> Seen:
    """The entry that says on the day of an appointment that it is none to drive."""
    day = date.fromisoformat(record.wall_start[:10])
    status = "TENTATIVE" if record.status is AppointmentStatus.TENTATIVE else "CONFIRMED"
    return Seen(str(uuid5(record.id, "no-driving")), day, day + DAY, title, status, record.sequence, True, None, (), ())


def of_entries(name: str, entries: Iterable[Entry]) -> Document:
    """Give the calendar of entries that no desk has made."""
    listed = list(entries)
    return document(calendar_bytes(name, listed), clean(name), map(_seen, listed))


def _seen(entry: Entry) -> Seen:
    start, end = (entry.when.start, entry.when.end) if isinstance(entry.when, Span) else (entry.when, entry.when + DAY)
    title, status = clean(entry.title), entry.status.value
    place, alarms = clean(entry.place) or None, (-float(entry.alarm_minutes),) if entry.alarm_minutes else ()
    return Seen(str(entry.uid), start, end, title, status, entry.sequence, entry.transparent, place, alarms, ())


def _entry(number: int, when: Span | date, title: str = "Appointment") -> Entry:
    status = list(EntryStatus)[number % 3]
    return Entry(UUID(int=number + 1), number, when, title, status, number % 2 == 0, STAMP, STAMP)


def odd_titles() -> Document:
    """Texts that a careless writer would let become something else."""
    start = datetime(2027, 3, 13, 6, 30, tzinfo=UTC)
    hours = [start + timedelta(hours=number) for number in range(len(TITLES))]
    spans = [Span(at, at + timedelta(minutes=155)) for at in hours]
    return of_entries("Harbor; Street, north", map(_entry, range(len(TITLES)), spans, TITLES))


def many() -> Document:
    """A thousand entries, every second one of a whole day."""
    begins = [STAMP + timedelta(hours=13 * number) for number in range(1000)]
    whens = [Span(at, at + timedelta(minutes=155)) if number % 2 else at.date() for number, at in enumerate(begins)]
    return of_entries("Appointments", map(_entry, range(1000), whens))


def nights() -> Document:
    """An entry from each hour, and for each day, around the nights of a year in which the clocks of four zones change."""
    whens: list[Span | date] = []
    for zone in map(ZoneInfo, ZONES):
        for day in changes(zone):
            evening = datetime.combine(day - DAY, time(22), zone).astimezone(UTC)
            begins = [evening + timedelta(minutes=30 * half) for half in range(14)]
            whens += [day - DAY, day, day + DAY, *(Span(at, at + timedelta(minutes=95)) for at in begins)]
    return of_entries("Nights", [_entry(number, when) for number, when in enumerate(whens)])


def changes(zone: ZoneInfo) -> list[date]:
    """The days of 2027 on which a zone's clocks change."""
    days = [date(2027, 1, 1) + DAY * number for number in range(365)]
    offsets = [datetime.combine(day, time(12), zone).utcoffset() for day in days]
    return [day for day, before, after in zip(days[1:], offsets, offsets[1:], strict=False) if before != after]
