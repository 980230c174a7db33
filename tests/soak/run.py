"""The soak: thousands of patients over a simulated year, with outages, crashes and changes; then nothing is missing.

    python -m tests.soak [--patients 5000] [--days 365] [--seed 1] [--postgresql URL]

Everything is drawn from the seed and done on a clock by hand: the same run again gives the same. A database of its own is
made, in memory where there is room; on PostgreSQL it must exist and be empty.
"""

import argparse
import logging
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]

from planner.config import Settings  # noqa: E402 - found by the line above
from planner.storage.engine import open_engine  # noqa: E402
from planner.storage.schema import init  # noqa: E402
from planner.storage.unit_of_work import Store  # noqa: E402
from soak.post import Post  # noqa: E402
from soak.reckoning import Reckoned, reckon  # noqa: E402
from soak.town import HandClock, Office, open_town  # noqa: E402
from soak.year import DAY, HOUR, Year  # noqa: E402

BEGIN = datetime(2027, 1, 4, 0, tzinfo=UTC)
SITE_OF = 500
"""How many patients one clinic has; there are four clinics at least, each in a zone of its own."""


def soak(store: Store, patients: int, days: int, seed: int) -> tuple[Year, Reckoned]:
    """Play a year through and reckon what became of all that was owed."""
    clock, random = HandClock(BEGIN), Random(seed)
    town = open_town(store, clock, max(4, patients // SITE_OF))
    names = [f"patient {number}" for number in range(patients)]
    dead = {f"patient.{number}@mail.example" for number in range(patients) if number % 97 == 5}
    until = BEGIN + timedelta(days=days)
    year = Year(town, Post(clock, seed, dead), clock, until, random)
    for number, office in enumerate(town):
        office.enter(names[number :: len(town)])
        for name in names[number :: len(town)]:
            year.then(_desk_hour(office, random, days), year.meet, office, name)
        _daily(year, office, days)
    _outages(year, random, days)
    year.play()
    return year, reckon(year)


def _desk_hour(office: Office, random: Random, days: int) -> datetime:
    """Draw when a patient books: while the desk is there, and early enough for the course to be over within the year."""
    day = BEGIN.date() + timedelta(days=random.randrange(max(1, days - 30)))
    return office.at(day, random.randint(8, 16), random.randrange(60)) + timedelta(seconds=random.randrange(60))


def _daily(year: Year, office: Office, days: int) -> None:
    """At noon rides are asked about; at night the night's work is done."""
    for number in range(days):
        day = BEGIN.date() + timedelta(days=number)
        year.then(office.at(day, 12) + timedelta(seconds=20), year.tick, office)
    if office is year.town[0]:
        for number in range(days):
            year.then(BEGIN + number * DAY + timedelta(hours=18), lambda: year.worker and year.worker.night())


def _outages(year: Year, random: Random, days: int) -> None:
    """The mail server is away about twice a week, a worker once; mostly for minutes, at times for a night."""
    for every, act in ((3.5, year.post.away.add), (7.0, None)):
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
    return (
        f"done by desks and patients: {done} (refused by the rules: {sum(one.refused for one in year.town)})\n"
        f"faults met: {faults}; {len(year.post.away)} outages of the server, {len(year.post.off)} restarts of the worker\n"
        f"{found}\n({seconds:.0f} s)"
    )


def main() -> None:
    """Run it and print its numbers; ends with 1 where anything was lost, late, twice or misleading."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, standard in (("--patients", 5000), ("--days", 365), ("--seed", 1)):
        parser.add_argument(name, type=int, default=standard)
    parser.add_argument("--postgresql", default="", help="the address of an empty database; else SQLite")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    folder = tempfile.mkdtemp(prefix="planner-soak-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
    engine = open_engine(Settings(database_url=asked.postgresql or f"sqlite:///{folder}/soak.db", pool_size=5))
    began = perf_counter()
    try:
        init(engine)
        year, found = soak(Store(engine), asked.patients, asked.days, asked.seed)
    finally:
        engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"soak: {asked.patients} patients, {asked.days} days, seed {asked.seed}, {engine.dialect.name}")
    print(told(year, found, perf_counter() - began))
    for one in found.faults[:20]:
        print(" ", one)
    sys.exit(bool(found.faults))
