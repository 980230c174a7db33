"""Whom the desk must phone about driving: what keeps a patient from it did not reach them. It stays until somebody has."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from planner.domain.notices import PHONE_TASK
from planner.storage.records import Patient
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Call:
    """A patient to phone, and the task that says so; *due_at* in UTC."""

    task_id: UUID
    due_at: datetime
    patient: Patient | None


def calls_of(uow: UnitOfWork) -> tuple[Call, ...]:
    """List whom to phone, the earliest due first."""
    tasks = uow.tasks.open_of_kind(PHONE_TASK)
    people = uow.people.among({one.patient_id for one in tasks if one.patient_id}) if tasks else {}
    return tuple(Call(one.id, one.due_at, people.get(one.patient_id) if one.patient_id else None) for one in tasks)
