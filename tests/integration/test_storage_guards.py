"""What the database itself refuses, even to hand-written SQL."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from builders import clinic, esketamine, spravato, uid
from planner.domain.errors import Conflict, NotFound
from planner.domain.occupancy import BusyRow
from planner.storage.records import AppointmentRecord, Patient

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)
SITE = clinic()
PATIENT = Patient(uid("ada"), "Ada")
CHAIR = uid("chair 1")
INSERT = """
    INSERT INTO occupancy (subject_id, seat, starts, ends, clinic_id, appointment_id, hold_id)
    SELECT subject_id, seat + :seat, starts + :later, ends + :later + :longer, clinic_id, appointment_id, hold_id
    FROM occupancy
"""


def appointment(**more):
    end = NOW + timedelta(hours=2)
    return AppointmentRecord(uuid4(), PATIENT.id, NOW, end, "2027-01-04T07:00", spravato(), NOW, NOW, **more)


@pytest.fixture
def taken(store):
    """A store in which the first chair is taken from minute 1000 to 1120."""
    booked = appointment()
    with store.begin(SITE.id) as uow:
        uow.clinics.add(SITE)
        uow.people.add(PATIENT)
        uow.appointments.add(booked)
        uow.occupancy.put([BusyRow(CHAIR, 1, 1000, 1120)], appointment_id=booked.id)
    return store


def by_hand(store, statement, **values):
    with store.engine.begin() as connection:
        connection.execute(text(statement), values)


@pytest.mark.parametrize(("later", "longer"), [(0, 0), (119, 0), (-119, 0), (30, -60), (-30, 60), (1, 1400), (-1439, 1320)])
def test_no_hand_written_row_overlaps(taken, later, longer):
    with pytest.raises(IntegrityError, match=r"occupancy_no_overlap|pk_occupancy"):
        by_hand(taken, INSERT, later=later, longer=longer, seat=0)


@pytest.mark.parametrize(("later", "seat"), [(120, 0), (-120, 0), (0, 1), (60, 1)])
def test_touching_spans_and_other_seats_are_free(taken, later, seat):
    by_hand(taken, INSERT, later=later, longer=0, seat=seat)


def test_no_hand_written_change_makes_an_overlap(taken):
    by_hand(taken, INSERT, later=200, longer=0, seat=0)
    with pytest.raises(IntegrityError, match="occupancy_no_overlap"):
        by_hand(taken, "UPDATE occupancy SET starts = 1100 WHERE starts = 1200")


def test_a_row_may_move_within_its_own_time(taken):
    by_hand(taken, "UPDATE occupancy SET starts = 1010, ends = 1130")
    by_hand(taken, "UPDATE occupancy SET ends = 1100")


@pytest.mark.parametrize("ends", [1000, 999, 1000 + 1561])
def test_a_row_lasts_between_a_minute_and_twenty_six_hours(taken, ends):
    with pytest.raises(IntegrityError, match="ck_occupancy_length"):
        by_hand(taken, "UPDATE occupancy SET ends = :ends", ends=ends)


def test_a_row_has_one_cause(taken):
    with pytest.raises(IntegrityError, match="ck_occupancy_one_cause"):
        by_hand(taken, "UPDATE occupancy SET appointment_id = NULL")


@pytest.mark.parametrize("start", [1000, 1060, 940])
def test_an_overlap_is_a_conflict_to_the_code(taken, start):
    second = appointment()
    with pytest.raises(Conflict, match="taken"), taken.begin(SITE.id) as uow:  # noqa: PT012 - one transaction
        uow.appointments.add(second)
        uow.occupancy.put([BusyRow(CHAIR, 1, start, start + 120)], appointment_id=second.id)
    with taken.read(SITE.id) as uow, pytest.raises(NotFound):
        uow.appointments.get(second.id)


def test_a_reference_into_another_clinic_is_not_found(taken):
    other = clinic()
    with pytest.raises(NotFound), taken.begin(uid("elsewhere")) as uow:  # noqa: PT012 - one transaction
        uow.clinics.add(other)
        uow.appointments.add(appointment())


@pytest.mark.parametrize("statement", ["UPDATE {} SET {}", "DELETE FROM {}"])
@pytest.mark.parametrize(("table", "change"), [("protocol", "version = 7"), ("audit", "action = 'x'")])
def test_what_is_append_only_stays(taken, statement, table, change):
    with taken.begin(SITE.id) as uow:
        uow.protocols.publish(esketamine(), author_id=uid("doctor"), at=NOW)
        uow.audit.put(at=NOW, actor_id=uid("doctor"), action="publish", subject_kind="protocol", subject_id=uid("p"))
    with pytest.raises(DBAPIError, match=f"{table}_append_only"):
        by_hand(taken, statement.format(table, change))


@pytest.mark.parametrize("status", ["lost", "BOOKED"])
def test_an_unknown_status_is_refused(taken, status):
    with pytest.raises(IntegrityError, match="ck_appointment"):
        by_hand(taken, "UPDATE appointment SET status = :status", status=status)
