"""What people owe and what they did: tasks and the audit."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select

from planner.domain.errors import Conflict, Fact
from planner.storage.calendar_tables import TaskRow
from planner.storage.records import AuditEntry, Task
from planner.storage.repository import Keyed, Mapped, Repository
from planner.storage.tables import AuditRow


class Tasks(Keyed[Task]):
    """What a clinic's people must do."""

    mapped = Mapped(TaskRow, Task, order_by="due_at")
    noun = "task"
    _columns = mapped.table.c
    _open = mapped.all.where(_columns.done_at.is_(None))
    _open_of_kind = _open.where(_columns.kind == bindparam("_kind"))

    def open(self) -> list[Task]:
        """List what is not done, the earliest due first."""
        return self._listed(self._open)

    def open_of_kind(self, kind: str) -> list[Task]:
        """List what is not done of a kind, the earliest due first."""
        return self._listed(self._open_of_kind, _kind=kind)

    def open_of_course(self, course_id: UUID, *kinds: str) -> list[Task]:
        """List what is not done about a course, of some kinds or of any, the earliest due first."""
        mine = (self._columns.course_id == course_id, self._columns.done_at.is_(None))
        return self._list(*mine, *((self._columns.kind.in_(kinds),) if kinds else ()))

    def open_of_appointments(self, appointment_ids: Iterable[UUID], *kinds: str) -> list[Task]:
        """List what is not done of some kinds about some appointments, the earliest due first."""
        mine = (self._columns.appointment_id.in_(set(appointment_ids)), self._columns.done_at.is_(None))
        return self._list(*mine, self._columns.kind.in_(kinds))

    def open_of_patient(self, patient_id: UUID) -> list[Task]:
        """List what is not done about a patient, the earliest due first."""
        return self._list(self._columns.patient_id == patient_id, self._columns.done_at.is_(None))

    def of_patient(self, patient_id: UUID) -> list[Task]:
        """List the tasks about a patient, done ones included."""
        return self._list(self._columns.patient_id == patient_id)

    def of_appointment(self, appointment_id: UUID) -> list[Task]:
        """List the tasks of an appointment, done ones included."""
        return self._list(self.mapped.table.c.appointment_id == appointment_id)

    def of_course(self, course_id: UUID, kind: str) -> list[Task]:
        """List the tasks of a kind that a course has or had, the earliest due first."""
        return self._list(self.mapped.table.c.course_id == course_id, self.mapped.table.c.kind == kind)

    def restate(self, task_id: UUID, facts: Mapping[str, Fact]) -> None:
        """Give an open task other facts."""
        task = self.mapped.table
        mine = (task.c.clinic_id == self._clinic_id, task.c.id == task_id, task.c.done_at.is_(None))
        self._connection.execute(task.update().where(*mine).values(facts=dict(facts)))

    def finish(self, task_id: UUID, *, at: datetime, reason: str) -> None:
        """Mark a task as done; raises NotFound, or Conflict where it is done already."""
        task = self.mapped.table
        mine = (task.c.clinic_id == self._clinic_id, task.c.id == task_id, task.c.done_at.is_(None))
        if not self._connection.execute(task.update().where(*mine).values(done_at=at, done_reason=reason)).rowcount:
            self.get(task_id)
            raise Conflict("the task is done already")

    def reopen(self, task_id: UUID) -> None:
        """Make a task that is done one that is to be done."""
        task = self.mapped.table
        mine = (task.c.clinic_id == self._clinic_id, task.c.id == task_id)
        self._connection.execute(task.update().where(*mine).values(done_at=None, done_reason=None))


class Audit(Repository[AuditEntry]):
    """Who did what; append-only, and in order."""

    mapped = Mapped(AuditRow, AuditEntry, order_by="id")

    def put(
        self, *, at: datetime, actor_id: UUID, action: str, subject_kind: str, subject_id: UUID,
        facts: Mapping[str, Fact] | None = None, reason: str | None = None,
    ) -> None:
        """Write one entry; facts are ids and numbers, never names."""
        self.add(AuditEntry(at, actor_id, action, subject_kind, subject_id, dict(facts or {}), reason))

    def of_subject(self, subject_id: UUID) -> list[AuditEntry]:
        """List what was done to a subject, the oldest first."""
        return self._list(self.mapped.table.c.subject_id == subject_id)

    def of_subjects(self, subject_ids: Iterable[UUID]) -> list[AuditEntry]:
        """List what was done to several subjects, the oldest first."""
        return self._list(self.mapped.table.c.subject_id.in_(set(subject_ids)))

    def latest(self) -> datetime | None:
        """Tell when something was last done in the clinic."""
        at = self.mapped.table.c.at
        last: datetime | None = self._connection.execute(
            select(func.max(at)).where(self.mapped.in_clinic), {"_clinic_id": self._clinic_id}
        ).scalar()
        return last

    def all(self) -> list[AuditEntry]:
        """List everything that was done in the clinic, the oldest first."""
        return self._list()
