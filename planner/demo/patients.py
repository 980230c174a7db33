"""The demo's patients: some sixty in the middle of courses or starting soon, and two who are new. All of it is invented."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import product
from random import Random

from planner.domain.clinic import Clinic
from planner.domain.course import Given, Preferences
from planner.domain.protocol import Protocol, Rhythm

PATIENTS = 64
_FIRST = (
    "Nadia", "Owen", "Priya", "Tomas", "Leila", "Marcus", "Ingrid", "Dmitri", "Yara", "Felix", "Amara", "Hugo", "Mei",
    "Rafael", "Sunniva", "Elias",
)  # fmt: skip
_LAST = (
    "Kowalczyk", "Brightwater", "Sandoval", "Achterberg", "Moreau", "Tanaka", "Fitzgibbon", "Oyelaran", "Lindgren",
    "Castellan", "Whitlock", "Ferreira",
)  # fmt: skip
_PATTERNS = {2: ((0, 2), (0, 3), (1, 3), (1, 4), (2, 4)), 3: ((0, 2, 4),)}
_TIMES = tuple(time(hour, minute) for hour in range(9, 15) for minute in (0, 30))


@dataclass(frozen=True)
class DemoCourse:
    """A course to seed: the protocol, what is asked for, and what was given before."""

    protocol: str
    preferences: Preferences
    given: tuple[Given, ...] = ()


def names() -> Iterator[str]:
    """Go through invented names, no two alike."""
    mixed = list(product(_FIRST, _LAST))
    Random(7).shuffle(mixed)
    return (f"{first} {last}" for first, last in mixed)


def running_courses(protocols: dict[str, Protocol], today: date) -> list[DemoCourse]:
    """Give the courses that fill the clinic: most are on their way, some begin in the weeks to come."""
    random, courses = Random(20), list[DemoCourse]()
    mix = ["spravato-trd"] * 5 + ["iv-twice-weekly"] * 3 + ["iv-three-weekly"] + ["spravato-mdsi"] + ["im"]
    for number in range(PATIENTS):
        protocol = protocols[mix[number % len(mix)]]
        begun = today + timedelta(days=random.randint(-21, 24))
        weekdays = random.choice(_PATTERNS[3 if protocol.name == "iv-three-weekly" else 2])
        at, later = random.choice(_TIMES), random.randrange(5)
        given = tuple(_given(protocol, weekdays, later, begun, today))
        courses.append(DemoCourse(protocol.name, _asked(protocol, weekdays, later, at, max(begun, today)), given))
    return courses


def _asked(protocol: Protocol, weekdays: tuple[int, ...], later: int, at: time, start: date) -> Preferences:
    by_phase = {phase.name: (later,) for phase in protocol.phases if phase.rhythm is Rhythm.INTERVAL}
    return Preferences(start, weekdays, by_phase, at)


def _given(protocol: Protocol, weekdays: tuple[int, ...], later: int, begun: date, today: date) -> Iterator[Given]:
    """Go through the sessions before today as they would have been without any trouble."""
    day = begun
    for phase in protocol.phases:
        wanted = weekdays if phase.rhythm is Rhythm.PATTERN else (later,)
        for index in range(phase.sessions or 52):
            first = index == 0 and phase is protocol.phases[0]
            day = _on(day if first else day + timedelta(days=phase.spacing.min_days), wanted)
            if day >= today:
                return
            yield Given(phase.name, day)


def _on(day: date, weekdays: tuple[int, ...]) -> date:
    return next(day + timedelta(days=ahead) for ahead in range(7) if (day + timedelta(days=ahead)).weekday() in weekdays)


def new_courses(clinic: Clinic, protocols: dict[str, Protocol], today: date) -> list[DemoCourse]:
    """Give the two new patients' courses: esketamine on Tuesdays and Thursdays, and a series of infusions."""
    soon = today + timedelta(days=3)
    cole = next(resource for resource in clinic.of_kind("prescriber"))
    tuesdays = {phase.name: (1,) for phase in protocols["spravato-trd"].phases[1:]}
    spravato = Preferences(_on(soon, (1, 3)), (1, 3), tuesdays, time(10), clinician_id=cole.id)
    infusions = Preferences(_on(soon, (0, 2, 4)), (0, 2, 4), {}, time(9))
    return [DemoCourse("spravato-trd", spravato), DemoCourse("iv-three-weekly", infusions)]
