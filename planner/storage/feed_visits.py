"""What calendars of staff show: a person's or a room's visits, with what each has, or had before it was cancelled."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, null, or_, select

from planner.domain.course import AppointmentStatus
from planner.domain.span import minute_of
from planner.domain.visit import VisitProfile
from planner.storage.calendar_tables import LONGEST, AppointmentRow, OccupancyRow
from planner.storage.stays import Stay, Taken, taken_by
from planner.storage.tables import PatientRow, ResourceRow, table_of

_VISIT, _PATIENT, _RESOURCE = table_of(AppointmentRow), table_of(PatientRow), table_of(ResourceRow)
_TAKEN = table_of(OccupancyRow).c
_HELD = select(_TAKEN.appointment_id).where(
    _TAKEN.clinic_id == bindparam("_clinic_id"), _TAKEN.subject_id == bindparam("_resource_id"),
    _TAKEN.appointment_id.is_not(None), _TAKEN.ends > bindparam("_minute"),
)  # fmt: skip
_STAYS = select(_TAKEN.appointment_id, _TAKEN.subject_id, _TAKEN.starts, _TAKEN.ends).where(
    _TAKEN.clinic_id == bindparam("_clinic_id"), _TAKEN.appointment_id.in_(bindparam("_ids", expanding=True))
)


class Named(NamedTuple):
    """A resource, or one that was: its name, its kind, and since when it is called so, if not always."""

    name: str
    kind: str
    renamed_at: datetime | None


class VisitRow(NamedTuple):
    """A visit and whose it is; instants are UTC. *renamed_at*: since when the patient is called so, if not always."""

    id: UUID
    start_at: datetime
    end_at: datetime
    sequence: int
    status: AppointmentStatus
    told_at: datetime | None
    profile: VisitProfile
    clinician_id: UUID | None
    created_at: datetime
    updated_at: datetime
    seated: Mapping[str, str] | None
    freed: list[tuple[str, list[tuple[int, int]]]] | None
    name: str
    renamed_at: datetime | None


class StaffVisit(NamedTuple):
    """A visit with what it has, by resource; what a cancelled one had is free, unless it was cancelled too late for that."""

    visit: VisitRow
    has: Taken

    def since(self, resource_id: UUID) -> datetime:
        """Give when this visit last got that resource, or moved: whichever was later."""
        seated = (self.visit.seated or {}).get(resource_id.hex)
        return max(self.visit.updated_at, datetime.fromisoformat(seated)) if seated else self.visit.updated_at


def _visits() -> Any:
    named = {"name": _PATIENT.c.name, "renamed_at": _PATIENT.c.renamed_at}
    columns = [named[name] if name in named else _VISIT.c[name] for name in VisitRow._fields]
    same = and_(_PATIENT.c.clinic_id == _VISIT.c.clinic_id, _PATIENT.c.id == _VISIT.c.patient_id)
    freed = and_(_VISIT.c.status == AppointmentStatus.CANCELLED, _VISIT.c.freed.is_not(null()))
    theirs = or_(_VISIT.c.clinician_id == bindparam("_resource_id"), _VISIT.c.id.in_(_HELD), freed)
    mine = (_VISIT.c.clinic_id == bindparam("_clinic_id"), _VISIT.c.start_at > bindparam("_back"))
    return select(*columns).select_from(_VISIT.join(_PATIENT, same)).where(*mine, theirs)


_VISITS = _visits()


class FeedVisits:
    """The visits of one clinic, as its people and rooms have them."""

    def __init__(self, connection: Connection, clinic_id: UUID) -> None:
        self._connection, self._clinic_id = connection, clinic_id

    def resources(self) -> dict[UUID, Named]:
        """Give all chairs, rooms, pumps and people, those no longer in use included."""
        columns = (_RESOURCE.c.id, *(_RESOURCE.c[name] for name in Named._fields))
        rows = self._connection.execute(select(*columns).where(_RESOURCE.c.clinic_id == self._clinic_id))
        return {resource_id: Named(*named) for resource_id, *named in rows}

    def of_resource(self, resource_id: UUID, first: datetime) -> list[StaffVisit]:
        """List the visits from *first* on, and perhaps a few before, that a person or a room has, or had when cancelled."""
        values = {
            "_clinic_id": self._clinic_id, "_resource_id": resource_id, "_minute": minute_of(first),
            "_back": first - timedelta(minutes=LONGEST),
        }  # fmt: skip
        rows = [VisitRow._make(row) for row in self._connection.execute(_VISITS, values)]
        stays = self._stays([row.id for row in rows])
        found = (StaffVisit(row, stays.get(row.id) or _freed(row)) for row in rows)
        return [one for one in found if resource_id in one.has or one.visit.clinician_id == resource_id]

    def _stays(self, appointment_ids: Collection[UUID]) -> dict[UUID, Taken]:
        found: dict[UUID, list[Stay]] = {}
        for appointment_id, *stay in self._rows(list(appointment_ids)):
            found.setdefault(appointment_id, []).append(Stay(*stay))
        return {appointment_id: taken_by(stays) for appointment_id, stays in found.items()}

    def _rows(self, appointment_ids: list[UUID]) -> Iterator[Any]:
        for at in range(0, len(appointment_ids), _AT_ONCE):
            values = {"_clinic_id": self._clinic_id, "_ids": appointment_ids[at : at + _AT_ONCE]}
            yield from self._connection.execute(_STAYS, values)


_AT_ONCE = 5000
"""How many ids one statement takes."""


def _freed(row: VisitRow) -> Taken:
    if row.status is not AppointmentStatus.CANCELLED:
        return {}
    return {UUID(hex=subject): [(start, end) for start, end in spans] for subject, spans in row.freed or ()}
