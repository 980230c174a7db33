"""Feasible starts, found by looking at a local day five minutes at a time: lists and loops, no bitmaps."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.clinic import Resource, WeeklyHours
from planner.domain.plan import PlanRequest
from planner.domain.span import Span
from planner.domain.visit import Mode, Requirement, VisitProfile

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SLOT = 5


def to_minute(instant: datetime) -> int:
    return (instant.astimezone(UTC) - EPOCH) // timedelta(minutes=1)


def to_local(minute: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + timedelta(minutes=minute)).astimezone(zone)


@lru_cache(maxsize=4096)
def slots_of(day: date, zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    """Every fifth minute whose local date is *day*: (minutes since 1970 UTC, wall minutes since midnight)."""
    around = to_minute(datetime.combine(day, time(), tzinfo=UTC))
    local = ((minute, to_local(minute, zone)) for minute in range(around - 15 * 60, around + 40 * 60, SLOT))
    return tuple((minute, at.hour * 60 + at.minute) for minute, at in local if at.date() == day)


class ScannedDay:
    """One local day, slot by slot: when the clinic is open, who is on shift, how many units and seats are free."""

    def __init__(self, request: PlanRequest, rows: dict[UUID, list], day: date) -> None:
        self.request, self.day = request, day
        clinic, relaxed = request.clinic, request.relaxation
        self.slots = slots_of(day, clinic.zone)
        self.walls = [wall for _, wall in self.slots]
        self.first = self.slots[0][0]
        opened = self._within(clinic.hours, relaxed.hours_minutes)
        shut = self._touched(closure.span for closure in clinic.closures)
        if any(holiday.day == day for holiday in clinic.holidays):
            shut = [True] * len(shut)
        self.open = [a and not b for a, b in zip(opened, shut, strict=True)]
        self.shift: dict[UUID, list[bool]] = {}
        self.units: dict[UUID, list[int]] = {}
        self.seat: dict[UUID, list[bool]] = {}
        for resource in clinic.resources:
            self._scan(resource, rows.get(resource.id, []))
        self.patient = self._patient(rows.get(request.patient_id, []))

    def _within(self, hours: WeeklyHours, extended: int = 0) -> list[bool]:
        spans = []
        for opens, closes in hours.on(self.day):
            first = max(0, opens.hour * 60 + opens.minute - extended)
            last = min(24 * 60, closes.hour * 60 + closes.minute + extended)
            spans.append((self._instant(first), self._instant(last)))
        spans = _joined(spans)
        return [any(first <= minute and minute + SLOT <= last for first, last in spans) for minute, _ in self.slots]

    def _instant(self, wall: int) -> int:
        """The minute at which the wall shows so many minutes of this day, the first time it does."""
        day = self.day + timedelta(days=wall // (24 * 60))
        return to_minute(datetime.combine(day, time(wall // 60 % 24, wall % 60), tzinfo=self.request.clinic.zone))

    def _touched(self, spans: Iterable[Span]) -> list[bool]:
        touched = [False] * len(self.slots)
        for span in spans:
            self._paint(touched, span.start.timestamp() / 60, span.end.timestamp() / 60)
        return touched

    def _paint(self, slots: list[bool], start: float, end: float) -> None:
        for index, (minute, _) in enumerate(self.slots):
            if start < minute + SLOT and minute < end:
                slots[index] = True

    def _used(self, rows: list) -> list[int]:
        """Count at each slot the rows that touch it."""
        count = [0] * len(self.slots)
        for row in rows:
            low = max(0, (row.start - self.first) // SLOT)
            high = min(len(count), -((self.first - row.end) // SLOT))
            for index in range(low, high):
                count[index] += 1
        return count

    def _scan(self, resource: Resource, rows: list) -> None:
        extended = self.request.relaxation.hours_minutes
        gone = self._touched(absence.span for absence in resource.absences)
        own = self._within(resource.hours, extended) if resource.hours else None
        there = [here and not away for here, away in zip(own or [True] * len(gone), gone, strict=True)]
        shift = [here and not away for here, away in zip(own or self.open, gone, strict=True)]
        used = self._used([row for row in rows if row.seat > 0])
        self.units[resource.id] = [(resource.capacity - n) * ok for n, ok in zip(used, there, strict=True)]
        self.seat[resource.id] = [not n for n in self._used([row for row in rows if row.seat == 0])]
        self.shift[resource.id] = shift

    def _patient(self, rows: list) -> list[bool]:
        wishes = self.request.preferences
        free = [not n for n in self._used(rows)]
        if self.request.relaxation.availability:
            return free
        if any(away.first_day <= self.day <= away.last_day for away in wishes.away):
            return [False] * len(free)
        able = self._within(wishes.hours) if wishes.hours else [True] * len(free)
        return [a and b for a, b in zip(free, able, strict=True)]

    def holders(self, need: Requirement, index: int) -> list[Resource]:
        """The resources, in rank order, that can be held for a requirement of a visit starting at slot *index*."""
        low, high = index + need.offset // SLOT, index + (need.offset + need.minutes) // SLOT
        return [r for r in self.request.clinic.of_kind(need.kind) if min(self.units[r.id][low:high]) >= need.units]

    def starters(self, need: Requirement, index: int) -> list[Resource]:
        """The resources, in rank order, that can start a dose."""
        low, high = index + need.offset // SLOT, index + (need.offset + need.minutes) // SLOT
        return [
            r for r in self.request.clinic.of_kind(need.kind)
            if all(self.shift[r.id][low:high]) and all(self.seat[r.id][low:high])
        ]  # fmt: skip

    def attended(self, need: Requirement, index: int, by: Resource | None = None) -> bool:
        """Whether at each moment somebody of the kind (or *by*) is on shift."""
        low, high = index + need.offset // SLOT, index + (need.offset + need.minutes) // SLOT
        people = [by] if by else list(self.request.clinic.of_kind(need.kind))
        return all(any(self.shift[person.id][slot] for person in people) for slot in range(low, high))

    def fits(self, visit: VisitProfile, index: int) -> bool:
        """Whether the visit can start at slot *index*."""
        if self.walls[index] % self.request.clinic.grid_minutes:
            return False
        if index + visit.held_minutes // SLOT > len(self.slots):
            return False
        not_before = self.request.not_before
        if not_before is not None and EPOCH + timedelta(minutes=self.slots[index][0]) < not_before:
            return False
        if not all(self.open[index : index + visit.open_minutes // SLOT]):
            return False
        if not all(self.patient[index : index + visit.minutes // SLOT]):
            return False
        return all(self._met(need, index) for need in visit.requirements)

    def _met(self, need: Requirement, index: int) -> bool:
        if index + (need.offset + need.minutes) // SLOT > len(self.slots):
            return False  # a starter's quarter of an hour can outlast a very short visit
        if need.mode is Mode.HOLD:
            return bool(self.holders(need, index))
        if need.mode is Mode.START:
            return bool(self.starters(need, index))
        return self.attended(need, index)


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join openings that touch or, extended, overlap."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


class Scan:
    """All days of one request, each looked at once."""

    def __init__(self, request: PlanRequest, rows: Iterable) -> None:
        self.request = request
        self._rows: dict[date, dict[UUID, list]] = defaultdict(lambda: defaultdict(list))
        zone = request.clinic.zone
        for row in rows:
            day, last = to_local(row.start, zone).date(), to_local(row.end - 1, zone).date()
            while day <= last:
                self._rows[day][row.subject_id].append(row)
                day += timedelta(days=1)
        self._days: dict[date, ScannedDay] = {}
        self._starts: dict[tuple[str, date], list[int]] = {}

    def day(self, day: date) -> ScannedDay:
        if day not in self._days:
            self._days[day] = ScannedDay(self.request, self._rows.get(day, {}), day)
        return self._days[day]

    def starts(self, visit: VisitProfile, day: date) -> list[int]:
        """The feasible starts of a visit on a local day, as minutes since 1970 UTC, earliest first."""
        if (visit.name, day) not in self._starts:
            scanned = self.day(day)
            found = [m for index, (m, _) in enumerate(scanned.slots) if scanned.fits(visit, index)]
            self._starts[visit.name, day] = found
        return self._starts[visit.name, day]
