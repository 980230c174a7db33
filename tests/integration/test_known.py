"""What a process knows for its pages: never older than it may be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from desks import open_desk
from planner.services.known import Known


@pytest.fixture
def desk(store):
    """A clinic's desk, whose worker was alive just now."""
    desk = open_desk(store)
    beat(desk)
    return desk


@pytest.fixture
def known(desk):
    return Known(desk.store, desk.clock)


def beat(desk):
    with desk.store.begin_installation() as installation:
        installation.beat("a worker", desk.clock())


def later(desk, **passed):
    desk.clock.now += timedelta(**passed)


def test_a_worker_that_falls_silent_is_told_of_two_minutes_after_it_was_last_seen(desk, known):
    for _ in range(121):
        assert not known.health().silent
        later(desk, seconds=1)
    assert known.health().silent


def test_a_worker_that_comes_back_is_seen_at_once(desk, known):
    later(desk, minutes=3)
    assert known.health().silent
    beat(desk)
    assert known.health().ready


def test_health_is_not_looked_up_for_every_page(desk, known):
    first = known.health().last_beat
    later(desk, seconds=4)
    beat(desk)
    assert known.health().last_beat == first
    later(desk, seconds=1)
    assert known.health().last_beat > first


def test_a_clinic_is_read_once_for_each_of_its_versions(desk, known):
    before = known.clinic(desk.admin, 1)
    assert known.clinic(desk.admin, 1) is before
    with desk.store.begin(desk.clinic_id) as uow:
        uow.clinics.save(replace(before, name="Another name"))
    assert known.clinic(desk.admin, 2).name == "Another name"
