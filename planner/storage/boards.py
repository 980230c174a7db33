"""What a day shows, in two statements: visits with the names of patients and their numbers in a phase, and what is taken."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, Uuid, and_, bindparam, func, or_, select, type_coerce

from planner.domain.attendance import Outcome
from planner.domain.course import AppointmentStatus
from planner.domain.errors import NotFound
from planner.domain.protocol import Protocol
from planner.domain.visit import VisitProfile
from planner.storage.calendar_tables import LONGEST, AppointmentRow, GivenRow, OccupancyRow
from planner.storage.columns import Known
from planner.storage.tables import CourseRow, PatientRow, table_of


class VisitRow(NamedTuple):
    """A visit as a day shows it; instants are UTC. *before*: sessions of its phase before it, given or still to come."""

    id: UUID
    patient_id: UUID
    name: str
    start_at: datetime
    end_at: datetime
    profile: VisitProfile
    status: AppointmentStatus
    course_id: UUID | None
    phase: str | None
    linked_to: UUID | None
    clinician_id: UUID | None
    told_at: datetime | None
    version: int
    sequence: int
    arrived_at: datetime | None
    dosed_at: datetime | None
    discharged_at: datetime | None
    outcome: Outcome | None
    protocol: Protocol | None
    course_clinician_id: UUID | None
    before: int


class TakenRow(NamedTuple):
    """One unit of a resource, or a patient, taken for [start, end), minutes since 1970 UTC, by an appointment or a hold."""

    subject_id: UUID
    seat: int
    start: int
    end: int
    appointment_id: UUID | None


_VISIT, _PATIENT, _COURSE, _GIVEN = (table_of(row) for row in (AppointmentRow, PatientRow, CourseRow, GivenRow))
_TAKEN = table_of(OccupancyRow).c
_OFF = (AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW)


def _before() -> Any:
    """Count the sessions of a visit's phase before it: earlier ones that were or may be given, and those from elsewhere."""
    other = _VISIT.alias("other")
    counts = or_(other.c.outcome.is_(None), other.c.outcome == Outcome.GIVEN)
    earlier = select(func.count()).select_from(other).where(
        other.c.clinic_id == _VISIT.c.clinic_id, other.c.course_id == _VISIT.c.course_id, other.c.phase == _VISIT.c.phase,
        other.c.linked_to.is_(None), other.c.start_at < _VISIT.c.start_at, other.c.status.not_in(_OFF), counts,
    )  # fmt: skip
    given = select(func.count()).select_from(_GIVEN).where(
        _GIVEN.c.clinic_id == _VISIT.c.clinic_id, _GIVEN.c.course_id == _VISIT.c.course_id,
        _GIVEN.c.phase == _VISIT.c.phase, _GIVEN.c.appointment_id.is_(None),
    )  # fmt: skip
    return (earlier.correlate(_VISIT).scalar_subquery() + given.correlate(_VISIT).scalar_subquery()).label("before")


def _visits() -> Select[Any]:
    named = {"name": _PATIENT.c.name, "protocol": _COURSE.c.protocol, "course_clinician_id": _COURSE.c.clinician_id}
    found = [named[name] if name in named else _VISIT.c[name] for name in VisitRow._fields[:-1]]
    columns = [type_coerce(one, Known()) if isinstance(one.type, Uuid) else one for one in found]
    patient = and_(_PATIENT.c.clinic_id == _VISIT.c.clinic_id, _PATIENT.c.id == _VISIT.c.patient_id)
    course = and_(_COURSE.c.clinic_id == _VISIT.c.clinic_id, _COURSE.c.id == _VISIT.c.course_id)
    return (
        select(*columns, _before())
        .select_from(_VISIT.join(_PATIENT, patient).outerjoin(_COURSE, course))
        .where(_VISIT.c.clinic_id == bindparam("_clinic_id"))
    )


_VISITS = _visits().where(_VISIT.c.start_at >= bindparam("_first"), _VISIT.c.start_at < bindparam("_last"))
_ONE = _visits().where(_VISIT.c.id == bindparam("_id"))
_SUBJECT, _CAUSE = (type_coerce(column, Known()) for column in (_TAKEN.subject_id, _TAKEN.appointment_id))
_ROWS = select(_SUBJECT, _TAKEN.seat, _TAKEN.starts, _TAKEN.ends, _CAUSE).where(
    _TAKEN.clinic_id == bindparam("_clinic_id"), _TAKEN.starts > bindparam("back"), _TAKEN.starts < bindparam("last"),
    _TAKEN.ends > bindparam("first"),
)  # fmt: skip


class Boards:
    """What a clinic's days show."""

    def __init__(self, connection: Connection, clinic_id: UUID) -> None:
        self._connection, self._clinic_id = connection, clinic_id

    def visits(self, first: datetime, last: datetime) -> list[VisitRow]:
        """List the visits that start in [first, last), cancelled ones included, by start and name."""
        values = {"_clinic_id": self._clinic_id, "_first": first, "_last": last}
        found = map(VisitRow._make, self._connection.execute(_VISITS, values).all())
        return sorted(found, key=lambda one: (one.start_at, one.name))

    def visit(self, appointment_id: UUID) -> VisitRow:
        """Find one visit; raises NotFound."""
        row = self._connection.execute(_ONE, {"_clinic_id": self._clinic_id, "_id": appointment_id}).first()
        if row is None:
            raise NotFound(f"no appointment {appointment_id} in this clinic")
        return VisitRow._make(row)

    def taken(self, first_minute: int, last_minute: int) -> Sequence[TakenRow]:
        """List what touches [first_minute, last_minute), in minutes since 1970 UTC, and by which appointment."""
        values = {"_clinic_id": self._clinic_id, "back": first_minute - LONGEST, "first": first_minute, "last": last_minute}
        return [*map(TakenRow._make, self._connection.execute(_ROWS, values).all())]
