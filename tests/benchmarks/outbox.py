"""Messages that fall due, leased and settled, beside APScheduler with one stored job for each (SQLAlchemyJobStore)."""

import pickle
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from threading import Event
from time import perf_counter
from typing import Any
from uuid import uuid4

from apscheduler.events import EVENT_JOB_REMOVED
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from sqlalchemy import Engine, insert, text

from benchmarks.booking import databases
from benchmarks.table import Table
from desks import Desk, HandClock, open_desk
from planner.bootstrap import init_database
from planner.config import Settings
from planner.domain.notices import TOGETHER
from planner.notify.dispatcher import LEASE, dispatch
from planner.notify.transports import Letter
from planner.services import clinics
from planner.services.letterhead import change_letterhead
from planner.storage.desk_records import Notice
from planner.storage.engine import open_engine
from planner.storage.unit_of_work import Store

BATCH, CHUNK = 20, 1000
PAST = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2030, 1, 1, tzinfo=UTC)
HEADS = ("stored", "database", "due", "leased and settled", "APScheduler", "times", "with their letters")
NOTE = """\
Messages a second of one process, the median of the rounds; each round so many fall due of all that are stored. Leased and
settled: twenty at a time are taken in one transaction, each is marked as sent in one of its own. APScheduler: as many jobs
of as many stored run a function that does nothing, in its ten threads, and are removed; on the same engine and database.
With their letters: the same with each message written from the current facts, three links of its own stored before it goes,
for a mail server that takes it at once: one commit a letter."""


class Sink:
    """A mail server that takes everything at once."""

    def deliver(self, letter: Letter) -> None:
        """Take a letter."""


def ring() -> None:
    """Do nothing, as a job."""


def section(*, quick: bool) -> Table:
    """Measure at each number of stored messages, on both databases."""
    rows, (due, rounds) = list[tuple[str, ...]](), (100, 3) if quick else (200, 5)
    with tempfile.TemporaryDirectory(prefix="planner-bench-", dir="/tmp") as folder, databases(Path(folder)) as urls:
        for number, stored in enumerate((1_000, 10_000) if quick else (1_000, 10_000, 100_000)):
            for name, new in urls.items():
                rows.append(_measured(new(number), name, stored, due, rounds))
    return Table("Messages that fall due, one process", HEADS, tuple(rows), NOTE)


def _measured(url: str, name: str, stored: int, due: int, rounds: int) -> tuple[str, ...]:
    init_database(Settings(database_url=url))
    engine = open_engine(Settings(database_url=url, pool_size=12))
    desk, template = _opened(Store(engine), due)
    _store_messages(desk, template, stored)
    jobs = SQLAlchemyJobStore(engine=engine)
    jobs.start(BackgroundScheduler(timezone=UTC), "default")
    _store_jobs(engine, jobs, (FAR + timedelta(minutes=number) for number in range(stored)))
    _analyse(engine)
    own, whole, peer = list[float](), list[float](), list[float]()
    for _ in range(rounds):
        own.append(_rate(due, lambda: _fall_due(desk, template, due), lambda: _settle_all(desk)))
        peer.append(_rate(due, lambda: _store_jobs(engine, jobs, [PAST] * due), lambda: _run_jobs(engine, due)))
        whole.append(_rate(due, lambda: _fall_due(desk, template, due), lambda: _send_all(desk)))
    engine.dispose()
    ours, theirs = median(own), median(peer)
    return (
        f"{stored:,}", name, str(due), f"{ours:,.0f}", f"{theirs:,.0f}", f"{ours / theirs:.1f}", f"{median(whole):,.0f}",
    )  # fmt: skip


def _rate(due: int, prepare: Callable[[], object], act: Callable[[], object]) -> float:
    prepare()
    began = perf_counter()
    act()
    return due / (perf_counter() - began)


def _analyse(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))


# ---------------------------------------------------------------------- planner


def _opened(store: Store, patients: int) -> tuple[Desk, Notice]:
    """Open a clinic with so many patients and one booking; gives its message, to be copied."""
    desk = open_desk(store)
    desk.clock = HandClock(desk.clock())
    neutral = {"public_name": "Harbor Rooms", "sender": "hello@harbor.example", "phone": "+1 212 555 0100"}
    change_letterhead(desk.admin, **neutral, version=None)
    new = [clinics.NewPatient(f"Patient {number}", email=f"p{number}@mail.example") for number in range(patients)]
    for one in clinics.register_patients(desk.scheduler, new):
        desk.people[one.name] = one.id
    desk.book(desk.begin(start=desk.clock().date() + timedelta(days=200)))
    with store.read(desk.clinic_id) as uow:
        (template,) = uow.notices._list()
    return desk, template


def _put(desk: Desk, notices: Iterator[Notice]) -> None:
    while some := list(islice(notices, CHUNK)):
        with desk.store.begin(desk.clinic_id) as uow:
            uow.notices.put(*some)


def _copy(template: Notice, patient_id: Any, at: datetime, **changed: Any) -> Notice:
    key = uuid4()
    return replace(template, id=key, key=str(key), patient_id=patient_id, due_at=at, next_attempt_at=at, **changed)


def _store_messages(desk: Desk, template: Notice, stored: int) -> None:
    """Store half as sent long ago, half as due long after the run."""
    people, past = list(desk.people.values()), template.due_at - timedelta(days=1)
    kinds: tuple[tuple[datetime, dict[str, Any]], ...] = ((FAR, {}), (past, {"sent_at": past, "outcome": "sent"}))
    drawn = ((people[number % len(people)], *kinds[number % 2]) for number in range(stored))
    _put(desk, (_copy(template, patient_id, at, **changed) for patient_id, at, changed in drawn))


def _fall_due(desk: Desk, template: Notice, due: int) -> None:
    """Let so many fall due, each to another patient."""
    desk.clock.now += 2 * TOGETHER
    people = list(desk.people.values())[:due]
    _put(desk, (_copy(template, one, desk.clock.now) for one in people))


def _settle_all(desk: Desk) -> None:
    """Lease what is due and mark it as sent, as the dispatcher does, without writing any letter."""
    now = desk.clock()
    while True:
        with desk.store.begin_installation() as installation:
            leased = installation.lease(now, now + LEASE, BATCH, TOGETHER)
        if not leased:
            return
        for one in leased:
            with desk.store.begin(one.clinic_id) as uow:
                assert uow.notices.settle(replace(one.record, sent_at=now, outcome="sent"), now + LEASE)


def _send_all(desk: Desk) -> None:
    while dispatch(desk.store, desk.clock, Sink(), limit=BATCH).leased:
        pass


# ---------------------------------------------------------------------- APScheduler


def _store_jobs(engine: Engine, jobs: SQLAlchemyJobStore, times: Any) -> None:
    """Store a job for each instant, in the rows that its own store would write, many at a time."""
    scheduler, once = BackgroundScheduler(timezone=UTC), DateTrigger(FAR, timezone=UTC)
    made = scheduler.add_job(
        ring, once, name="ring", misfire_grace_time=None, coalesce=True, max_instances=1, next_run_time=FAR,
    )  # fmt: skip
    state, moments = made.__getstate__(), iter(times)
    while some := list(islice(moments, CHUNK)):
        with engine.begin() as connection:
            connection.execute(insert(jobs.jobs_t), [_row(state, at) for at in some])


def _row(state: dict[str, Any], at: datetime) -> dict[str, Any]:
    key = uuid4().hex
    mine = state | {"id": key, "next_run_time": at, "trigger": DateTrigger(at, timezone=UTC)}
    return {"id": key, "next_run_time": at.timestamp(), "job_state": pickle.dumps(mine, pickle.HIGHEST_PROTOCOL)}


def _run_jobs(engine: Engine, due: int) -> None:
    """Run a scheduler until all that are due have run and are gone from the store."""
    gone, left = Event(), iter(range(due - 1, -1, -1))
    scheduler = BackgroundScheduler(jobstores={"default": SQLAlchemyJobStore(engine=engine)}, timezone=UTC)
    scheduler.add_listener(lambda _: gone.set() if next(left) == 0 else None, EVENT_JOB_REMOVED)
    scheduler.start()
    assert gone.wait(300)
    scheduler.shutdown(wait=True)
