"""Whom the desk must phone about driving: what keeps a patient from it did not reach them. It stays until somebody has."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from planner.domain.notices import PHONE_TASK
from planner.storage.records import Patient, Task
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Call:
    """A patient to phone, the task that says so, and the message that says what; *due_at* in UTC."""

    task_id: UUID
    due_at: datetime
    patient: Patient | None
    notice_id: UUID | None = None


def calls_of(uow: UnitOfWork) -> tuple[Call, ...]:
    """List whom to phone, the earliest due first."""
    tasks = uow.tasks.open_of_kind(PHONE_TASK)
    people = uow.people.among({one.patient_id for one in tasks if one.patient_id}) if tasks else {}
    return tuple(_call(one, people.get(one.patient_id) if one.patient_id else None) for one in tasks)


def _call(task: Task, patient: Patient | None) -> Call:
    notice_id = task.facts.get("notice")
    return Call(task.id, task.due_at, patient, UUID(str(notice_id)) if notice_id else None)
