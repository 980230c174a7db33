"""The board of a full day over HTTP, at three sizes of a clinic: sign-in looked up, visits read, page drawn."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from uuid import UUID, uuid4

import builders
from benchmarks.booking import NOW, context, databases, fill
from benchmarks.table import Table, milliseconds
from benchmarks.workload import SIZES, Site, Size, site
from desks import Desk, HandClock
from planner.bootstrap import init_database
from planner.config import Settings
from planner.domain.attendance import Outcome
from planner.domain.course import AppointmentStatus, Preferences
from planner.domain.occupancy import BusyRow
from planner.domain.span import from_minute
from planner.domain.visit import VisitProfile
from planner.services import clinics, courses
from planner.services.boards import day as show_day
from planner.services.context import Context
from planner.storage.records import AppointmentRecord
from webdesk import web_desk

DAY = date(2027, 3, 16)
RUNS = 300
HEADS = ("the board of a day", "visits", "kB", "database", "use-case", "page, median", "page, p95")
NOTE = """\
One site of each size on a Tuesday at 11:10 with a year of other bookings around it: whoever came before has been dosed.
Through Flask's test client, in one process: sign-in, permissions and the sender's health are looked up for each page."""


@dataclass(frozen=True)
class Spent:
    """Seconds of each call, and how large the page was."""

    use_case: Sequence[float]
    page: Sequence[float]
    size: int
    visits: int


def section(*, quick: bool) -> Table:
    """Run the three sizes on both databases, one site of each."""
    runs, rows = RUNS // 6 if quick else RUNS, []
    with tempfile.TemporaryDirectory(prefix="planner-bench-", dir="/tmp") as folder, databases(Path(folder)) as urls:
        for number, size in enumerate(SIZES):
            for name, url in urls.items():
                rows.append(_row(size, name, _measured(url(number), site(size), runs)))
    return Table("Pages", HEADS, tuple(rows), NOTE)


def _row(size: Size, database: str, spent: Spent) -> tuple[str, ...]:
    p95 = quantiles(spent.page, n=20)[-1]
    return (
        size.name, str(spent.visits), f"{spent.size / 1000:.0f}", database, milliseconds(median(spent.use_case)),
        milliseconds(median(spent.page)), milliseconds(p95),
    )  # fmt: skip


def _measured(url: str, place: Site, runs: int) -> Spent:
    init_database(Settings(database_url=url))
    clock = HandClock(NOW)
    ctx = replace(context(url, place.clinic.id), clock=clock)
    visits = _book_day(ctx, place)
    clock.now = builders.wall(DAY, "11:10")
    browser = web_desk(Desk(ctx.store, clock, place.clinic.id)).signed_in()
    use_case = list(_timed(lambda: show_day(ctx, day=DAY), runs))
    page = list(_timed(lambda: browser.get("/"), runs))
    size = len(browser.get("/").data)
    ctx.store.close()
    return Spent(use_case, page, size, visits)


def _timed(call: object, runs: int) -> Iterator[float]:
    for run in range(runs + 5):
        began = perf_counter()
        call()
        if run >= 5:  # the first ones compile templates and statements
            yield perf_counter() - began


def _book_day(ctx: Context, place: Site) -> int:
    """Make appointments of what the workload takes of the chairs on the day; all else stays one hold's."""
    first, last = (builders.minutes(builders.wall(DAY, "00:00")) + days * 24 * 60 for days in (0, 1))
    todays = [row for row in place.rows if first <= row.start < last]
    chairs = {one.id for one in place.clinic.of_kind("chair")}
    stays = sorted((row for row in todays if row.subject_id in chairs), key=lambda row: (row.start, row.subject_id))
    fill(ctx, replace(place, rows=tuple(row for row in place.rows if row not in set(stays))))
    protocol = builders.esketamine()
    clinics.publish(ctx, protocol)
    people = clinics.register_patients(ctx, [clinics.NewPatient(f"Patient Number {number}") for number in range(len(stays))])
    begun = [
        courses.begin(ctx, patient_id=one.id, protocol=protocol.name, preferences=Preferences(DAY)).id for one in people
    ]
    with ctx.begin() as uow:
        for row, patient, course_id in zip(stays, people, begun, strict=True):
            record = _appointment(row, patient.id, course_id)
            uow.appointments.add(record)
            uow.occupancy.put([row], appointment_id=record.id)
    return len(stays)


def _appointment(row: BusyRow, patient_id: UUID, course_id: UUID) -> AppointmentRecord:
    profile, start = _profile(row), from_minute(row.start)
    record = AppointmentRecord(
        uuid4(), patient_id, start, start + timedelta(minutes=profile.minutes), f"{start:%Y-%m-%dT%H:%M}", profile, NOW, NOW,
        course_id=course_id, phase="induction", number=1, told_at=NOW,
    )  # fmt: skip
    return _attended(record, builders.wall(DAY, "11:10"))


def _attended(record: AppointmentRecord, now: datetime) -> AppointmentRecord:
    """Let whoever was to come by now have come, been dosed, and left on time."""
    dose = record.start_at + timedelta(minutes=record.profile.dose_offset)
    if dose > now:
        return record
    here = replace(
        record, arrived_at=record.start_at, dosed_at=dose, outcome=Outcome.GIVEN, status=AppointmentStatus.ARRIVED
    )  # fmt: skip
    over = record.end_at <= now
    return replace(here, discharged_at=record.end_at, status=AppointmentStatus.FULFILLED) if over else here


def _profile(row: BusyRow) -> VisitProfile:
    visits = (builders.spravato(), builders.spravato("spravato", 5), builders.infusion())
    return next(one for one in visits if one.held_minutes == row.end - row.start)
