"""Appointments and holds."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, or_, select
from sqlalchemy.sql.dml import ReturningDelete

from planner.domain.course import LIVE, AppointmentStatus
from planner.domain.errors import NotFound
from planner.domain.span import minute_of
from planner.storage.calendar_tables import LONGEST, AppointmentRow, HoldRow
from planner.storage.changes import Changes
from planner.storage.records import AppointmentRecord, HoldRecord
from planner.storage.repository import Keyed, Mapped, Versioned


class Appointments(Versioned[AppointmentRecord]):
    """The appointments of a clinic; all lists are by start."""

    mapped = Mapped(AppointmentRow, AppointmentRecord, order_by="start_at")
    noun = "appointment"
    _columns = mapped.table.c
    _of_course = mapped.all.where(_columns.course_id == bindparam("_course_id"))
    _of_patient = mapped.all.where(_columns.patient_id == bindparam("_patient_id"))
    _among = mapped.all.where(_columns.id.in_(bindparam("_ids", expanding=True)))
    _locking = mapped.by_id.with_for_update(key_share=True)
    _free = mapped.all.with_for_update(key_share=True, skip_locked=True)
    _between = (_columns.start_at >= bindparam("_first"), _columns.start_at < bindparam("_last"))

    def of_course(self, course_id: UUID) -> list[AppointmentRecord]:
        """List the appointments of a course, cancelled ones included."""
        return self._listed(self._of_course, _course_id=course_id)

    def of_patient(self, patient_id: UUID) -> list[AppointmentRecord]:
        """List a patient's appointments, cancelled ones included."""
        return self._listed(self._of_patient, _patient_id=patient_id)

    def last_end(self, patient_id: UUID) -> datetime | None:
        """Give when a patient's last appointment that is not cancelled ends, or ended; None without one."""
        columns = self._columns
        theirs = (columns.clinic_id == self._clinic_id, columns.patient_id == patient_id)
        wanted = select(func.max(columns.end_at)).where(*theirs, columns.status != AppointmentStatus.CANCELLED)
        last: datetime | None = self._connection.execute(wanted).scalar()
        return last

    def between(self, first: datetime, last: datetime, *statuses: AppointmentStatus) -> list[AppointmentRecord]:
        """List what starts in [first, last), of these statuses or of any."""
        wanted = (self._columns.status.in_(statuses),) if statuses else ()
        return self._list(*self._between, *wanted, _first=first, _last=last)

    def next_of_courses(self, now: datetime) -> dict[UUID, datetime]:
        """Give the start of the next live appointment of each course that has one."""
        columns = self._columns
        ahead = (columns.clinic_id == self._clinic_id, columns.start_at >= now, columns.status.in_(LIVE))
        wanted = select(columns.course_id, func.min(columns.start_at)).where(*ahead, columns.course_id.is_not(None))
        return {row[0]: row[1] for row in self._connection.execute(wanted.group_by(columns.course_id))}

    def next_sessions(self, now: datetime) -> dict[UUID, datetime]:
        """Give the start of the next live session of each course that has one, visits that follow a session left out."""
        columns = self._columns
        ahead = (columns.clinic_id == self._clinic_id, columns.start_at >= now, columns.status.in_(LIVE))
        sessions = (columns.course_id.is_not(None), columns.linked_to.is_(None), columns.arrived_at.is_(None))
        wanted = select(columns.course_id, func.min(columns.start_at)).where(*ahead, *sessions)
        return {row[0]: row[1] for row in self._connection.execute(wanted.group_by(columns.course_id))}

    def unsaid(self, now: datetime, *statuses: AppointmentStatus) -> list[AppointmentRecord]:
        """List the sessions of courses, of these statuses, that have begun and of which nobody has said what became."""
        columns = self._columns
        begun = or_(columns.start_at < now, columns.arrived_at.is_not(None))
        sessions = (columns.course_id.is_not(None), columns.linked_to.is_(None), columns.outcome.is_(None))
        return self._list(columns.status.in_(statuses), begun, *sessions)

    def changed_since(self, since: datetime, first: datetime) -> list[AppointmentRecord]:
        """List what starts at *first* or later and was moved or cancelled, or both, at *since* or later."""
        columns = self._columns
        return self._list(columns.start_at >= first, columns.updated_at >= since, columns.sequence > 0)

    def among(self, appointment_ids: Iterable[UUID]) -> dict[UUID, AppointmentRecord]:
        """Find several appointments at once."""
        return {found.id: found for found in self._listed(self._among, _ids=tuple(sorted(set(appointment_ids))))}

    def lock(self, appointment_id: UUID) -> AppointmentRecord:
        """Find one and keep all others from changing it until the end; raises NotFound.

        On SQLite the transaction already has the write lock. What refers to it, such as its occupancy, need not wait.
        """
        row = self._connection.execute(self._locking, {"_clinic_id": self._clinic_id, "_id": appointment_id}).first()
        if row is None:
            raise NotFound(f"no {self.noun} {appointment_id} in this clinic")
        return self.mapped.load(row)

    def lock_free(self, appointment_ids: Iterable[UUID]) -> list[AppointmentRecord]:
        """Find and lock those of some appointments that nobody is changing just now."""
        wanted = self._free.where(self._columns.id.in_(set(appointment_ids)))
        return self.mapped.load_all(self._connection.execute(wanted, {"_clinic_id": self._clinic_id}).all())


class Holds(Keyed[HoldRecord]):
    """The slots that are kept for minutes."""

    mapped = Mapped(HoldRow, HoldRecord, order_by="start_at")
    noun = "hold"
    _columns = mapped.table.c
    _deleting = mapped.table.delete().where(mapped.in_clinic).returning(_columns.start_at, _columns.end_at)
    _expiring = _deleting.where(_columns.expires_at <= bindparam("_now"))
    _removing = _deleting.where(_columns.id.in_(bindparam("_ids", expanding=True)))

    def __init__(self, connection: Connection, clinic_id: UUID, changes: Changes) -> None:
        super().__init__(connection, clinic_id)
        self._changes = changes

    def all(self) -> list[HoldRecord]:
        """List the holds, expired ones included until the calendar is next locked."""
        return self._list()

    def remove(self, *hold_ids: UUID) -> None:
        """Give holds up, and what they occupy."""
        if hold_ids:
            self._give_up(self._removing, _ids=hold_ids)

    def expire(self, now: datetime) -> None:
        """Drop what has run out, and what it occupies."""
        self._give_up(self._expiring, _now=now)

    def _give_up(self, statement: ReturningDelete[tuple[datetime, datetime]], **values: Any) -> None:
        freed = self._connection.execute(statement, {"_clinic_id": self._clinic_id, **values}).all()
        # turnover, or a dose's start, may go past the visit's own end
        self._changes.touch((minute_of(row.start_at), minute_of(row.end_at) + LONGEST) for row in freed)
