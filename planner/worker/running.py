"""Running a worker: APScheduler holds the ticks, in memory, by interval in UTC; nothing is lost with it."""

import logging
import platform
from datetime import UTC, timedelta
from threading import Event
from uuid import uuid4

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from planner.bootstrap import Parts
from planner.clock import system_clock
from planner.worker.ticks import Worker
from planner.worker.watch import ClockWatch

log = logging.getLogger(__name__)

_LOOK = 1.0
"""Seconds between two looks at the clock."""


def run(parts: Parts, stop: Event) -> None:
    """Work until *stop* is set: then the letter in hand is finished, what else was taken is given back, and it returns.

    May run in any thread, and in any number of processes on one database.
    """
    worker = Worker(parts, f"{platform.node()}-{uuid4().hex[:8]}", ClockWatch(parts.clock), stop)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a long round is no news: the next one catches up
    scheduler = _scheduler(worker)
    scheduler.start()
    log.info("worker %s begins", worker.name)
    if parts.transport is None:
        log.warning("no mail server is set (PLANNER_SMTP_URL): messages wait")
    try:
        while not stop.wait(_LOOK):
            worker.watch.trusted()
            _thaw(scheduler)
    finally:
        stop.set()
        scheduler.shutdown(wait=True)
        worker.end()
        log.info("worker %s ends", worker.name)


def _scheduler(worker: Worker) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(timezone=UTC)
    for tick in worker.ticks():
        scheduler.add_job(
            worker.run, IntervalTrigger(seconds=tick.seconds, timezone=UTC), [tick], id=tick.name, coalesce=True,
            max_instances=1, misfire_grace_time=None, next_run_time=system_clock(),
        )  # fmt: skip
    return scheduler


def _thaw(scheduler: BackgroundScheduler) -> None:
    """Run at once what a clock that was set back would leave waiting for as long as it went back."""
    now = system_clock()
    for job in scheduler.get_jobs():
        if job.next_run_time and job.next_run_time > now + job.trigger.interval + timedelta(seconds=_LOOK):
            job.modify(next_run_time=now)
