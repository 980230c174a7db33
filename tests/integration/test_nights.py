"""The worker's night: each clinic's work once in each of its local nights, whatever the worker's own hour is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from builders import phase, protocol
from desks import at, open_desk
from planner.bootstrap import Parts
from planner.services import booking, waitlist
from planner.worker.ticks import Worker
from planner.worker.watch import ClockWatch


@pytest.fixture
def desk(sqlite_store):
    """A weekly course without an end, booked over twelve weeks, two of which are behind."""
    made = open_desk(sqlite_store)
    made.publish(replace(protocol(phase("weekly", None, (5, 7, 9))), name="endless"))
    made.book(made.begin("endless", days="Tue"))
    return made


@pytest.fixture
def worker(desk):
    return Worker(Parts(desk.store, desk.clock), "a worker", ClockWatch(desk.clock), Event())


def tick(desk, worker, wall, day="01-19"):
    desk.clock.now = at(day, wall)
    worker.night()
    return len(desk.audit("extend"))


def test_nothing_happens_before_two_at_night_on_the_clinics_wall(desk, worker):
    assert tick(desk, worker, "01:59") == 0
    assert tick(desk, worker, "02:00") == 1


def test_a_night_is_done_once_by_a_worker(desk, worker):
    tick(desk, worker, "02:00")
    first = desk.live(desk.course(one_of(desk)))[-1]
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="on holiday")
    assert tick(desk, worker, "02:10") == 1
    assert worker.nights[desk.clinic_id] == datetime(2027, 1, 19, tzinfo=UTC).date()
    assert tick(desk, worker, "02:10", "01-27") == 2


def one_of(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.courses.of_patient(desk.patient())[0]


def test_a_second_worker_in_the_same_night_adds_nothing(desk, worker):
    tick(desk, worker, "02:00")
    other = replace(worker, nights={})
    assert tick(desk, other, "02:05") == 1


def test_a_worker_that_was_away_at_night_catches_up_by_day(desk, worker):
    assert tick(desk, worker, "11:00") == 1


def test_the_night_when_clocks_change_is_done_once(desk, worker):
    assert tick(desk, worker, "03:30", "03-14") == 1
    assert tick(desk, worker, "04:30", "03-14") == 1


def test_offers_run_out_by_themselves(desk, worker):
    desk.clock.now += timedelta(minutes=1)
    second = desk.live(one_of(desk))[1]
    entry = waitlist.add(desk.scheduler, appointment_id=second.id)
    waitlist.offer(desk.scheduler, waiting_id=entry.id, start=second.start_at - timedelta(days=1), minutes=5)
    worker.expire()
    assert desk.audit("expire") == []
    desk.clock.now += timedelta(minutes=5)
    worker.expire()
    assert len(desk.audit("expire")) == 1
