"""Patients and staff, and the gates that must be open before a patient is booked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Select, union_all

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

    def page(self, first: int, count: int) -> list[Patient]:
        """List patients by name, *count* of them from number *first* on, counted from 0."""
        return self._some(self.mapped.all, first, count)

    def search(self, words: Sequence[str], count: int) -> list[Patient]:
        """Find patients whose search key holds all the words, by name, *count* at most."""
        key = self.mapped.table.c.search_key
        return self._some(self.mapped.all.where(*(key.contains(word, autoescape=True) for word in words)), 0, count)

    def _some(self, wanted: Select[Any], first: int, count: int) -> list[Patient]:
        columns = self.mapped.table.c
        page = wanted.order_by(columns.name, columns.id).offset(first).limit(count)
        return [self.mapped.load(row) for row in self._connection.execute(page, {"_clinic_id": self._clinic_id})]

    def with_record_number(self, record_number: str) -> Patient | None:
        """Find the patient who has a record number."""
        return next(iter(self._list(self.mapped.table.c.record_number == record_number)), None)

    def with_key(self, search_key: str) -> list[Patient]:
        """List the patients with this very search key."""
        return self._list(self.mapped.table.c.search_key == search_key)

    def with_phone(self, digits: str) -> list[Patient]:
        """List the patients whose telephone number ends in these digits."""
        return self._list(self.mapped.table.c.search_key.endswith(digits, autoescape=True))

    def note_renaming(self, patient_id: UUID, at: datetime) -> None:
        """Write down that a patient has another name: calendars that show initials say when they changed."""
        table = self.mapped.table
        mine = (table.c.clinic_id == self._clinic_id, table.c.id == patient_id)
        self._connection.execute(table.update().where(*mine).values(renamed_at=at))

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
