"""Whatever patients answer and whoever moves what: what stands was said of the appointment as it is, and rules hold."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from answering import bearer_for, present, wishes
from builders import clinic, hours, phase, protocol, resources
from conftest import settings_for
from desks import Desk, open_desk
from planner.domain.clinic import SelfService
from planner.domain.course import LIVE
from planner.domain.errors import PlannerError
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.domain.span import local_day
from planner.services import booking, changing, openings, replying
from planner.storage.engine import open_engine
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import Store

SPACING = (2, 4, 6)
RIDES = (Ride(RideKind.SHUTTLE), Ride(RideKind.ADULT, "Maria", "555-0100"), Ride(RideKind.ADULT, "Ana", "555-0101"))


@contextmanager
def small_desk(template: Path, *, moves: bool) -> Iterator[Desk]:
    """Open a clinic with one chair on a database of its own."""
    with TemporaryDirectory() as folder:
        shutil.copy(template, Path(folder) / "planner.db")
        store = Store(open_engine(settings_for(f"sqlite:///{folder}/planner.db")))
        people = resources("nurse", 1, 4, hours()), resources("prescriber", 1, 1, hours()), resources("therapist", 1)
        site = clinic(resources("chair", 1), *people, resources("pump", 1), self_service=SelfService(moves=moves))
        desk = open_desk(store, site)
        desk.publish(replace(protocol(phase("dense", 3, SPACING)), name="dense"))
        yield desk
        store.close()


def answer(desk: Desk, record: AppointmentRecord, random: Random) -> None:
    """Say one thing about an appointment."""
    ride = random.choice((None, *RIDES))
    kind = ReplyKind.RIDE if ride else ReplyKind.COME
    replying.reply(bearer_for(desk, record), appointment_id=record.id, kind=kind, ride=ride)


def change(desk: Desk, record: AppointmentRecord, random: Random) -> None:
    """Choose one of the times that are offered, or none; what is offered is never refused."""
    bearer = bearer_for(desk, record)
    offers = changing.offered(bearer, appointment_id=record.id)
    free = [*offers.that_day, *offers.other_days]
    start = random.choice([None, *free])
    if not offers.near:
        changing.change(bearer, appointment_id=record.id, start=start, version=record.version)


def move(desk: Desk, record: AppointmentRecord, random: Random) -> None:
    """Move it at the desk."""
    free = openings.openings(desk.scheduler, appointment_id=record.id)
    starts = [*free.that_day, *free.other_days]
    if starts:
        start = random.choice(starts)
        booking.move(desk.scheduler, appointment_id=record.id, start=start, version=record.version)


def cancel(desk: Desk, record: AppointmentRecord, random: Random) -> None:
    """Cancel it at the desk, now and then."""
    if random.random() < 0.3:
        booking.cancel(desk.scheduler, appointment_id=record.id, version=record.version, reason="flu")


def live(desk: Desk) -> list[AppointmentRecord]:
    with desk.store.read(desk.clinic_id) as uow:
        found = [one for patient_id in desk.people.values() for one in uow.appointments.of_patient(patient_id)]
    return [one for one in found if one.status in LIVE and one.start_at > desk.clock.now]


def check_standing(desk: Desk) -> None:
    """What stands was said under the present sequence; of each appointment at most one wish is open, and it is live."""
    with desk.store.read(desk.clinic_id) as uow:
        records = [one for patient_id in desk.people.values() for one in uow.appointments.of_patient(patient_id)]
        standing = replying.replies_of(uow, records)
        everything = uow.replies.of_appointments([one.id for one in records])
    by_id = {one.id: one for one in records}
    for key, some in standing.items():
        assert all(said.sequence == by_id[key].sequence for said in some.values())
        for kind, said in some.items():
            later = [one for one in everything if one.appointment_id == key and one.kind is kind and one.at > said.at]
            assert later == []
    about: list[UUID | None] = [task.appointment_id for task in wishes(desk)]
    assert len(about) == len(set(about))
    assert all(one and by_id[one].status in LIVE for one in about)


def check_rules(desk: Desk) -> None:
    """No two doses of a patient are closer, and no chair is fuller, than the rules allow."""
    zone = clinic().zone
    by_patient: dict[UUID, list[date]] = {}
    for one in live(desk):
        by_patient.setdefault(one.patient_id, []).append(local_day(one.start_at, zone))
    for days in by_patient.values():
        assert all((late - early).days >= SPACING[0] for early, late in pairwise(sorted(days)))
    assert desk.overlaps() == 0


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_what_stands_was_said_of_the_appointment_as_it_is(migrated_sqlite: Path, seed: int, moves: bool) -> None:
    random = Random(seed)
    with small_desk(migrated_sqlite, moves=moves) as desk:
        for number in range(2):
            desk.book(desk.begin("dense", date(2027, 1, 6 + number), patient=f"P {number}", at=f"{9 + number}:00".zfill(5)))
        for _ in range(12):
            desk.clock.now += timedelta(minutes=random.choice((1, 90)))
            ahead = live(desk)
            if not ahead:
                break
            record = present(desk, random.choice(ahead).id)
            random.choices((answer, change, move, cancel), (4, 3, 2, 1))[0](desk, record, random)
            check_standing(desk)
        check_rules(desk)


@settings(max_examples=6)
@given(st.integers(0, 2**32 - 1))
def test_a_time_that_is_not_offered_to_anybody_is_not_given(migrated_sqlite: Path, seed: int) -> None:
    random = Random(seed)
    with small_desk(migrated_sqlite, moves=True) as desk:
        desk.book(desk.begin("dense", date(2027, 1, 6), patient="P 0"))
        desk.book(desk.begin("dense", date(2027, 1, 6), patient="P 1", at="13:00"))
        for _ in range(6):
            desk.clock.now += timedelta(minutes=1)
            record = random.choice(live(desk))
            start = record.start_at + timedelta(minutes=random.randint(-400, 400) * 15)
            try:
                bearer = bearer_for(desk, record)
                changing.change(bearer, appointment_id=record.id, start=start, version=record.version)
            except PlannerError:
                assert present(desk, record.id) == record
            check_rules(desk)
