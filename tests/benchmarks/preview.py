"""The whole series over HTTP, everything included: from the address of a draft to the page, and from its form to booked."""

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import time, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from uuid import UUID

import builders
from benchmarks.booking import NOW, context, databases, fill
from benchmarks.table import Table, milliseconds
from benchmarks.workload import FIRST_DAY, SIZES, Site, Size, site
from desks import Desk, HandClock
from planner.bootstrap import init_database
from planner.config import Settings
from planner.domain.course import Preferences
from planner.domain.occupancy import Occupancy
from planner.domain.plan import PlanRequest
from planner.domain.planning import plan
from planner.services import booking, clinics, courses
from planner.services.courses import Wish
from webdesk import BASE, Browser, web_desk

HEADS = (
    "20 sessions, over HTTP", "rows taken", "database", "preview", "p95", "changed", "reading", "planning", "choices",
    "booking", "page",
)  # fmt: skip
RUNS = 31
NOTE = """\
Preview: one GET through the application, signed in: session, permissions, the request read from the database, what is taken
as the process remembers it, the plan, its reasons, at most three alternatives of a dozen tried, the page. Changed: the same
right after somebody booked 20 sessions and cancelled them, so that 20 days are read again. Reading, planning, choices: the
use-case's parts timed by themselves, nothing changed. Booking: one POST of the signed plan. Medians."""


@dataclass
class Times:
    """What was measured, in seconds."""

    preview: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    reading: list[float] = field(default_factory=list)
    planning: list[float] = field(default_factory=list)
    choices: list[float] = field(default_factory=list)
    booking: list[float] = field(default_factory=list)
    bytes: int = 0


def section(*, quick: bool) -> Table:
    """Run the three sizes on both databases, one site of each."""
    with tempfile.TemporaryDirectory(prefix="planner-bench-", dir="/tmp") as folder, databases(Path(folder)) as urls:
        rows = [
            _row(size, name, url(number), RUNS // 4 if quick else RUNS)
            for number, size in enumerate(SIZES) for name, url in urls.items()
            if name == "SQLite" or size is SIZES[1] or not quick
        ]  # fmt: skip
    return Table("The whole series over HTTP", HEADS, tuple(rows), NOTE)


def _row(size: Size, database: str, url: str, runs: int) -> tuple[str, ...]:
    place = site(size)
    init_database(Settings(database_url=url))
    ctx = context(url, place.clinic.id)
    fill(ctx, place)
    clinics.publish(ctx, builders.esketamine())
    desk = Desk(ctx.store, HandClock(NOW), place.clinic.id)
    times = _times(desk, web_desk(desk).signed_in(), _wishes(place, runs + 1))
    ctx.store.close()
    return (
        size.name, f"{len(place.rows):,}", database, milliseconds(median(times.preview)),
        milliseconds(quantiles(times.preview, n=20)[-1]), milliseconds(median(times.changed)),
        milliseconds(median(times.reading)),
        milliseconds(median(times.planning)), milliseconds(median(times.choices)), milliseconds(median(times.booking)),
        f"{times.bytes / 1000:.0f} kB",
    )  # fmt: skip


def _wishes(place: Site, number: int) -> list[Preferences]:
    """Ask for courses in the first months of which every session has a date, as far as two hundred tries find them."""
    random, occupancy, protocol, found = Random(5), Occupancy(place.clinic, place.rows), builders.esketamine(), []
    for _ in range(200):
        days = random.choice(((0, 3), (1, 4), (1, 3)))
        start = FIRST_DAY + timedelta(weeks=random.randint(2, 20), days=days[0])
        asked = Preferences(start, days, at=time(random.randint(8, 15)))
        if plan(PlanRequest(place.clinic, protocol, builders.PATIENT, asked), occupancy).complete:
            found.append(asked)
        if len(found) == number:
            break
    return found


def _times(desk: Desk, browser: Browser, wishes: list[Preferences]) -> Times:
    """Preview and book one course after the other, each for a patient of its own."""
    times, token = Times(), browser.token()
    for number, asked in enumerate(wishes):
        patient = desk.patient(f"Patient {number}")
        course = courses.begin(desk.scheduler, patient_id=patient, protocol="course", preferences=asked)
        look = partial(browser.get, f"/courses/{course.id}/plan")
        page, changed = _timed(look)
        assert page.status_code == 200, page.status
        if number == 0:
            continue  # a server has compiled its statements and templates long before
        times.changed.append(changed)
        times.preview.append(_timed(look)[1])
        times.bytes = len(page.data)
        _parts(desk, course.id, times)
        shown = re.search(r'name="shown" value="([^"]*)"', page.text)
        sent = {"shown": unescape(shown[1] if shown else ""), "csrf_token": token}
        path = f"/courses/{course.id}/book"
        booked, seconds = _timed(partial(browser.client.post, path, data=sent, base_url=BASE, headers={"Referer": BASE}))
        assert booked.status_code == 303, booked.status
        times.booking.append(seconds)
        first = desk.live(course)[0]
        booking.cancel(
            desk.scheduler, appointment_id=first.id, version=first.version, reason="paired", scope=booking.Scope.COURSE
        )  # so that the site stays as full as it was
    return times


def _parts(desk: Desk, course_id: UUID, times: Times) -> None:
    """Time the use-case's parts by themselves: reading, the plan, and what the choices add."""
    _, reading = _timed(partial(courses.brief_of, desk.scheduler, course_id, Wish()))
    plain, seconds = _timed(partial(courses.preview, desk.scheduler, course_id=course_id, choices=False))
    _, whole = _timed(partial(courses.preview, desk.scheduler, course_id=course_id))
    times.reading.append(reading)
    times.planning.append(plain.planning_seconds)
    times.choices.append(max(0.0, whole - seconds))


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = perf_counter()
    found = work()
    return found, perf_counter() - began
