"""Thirty days of free starts for a visit, with who could serve each: from the database to the answer."""

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import builders
from benchmarks.booking import context, databases, fill
from benchmarks.table import Table, milliseconds
from benchmarks.workload import FIRST_DAY, SIZES, Size, site
from planner.bootstrap import init_database
from planner.config import Settings
from planner.services import availability, clinics
from planner.services.visits import VisitKind

DAYS, RUNS = 30, 15
HEADS = ("30 days of an esketamine visit", "people and things", "free starts", "SQLite", "PostgreSQL")
NOTE = """\
One use-case: the clinic, the rows of thirty days, bitmaps, the free starts by day and by person or thing. Medians. Recorded
elsewhere for ten people: Indico's room booking 43-70 ms in 7 queries, django-appointment 2.3 s in 4,531 queries."""


def section(*, quick: bool) -> Table:
    """Run the sizes on both databases, one site of each; the largest takes longest to fill, and is left out if *quick*."""
    sizes = SIZES[:2] if quick else SIZES
    with tempfile.TemporaryDirectory(prefix="planner-bench-", dir="/tmp") as folder, databases(Path(folder)) as urls:
        rows = [_row(size, [url(number) for url in urls.values()], RUNS // 3 if quick else RUNS)
                for number, size in enumerate(sizes)]
    return Table("Availability", HEADS, tuple(rows), NOTE)


def _row(size: Size, urls: list[str], runs: int) -> tuple[str, ...]:
    place, protocol = site(size), builders.esketamine()
    served = [one for one in place.clinic.resources if one.kind in {"nurse", "prescriber", "chair"}]
    times, starts = [], 0
    for url in urls:
        init_database(Settings(database_url=url))
        ctx = context(url, place.clinic.id)
        fill(ctx, replace(place))
        clinics.publish(ctx, protocol)
        durations = []
        for run in range(runs):
            began = perf_counter()
            found = availability.free_starts(
                ctx, kind=VisitKind(protocol.name, "spravato"), first=FIRST_DAY + timedelta(days=14 + run), days=DAYS
            )
            durations.append(perf_counter() - began)
        times.append(milliseconds(median(durations)))
        starts = sum(len(day.starts) for day in found)
        ctx.store.close()
    return (size.name, str(len(served)), str(starts), *times)
