"""The soak: thousands of patients over a simulated year, with outages, crashes and changes; then nothing is missing.

    python -m tests.soak [--patients 5000] [--days 365] [--seed 1] [--postgresql URL|embedded]

Everything is drawn from the seed and done on a clock by hand: the same run again gives the same. A database of its
own is made, in memory where there is room; one that is named must exist and be empty.
"""

import argparse
import gc
import logging
import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]

from planner.config import Settings  # noqa: E402 - found by the line above
from planner.domain.channels import Channel  # noqa: E402
from planner.storage.engine import open_engine  # noqa: E402
from planner.storage.schema import init  # noqa: E402
from planner.storage.unit_of_work import Store  # noqa: E402
from soak.answering import Readers  # noqa: E402
from soak.database import database  # noqa: E402
from soak.people import draw_person  # noqa: E402
from soak.post import Post  # noqa: E402
from soak.reckoned import Reckoned  # noqa: E402
from soak.reckoning import facts_of, reckon  # noqa: E402
from soak.returning import Returns  # noqa: E402
from soak.town import HandClock, Office, open_town  # noqa: E402
from soak.wishes import ONCE, Voice, World, tick_off  # noqa: E402
from soak.wording import reword  # noqa: E402
from soak.year import DAY, HOUR, Year  # noqa: E402

BEGIN = datetime(2027, 1, 4, 0, tzinfo=UTC)
SATURDAY = 5
WORDS_STAND = 4
"""After how many days a clinic finds other words for some of its messages."""
SITE_OF = 500
"""How many patients one clinic has; there are four clinics at least, each in a zone of its own."""


def soak(store: Store, patients: int, days: int, seed: int) -> tuple[Year, Reckoned]:
    """Play a year through and reckon what became of all that was owed."""
    year = play(store, patients, days, seed)
    return year, reckon(facts_of(year))


def play(store: Store, patients: int, days: int, seed: int) -> Year:
    """Play a year through: the same again for the same seed, its ids too, since these break ties."""
    with drawn(seed):
        return _play(store, patients, days, seed)


@contextmanager
def drawn(seed: int) -> Iterator[None]:
    """Draw the ids that are made meanwhile from a seed."""
    kept, os.urandom = os.urandom, Random(f"ids {seed}").randbytes
    try:
        yield
    finally:
        os.urandom = kept


def _play(store: Store, patients: int, days: int, seed: int) -> Year:
    clock, random = HandClock(BEGIN), Random(seed)
    town = open_town(store, clock, max(4, patients // SITE_OF))
    until = BEGIN + timedelta(days=days)
    limits = {Channel.MAIL: max(2, patients // 1000), Channel.SMS: max(1, patients // 2500)}
    world = World(town, store, clock)
    year = Year(town, Post(clock, seed, _dead(patients), limits), clock, until, random, world)
    year.post.reader = Returns(year, seed, _full(patients), Readers(year, seed).receive).receive
    for number, office in enumerate(town):
        people = [draw_person(one, seed) for one in range(number, patients, len(town))]
        for key in office.enter(people):
            Voice(office, key, world).begin()
            year.then(_desk_hour(office, random, days), year.meet, office, office.people[key].name)
        _daily(year, office, days)
    _outages(year, random, days)
    year.play()
    return year


def _dead(patients: int) -> set[str]:
    """List the addresses and numbers that are refused for good."""
    mail = {f"patient.{number}@mail.example" for number in range(patients) if number % 97 == 5}
    texts = {f"+1212{2_000_000 + number}" for number in range(patients) if number % 41 == 7}
    return mail | texts | {f"+1646{3_000_000 + number}" for number in range(patients) if number % 37 == 3}


def _full(patients: int) -> set[str]:
    """List the addresses from which every mail comes back."""
    return {f"patient.{number}@mail.example" for number in range(patients) if number % 43 == 9}


def _desk_hour(office: Office, random: Random, days: int) -> datetime:
    """Draw when a patient books: while the desk is there, and early enough for the course to be over within the year."""
    day = BEGIN.date() + timedelta(days=random.randrange(max(1, days - 30)))
    return office.at(day, random.randint(8, 16), random.randrange(60)) + timedelta(seconds=random.randrange(60))


def _daily(year: Year, office: Office, days: int) -> None:
    """At noon rides are asked about, and on weekdays tasks are done; at night the night's work is."""
    for number in range(days):
        day = BEGIN.date() + timedelta(days=number)
        year.then(office.at(day, 12) + timedelta(seconds=20), year.tick, office)
        if day.weekday() < SATURDAY:
            year.then(office.at(day, 14, 30), office.attempt, tick_off, office, year.random)
        if number % WORDS_STAND == 0:
            year.then(office.at(day, 10, 5) + ONCE, office.attempt, reword, office, year.random)
    if office is year.town[0]:
        for number in range(days):
            year.then(BEGIN + number * DAY + timedelta(hours=18), year.night)


def _outages(year: Year, random: Random, days: int) -> None:
    """The carriers are away about twice a week, the workers once; mostly for minutes, at times for a night."""
    away = year.post.away
    for every, act in ((3.5, away[Channel.MAIL].add), (3.5, away[Channel.SMS].add), (7.0, None)):
        at = BEGIN + random.expovariate(1 / every) * DAY
        while at < BEGIN + days * DAY:
            rest = random.choice((5 * HOUR / 60, 30 * HOUR / 60, HOUR, HOUR, 3 * HOUR, 14 * HOUR))
            if act:
                act(at, at + rest)
            else:
                year.then(at, year.stop, rest)
            at += random.expovariate(1 / every) * DAY


def told(year: Year, found: Reckoned, seconds: float) -> str:
    """Write what happened and what was found."""
    acts: dict[str, int] = {}
    for office in year.town:
        for name, times in office.acts.items():
            acts[name] = acts.get(name, 0) + times
    done = ", ".join(f"{times} {name}" for name, times in sorted(acts.items(), key=lambda one: -one[1]))
    faults = ", ".join(f"{times} {name}" for name, times in sorted(year.post.met.items(), key=lambda one: -one[1]))
    outages = sum(map(len, year.post.away.values()))
    booked, people = (sum(len(getattr(one, name)) for one in year.town) for name in ("booked", "people"))
    full = sum(count >= year.post.limits.get(channel, count + 1) for (channel, _), count in year.post.handed.items())
    return (
        f"{booked} of {people} patients have a course\n"
        f"done by desks and patients: {done} (refused by the rules: {sum(one.refused for one in year.town)})\n"
        f"faults met: {faults}; {outages} outages, {len(year.post.off)} times no worker, "
        f"{year.crew.kills} killed, {year.crew.hangs} hung; "
        f"{full} minutes as full as may be\n"
        f"{found}\n({seconds:.0f} s)"
    )


def main() -> None:
    """Run it and print its numbers; ends with 1 where anything must not be as it was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, standard in (("--patients", 5000), ("--days", 365), ("--seed", 1)):
        parser.add_argument(name, type=int, default=standard)
    asking = "the address of an empty database, or 'embedded' for a server of its own; else SQLite"
    parser.add_argument("--postgresql", default="", help=asking)
    parser.add_argument("--keep", type=Path, help="a file to write to what is known at the end, to be reckoned again")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    gc.set_threshold(50_000, 20, 20)
    began = perf_counter()
    with database(asked.postgresql) as url:
        engine = open_engine(Settings(database_url=url, pool_size=5))
        try:
            init(engine)
            year = play(Store(engine), asked.patients, asked.days, asked.seed)
            facts = list(facts_of(year))
        finally:
            engine.dispose()
    if asked.keep:
        asked.keep.write_bytes(pickle.dumps(facts))
    found = reckon(facts)
    print(f"soak: {asked.patients} patients, {asked.days} days, seed {asked.seed}, {engine.dialect.name}")
    print(told(year, found, perf_counter() - began))
    for one in found.faults[:100]:
        print(" ", one)
    sys.exit(bool(found.faults))
