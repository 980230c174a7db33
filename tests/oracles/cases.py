"""Random requests, small enough for brute force or as long as a real course, in zones whose clocks change."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import builders
from planner.domain.clinic import Absence, Clinic, Closure, Costs, Holiday, Resource, Shift, WeeklyHours
from planner.domain.course import Away, Booked, Gate, Given, Neighbour, Preferences
from planner.domain.plan import PlanRequest, Relaxation
from planner.domain.protocol import DrivingRule, Link, Phase, PhaseKind, Protocol, Rhythm, SpacingRule
from planner.domain.span import Span
from planner.domain.visit import Mode, Need, Step, VisitProfile

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


@dataclass(frozen=True)
class Size:
    """How large a random request is."""

    sessions: tuple[int, int] = (1, 3)
    most: int = 5
    gap: int = 4
    overrun: tuple[int, ...] = (0, 1, 2)
    first_within: tuple[int, ...] = (2, 5)
    days: int = 30
    busy: tuple[float, ...] = (0.1, 0.3, 0.5)


SMALL = Size()
LARGE = Size((4, 9), 20, 8, (14,), (14,), 120, (0.3, 0.6))


def case(random: Random, size: Size = SMALL) -> Case:
    """Make up a request and its bookings."""
    zone_name, change = random.choice(CHANGES)
    start = change - timedelta(random.randint(0, 10))
    clinic = _clinic(random, ZoneInfo(zone_name), start, size)
    protocol = _protocol(random, size)
    request = PlanRequest(clinic, protocol, builders.PATIENT, _preferences(random, clinic, protocol, start))
    request = replace(request, **_history(random, protocol, start, size))
    if random.random() < 0.15:
        request = replace(request, relaxation=_relaxation(random, protocol))
    if random.random() < 0.3:
        request = replace(request, standing=_standing(random, request))
    if random.random() < 0.15:
        request = replace(request, pinned=_pinned(random, request))
    return Case(request, tuple(_rows(random, request, size)))


def _chance(random: Random, likelihood: float) -> bool:
    return random.random() < likelihood


# The clinic


def _hours(random: Random, days: list[int], opens: int, closes: int, start: date) -> WeeklyHours:
    shifts = []
    for day in days:
        if _chance(random, 0.2):
            again = time(12, random.choice((0, 30)))  # after a break, or at once
            shifts += [Shift(day, time(opens), time(12)), Shift(day, again, time(closes))]
        elif _chance(random, 0.1):
            until = start + timedelta(random.randint(3, 14))
            later = Shift(day, time(opens, 30), time(closes), until + timedelta(days=1))
            shifts += [Shift(day, time(opens), time(closes), None, until), later]
        else:
            shifts.append(Shift(day, time(opens, random.choice((0, 0, 15, 20))), time(closes)))
    return WeeklyHours(tuple(shifts))


def _clinic_hours(random: Random, start: date) -> WeeklyHours:
    days = sorted(random.sample(range(7), random.choice((4, 5, 6, 7))))
    if _chance(random, 0.1):  # open all night: the hours of the clocks' change count too
        return WeeklyHours(tuple(Shift(day, time(0), time(23, 55)) for day in days))
    return _hours(random, days, random.choice((8, 9, 10)), random.choice((13, 15, 17)), start)


def _people(random: Random, kind: str, count: int, capacity: int, start: date) -> list[Resource]:
    people = []
    for number in range(1, count + 1):
        own = None
        if _chance(random, 0.7):
            days = sorted(random.sample(range(7), random.choice((4, 5, 6, 7))))
            own = _hours(random, days, random.choice((8, 9, 10)), random.choice((14, 16, 17)), start)
        name = f"{kind} {number}"
        absences = _absences(random, start)
        people.append(Resource(builders.uid(name), name, kind, capacity, own, absences))
    return people


def _absences(random: Random, start: date) -> tuple[Absence, ...]:
    if not _chance(random, 0.3):
        return ()
    day = start + timedelta(random.randint(0, 20))
    first = datetime.combine(day, time(random.choice((0, 9, 11)), random.choice((0, 7))), tzinfo=UTC)
    return (Absence(Span(first, first + timedelta(hours=random.choice((2, 9, 50))))),)


def _clinic(random: Random, zone: ZoneInfo, start: date, size: Size) -> Clinic:
    chairs = [
        Resource(builders.uid(f"chair {n}"), f"chair {n}", "chair", 1, None, _absences(random, start))
        for n in range(1, random.randint(1, 3) + 1)
    ]
    nurses = _people(random, "nurse", random.randint(1, 2), random.choice((2, 3, 4)), start)
    prescribers = _people(random, "prescriber", random.randint(1, 2), 1, start)
    therapists = _people(random, "therapist", random.randint(1, 2), 1, start)
    pumps = [Resource(builders.uid("pump 1"), "pump 1", "pump")]
    resources = [*chairs, *nurses, *prescribers, *therapists, *pumps]
    random.shuffle(resources)
    return Clinic(
        builders.uid("clinic"), "Clinic", zone, _clinic_hours(random, start),
        closures=_closures(random, start, size), holidays=_holidays(random, start, size),
        resources=tuple(resources), grid_minutes=random.choice((15, 30, 30, 60)), costs=_costs(random),
        overrun_days=random.choice(size.overrun), first_within_days=random.choice(size.first_within),
        horizon_days=random.choice((21, 28)),
    )  # fmt: skip


def _closures(random: Random, start: date, size: Size) -> tuple[Closure, ...]:
    closures = []
    for _ in range(random.randint(0, 2)):
        day = start + timedelta(random.randint(0, size.days - 10))
        first = datetime.combine(day, time(random.choice((0, 10, 15)), random.choice((0, 3))), tzinfo=UTC)
        closures.append(Closure(Span(first, first + timedelta(hours=random.choice((3, 24, 60))))))
    return tuple(closures)


def _holidays(random: Random, start: date, size: Size) -> tuple[Holiday, ...]:
    days = {start + timedelta(random.randint(0, size.days - 10)) for _ in range(random.randint(0, 2))}
    return tuple(Holiday(day, "holiday") for day in sorted(days))


def _costs(random: Random) -> Costs:
    if _chance(random, 0.7):
        return Costs()
    return Costs(*(random.choice((0, 1, 3, 7)) for _ in range(10)))


# The protocol


def _visits(random: Random) -> dict[str, VisitProfile]:
    """A dosing visit short and long, an infusion and a talk; each sized at random."""
    units = random.choice((1, 2))
    somebody = (Need("prescriber", Mode.PRESENCE),) if _chance(random, 0.7) else ()
    starter = (Need("nurse", Mode.START),) if _chance(random, 0.7) else ()
    guide = (Need("therapist", random.choice((Mode.HOLD, Mode.PRESENCE))),) if _chance(random, 0.4) else ()
    if guide and guide[0].mode is Mode.HOLD:
        guide = (replace(guide[0], steady=True),)
    nurse = Need("nurse", Mode.HOLD, units, steady=_chance(random, 0.3))

    def dosing(name: str, observe: int) -> VisitProfile:
        return VisitProfile(
            name, name,
            (
                Step("check-in", 15, lead=True),
                Step("vitals", random.choice((10, 15)), (nurse, *guide)),
                Step("dose", random.choice((5, 10, 20)), (nurse, *starter, *somebody, *guide), dose=True),
                Step("observe", observe, (Need("nurse"), *somebody, *guide)),
                Step("discharge", 10, (Need("nurse"),), after_hours=_chance(random, 0.2)),
                Step("turnover", random.choice((5, 10)), turnover=True, after_hours=True),
            ),
            place="chair",
        )  # fmt: skip

    infusion = VisitProfile(
        "infusion", "infusion",
        (
            Step("line", 15, (nurse,)),
            Step("infuse", 40, (nurse, *starter, Need("pump")), dose=True),
            Step("recover", 30, (Need("nurse"), Need("pump"))[: random.choice((1, 2))]),
        ),
        place="chair",
    )  # fmt: skip
    talk = VisitProfile("talk", "talk", (Step("talk", random.choice((45, 60)), (Need("therapist"),)),))
    return {v.name: v for v in (dosing("short", 60), dosing("long", random.choice((60, 120))), infusion, talk)}


def _spacing(random: Random, size: Size, least: int = 1) -> SpacingRule:
    low = random.randint(least, least + size.gap - 2)
    high = low + random.randint(1, size.gap)
    return SpacingRule(low, random.randint(low, high), high)


def _link(random: Random, *rules: SpacingRule) -> Link | None:
    least = min(rule.min_days for rule in rules)
    if least < 2 or not _chance(random, 0.4):
        return None
    most = 24 * (least - 1) - random.choice((1, 4))
    return Link("talk", random.randint(4, min(most, 30)), most)


def _phase(random: Random, name: str, sessions: int | None, size: Size, *, dosing: bool) -> Phase:
    pattern = sessions is not None and _chance(random, 0.5)
    least = random.choice((1, 2, 3))
    spacing = _spacing(random, size, least)
    entry = _spacing(random, size, least) if _chance(random, 0.25) else None
    visits = random.choice((("short",), ("short", "long"), ("infusion",))) if dosing else ("talk",)
    link = _link(random, *filter(None, (spacing, entry))) if dosing else None
    return Phase(
        name, PhaseKind.INDUCTION, Rhythm.PATTERN if pattern else Rhythm.INTERVAL, sessions, spacing, visits,
        entry=entry, per_week=random.choice((None, 1, 2, 3)),
        weekdays=tuple(sorted(random.sample(range(7), random.choice((1, 2, 3))))) if pattern else (), link=link,
    )  # fmt: skip


def _apart(phase: Phase, following: Phase | None) -> Phase:
    """Take away a link that reaches the day on which the next phase may begin: the gap there is the next phase's."""
    rule = following and (following.entry or following.spacing)
    if phase.link and rule and phase.link.max_hours + 24 >= 24 * rule.min_days:
        return replace(phase, link=None)
    return phase


def _protocol(random: Random, size: Size) -> Protocol:
    counts = [random.randint(*size.sessions) for _ in range(random.randint(1, 3))]
    while sum(counts) > size.most:
        counts[counts.index(max(counts))] -= 1
    counts = [count for count in counts if count]
    prepared = len(counts) > 1 and _chance(random, 0.3)
    phases = [
        _phase(random, f"phase {index}", count, size, dosing=bool(index) or not prepared)
        for index, count in enumerate(counts)
    ]
    if size is SMALL and _chance(random, 0.15):
        phases[-1] = _phase(random, "open", None, replace(size, gap=3), dosing=True)
        phases[-1] = replace(phases[-1], spacing=SpacingRule(6, 7, 8), entry=None)
    phases = [_apart(phase, following) for phase, following in zip(phases, [*phases[1:], None], strict=True)]
    kind = random.choice((None, None, "therapist", "nurse", "prescriber"))
    return Protocol("course", "Course", 1, "any", tuple(phases), _visits(random), DrivingRule(), clinician=kind)


# The patient


def _preferences(random: Random, clinic: Clinic, protocol: Protocol, start: date) -> Preferences:
    weekdays = tuple(sorted(random.sample(range(7), random.choice((1, 2, 3))))) if _chance(random, 0.4) else ()
    by_phase = {}
    if _chance(random, 0.3):
        by_phase[random.choice(protocol.phases).name] = tuple(random.sample(range(7), random.choice((1, 2))))
    hours = None
    if _chance(random, 0.25):
        days = sorted(random.sample(range(7), random.choice((4, 6))))
        hours = WeeklyHours(tuple(Shift(day, time(random.choice((8, 10))), time(17)) for day in days))
    away = ()
    if _chance(random, 0.25):
        first = start + timedelta(random.randint(0, 12))
        away = (Away(first, first + timedelta(random.randint(0, 2))),)
    people = [r.id for r in clinic.resources if r.kind in {"therapist", "nurse", "prescriber"}]
    named = random.choice(people) if _chance(random, 0.4) else None
    at = time(random.randint(7, 17), random.choice((0, 10, 30, 45))) if _chance(random, 0.7) else None
    return Preferences(start, weekdays, by_phase, at, hours, away, named)


def _history(random: Random, protocol: Protocol, start: date, size: Size) -> dict:
    history: dict = {}
    given: list[Given] = []
    if _chance(random, 0.4):
        day = start - timedelta(random.randint(0, 14))
        for phase in protocol.phases:
            sessions = min(phase.sessions or 1, random.randint(1, 3))
            while sessions and day <= start:
                given.append(Given(phase.name, day))
                day, sessions = day + timedelta(random.randint(1, 5)), sessions - 1
            if sum(g.phase == phase.name for g in given) < (phase.sessions or 100):
                break
    history["given"] = tuple(given)
    if _chance(random, 0.2):
        near = [start + timedelta(random.randint(-5, size.days - 10)) for _ in range(2)]
        history["neighbours"] = tuple(Neighbour(day, random.randint(1, 4)) for day in near)
    if _chance(random, 0.15):
        history["gates"] = (Gate("gate", until=start + timedelta(random.randint(3, 20))), Gate("screened"))
    if _chance(random, 0.15):
        at = datetime.combine(start + timedelta(random.randint(0, 3)), time(random.randint(0, 23), 10), tzinfo=UTC)
        history["not_before"] = at
    if _chance(random, 0.3):
        history["horizon"] = start + timedelta(random.randint(7, 28))
    return history


def _relaxation(random: Random, protocol: Protocol) -> Relaxation:
    linked = any(phase.link for phase in protocol.phases)  # their window must stay shorter than the gap
    shorter, more = 0 if linked else random.choice((0, 1, 2)), random.choice((0, 1))
    hours = random.choice((0, 0, 60, 120))
    return Relaxation(shorter, more, random.choice((0, 1)), hours, _chance(random, 0.5))


def _instant(random: Random, request: PlanRequest, within: int) -> datetime:
    zone = request.clinic.zone
    day = request.preferences.start + timedelta(random.randint(0, within))
    at = time(random.randint(9, 14), random.choice((0, 30)))
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _promised_kind(request: PlanRequest) -> str:
    """A promise names a person of the kind whom the course keeps to, or a therapist."""
    named = request.preferences.clinician_id and request.clinic.resource(request.preferences.clinician_id)
    return named.kind if named else request.protocol.clinician or "therapist"


def _standing(random: Random, request: PlanRequest) -> tuple[Booked, ...]:
    standing = []
    for number in range(random.randint(1, 4)):
        phase = random.choice(request.protocol.phases)
        linked = phase.link is not None and _chance(random, 0.4)
        needs = request.protocol.visits["talk" if linked else phase.visits[0]].requirements
        people = [r.id for r in request.clinic.of_kind(_promised_kind(request)) if any(n.kind == r.kind for n in needs)]
        promised = random.choice(people) if people and _chance(random, 0.5) else None
        start, told = _instant(random, request, 14), _chance(random, 0.8)
        standing.append(Booked(builders.uid(f"booked {number}"), phase.name, start, told, promised, linked))
    return tuple(standing)


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
        if not _chance(random, busy):
            continue
        day = request.preferences.start + timedelta(number)
        start = builders.minutes(datetime.combine(day, time(random.choice((0, 8, 9, 10, 12))), tzinfo=zone))
        minutes = random.choice((60, 150, 240, 700))
        if resource.capacity == 1 and seat and _chance(random, 0.2):
            start, minutes = start + 3, minutes + 4
        rows.append(Row(resource.id, seat, start, start + minutes))
    return rows
