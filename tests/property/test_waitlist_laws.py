"""An offered time never breaks a rule once it is accepted, whoever waits, whatever is booked, and however often."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import clinic, hours, phase, protocol, resources
from conftest import settings_for
from desks import Desk, open_desk
from planner.domain.errors import PlannerError
from planner.domain.span import local_day
from planner.services import booking, freed, waitlist
from planner.storage.engine import open_engine
from planner.storage.records import AppointmentRecord, CourseRecord
from planner.storage.unit_of_work import Store

SPACING = (2, 4, 6)
OVERRUN = 14


@contextmanager
def small_desk(template: Path) -> Iterator[Desk]:
    """Open a clinic with two chairs on a database of its own."""
    with TemporaryDirectory() as folder:
        shutil.copy(template, Path(folder) / "planner.db")
        store = Store(open_engine(settings_for(f"sqlite:///{folder}/planner.db")))
        people = resources("nurse", 1, 4, hours()), resources("prescriber", 1, 1, hours()), resources("therapist", 1)
        desk = open_desk(store, clinic(resources("chair", 2), *people, resources("pump", 1)))
        desk.publish(replace(protocol(phase("dense", 4, SPACING)), name="dense"))
        yield desk
        store.close()


def fill(desk: Desk, random: Random) -> list[CourseRecord]:
    """Book a few courses, put most of their sessions on the waitlist, and cancel one here and there."""
    courses = []
    for number in range(4):
        start = date(2027, 1, 5) + timedelta(days=random.randint(0, 8))
        at = f"{random.choice((9, 10, 11, 13)):02}:00"
        course = desk.begin("dense", start, patient=f"P {number}", at=at)
        desk.book(course)
        courses.append(course)
    for one in [one for course in courses for one in desk.live(course)]:
        if random.random() < 0.2:
            booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason="flu")
        elif random.random() < 0.7:
            waitlist.add(desk.scheduler, appointment_id=one.id, notice_hours=random.choice((0, 24, 72)))
    return courses


def accept_some(desk: Desk, random: Random) -> list[tuple[AppointmentRecord, timedelta]]:
    """Offer freed times to those whose turn it is, and accept; gives what was moved, and how much notice it had."""
    moved = []
    for _ in range(3):
        board = freed.wait_board(desk.scheduler)
        open_times = [(time.start, one) for time in board.times for one in time.fitting]
        if not open_times:
            break
        start, candidate = random.choice(open_times)
        made = waitlist.offer(desk.scheduler, waiting_id=candidate.waiting.id, start=start)
        changed = waitlist.accept(desk.scheduler, offer_id=made.id, version=made.version)
        assert changed.appointment.start_at == start < candidate.record.start_at
        moved.append((changed.appointment, timedelta(hours=candidate.waiting.notice_hours)))
    return moved


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1))
def test_what_was_accepted_keeps_every_gap_and_every_chair(migrated_sqlite: Path, seed: int) -> None:
    random = Random(seed)
    with small_desk(migrated_sqlite) as desk:
        courses = fill(desk, random)
        for record, notice in accept_some(desk, random):
            assert record.start_at - desk.clock.now >= notice
        least, _, most = SPACING
        for course in courses:
            days = [local_day(one.start_at, clinic().zone) for one in desk.live(course)]
            assert all(least <= (later - day).days <= 2 * most + OVERRUN for day, later in pairwise(days))
        assert desk.overlaps() == 0


@settings(max_examples=4)
@given(st.integers(0, 2**32 - 1))
def test_what_does_not_fit_is_refused_and_nothing_is_kept(migrated_sqlite: Path, seed: int) -> None:
    random = Random(seed)
    with small_desk(migrated_sqlite) as desk:
        fill(desk, random)
        refused = [(time.start, one) for time in freed.wait_board(desk.scheduler).times for one in time.others]
        for start, one in refused:
            with pytest.raises(PlannerError):
                waitlist.offer(desk.scheduler, waiting_id=one.waiting.id, start=start)
        with desk.store.read(desk.clinic_id) as uow:
            assert uow.holds.all() == uow.offers.open() == []
