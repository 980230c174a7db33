"""What really was: every appointment at each instant, who takes the patient home, and what a person did to a message."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.channels import Channel
from planner.domain.course import LIVE
from planner.domain.reaching import Language
from planner.storage.records import AppointmentRecord
from soak.people import Timeline
from soak.said import Named, Opened, Said

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
        """When it was first said who takes the patient home, of a visit as it then was."""
        self.named = defaultdict[UUID, list[Named]](list)
        """All that was said of that, visit by visit."""
        self.said = defaultdict[UUID, list[Said]](list)
        """All that its patient answered, to the desk or by a link, visit by visit."""
        self.opened = list[Opened]()
        """The links in messages that were opened."""
        self.stops = dict[str, Timeline[bool]]()
        """Whether a number stopped texts, whoever it belongs to."""
        self.words = dict[tuple[str, Language, Channel], Timeline[str]]()
        """The marks of the clinic's own words, by what they are for; an empty one for those shipped."""
        self.taken_back = dict[UUID, datetime]()
        """The messages that the desk took back."""
        self.resent = dict[UUID, UUID]()
        """The messages that the desk sends again, and which they repeat."""
        self.acts = defaultdict[UUID, set[datetime]](set)
        """When anything was done that concerns a patient."""

    def note(self, now: datetime, records: Iterable[AppointmentRecord], zone: ZoneInfo) -> None:
        """Write down how appointments are from now on."""
        for one in records:
            if not self.history[one.id] or self.history[one.id][-1][1].version != one.version:
                self.history[one.id].append((now, one))
                self.zones[one.id] = zone
            self.acts[one.patient_id].add(now)

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

    def ride(self, key: UUID, at: datetime) -> Named | None:
        """Give what was last said by then of who takes a patient home, whatever became of the visit since."""
        return next((one for one in reversed(self.named[key]) if one.at <= at), None)

    def stopped(self, number: str, at: datetime) -> list[bool]:
        """Tell whether a number wants no texts, at an instant and just before."""
        return self.stops[number].around(at) if number in self.stops else [False]

    def last(self, key: UUID) -> AppointmentRecord:
        """Give it as it is in the end."""
        return self.history[key][-1][1]

    def known_since(self, key: UUID, what: str) -> datetime | None:
        """Tell since when a fact of it was known for good: *arrived_at*, *dosed_at*."""
        found = None
        for since, record in self.history[key]:
            found = (found or since) if getattr(record, what) else None
        return found
