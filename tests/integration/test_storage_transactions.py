"""Units of work: all or nothing, one writer of a calendar at a time, and nothing of another clinic."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from builders import clinic, spravato, uid
from planner.domain.course import AppointmentStatus
from planner.domain.errors import Conflict, NotFound
from planner.domain.occupancy import BusyRow
from planner.storage.records import AppointmentRecord, HoldRecord, Patient, Task

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)
SITE = clinic()
ELSEWHERE = uid("elsewhere")
PATIENT = Patient(uid("ada"), "Ada Lovelace", record_number="17")
CHAIR = uid("chair 1")


def appointment(**more):
    end = NOW + timedelta(hours=2)
    return AppointmentRecord(uuid4(), PATIENT.id, NOW, end, "2027-01-04T07:00", spravato(), NOW, NOW, **more)


@pytest.fixture
def clinics(store):
    """A store with two clinics; the patient belongs to the first."""
    for clinic_id in (SITE.id, ELSEWHERE):
        with store.begin(clinic_id) as uow:
            uow.clinics.add(replace(SITE, id=clinic_id, name=f"Clinic {clinic_id == SITE.id}"))
    with store.begin(SITE.id) as uow:
        uow.people.add(PATIENT)
    return store


def test_any_exception_takes_everything_back(clinics):
    booked = appointment()
    with pytest.raises(RuntimeError), clinics.begin(SITE.id) as uow:  # noqa: PT012 - one transaction
        uow.appointments.add(booked)
        raise RuntimeError("power cut")
    with clinics.read(SITE.id) as uow:
        assert uow.appointments.of_patient(PATIENT.id) == []


def test_what_is_written_in_a_reading_unit_is_dropped_or_refused(clinics):
    try:
        with clinics.read(SITE.id) as uow:
            uow.appointments.add(appointment())
    except DBAPIError as refused:
        assert "read-only" in str(refused)  # noqa: PT017 - SQLite drops it instead
    with clinics.read(SITE.id) as uow:
        assert uow.appointments.of_patient(PATIENT.id) == []


def test_a_reading_unit_sees_one_moment(clinics):
    with clinics.read(SITE.id) as before:
        assert before.appointments.of_patient(PATIENT.id) == []
        with clinics.begin(SITE.id) as uow:
            uow.appointments.add(appointment())
        assert before.appointments.of_patient(PATIENT.id) == []


def test_a_stale_appointment_cannot_be_saved(clinics):
    with clinics.begin(SITE.id) as uow:
        uow.appointments.add(booked := appointment())
    with clinics.begin(SITE.id) as uow:
        arrived = uow.appointments.save(replace(booked, status=AppointmentStatus.ARRIVED))
    assert arrived.version == booked.version + 1
    with pytest.raises(Conflict, match="appointment"), clinics.begin(SITE.id) as uow:
        uow.appointments.save(replace(booked, status=AppointmentStatus.CANCELLED))
    with clinics.read(SITE.id) as uow:
        assert uow.appointments.get(booked.id) == arrived


def test_one_stale_appointment_of_many_stops_them_all(clinics):
    first, second = appointment(), appointment()
    with clinics.begin(SITE.id) as uow:
        uow.appointments.add(first, second)
    with pytest.raises(Conflict), clinics.begin(SITE.id) as uow:
        uow.appointments.save_all([replace(first, number=5), replace(second, version=7)])
    with clinics.read(SITE.id) as uow:
        assert uow.appointments.get(first.id) == first


def test_nothing_of_another_clinic_is_found(clinics):
    booked, task = appointment(), Task(uuid4(), "call", NOW, NOW, patient_id=PATIENT.id)
    with clinics.begin(SITE.id) as uow:
        uow.appointments.add(booked)
        uow.tasks.add(task)
        uow.occupancy.put([BusyRow(CHAIR, 1, 1000, 1100)], appointment_id=booked.id)
    with clinics.begin(ELSEWHERE) as uow:
        for find, key in ((uow.people.get, PATIENT.id), (uow.appointments.get, booked.id), (uow.tasks.get, task.id)):
            with pytest.raises(NotFound):
                find(key)
        with pytest.raises(NotFound):
            uow.tasks.finish(task.id, at=NOW, reason="no")
        with pytest.raises(Conflict):
            uow.appointments.save(booked)
        uow.occupancy.release(booked.id)
        assert (uow.people.all(), uow.appointments.among([booked.id]), uow.tasks.open()) == ([], {}, [])
        assert uow.occupancy.rows(0, 5000) == []
    with clinics.read(SITE.id) as uow:
        assert uow.occupancy.rows(0, 5000) == [BusyRow(CHAIR, 1, 1000, 1100)]


def test_an_unknown_clinic_is_not_found(clinics):
    with clinics.begin(uid("nowhere")) as uow, pytest.raises(NotFound):
        uow.calendar.lock(NOW)
    with clinics.read(uid("nowhere")) as uow, pytest.raises(NotFound):
        uow.clinics.get(NOW)


def test_expired_holds_go_when_the_calendar_is_locked(clinics):
    end = NOW + timedelta(hours=2)
    old, young = (HoldRecord(uuid4(), NOW, end, spravato(), NOW + timedelta(minutes=m), uid("desk")) for m in (0, 5))
    with clinics.begin(SITE.id) as uow:
        uow.holds.add(old, young)
        uow.occupancy.put([BusyRow(CHAIR, 1, 1000, 1100)], hold_id=old.id)
        uow.occupancy.put([BusyRow(CHAIR, 1, 1100, 1200)], hold_id=young.id)
    with clinics.begin(ELSEWHERE) as uow:
        uow.calendar.lock(NOW + timedelta(days=1))
    with clinics.begin(SITE.id) as uow:
        assert uow.calendar.lock(NOW) == 1
        assert uow.holds.all() == [young]
        assert uow.occupancy.rows(0, 5000) == [BusyRow(CHAIR, 1, 1100, 1200)]
        uow.holds.remove(young.id)
        assert uow.occupancy.rows(0, 5000) == []


def test_two_writers_of_a_calendar_lose_no_update(clinics):
    rounds, start = 25, Barrier(2)

    def count(_):
        start.wait()
        for _ in range(rounds):
            with clinics.begin(SITE.id) as uow:
                uow.calendar.lock(NOW)
                patient = uow.people.get(PATIENT.id)
                uow.people.save(replace(patient, phone=str(int(patient.phone or 0) + 1)))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, range(2)))
    with clinics.read(SITE.id) as uow:
        assert uow.people.get(PATIENT.id).phone == str(2 * rounds)


def test_of_many_who_want_one_chair_exactly_one_gets_it(clinics):
    clients = 5
    start = Barrier(clients)

    def take(_):
        mine = appointment()
        start.wait()
        try:
            with clinics.begin(SITE.id) as uow:  # without the lock: the database is the last to refuse
                uow.appointments.add(mine)
                uow.occupancy.put([BusyRow(CHAIR, 1, 1000, 1100)], appointment_id=mine.id)
        except Conflict:
            return 0
        return 1

    with ThreadPoolExecutor(clients) as pool:
        assert sum(pool.map(take, range(clients))) == 1


def test_attendance_goes_on_beside_a_locked_calendar(postgres_store):
    booked, locked, done = appointment(), Event(), Event()
    with postgres_store.begin(SITE.id) as uow:
        uow.clinics.add(SITE)
        uow.people.add(PATIENT)
        uow.appointments.add(booked)

    def plan_for_long():
        with postgres_store.begin(SITE.id) as uow:
            uow.calendar.lock(NOW)
            locked.set()
            assert done.wait(20)

    with ThreadPoolExecutor(1) as pool:
        planning = pool.submit(plan_for_long)
        locked.wait(20)
        with postgres_store.begin(SITE.id) as uow:
            uow.appointments.save(replace(booked, status=AppointmentStatus.ARRIVED))
            uow.audit.put(at=NOW, actor_id=uid("desk"), action="arrive", subject_kind="appointment", subject_id=booked.id)
        done.set()
        planning.result()
