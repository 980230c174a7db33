"""What happens at the desk, clinic by clinic: marks, notices owed, sign-ins, undo. Lists are oldest first."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Update, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from planner.domain.errors import Conflict
from planner.storage.desk_records import Mark, Notice, SignIn, UndoRecord
from planner.storage.desk_tables import MarkRow, NoticeRow, SignInRow, UndoRow
from planner.storage.repository import Keyed, Mapped, Repository


class Marks(Repository[Mark]):
    """What was recorded about appointments; append-only."""

    mapped = Mapped(MarkRow, Mark, order_by="recorded_at")
    _of_several = mapped.all.where(mapped.table.c.appointment_id.in_(bindparam("_ids", expanding=True)))

    def of_appointment(self, appointment_id: UUID) -> list[Mark]:
        """List the marks of an appointment, corrected ones included."""
        return self._list(self.mapped.table.c.appointment_id == appointment_id)

    def of_appointments(self, appointment_ids: Collection[UUID]) -> list[Mark]:
        """List the marks of several appointments."""
        return self._listed(self._of_several, _ids=[*set(appointment_ids)])


class Notices(Keyed[Notice]):
    """What a clinic owes to its patients."""

    mapped = Mapped(NoticeRow, Notice, order_by="created_at")
    noun = "notice"
    _columns = mapped.table.c
    _open = (_columns.sent_at.is_(None), _columns.given_up_at.is_(None), _columns.withdrawn_at.is_(None))
    _of_appointments = mapped.all.where(_columns.appointment_id.in_(bindparam("_ids", expanding=True)))
    _leased = (
        select(_columns.id, _columns.next_attempt_at)
        .where(mapped.in_clinic, _columns.id.in_(bindparam("_ids", expanding=True)))
        .where(*_open)
    )
    _open_to = mapped.all.where(_columns.patient_id == bindparam("_patient_id"), *_open)

    def put(self, *notices: Notice) -> int:
        """Owe something, unless its key says that it is owed or done already; gives how many are new."""
        if not notices:
            return 0
        insert = (sqlite if self._connection.dialect.name == "sqlite" else postgresql).insert(self.mapped.table)
        statement = insert.on_conflict_do_nothing(index_elements=["clinic_id", "key"]).returning(self._columns.id)
        rows = [self.mapped.dump(notice) | {"clinic_id": self._clinic_id} for notice in notices]
        return len(self._connection.execute(statement, rows).all())

    def open_of(self, appointment_ids: Iterable[UUID]) -> list[Notice]:
        """List what is still owed about some appointments."""
        return self._list(self._columns.appointment_id.in_(set(appointment_ids)), *self._open)

    def open_of_course(self, course_id: UUID) -> list[Notice]:
        """List what is still owed about a course."""
        return self._list(self._columns.course_id == course_id, *self._open)

    def due(self, now: datetime) -> list[Notice]:
        """List what is still owed and was due before an instant."""
        return self._list(self._columns.due_at < now, *self._open)

    def of_appointment(self, appointment_id: UUID) -> list[Notice]:
        """List all that was ever owed about an appointment alone."""
        return self.of_appointments([appointment_id])

    def of_appointments(self, appointment_ids: Iterable[UUID]) -> list[Notice]:
        """List all that was ever owed about some appointments, each alone."""
        return self._listed(self._of_appointments, _ids=tuple(sorted(set(appointment_ids))))

    def keep(self, *, patient_id: UUID) -> list[Notice]:
        """List what is still owed to a patient, and keep the workers off it until the end."""
        mine = (self._columns.clinic_id == self._clinic_id, self._columns.patient_id == patient_id, *self._open)
        return self._locked(*mine)

    def keep_these(self, notice_ids: Iterable[UUID]) -> list[Notice]:
        """List some notices, whatever became of them, and keep the workers off them until the end."""
        return self._locked(self._columns.clinic_id == self._clinic_id, self._columns.id.in_(set(notice_ids)))

    def _locked(self, *where: ColumnElement[bool]) -> list[Notice]:
        wanted = self.mapped.all.where(*where).order_by(self._columns.id).with_for_update(key_share=True)
        return self.mapped.load_all(self._connection.execute(wanted, {"_clinic_id": self._clinic_id}).all())

    def of_patient(self, patient_id: UUID) -> list[Notice]:
        """List all that was ever owed to a patient."""
        return self._list(self._columns.patient_id == patient_id)

    def open_to(self, patient_id: UUID) -> list[Notice]:
        """List what is still owed to a patient."""
        return self._listed(self._open_to, _patient_id=patient_id)

    def reopen(self, notice_id: UUID, at: datetime, outcome: str) -> bool:
        """Owe again, at once, what was sent but came back; gives whether it was: not where it is owed already."""
        columns = self._columns
        mine = [columns.clinic_id == self._clinic_id, columns.id == notice_id, columns.sent_at.is_not(None)]
        mine += [columns.given_up_at.is_(None), columns.withdrawn_at.is_(None)]
        change = self.mapped.table.update().where(*mine).values(sent_at=None, next_attempt_at=at, outcome=outcome)
        return self._connection.execute(change).rowcount > 0

    def withdraw(self, notice_ids: Iterable[UUID], at: datetime, why: str) -> int:
        """Take back what is not sent yet; gives how many were."""
        mine = (self._columns.clinic_id == self._clinic_id, self._columns.id.in_(set(notice_ids)), *self._open)
        change = self.mapped.table.update().where(*mine).values(withdrawn_at=at, outcome=why)
        return self._connection.execute(change).rowcount

    def reinstate(self, notice_ids: Iterable[UUID]) -> int:
        """Owe again what was withdrawn and never sent; gives how many there were."""
        columns = self._columns
        mine = (columns.clinic_id == self._clinic_id, columns.id.in_(set(notice_ids)), columns.sent_at.is_(None))
        change = self.mapped.table.update().where(*mine).values(withdrawn_at=None, outcome=None)
        return self._connection.execute(change).rowcount

    def settle(self, notice: Notice, leased_until: datetime) -> bool:
        """Write what became of a leased notice; gives whether it was written.

        That it was sent is always written, even of one that was withdrawn meanwhile; anything else only under its own lease.
        """
        names = ("next_attempt_at", "attempts") if notice.open else ("sent_at", "given_up_at", "channel")
        names = (*names, "outcome", *(("withdrawn_at",) if notice.withdrawn_at else ()))
        which = {"_clinic_id": self._clinic_id, "_id": notice.id} | ({} if notice.sent_at else {"_until": leased_until})
        statement = self._settling(names, under_lease=not notice.sent_at)
        return self._connection.execute(statement, {**which, **self.mapped.change(notice, names)}).rowcount > 0

    @classmethod
    @cache
    def _settling(cls, names: tuple[str, ...], *, under_lease: bool) -> Update:
        columns = cls._columns
        mine = [cls.mapped.in_clinic, columns.id == bindparam("_id")]
        mine += [*cls._open, columns.next_attempt_at == bindparam("_until")] if under_lease else [columns.sent_at.is_(None)]
        return cls.mapped.table.update().where(*mine).values({name: bindparam(name) for name in names})

    def leased(self, notice_ids: Iterable[UUID], until: datetime) -> set[UUID]:
        """Find which of some notices are still owed, and still leased until an instant: nobody else has taken them since."""
        values = {"_clinic_id": self._clinic_id, "_ids": tuple(notice_ids)}
        return {key for key, leased_until in self._connection.execute(self._leased, values) if leased_until == until}

    def hasten(self, notice_id: UUID, due_at: datetime) -> None:
        """Make something owed due at another time."""
        mine = (self._columns.clinic_id == self._clinic_id, self._columns.id == notice_id, *self._open)
        self._connection.execute(self.mapped.table.update().where(*mine).values(due_at=due_at, next_attempt_at=due_at))


class SignIns(Keyed[SignIn]):
    """The browsers that are signed in to one clinic."""

    mapped = Mapped(SignInRow, SignIn, order_by="created_at")
    noun = "sign-in"

    def of_staff(self, staff_id: UUID) -> list[SignIn]:
        """List a person's sign-ins."""
        return self._list(self.mapped.table.c.staff_id == staff_id)

    def end(self, sign_in_ids: Sequence[UUID]) -> int:
        """End sign-ins: their cookies are dead at once. Gives how many there were."""
        return self._delete(sign_in_ids)


class Undos(Keyed[UndoRecord]):
    """What can be undone for some seconds."""

    mapped = Mapped(UndoRow, UndoRecord, order_by="made_at")
    noun = "undo"
    _columns = mapped.table.c
    _claim = (
        mapped.table.update()
        .where(mapped.in_clinic, _columns.id == bindparam("_id"), _columns.undone_at.is_(None))
        .values(undone_at=bindparam("_at"))
    )

    def claim(self, undo_id: UUID, at: datetime) -> UndoRecord:
        """Mark it as undone and give it; raises NotFound, or Conflict where it is undone already."""
        found = self.get(undo_id)
        if not self._connection.execute(self._claim, {"_clinic_id": self._clinic_id, "_id": undo_id, "_at": at}).rowcount:
            raise Conflict("it is undone already")
        return found

    def forget(self, before: datetime) -> None:
        """Drop what can no longer be undone."""
        mine = (self._columns.clinic_id == self._clinic_id, self._columns.until < before)
        self._connection.execute(self.mapped.table.delete().where(*mine))
