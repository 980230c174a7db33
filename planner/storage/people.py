"""Patients and staff, and the gates that must be open before a patient is booked."""

from uuid import UUID, uuid4

from sqlalchemy import Connection, union_all

from planner.domain.course import Gate
from planner.storage.records import Patient, Staff
from planner.storage.repository import Mapped, Versioned
from planner.storage.tables import GateRow, PatientRow, StaffRow, table_of


class People(Versioned[Patient]):
    """The patients of a clinic: the one place that knows their names."""

    mapped = Mapped(PatientRow, Patient, order_by="name")
    noun = "patient"

    def all(self) -> list[Patient]:
        """List all patients by name."""
        return self._list()

    def with_record_number(self, record_number: str) -> Patient | None:
        """Find the patient who has a record number."""
        return next(iter(self._list(self.mapped.table.c.record_number == record_number)), None)

    def among(self, patient_ids: set[UUID]) -> dict[UUID, Patient]:
        """Find several patients at once, for a page that names them."""
        return {patient.id: patient for patient in self._list(self.mapped.table.c.id.in_(patient_ids))}


class StaffMembers(Versioned[Staff]):
    """The staff of a clinic who use the planner."""

    mapped = Mapped(StaffRow, Staff, order_by="name")
    noun = "member of staff"

    def all(self) -> list[Staff]:
        """List all staff by name."""
        return self._list()


class Gates:
    """What must be met before booking, for one patient or for the whole clinic."""

    _gate = table_of(GateRow)

    def __init__(self, connection: Connection, clinic_id: UUID) -> None:
        self._connection, self._clinic_id = connection, clinic_id

    def of_patient(self, patient_id: UUID) -> tuple[Gate, ...]:
        """List the patient's gates, and the clinic's own that the patient has none of the same name for."""
        mine = self._gate.select().where(self._gate.c.clinic_id == self._clinic_id)
        both = union_all(mine.where(self._gate.c.patient_id.is_(None)), mine.where(self._gate.c.patient_id == patient_id))
        rows = sorted(self._connection.execute(both), key=lambda row: (row.patient_id is not None, row.name))
        named = {row.name: Gate(row.name, met=row.met, until=row.until) for row in rows}
        return tuple(named[name] for name in sorted(named))

    def put(self, gate: Gate, patient_id: UUID | None = None) -> None:
        """Set a gate of a patient, or of the whole clinic, in place of what it was."""
        same = [self._gate.c.clinic_id == self._clinic_id, self._gate.c.name == gate.name]
        self._connection.execute(self._gate.delete().where(*same, self._gate.c.patient_id.is_not_distinct_from(patient_id)))
        row = {"id": uuid4(), "patient_id": patient_id, "name": gate.name, "met": gate.met, "until": gate.until}
        self._connection.execute(self._gate.insert(), {**row, "clinic_id": self._clinic_id})
