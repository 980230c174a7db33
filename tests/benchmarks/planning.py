"""Planning a whole course beside CP-SAT on the same requests: the same optimum, and how long each takes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from statistics import median
from time import perf_counter

import builders
from benchmarks.table import Table, milliseconds
from benchmarks.workload import FIRST_DAY, SIZES, Site, Size, site
from oracles.cpsat import solve
from planner.domain.course import Preferences
from planner.domain.occupancy import Occupancy
from planner.domain.plan import PlanRequest
from planner.domain.planning import plan

LOADED_DAYS = 210
"""Days of bookings in memory for a course that takes 168."""
HEADS = ("20-session course", "bookings", "in use", "courses", "cold", "warm", "CP-SAT", "faster cold", "faster warm")
NOTE = """\
cold: a fresh Occupancy of 210 days' rows, bitmaps included; warm: the same Occupancy asked again. CP-SAT: building and
solving the expert model, one worker; finding the feasible starts is not counted (the planner's times include it).
Medians; the optimum is asserted equal on every course."""


@dataclass(frozen=True)
class Timing:
    """How long one request took, in seconds."""

    cold: float
    warm: float
    model: float


def section(*, quick: bool) -> Table:
    """Run the three sizes."""
    rows = []
    for size in SIZES:
        sites = range(min(size.sites, 1 if quick else 10))
        made = [site(size, number) for number in sites]
        each = 1 if quick else max(1, 10 // len(made))
        timings = [_time(request, place) for place in made for request in _requests(place, size, each)]
        rows.append(_row(size, made, timings))
    return Table("planner.domain.planning.plan and OR-Tools CP-SAT", HEADS, tuple(rows), NOTE)


def _row(size: Size, sites: list[Site], timings: list[Timing]) -> tuple[str, ...]:
    cold, warm, model = (median(getattr(timing, name) for timing in timings) for name in ("cold", "warm", "model"))
    used = sum(place.used for place in sites) / len(sites)
    return (
        size.name, f"{sum(place.visits for place in sites):,}", f"{used:.0%}", str(len(timings)), milliseconds(cold),
        milliseconds(warm), milliseconds(model), f"{model / cold:,.0f} x", f"{model / warm:,.0f} x",
    )  # fmt: skip


def _requests(place: Site, size: Size, number: int) -> list[PlanRequest]:
    """Esketamine courses of twenty sessions that begin within the first months, at the usual weekdays and times."""
    random = Random(f"{size.name} {place.clinic.name}")
    found = []
    for _ in range(number):
        days = random.choice(((0, 3), (1, 4), (1, 3)))
        start = FIRST_DAY + timedelta(weeks=random.randint(2, 16), days=days[0])
        at = f"{random.randint(8, 15):02}:{random.choice((0, 15, 30, 45)):02}"
        weekly = {"induction": days, "weekly": days[:1], "fortnightly": days[:1]}
        request = builders.request(place.clinic, builders.esketamine(), start, at=at)
        wishes = Preferences(start, phase_weekdays=weekly, at=request.preferences.at)
        found.append(PlanRequest(request.clinic, request.protocol, request.patient_id, wishes))
    return found


def _time(request: PlanRequest, place: Site) -> Timing:
    first = builders.minutes(builders.wall(request.preferences.start, "00:00"))
    rows = [row for row in place.rows if first <= row.start < first + LOADED_DAYS * 24 * 60]
    cold = _median_of(lambda: plan(request, Occupancy(place.clinic, rows)), 5)
    occupancy = Occupancy(place.clinic, rows)
    found = plan(request, occupancy)
    warm = _median_of(lambda: plan(request, occupancy), 9)
    solved = solve(request, rows, seconds=600)
    expected = solved.placed, solved.units
    if (len(found.placed), found.units) != expected:
        message = f"plan() has {(len(found.placed), found.units)}, CP-SAT {expected} for {request}"
        raise AssertionError(message)
    return Timing(cold, warm, solved.building + solved.solving)


def _median_of(run: Callable[[], object], times: int) -> float:
    """Give the median duration of some runs."""
    durations = []
    for _ in range(times):
        began = perf_counter()
        run()
        durations.append(perf_counter() - began)
    return median(durations)
