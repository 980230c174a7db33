"""Random requests, small enough for brute force or as long as a real course, in zones whose clocks change."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import builders
from oracles.places import SMALL, Size, chance, clinic, protocol
from planner.domain.clinic import Clinic, Resource, Shift, WeeklyHours
from planner.domain.course import Away, Booked, Gate, Given, Neighbour, Preferences
from planner.domain.plan import PlanRequest, Relaxation
from planner.domain.protocol import Protocol

CHANGES = (
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2027, 11, 7)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("America/Santiago", date(2027, 4, 3)),
    ("America/Santiago", date(2027, 9, 5)),
    ("Europe/London", date(2027, 3, 28)),
    ("Europe/London", date(2027, 10, 31)),
    ("Asia/Kathmandu", date(2027, 2, 28)),
)
"""Zones, each with a day on which its clocks change (Santiago's at midnight, Lord Howe's by half an hour)."""


class Row(NamedTuple):
    """A busy row as the planner takes it: a seat of a subject, in minutes since 1970 UTC."""

    subject_id: UUID
    seat: int
    start: int
    end: int


@dataclass(frozen=True)
class Case:
    """A request and everything already booked."""

    request: PlanRequest
    rows: tuple[Row, ...] = field(repr=False)


def case(random: Random, size: Size = SMALL) -> Case:
    """Make up a request and its bookings."""
    zone_name, change = random.choice(CHANGES)
    start = change - timedelta(random.randint(0, 10))
    site = clinic(random, ZoneInfo(zone_name), start, size)
    course = protocol(random, size)
    request = PlanRequest(site, course, builders.PATIENT, _preferences(random, site, course, start))
    request = replace(request, **_history(random, course, start, size))
    if random.random() < 0.15:
        request = replace(request, relaxation=_relaxation(random, course))
    if random.random() < 0.3:
        request = replace(request, standing=_standing(random, request))
    if random.random() < 0.15:
        request = replace(request, pinned=_pinned(random, request))
    return Case(request, tuple(_rows(random, request, size)))


# The patient


def _preferences(random: Random, site: Clinic, course: Protocol, start: date) -> Preferences:
    weekdays = tuple(sorted(random.sample(range(7), random.choice((1, 2, 3))))) if chance(random, 0.4) else ()
    by_phase = {}
    if chance(random, 0.3):
        by_phase[random.choice(course.phases).name] = tuple(random.sample(range(7), random.choice((1, 2))))
    hours = None
    if chance(random, 0.25):
        days = sorted(random.sample(range(7), random.choice((4, 6))))
        hours = WeeklyHours(tuple(Shift(day, time(random.choice((8, 10))), time(17)) for day in days))
    away = ()
    if chance(random, 0.25):
        first = start + timedelta(random.randint(0, 12))
        away = (Away(first, first + timedelta(random.randint(0, 2))),)
    people = [r.id for r in site.resources if r.kind in {"therapist", "nurse", "prescriber"}]
    named = random.choice(people) if chance(random, 0.4) else None
    at = time(random.randint(7, 17), random.choice((0, 10, 30, 45))) if chance(random, 0.7) else None
    return Preferences(start, weekdays, by_phase, at, hours, away, named)


def _history(random: Random, course: Protocol, start: date, size: Size) -> dict:
    history: dict = {}
    given: list[Given] = []
    if chance(random, 0.4):
        day = start - timedelta(random.randint(0, 14))
        for phase in course.phases:
            sessions = min(phase.sessions or 1, random.randint(1, 3))
            while sessions and day <= start:
                given.append(Given(phase.name, day))
                day, sessions = day + timedelta(random.randint(1, 5)), sessions - 1
            if sum(g.phase == phase.name for g in given) < (phase.sessions or 100):
                break
    history["given"] = tuple(given)
    if chance(random, 0.2):
        near = [start + timedelta(random.randint(-5, size.days - 10)) for _ in range(2)]
        history["neighbours"] = tuple(Neighbour(day, random.randint(1, 4)) for day in near)
    if chance(random, 0.15):
        history["gates"] = (Gate("gate", until=start + timedelta(random.randint(3, 20))), Gate("screened"))
    if chance(random, 0.15):
        at = datetime.combine(start + timedelta(random.randint(0, 3)), time(random.randint(0, 23), 10), tzinfo=UTC)
        history["not_before"] = at
    if chance(random, 0.3):
        history["horizon"] = start + timedelta(random.randint(7, 28))
    return history


def _relaxation(random: Random, course: Protocol) -> Relaxation:
    linked = any(phase.link for phase in course.phases)  # their window must stay shorter than the gap
    shorter, more = 0 if linked else random.choice((0, 1, 2)), random.choice((0, 1))
    hours = random.choice((0, 0, 60, 120))
    return Relaxation(shorter, more, random.choice((0, 1)), hours, chance(random, 0.5))


def _instant(random: Random, request: PlanRequest, within: int) -> datetime:
    zone = request.clinic.zone
    day = request.preferences.start + timedelta(random.randint(0, within))
    at = time(random.randint(9, 14), random.choice((0, 30)))
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _promisable(request: PlanRequest) -> list:
    """Whom the patient can have been promised: anybody of the clinic, or somebody who has left since."""
    return [*(person.id for person in request.clinic.resources), builders.uid("somebody who left")]


def _standing(random: Random, request: PlanRequest) -> tuple[Booked, ...]:
    standing = []
    for number in range(random.randint(1, 4)):
        phase = random.choice(request.protocol.phases)
        linked = phase.link is not None and chance(random, 0.4)
        promised = random.choice(_promisable(request)) if chance(random, 0.5) else None
        start, told = _instant(random, request, 14), chance(random, 0.8)
        standing.append(Booked(builders.uid(f"booked {number}"), phase.name, start, told, promised, linked))
    return tuple({booked.start: booked for booked in standing}.values())  # one appointment at a time


def _pinned(random: Random, request: PlanRequest) -> dict[int, datetime]:
    return {len(request.given) + random.randint(1, 3): _instant(random, request, 8)}


# What is booked


def _rows(random: Random, request: PlanRequest, size: Size) -> list[Row]:
    rows: list[Row] = []
    busy = random.choice(size.busy)
    for resource in request.clinic.resources:
        for seat in range(resource.capacity + 1):
            rows += _of_seat(random, request, resource, seat, busy, size)
    for number in range(random.randint(0, 3)):
        start = builders.minutes(_instant(random, request, size.days)) + 7 * number
        rows.append(Row(request.patient_id, 1, start, start + random.choice((5, 120, 600))))
    return rows


def _of_seat(random: Random, request: PlanRequest, resource: Resource, seat: int, busy: float, size: Size) -> list[Row]:
    """Book a seat once a day at most; a chair also at odd minutes."""
    rows, zone = [], request.clinic.zone
    for number in range(size.days):
        if not chance(random, busy):
            continue
        day = request.preferences.start + timedelta(number)
        start = builders.minutes(datetime.combine(day, time(random.choice((0, 8, 9, 10, 12))), tzinfo=zone))
        minutes = random.choice((60, 150, 240, 700))
        if resource.capacity == 1 and seat and chance(random, 0.2):
            start, minutes = start + 3, minutes + 4
        rows.append(Row(resource.id, seat, start, start + minutes))
    return rows
