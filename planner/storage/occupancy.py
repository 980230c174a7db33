"""What is taken: one row for each unit of a resource, and for the patient, read as columns and written in bulk."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Uuid, bindparam, select, text, type_coerce

from planner.domain.occupancy import BusyRow
from planner.storage.calendar_tables import LONGEST, HoldRow, OccupancyRow
from planner.storage.changes import Changes
from planner.storage.columns import Known
from planner.storage.stays import Stay, Stays
from planner.storage.tables import table_of

_TABLE = table_of(OccupancyRow)
_TAKEN = _TABLE.c
_BUSY = (type_coerce(_TAKEN.subject_id, Known()), _TAKEN.seat, _TAKEN.starts, _TAKEN.ends)
_ROWS = select(*_BUSY).where(_TAKEN.clinic_id == bindparam("_clinic_id"))
_HOLD = table_of(HoldRow).c
_EXPIRED = _ROWS.where(
    _TAKEN.hold_id.in_(select(_HOLD.id).where(_HOLD.clinic_id == _TAKEN.clinic_id, _HOLD.expires_at <= bindparam("_now")))
)
_RELEASE = (
    _TABLE.delete()
    .where(_TAKEN.clinic_id == bindparam("_clinic_id"), _TAKEN.appointment_id.in_(bindparam("_ids", expanding=True)))
    .returning(*(type_coerce(column, Known()) for column in (_TAKEN.appointment_id, _TAKEN.subject_id)))
    .returning(_TAKEN.starts, _TAKEN.ends)
)
_ARRAYS = {
    "subject_id": "uuid", "seat": "int", "starts": "int", "ends": "int",
    "clinic_id": "uuid", "appointment_id": "uuid", "hold_id": "uuid",
}
_INSERT_ARRAYS = text(
    f"INSERT INTO occupancy ({', '.join(_ARRAYS)}) SELECT * FROM unnest("  # noqa: S608 - our own column names
    + ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _ARRAYS.items())
    + ")"
)
"""PostgreSQL takes rows a quarter faster as one statement of arrays than as many statements."""
_INSERT_EACH = f"INSERT INTO occupancy ({', '.join(_ARRAYS)}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own names
_Columns = tuple[UUID, int, int, int, UUID, UUID | None, UUID | None]
_CLASHES = f"""
    SELECT 1 FROM occupancy AS other WHERE other.subject_id = asked.subject_id AND other.seat = asked.seat
    AND other.starts > asked.starts - {LONGEST} AND other.starts < asked.ends AND other.ends > asked.starts"""  # noqa: S608
"""The same search as the guard's: by subject and seat. Nothing in it comes from outside."""
_CLASHING_ARRAYS = text(f"""
    SELECT asked.* FROM unnest(
        CAST(:subject_id AS uuid[]), CAST(:seat AS int[]), CAST(:start AS int[]), CAST(:end AS int[])
    ) AS asked (subject_id, seat, starts, ends) CROSS JOIN LATERAL ({_CLASHES} LIMIT 1) AS other""")  # noqa: S608 - see above
"""PostgreSQL answers EXISTS by reading the whole table; so it searches the key for each row."""
_BITS = 11
_LENGTH = (1 << _BITS) - 1

_SPANS = {
    "sqlite": """
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
        FROM json_each(:spans)""",
    "postgresql": "SELECT * FROM unnest(CAST(:back AS int[]), CAST(:first AS int[]), CAST(:last AS int[]))",
}
_GATHER = {"sqlite": "json_group_array", "postgresql": "array_agg"}
_TOUCHING = {
    dialect: text(f"""
        WITH asked (back, first, last) AS MATERIALIZED ({spans})
        SELECT subject_id, seat, {_GATHER[dialect]}(CAST(starts AS bigint) * {1 << _BITS} + ends - starts) AS stays
        FROM asked CROSS JOIN occupancy
        WHERE clinic_id = :clinic_id AND starts > back AND starts < last AND ends > first
        GROUP BY subject_id, seat""")  # noqa: S608 - nothing in it comes from outside
    .bindparams(bindparam("clinic_id", type_=Uuid()))
    .columns(subject_id=Known())
    for dialect, spans in _SPANS.items()
}
"""A search of the index for each span: SQLite answers an OR by reading the whole clinic. A year of a clinic is many rows:
the database hands over a list for each seat, a start and a length in one number. No row comes twice: spans that one row
could touch are merged."""


class OccupancyRows:
    """What a clinic's appointments and holds take. An overlap is refused by the database: Conflict."""

    def __init__(self, connection: Connection, clinic_id: UUID, changes: Changes) -> None:
        self._connection, self._clinic_id, self._changes = connection, clinic_id, changes
        self.stays = Stays(connection, clinic_id)

    def rows(self, first_minute: int, last_minute: int) -> list[BusyRow]:
        """List what touches [first_minute, last_minute), in minutes since 1970 UTC."""
        return self.rows_touching([(first_minute, last_minute)])

    def rows_touching(self, spans: Iterable[tuple[int, int]]) -> list[BusyRow]:
        """List what touches any of these spans of minutes, in one statement, and perhaps what lies between them.

        Spans less than a day apart are read as one.
        """
        merged = _merged(spans)
        if not merged:
            return []
        asked = [(first - LONGEST, first, last) for first, last in merged]
        dialect, found = self._connection.dialect.name, list[BusyRow]()
        values: dict[str, Any] = {"clinic_id": self._clinic_id}
        if dialect == "sqlite":
            values["spans"] = json.dumps(asked)
        else:
            values |= zip(("back", "first", "last"), map(list, zip(*asked, strict=True)), strict=True)
        for subject_id, seat, stays in self._connection.execute(_TOUCHING[dialect], values):
            each = json.loads(stays) if dialect == "sqlite" else stays
            found += [BusyRow(subject_id, seat, at >> _BITS, (at >> _BITS) + (at & _LENGTH)) for at in each]
        return found

    def clashing(self, rows: Sequence[BusyRow]) -> list[BusyRow]:
        """List those of some rows that the guard would refuse now, since what they take is taken."""
        if not rows:
            return []
        if self._connection.dialect.name == "postgresql":
            arrays = dict(zip(BusyRow._fields, map(list, zip(*rows, strict=True)), strict=True))
            return [*map(BusyRow._make, self._connection.execute(_CLASHING_ARRAYS, arrays))]
        values = tuple(_plain(value) for row in rows for value in row)
        found = self._connection.exec_driver_sql(_clashing_each(len(rows)), values)
        return [BusyRow(UUID(subject_id), *row) for subject_id, *row in found]

    def of_appointments(self, appointment_ids: Iterable[UUID]) -> dict[UUID, list[BusyRow]]:
        """List what each of these appointments takes."""
        found: dict[UUID, list[BusyRow]] = {appointment_id: [] for appointment_id in appointment_ids}
        statement = _ROWS.add_columns(_TAKEN.appointment_id).where(_TAKEN.appointment_id.in_(found))
        for *busy, appointment_id in self._connection.execute(statement, {"_clinic_id": self._clinic_id}):
            found[appointment_id].append(BusyRow(*busy))
        return found

    def of_expired_holds(self, now: datetime) -> list[BusyRow]:
        """List what holds take that have run out but are still there, since nobody has locked the calendar yet."""
        values = {"_clinic_id": self._clinic_id, "_now": now}
        return [*map(BusyRow._make, self._connection.execute(_EXPIRED, values).all())]

    def put(self, rows: Iterable[BusyRow], *, appointment_id: UUID | None = None, hold_id: UUID | None = None) -> None:
        """Take what the rows say for one appointment or one hold; raises Conflict for an overlap."""
        self._put([(*row, self._clinic_id, appointment_id, hold_id) for row in rows])

    def put_all(self, taken: Iterable[tuple[UUID, Sequence[BusyRow]]]) -> None:
        """Take rows for many appointments, in one statement; raises Conflict for an overlap."""
        self._put([(*row, self._clinic_id, appointment_id, None) for appointment_id, rows in taken for row in rows])

    def _put(self, rows: list[_Columns]) -> None:
        if not rows:
            return
        self._changes.touch((row[2], row[3]) for row in rows)
        for subject_id, _, start, end, _, appointment_id, _ in rows:
            if appointment_id:
                self.stays.take(appointment_id, Stay(subject_id, start, end))
        if self._connection.dialect.name == "postgresql":
            arrays = map(list, zip(*rows, strict=True))
            self._connection.execute(_INSERT_ARRAYS, dict(zip(_ARRAYS, arrays, strict=True)))
        else:
            self._connection.exec_driver_sql(_INSERT_EACH, [tuple(map(_plain, row)) for row in rows])

    def release(self, *appointment_ids: UUID) -> None:
        """Set free what appointments take."""
        if appointment_ids:
            values = {"_clinic_id": self._clinic_id, "_ids": appointment_ids}
            freed = self._connection.execute(_RELEASE, values).all()
            self._changes.touch((row.starts, row.ends) for row in freed)
            self.stays.free((appointment_id, Stay(*stay)) for appointment_id, *stay in freed)


def _plain(value: UUID | int | None) -> str | int | None:
    """Give what SQLite's driver stores: SQLAlchemy's own way there costs as much again as the insert."""
    return value.hex if isinstance(value, UUID) else value


@lru_cache(maxsize=512)
def _clashing_each(count: int) -> str:
    asked = ", ".join(["(?, ?, ?, ?)"] * count)
    found = f"SELECT * FROM asked WHERE EXISTS ({_CLASHES})"  # noqa: S608 - see above
    return f"WITH asked (subject_id, seat, starts, ends) AS (VALUES {asked}) {found}"


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + LONGEST:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
