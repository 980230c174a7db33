"""How a clinic appears in all that goes out."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from planner.domain.errors import Conflict
from planner.storage.desk_records import Letterhead
from planner.storage.desk_tables import LetterheadRow
from planner.storage.tables import table_of


class Letterheads:
    """The letterhead of one clinic."""

    _table = table_of(LetterheadRow)
    _columns = _table.c
    asked = select(
        _columns.public_name, _columns.sender, _columns.phone, _columns.version, _columns.address
    ).where(_columns.clinic_id == bindparam("_clinic_id"))

    def __init__(self, connection: Connection, clinic_id: UUID) -> None:
        self._connection, self._clinic_id = connection, clinic_id

    def get(self) -> Letterhead | None:
        """Give it; None where the clinic has not set one yet."""
        row = self._connection.execute(self.asked, {"_clinic_id": self._clinic_id}).first()
        return Letterhead(*row) if row else None

    def save(self, letterhead: Letterhead) -> Letterhead:
        """Write it and give it with its next version; raises Conflict where it is stale."""
        columns, seen = self._table.c, letterhead.version
        values: dict[str, Any] = {
            "public_name": letterhead.public_name, "sender": letterhead.sender, "phone": letterhead.phone,
            "address": letterhead.address,
        }  # fmt: skip
        if self.get() is None:
            self._connection.execute(self._table.insert(), {**values, "clinic_id": self._clinic_id, "version": 1})
            return Letterhead(**values)
        change = self._table.update().where(columns.clinic_id == self._clinic_id, columns.version == seen)
        if not self._connection.execute(change.values(**values, version=seen + 1)).rowcount:
            raise Conflict("somebody else changed this letterhead first")
        return Letterhead(**values, version=seen + 1)
