"""Random clinics and protocols, the ground on which random requests stand."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import builders
from planner.domain.clinic import Absence, Clinic, Closure, Costs, Holiday, Resource, Shift, WeeklyHours
from planner.domain.protocol import DrivingRule, Link, Phase, PhaseKind, Protocol, Rhythm, SpacingRule
from planner.domain.span import Span
from planner.domain.visit import Mode, Need, Step, VisitProfile


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


def chance(random: Random, likelihood: float) -> bool:
    return random.random() < likelihood


# The clinic


def _hours(random: Random, days: list[int], opens: int, closes: int, start: date) -> WeeklyHours:
    shifts = []
    for day in days:
        if chance(random, 0.2):
            again = time(12, random.choice((0, 30)))  # after a break, or at once
            shifts += [Shift(day, time(opens), time(12)), Shift(day, again, time(closes))]
        elif chance(random, 0.1):
            until = start + timedelta(random.randint(3, 14))
            later = Shift(day, time(opens, 30), time(closes), until + timedelta(days=1))
            shifts += [Shift(day, time(opens), time(closes), None, until), later]
        else:
            shifts.append(Shift(day, time(opens, random.choice((0, 0, 15, 20))), time(closes)))
    return WeeklyHours(tuple(shifts))


def _clinic_hours(random: Random, start: date) -> WeeklyHours:
    days = sorted(random.sample(range(7), random.choice((4, 5, 6, 7))))
    if chance(random, 0.1):  # open all night: the hours of the clocks' change count too
        return WeeklyHours(tuple(Shift(day, time(0), time(23, 55)) for day in days))
    return _hours(random, days, random.choice((8, 9, 10)), random.choice((13, 15, 17)), start)


def _people(random: Random, kind: str, count: int, capacity: int, start: date) -> list[Resource]:
    people = []
    for number in range(1, count + 1):
        own = None
        if chance(random, 0.7):
            days = sorted(random.sample(range(7), random.choice((4, 5, 6, 7))))
            own = _hours(random, days, random.choice((8, 9, 10)), random.choice((14, 16, 17)), start)
        name = f"{kind} {number}"
        absences = _absences(random, start)
        people.append(Resource(builders.uid(name), name, kind, capacity, own, absences))
    return people


def _absences(random: Random, start: date) -> tuple[Absence, ...]:
    if not chance(random, 0.3):
        return ()
    day = start + timedelta(random.randint(0, 20))
    first = datetime.combine(day, time(random.choice((0, 9, 11)), random.choice((0, 7))), tzinfo=UTC)
    return (Absence(Span(first, first + timedelta(hours=random.choice((2, 9, 50))))),)


def clinic(random: Random, zone: ZoneInfo, start: date, size: Size) -> Clinic:
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
    if chance(random, 0.7):
        return Costs()
    return Costs(*(random.choice((0, 1, 3, 7)) for _ in range(10)))


# The protocol


def _visits(random: Random) -> dict[str, VisitProfile]:
    """A dosing visit short and long, an infusion and a talk; each sized at random."""
    units = random.choice((1, 2))
    somebody = (Need("prescriber", Mode.PRESENCE),) if chance(random, 0.7) else ()
    starter = (Need("nurse", Mode.START),) if chance(random, 0.7) else ()
    guide = (Need("therapist", random.choice((Mode.HOLD, Mode.PRESENCE))),) if chance(random, 0.4) else ()
    if guide and guide[0].mode is Mode.HOLD:
        guide = (replace(guide[0], steady=True),)
    nurse = Need("nurse", Mode.HOLD, units, steady=chance(random, 0.3))

    def dosing(name: str, observe: int) -> VisitProfile:
        return VisitProfile(
            name, name,
            (
                Step("check-in", 15, lead=True),
                Step("vitals", random.choice((10, 15)), (nurse, *guide)),
                Step("dose", random.choice((5, 10, 20)), (nurse, *starter, *somebody, *guide), dose=True),
                Step("observe", observe, (Need("nurse"), *somebody, *guide)),
                Step("discharge", 10, (Need("nurse"),), after_hours=chance(random, 0.2)),
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
    if least < 2 or not chance(random, 0.4):
        return None
    most = 24 * (least - 1) - random.choice((1, 4))
    return Link("talk", random.randint(4, min(most, 30)), most)


def _phase(random: Random, name: str, sessions: int | None, size: Size, *, dosing: bool) -> Phase:
    pattern = sessions is not None and chance(random, 0.5)
    least = random.choice((1, 2, 3))
    spacing = _spacing(random, size, least)
    entry = _spacing(random, size, least) if chance(random, 0.25) else None
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


def protocol(random: Random, size: Size) -> Protocol:
    counts = [random.randint(*size.sessions) for _ in range(random.randint(1, 3))]
    while sum(counts) > size.most:
        counts[counts.index(max(counts))] -= 1
    counts = [count for count in counts if count]
    prepared = len(counts) > 1 and chance(random, 0.3)
    phases = [
        _phase(random, f"phase {index}", count, size, dosing=bool(index) or not prepared)
        for index, count in enumerate(counts)
    ]
    if size is SMALL and chance(random, 0.15):
        phases[-1] = _phase(random, "open", None, replace(size, gap=3), dosing=True)
        phases[-1] = replace(phases[-1], spacing=SpacingRule(6, 7, 8), entry=None)
    phases = [_apart(phase, following) for phase, following in zip(phases, [*phases[1:], None], strict=True)]
    kind = random.choice((None, None, "therapist", "nurse", "prescriber"))
    return Protocol("course", "Course", 1, "any", tuple(phases), _visits(random), DrivingRule(), clinician=kind)
