"""What the repositories share: a record's fields are its table's columns, so one small mapping serves them all.

Statements are Core, built once and compiled once; a unit of work only binds them to its connection and its clinic.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import Field, fields, replace
from operator import attrgetter
from typing import Any, ClassVar, Generic, TypeVar
from typing import Protocol as Interface
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, Update, bindparam, select
from sqlmodel import SQLModel

from planner.domain.errors import Conflict, NotFound
from planner.storage.tables import table_of


class Record(Interface):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


class Revised(Record, Interface):
    """A record that counts its changes."""

    @property
    def id(self) -> UUID:
        """Which one it is."""

    @property
    def version(self) -> int:
        """How often it was written."""


R = TypeVar("R", bound=Record)
V = TypeVar("V", bound=Revised)


class Mapped(Generic[R]):
    """A table and the frozen record that its rows become; the statements that both imply."""

    def __init__(self, row: type[SQLModel], record: type[R], order_by: str = "id") -> None:
        self.table = table_of(row)
        self._make: Callable[..., R] = record
        columns = self.table.c
        self.names = [item.name for item in fields(record)]
        self._given = [name for name in self.names if columns[name].autoincrement is not True]
        self.in_clinic = columns.clinic_id == bindparam("_clinic_id")
        self.all = select(*(columns[name] for name in self.names)).where(self.in_clinic)
        self._key = attrgetter(order_by)
        self.insert = self.table.insert()
        if "id" in columns:
            self.by_id = self.all.where(columns.id == bindparam("_id"))
            self.delete = self.table.delete().where(self.in_clinic, columns.id == bindparam("_id"))
        self.changing = tuple(name for name in self.names if name != "id")
        self._updates: dict[tuple[str, ...], Update] = {}

    def load(self, row: Sequence[Any]) -> R:
        """Make the record of a row that holds its columns in order."""
        return self._make(*row)

    def load_all(self, rows: Iterable[Row[Any]]) -> list[R]:
        """Make the records of rows, in order. Not the database's order: SQLite reads the whole clinic to save a sort."""
        return sorted(map(self.load, rows), key=self._key)

    def dump(self, record: R) -> dict[str, Any]:
        """Give the columns of a record."""
        return {name: getattr(record, name) for name in self._given}

    def writing(self, names: Sequence[str]) -> Update:
        """Give the statement that writes some columns: a key that is written, even unchanged, costs a look for children."""
        columns, key = self.table.c, tuple(names)
        if key not in self._updates:
            same = self.in_clinic, columns.id == bindparam("_id"), columns.version == bindparam("_seen")
            self._updates[key] = self.table.update().where(*same).values({name: bindparam(name) for name in key})
        return self._updates[key]

    def change(self, record: R, names: Iterable[str]) -> dict[str, Any]:
        """Give some columns of a record."""
        return {name: getattr(record, name) for name in names}


class Repository(Generic[R]):
    """The rows of one table that belong to one clinic, as records; a row of another clinic does not exist here."""

    mapped: Mapped[R]
    noun = "row"

    def __init__(self, connection: Connection, clinic_id: UUID) -> None:
        self._connection, self._clinic_id = connection, clinic_id

    def add(self, *records: R) -> None:
        """Store new records, in one statement; raises Conflict for one that exists, NotFound for a foreign reference."""
        self._insert(records)

    def _insert(self, records: Sequence[R]) -> None:
        if records:
            rows = [self.mapped.dump(record) | {"clinic_id": self._clinic_id} for record in records]
            self._connection.execute(self.mapped.insert, rows)

    def _list(self, *where: ColumnElement[bool], **values: Any) -> list[R]:
        return self._listed(self.mapped.all.where(*where) if where else self.mapped.all, **values)

    def _listed(self, statement: Select[Any], **values: Any) -> list[R]:
        """List by a statement made once: SQLAlchemy knows it again, and need not look through it."""
        rows = self._connection.execute(statement, {"_clinic_id": self._clinic_id, **values})
        return self.mapped.load_all(rows)


class Keyed(Repository[R]):
    """Records that are found by their id."""

    def get(self, record_id: UUID) -> R:
        """Find a record of this clinic; raises NotFound."""
        row = self._connection.execute(self.mapped.by_id, {"_clinic_id": self._clinic_id, "_id": record_id}).first()
        if row is None:
            raise NotFound(f"no {self.noun} {record_id} in this clinic")
        return self.mapped.load(row)

    def _delete(self, record_ids: Iterable[UUID]) -> int:
        keys = [{"_clinic_id": self._clinic_id, "_id": record_id} for record_id in record_ids]
        return self._connection.execute(self.mapped.delete, keys).rowcount if keys else 0


class Versioned(Keyed[V]):
    """Records that are changed, each by whoever has seen its latest version."""

    def save(self, record: V, *fields: str) -> V:
        """Write a changed record (or only the fields named) and give it with its next version; raises Conflict if stale."""
        return self.save_all([record], *fields)[0]

    def save_all(self, records: Sequence[V], *fields: str) -> list[V]:
        """Write changed records (or only the fields named), in one statement; raises Conflict if one is stale, or gone."""
        changed = [replace(record, version=record.version + 1) for record in records]
        if not changed:
            return []
        keys = [{"_clinic_id": self._clinic_id, "_id": r.id, "_seen": r.version} for r in records]
        names = (*fields, "version") if fields else self.mapped.changing
        rows = [{**key, **self.mapped.change(record, names)} for key, record in zip(keys, changed, strict=True)]
        if self._connection.execute(self.mapped.writing(names), rows).rowcount != len(rows):
            raise Conflict(f"somebody else changed this {self.noun} first")
        return changed
