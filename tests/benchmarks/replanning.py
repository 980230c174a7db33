"""Courses re-planned: one after an order, and all that a closed day or week touches, beside CP-SAT on the small size."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median
from time import perf_counter

import builders
from benchmarks.courses import NOW, Course, Practice, practice
from benchmarks.table import Table, milliseconds
from benchmarks.workload import SIZES, Size
from oracles.joint import Joint, solve_together
from planner.domain.bulk import Affected, Replanned, Replanning
from planner.domain.clinic import POINT, Closure
from planner.domain.occupancy import Occupancy
from planner.domain.plan import PlanRequest
from planner.domain.planning import plan
from planner.domain.protocol import SpacingRule
from planner.domain.replanning import compare
from planner.domain.span import Span, local_day
from planner.domain.terms import with_spacing

HEADS = (
    "re-planned", "in use", "courses", "sessions", "loading", "one by one", "improved", "lost", "lost then", "points",
    "points then", "at least", "CP-SAT", "its points",
)  # fmt: skip
LIMIT = 30.0
QUICK_LIMIT = 5.0
RUNS = 5
NOTE = """\
Courses as the planner itself booked them, all told. One course: its last phase lengthened by a week, planned and compared,
occupancy in memory. Closed day, week: all courses with a session there, each with all its sessions to come. Loading: bitmaps
of all that is taken, and who is broken. One by one: earliest deadline first, median of {runs}. Improved: the same, and then
small groups again. Lost: appointments that find no place. Points: what the affected courses cost in all, 20 for each
promise broken. At least: what each would cost if it were alone, added up. CP-SAT: all courses in one model, one worker,
{seconds:.0f} s to solve after building, each session kept between its second neighbours."""


@dataclass(frozen=True)
class Bulk:
    """What one bulk re-plan gave, in seconds, appointments and units."""

    loading: float
    planning: float
    improving: float
    first: tuple[Replanned, ...]
    then: tuple[Replanned, ...]
    least: int


def section(*, quick: bool) -> Table:
    """Run the sizes: one course, a closed day and a closed week; in quick mode the two smaller ones."""
    limit, runs = (QUICK_LIMIT, 1) if quick else (LIMIT, RUNS)
    rows = []
    for size in SIZES[: 2 if quick else len(SIZES)]:
        made = practice(size)
        rows.append(_one_course(made, size, 20 if quick else 100))
        day = local_day(NOW, made.clinic.zone) + timedelta(days=8)
        rows.append(_closed(made, size, (day, 1), runs, limit if size is SIZES[0] else 0))
        rows.append(_closed(made, size, (day - timedelta(days=1), 6), runs, 0))
    return Table("Re-planning: one course, and a closure", HEADS, tuple(rows), NOTE.format(runs=runs, seconds=limit))


def _one_course(made: Practice, size: Size, many: int) -> tuple[str, ...]:
    """Lengthen the interval of each course's last phase by a week."""
    chosen = made.courses[:many]
    durations, units = [], 0
    occupancies = [Occupancy(made.clinic, _without(made, course)) for course in chosen]
    for course, occupancy in zip(chosen, occupancies, strict=True):
        request = _lengthened(course.request)
        plan(request, occupancy)
        began = perf_counter()
        found = plan(request, occupancy)
        compare(request, found)
        durations.append(perf_counter() - began)
        units += found.units
    sessions = sum(len(course.request.standing) for course in chosen)
    timed = ("-", milliseconds(median(durations)), "-", "-", "-", f"{units / POINT:,.0f}", "-", "-", "-", "-")
    return (f"one course, {size.name}", f"{made.used:.0%}", str(len(chosen)), str(sessions), *timed)


def _without(made: Practice, course: Course) -> list:
    own = {row for rows in course.rows.values() for row in rows}
    return [row for row in made.rows if row not in own]


def _lengthened(request: PlanRequest) -> PlanRequest:
    last = request.protocol.phases[-1]
    rule = SpacingRule(*(days + 7 for days in (last.spacing.min_days, last.spacing.target_days, last.spacing.max_days)))
    return replace(request, protocol=with_spacing(request.protocol, last.name, rule))


def _closed(made: Practice, size: Size, closed: tuple[date, int], runs: int, limit: float) -> tuple[str, ...]:
    """Close from a day on for some days; CP-SAT gets so many seconds for the same (0: it is not asked)."""
    first, days = closed
    what = "a day" if days == 1 else "a week"
    span = Span(builders.wall(first, "00:00"), builders.wall(first + timedelta(days=days), "00:00"))
    clinic = replace(made.clinic, closures=(*made.clinic.closures, Closure(span, "closed")))
    affected = made.under(clinic)
    found = _bulk(made, affected, runs)
    sessions = sum(span.start <= one.start < span.end for course in affected for one in course.request.standing)
    lost, lost_then = (sum(len(one.unresolved) for one in some) for some in (found.first, found.then))
    joint = solve_together([one.request for one in affected], _others(made, affected), seconds=limit) if limit else None
    return (
        f"{what}, {size.name}", f"{made.used:.0%}", str(len(affected)), str(sessions), milliseconds(found.loading),
        milliseconds(found.planning), milliseconds(found.improving), str(lost), str(lost_then), _points(found.first),
        _points(found.then), f"{found.least / POINT:,.0f}", *_beside(joint),
    )  # fmt: skip


def _beside(joint: Joint | None) -> tuple[str, str]:
    if joint is None:
        return "-", "-"
    found = "none" if joint.units is None else f"{joint.units / POINT:,.0f}"
    return f"{joint.status.lower()}, {joint.building + joint.solving:.0f} s", f"{found} (bound {joint.bound / POINT:,.0f})"


def _bulk(made: Practice, affected: list[Affected], runs: int) -> Bulk:
    loading, planning, first = [], [], ()
    for _ in range(runs):
        began = perf_counter()
        replanning = Replanning(affected, made.rows, improve=False)
        loading.append(perf_counter() - began)
        began = perf_counter()
        first = _through(replanning)
        planning.append(perf_counter() - began)
    replanning = Replanning(affected, made.rows)
    began = perf_counter()
    then = _through(replanning)
    return Bulk(median(loading), median(planning), perf_counter() - began, first, then, replanning.least_units)


def _through(replanning: Replanning) -> tuple[Replanned, ...]:
    while not replanning.finished:
        replanning.step()
    return replanning.found


def _others(made: Practice, affected: list[Affected]) -> list:
    own = {row for one in affected for row in one.taken}
    return [row for row in made.rows if row not in own]


def _points(found: tuple[Replanned, ...]) -> str:
    return f"{sum(one.rank[1] for one in found) / POINT:,.0f}"
