"""A year of bookings, made up from a seed: Spravato and infusion courses booked greedily, as a front desk does."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import builders
from planner.domain.clinic import Absence, Clinic, Holiday, Resource
from planner.domain.occupancy import BusyRow
from planner.domain.span import Span
from planner.domain.visit import SLOT, Mode, Requirement, VisitProfile

ZONE = ZoneInfo("America/New_York")
FIRST_DAY, DAYS = date(2027, 1, 4), 364
HOLIDAYS = ((5, 31, "Memorial Day"), (7, 5, "Independence Day"), (9, 6, "Labor Day"), (11, 25, "Thanksgiving"))


@dataclass(frozen=True)
class Size:
    """How large a clinic is, and how many sites there are of it.

    *filled*: between what shares of the chairs' time each day is filled; *spare*: chairs that are never taken, so that
    the day is filled evenly, not to the last chair at noon and hardly at all in the evening.
    """

    name: str
    chairs: int
    nurses: int
    prescribers: int
    sites: int = 1
    filled: tuple[float, float] = (0.6, 0.85)
    spare: int = 0


SIZES = (
    Size("4 chairs, 3 staff", 4, 2, 1),
    Size("12 chairs, 10 staff", 12, 7, 3),
    Size("10 sites x 20 chairs", 20, 11, 4, sites=10),
)
ROOMY = Size("12 chairs, 16 staff", 12, 12, 4, filled=(0.6, 0.6), spare=2)
"""A site that is 60 % full all day long, with staff for all its chairs: what is shown for it can mostly be booked."""


@dataclass(frozen=True)
class Site:
    """A clinic with everything booked in it for a year; *used* is the share of its chairs' open time."""

    clinic: Clinic
    rows: tuple[BusyRow, ...] = field(repr=False)
    visits: int = 0
    used: float = 0.0


@cache
def site(size: Size, number: int = 0, seed: int = 1) -> Site:
    """Make up one site and fill its year."""
    random = Random(f"{seed} {size.name} {number}")
    clinic = _clinic(random, size, number)
    return _Desk(random, clinic, size).fill()


def _clinic(random: Random, size: Size, number: int) -> Clinic:
    week = builders.hours("Mon-Sat", "08:00", "18:00")
    people = _staff(random, "nurse", size.nurses, 4) + _staff(random, "prescriber", size.prescribers, 1)
    pumps = builders.resources("pump", max(1, size.chairs // 3))
    made = builders.clinic(builders.resources("chair", size.chairs), people, pumps, zone=ZONE, opening=week)
    holidays = tuple(Holiday(date(FIRST_DAY.year, month, day), name) for month, day, name in HOLIDAYS)
    return replace(made, id=builders.uid(f"{size.name} {number}"), name=f"{size.name} {number}", holidays=holidays)


def _staff(random: Random, kind: str, number: int, capacity: int) -> tuple[Resource, ...]:
    """Early and late nurses, a free day a week and two weeks of leave; of one or two, each is always there."""
    staff = []
    for index, person in enumerate(builders.resources(kind, number, capacity)):
        if number < 3:
            staff.append(replace(person, hours=builders.hours("Mon-Sat", "08:00", "18:00")))
            continue
        free = ("Mon", "Wed", "Sat")[index % 3]
        days = [day for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat") if day != free]
        early = kind == "prescriber" or index % 2 == 0
        late = kind == "prescriber" or index % 2 == 1
        hours = builders.hours(" ".join(days), "08:00" if early else "09:30", "18:00" if late else "16:30")
        first = datetime.combine(FIRST_DAY + timedelta(weeks=random.randint(4, 45)), time(5), tzinfo=UTC)
        leave = Absence(Span(first, first + timedelta(weeks=2)), "leave")
        staff.append(replace(person, hours=hours, absences=(leave,)))
    return tuple(staff)


class _Desk:
    """The front desk: a mask of five-minute slots for each seat and day, filled one course after the other."""

    def __init__(self, random: Random, clinic: Clinic, size: Size) -> None:
        self.random, self.clinic = random, clinic
        self.taken: dict[tuple[date, UUID, int], int] = {}
        self.shifts: dict[tuple[date, UUID], int] = {}
        self.rows: list[BusyRow] = []
        self.spare = {chair.id for chair in list(clinic.of_kind("chair"))[size.chairs - size.spare :]}
        self.visits = (builders.spravato(), builders.spravato("spravato", 5), builders.infusion())
        closed = {holiday.day for holiday in clinic.holidays}
        days = (FIRST_DAY + timedelta(days=n) for n in range(DAYS))
        self.open = {day: random.uniform(*size.filled) for day in days if day.weekday() < 6 and day not in closed}
        self.used = dict.fromkeys(self.open, 0)
        self.slots = 120 * size.chairs

    def fill(self) -> Site:
        """Book courses until hardly a visit finds a place, then single visits where a day is left too empty."""
        visits = misses = 0
        while misses <= 60:
            booked, missed = self._course()
            visits += booked
            misses = 0 if booked > missed else misses + 1
        visits += sum(self._top_up(day) for day in self.open)
        used = sum(self.used.values()) / (self.slots * len(self.open))
        return Site(self.clinic, tuple(self.rows), visits, used)

    def _course(self) -> tuple[int, int]:
        """Book one course from some day on, at its usual weekdays and time; return the visits booked and missed."""
        random = self.random
        visit = random.choice(self.visits)
        weekdays = random.choice(((0, 3), (1, 4), (1, 3), (2, 5), (0, 2), (3, 5)))
        wish = random.randrange(8 * 12, 16 * 12, 3)
        day = FIRST_DAY + timedelta(days=random.randrange(-60, DAYS))
        booked = missed = 0
        for gap in self._gaps(day, weekdays):
            placed = next((d for d in (gap, gap + timedelta(days=1)) if self._book(visit, d, wish)), None)
            booked, missed = booked + (placed is not None), missed + (placed is None and gap in self.open)
        return booked, missed

    def _gaps(self, day: date, weekdays: tuple[int, ...]) -> Iterator[date]:
        """Four weeks of two sessions, four of one, then one a fortnight."""
        monday = day - timedelta(days=day.weekday())
        for week in (0, 1, 2, 3):
            for weekday in weekdays:
                yield monday + timedelta(weeks=week, days=weekday)
        for week in (4, 5, 6, 7, 9, 11, 13, 15):
            yield monday + timedelta(weeks=week, days=weekdays[0])

    def _top_up(self, day: date) -> int:
        """Fill a day that the courses left below sixty per cent."""
        booked = 0
        for wish in range(8 * 12, 17 * 12, 6):
            while self.used[day] < 0.6 * self.slots and self._book(self.visits[0], day, wish):
                booked += 1
        return booked

    def _book(self, visit: VisitProfile, day: date, wish: int) -> bool:
        """Book a visit at the free start nearest to the wish, within three hours."""
        if day not in self.open or self.used[day] + visit.held_minutes // SLOT > self.open[day] * self.slots:
            return False
        opens, last = 8 * 12, 18 * 12 - visit.open_minutes // SLOT
        starts = [s for s in range(opens, last + 1, 3) if abs(s - wish) <= 36]
        for start in sorted(starts, key=lambda slot: (abs(slot - wish), slot)):
            seats = self._seats(visit, day, start)
            if seats is not None:
                self._take(day, seats)
                self.used[day] += visit.held_minutes // SLOT
                return True
        return False

    def _seats(self, visit: VisitProfile, day: date, start: int) -> list[tuple[UUID, int, int, int]] | None:
        """Find a seat for each need: (resource, seat, first slot, last slot)."""
        seats: list[tuple[UUID, int, int, int]] = []
        for need in visit.requirements:
            first, last = start + need.offset // SLOT, start + (need.offset + need.minutes) // SLOT
            mask = (1 << last) - (1 << first)
            if need.mode is Mode.PRESENCE:
                on_site = 0
                for person in self.clinic.of_kind(need.kind):
                    on_site |= self._shift(day, person)
                if mask & ~on_site:
                    return None
                continue
            found = self._seat(need, day, mask)
            if found is None:
                return None
            seats += [(resource, seat, first, last) for resource, seat in found]
        return seats

    def _seat(self, need: Requirement, day: date, mask: int) -> list[tuple[UUID, int]] | None:
        for resource in self.clinic.of_kind(need.kind):
            if resource.id in self.spare or mask & ~self._shift(day, resource):
                continue
            seats = (0,) if need.mode is Mode.START else range(1, resource.capacity + 1)
            free = [(resource.id, seat) for seat in seats if not self.taken.get((day, resource.id, seat), 0) & mask]
            if len(free) >= need.units:
                return free[: need.units]
        return None

    def _shift(self, day: date, resource: Resource) -> int:
        key = day, resource.id
        if key not in self.shifts:
            noon = datetime.combine(day, time(12), tzinfo=ZONE)
            away = any(absence.span.start <= noon < absence.span.end for absence in resource.absences)
            spans = resource.hours.on(day) if resource.hours else ((time(0), time(23, 55)),)
            mask = sum((1 << _slot(end)) - (1 << _slot(start)) for start, end in spans)
            self.shifts[key] = 0 if away else mask
        return self.shifts[key]

    def _take(self, day: date, seats: list[tuple[UUID, int, int, int]]) -> None:
        midnight = builders.minutes(datetime.combine(day, time(12), tzinfo=ZONE)) - 12 * 60  # as the wall counts by day
        for resource, seat, first, last in seats:
            mask = (1 << last) - (1 << first)
            self.taken[day, resource, seat] = self.taken.get((day, resource, seat), 0) | mask
            self.rows.append(BusyRow(resource, seat, midnight + SLOT * first, midnight + SLOT * last))


def _slot(at: time) -> int:
    return (at.hour * 60 + at.minute) // SLOT
