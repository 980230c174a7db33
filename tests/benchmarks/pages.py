"""A desk's day over HTTP, at three sizes of a clinic: sign-in looked up, visits read, page drawn.

First the board of a full day by itself, then all that a desk asks for while patients arrive.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
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
from webdesk import Browser, web_desk

DAY = date(2027, 3, 16)
RUNS = 300
HEADS = (
    "the board of a day", "visits", "kB", "database", "use-case", "board, median", "board, p95", "staff day, median",
    "staff day, p95", "slowest kind of page",
)  # fmt: skip
NOTE = """\
One site of each size on a Tuesday at 11:10 with a year of other bookings around it: whoever came before has been dosed.
Through Flask's test client, in one process: sign-in and permissions are looked up for each page. Staff day: for each visit
still to come the board, the search for the patient, their page, the visit's, its arrival written down, and the board again;
all these requests together, and the median of the slowest kind."""


@dataclass(frozen=True)
class Spent:
    """Seconds of each call, and how large the page was."""

    use_case: Sequence[float]
    page: Sequence[float]
    staff_day: Mapping[str, Sequence[float]]
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
    all_day = [one for kind in spent.staff_day.values() for one in kind]
    kind, slowest = max(((kind, median(taken)) for kind, taken in spent.staff_day.items()), key=lambda one: one[1])
    return (
        size.name, str(spent.visits), f"{spent.size / 1000:.0f}", database, milliseconds(median(spent.use_case)),
        milliseconds(median(spent.page)), milliseconds(_p95(spent.page)), milliseconds(median(all_day)),
        milliseconds(_p95(all_day)), f"{kind}: {milliseconds(slowest)}",
    )  # fmt: skip


def _p95(taken: Sequence[float]) -> float:
    return quantiles(taken, n=20)[-1]


def _measured(url: str, place: Site, runs: int) -> Spent:
    init_database(Settings(database_url=url))
    clock = HandClock(NOW)
    ctx = replace(context(url, place.clinic.id), clock=clock)
    visits = _book_day(ctx, place)
    clock.now = builders.wall(DAY, "11:10")
    with ctx.store.begin_installation() as installation:
        installation.beat("a worker", clock())
    browser = web_desk(Desk(ctx.store, clock, place.clinic.id)).signed_in()
    use_case = list(_timed(lambda: show_day(ctx, day=DAY), runs))
    page = list(_timed(lambda: browser.get("/"), runs))
    size = len(browser.get("/").data)
    staff_day = _staff_day(ctx, browser)
    ctx.store.close()
    return Spent(use_case, page, staff_day, size, visits)


def _staff_day(ctx: Context, browser: Browser) -> Mapping[str, Sequence[float]]:
    """Let everybody still to come arrive, each looked up first; gives the seconds of each request by its kind."""
    spent: dict[str, list[float]] = {}
    for card in show_day(ctx, day=DAY).due:
        mark = {"kind": "arrived", "version": str(card.version), "back": "board"}
        for kind, path, form, status in (
            ("board", "/", None, 200), ("search", "/patients/search", {"term": card.name}, 200),
            ("patient", f"/patients/{card.patient_id}", None, 200), ("visit", f"/appointments/{card.id}", None, 200),
            ("mark", f"/appointments/{card.id}/marks", mark, 303), ("board", "/", None, 200),
        ):  # fmt: skip
            if card.arrived_at:
                continue
            began = perf_counter()
            answer = browser.post(path, form) if form else browser.get(path)
            spent.setdefault(kind, []).append(perf_counter() - began)
            assert answer.status_code == status, (path, answer.status)
    return spent


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
