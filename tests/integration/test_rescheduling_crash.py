"""A real `planner worker` that is killed while it plans a large closure: another goes on from the course in hand."""

from contextlib import contextmanager
from datetime import timedelta
from time import monotonic, sleep

import pytest

from builders import clinic, hours, resources
from planner.clock import system_clock
from planner.domain.rescheduling import CloseClinic
from planner.domain.span import Span, day_start, local_day
from planner.services import committing, rescheduling
from planner.services.rescheduling import ReplanStatus
from postroom import Mailbox, open_post
from workers import PATIENCE, working

COUNT = 10


@pytest.fixture
def desk(store):
    """A roomy clinic on this machine's own clock, with courses that all lie in the days to be closed."""
    staff = resources("nurse", 8, 4, hours("Mon-Sun")), resources("prescriber", 1, 1, hours("Mon-Sun"))
    site = clinic(resources("chair", COUNT), *staff, opening=hours("Mon-Sun"))
    desk = open_post(store, site=site)
    desk.clock = system_clock
    start = desk.clock().date() + timedelta(days=2)
    for number in range(COUNT):
        desk.book(desk.begin(start=start, patient=f"patient{number} of many", at=f"{9 + number % 6:02}:00"))
    return desk


@pytest.fixture
def replan(desk, monkeypatch):
    """A closure of ten days that waits for a worker."""
    monkeypatch.setattr(rescheduling, "INLINE", 0)
    today = local_day(desk.clock(), desk_zone(desk))
    first, after = (day_start(today + timedelta(days=days), desk_zone(desk)) for days in (4, 14))
    found = rescheduling.draft(desk.scheduler, change=CloseClinic(Span(first, after), "works"))
    assert (found.status, found.total) == (ReplanStatus.WAITING, COUNT)
    return found


def desk_zone(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.clinics.get(desk.clock()).zone


def state(desk, replan):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.replans.get(replan.id)


def eventually(desk, replan, done):
    end = monotonic() + PATIENCE
    while not done(found := state(desk, replan)):
        assert monotonic() < end, found
        sleep(0.005)
    return found


@contextmanager
def held_half_way(desk, replan):
    """Wait until some courses are planned, and keep the worker from writing the next one down while the block lasts."""
    eventually(desk, replan, lambda found: found.done > 0)
    with desk.store.begin(desk.clinic_id) as uow:
        yield uow.replans.lock(replan.id)


def test_killed_while_planning_another_worker_finishes_what_is_left(desk, replan, database_url):
    with Mailbox() as mailbox:
        with working(database_url, mailbox) as worker, held_half_way(desk, replan) as half:
            worker.kill()
            worker.wait()
        assert (half.status, 0 < half.done < COUNT) == (ReplanStatus.COMPUTING, True)
        kept = {one.key: one.outcome for one in parts(desk, replan) if one.outcome}
        assert len(kept) == half.done
        with working(database_url, mailbox):
            ready = eventually(desk, replan, lambda found: found.status is ReplanStatus.READY)
    assert ready.done == COUNT
    assert all(one.outcome for one in parts(desk, replan))
    committing.commit(desk.scheduler, replan_id=replan.id, version=ready.version)
    assert desk.overlaps() == 0


def parts(desk, replan):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.replan_parts.of_replan(replan.id)


def test_cancelled_while_planning_the_worker_leaves_it(desk, replan, database_url):
    with Mailbox() as mailbox, working(database_url, mailbox):
        eventually(desk, replan, lambda found: found.done > 0)
        rescheduling.cancel(desk.scheduler, replan_id=replan.id)
        then = state(desk, replan)
        sleep(0.3)
    left = state(desk, replan)
    assert (left.status, left.done) == (ReplanStatus.CANCELLED, then.done)
