"""Since when an appointment has what it takes, and what one that was cancelled had: what feeds of staff must know beside it.

An appointment's own record says nothing when another chair is given to it at the same time, and what it took is set free
when it is cancelled. So a transaction remembers what it takes and sets free, and writes down in the end what differs.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Update, bindparam, select

from planner.storage.calendar_tables import AppointmentRow
from planner.storage.changes import MinuteSpan, merged
from planner.storage.tables import table_of

_APPOINTMENT = table_of(AppointmentRow)
_MINE = (_APPOINTMENT.c.clinic_id == bindparam("_clinic_id"), _APPOINTMENT.c.id == bindparam("_id"))
_SEATED = _APPOINTMENT.update().where(*_MINE).values(seated=bindparam("_seated"))
_FREED = _APPOINTMENT.update().where(*_MINE).values(freed=bindparam("_freed"))


class Stay(NamedTuple):
    """What is taken of one resource, or of the patient: [start, end), minutes since 1970 UTC."""

    subject_id: UUID
    start: int
    end: int


Taken = dict[UUID, list[MinuteSpan]]
"""The stretches for which each resource is taken, whichever its seat."""


def taken_by(stays: Iterable[Stay]) -> Taken:
    """Arrange stays by resource, joining those that touch."""
    found: Taken = {}
    for one in stays:
        found.setdefault(one.subject_id, []).append((one.start, one.end))
    return {subject_id: merged(spans) for subject_id, spans in found.items()}


class Stays:
    """What this transaction changes of what appointments take."""

    def __init__(self, connection: Connection, clinic_id: UUID) -> None:
        self._connection, self._clinic_id = connection, clinic_id
        self._before: dict[UUID, list[Stay]] = {}
        self._after: dict[UUID, list[Stay]] = {}

    def free(self, stays: Iterable[tuple[UUID, Stay]]) -> None:
        """Remember that appointments give up what they take."""
        freed: dict[UUID, list[Stay]] = {}
        for appointment_id, stay in stays:
            freed.setdefault(appointment_id, []).append(stay)
        for appointment_id, rows in freed.items():
            if self._after.pop(appointment_id, None) is None:
                self._before.setdefault(appointment_id, rows)

    def take(self, appointment_id: UUID, stay: Stay) -> None:
        """Remember that an appointment takes something."""
        self._after.setdefault(appointment_id, []).append(stay)

    def write(self, at: datetime | None) -> None:
        """Write down what was freed for good, and since when (*at*) the rest has something else at the same time.

        Without *at*, nobody has locked the calendar, and nothing of it may have been changed. What moved says so itself.
        """
        freed, seated = dict[UUID, Any](), dict[UUID, dict[str, str]]()
        for appointment_id, rows in self._before.items() if at else ():
            before, after = taken_by(rows), taken_by(self._after.get(appointment_id, ()))
            if not after:
                freed[appointment_id] = [[subject.hex, spans] for subject, spans in before.items()]
            elif before != after and _first(before) == _first(after) and at:
                others = (subject for subject, spans in after.items() if before.get(subject) != spans)
                seated[appointment_id] = {subject.hex: at.isoformat() for subject in others}
        self._write(_FREED, "_freed", freed)
        self._write(_SEATED, "_seated", self._added(seated))

    def _added(self, seated: dict[UUID, dict[str, str]]) -> dict[UUID, dict[str, str]]:
        """Give what was written down of appointments before, and what is new."""
        if not seated:
            return {}
        wanted = (_APPOINTMENT.c.clinic_id == self._clinic_id, _APPOINTMENT.c.id.in_(seated))
        known = self._connection.execute(select(_APPOINTMENT.c.id, _APPOINTMENT.c.seated).where(*wanted))
        return {row.id: {**(row.seated or {}), **seated[row.id]} for row in known}

    def _write(self, statement: Update, name: str, values: dict[UUID, Any]) -> None:
        if values:
            key = {"_clinic_id": self._clinic_id}
            self._connection.execute(statement, [{**key, "_id": one, name: value} for one, value in values.items()])


def _first(taken: Taken) -> int:
    return min(spans[0][0] for spans in taken.values())
