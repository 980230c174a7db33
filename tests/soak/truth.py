"""What really was: every appointment as it was at each instant, and when it was said who takes a patient home."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.course import LIVE
from planner.storage.records import AppointmentRecord

BLINK = timedelta(seconds=1)


@dataclass(frozen=True)
class Stretch:
    """An appointment that stood unchanged, at one start, from *since* until *till*; None: to the end."""

    record: AppointmentRecord
    since: datetime
    till: datetime | None

    @property
    def live(self) -> bool:
        """Whether it was to take place."""
        return self.record.status in LIVE


class Truth:
    """The history of all appointments, as the desk made it."""

    def __init__(self) -> None:
        self.history = defaultdict[UUID, list[tuple[datetime, AppointmentRecord]]](list)
        self.zones: dict[UUID, ZoneInfo] = {}
        self.rides: dict[tuple[UUID, int], datetime] = {}

    def note(self, now: datetime, records: Iterable[AppointmentRecord], zone: ZoneInfo) -> None:
        """Write down how appointments are from now on."""
        for one in records:
            if not self.history[one.id] or self.history[one.id][-1][1].version != one.version:
                self.history[one.id].append((now, one))
                self.zones[one.id] = zone

    def around(self, key: UUID, at: datetime) -> list[AppointmentRecord]:
        """Give an appointment as it was at an instant and a second before: both, where it changes while a letter goes."""
        past = [(since, record) for since, record in self.history.get(key, []) if since <= at]
        fresh = [record for since, record in past if since > at - BLINK]
        older = [record for since, record in past if since <= at - BLINK]
        return [*older[-1:], *fresh]

    def stretches(self, key: UUID) -> Iterator[Stretch]:
        """Go through the times for which it stood: marks change nothing of them."""
        kept: list[tuple[datetime, AppointmentRecord]] = []
        for since, record in self.history[key]:
            if not kept or kept[-1][1].sequence != record.sequence:
                kept.append((since, record))
        ends = [since for since, _ in kept[1:]]
        for (since, record), till in zip(kept, [*ends, None], strict=True):
            yield Stretch(record, since, till)

    def last(self, key: UUID) -> AppointmentRecord:
        """Give it as it is in the end."""
        return self.history[key][-1][1]

    def known_since(self, key: UUID, what: str) -> datetime | None:
        """Tell since when a fact of it was known for good: *arrived_at*, *dosed_at*."""
        found = None
        for since, record in self.history[key]:
            found = (found or since) if getattr(record, what) else None
        return found
