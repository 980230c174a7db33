"""Looking at a database from outside: where it is, whether it is set up as it must be, and what its clock says."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, make_url, select
from sqlalchemy.exc import DBAPIError

from planner.config import Settings
from planner.storage.desk_tables import HeartbeatRow
from planner.storage.engine import open_engine, reading
from planner.storage.refusals import reachable
from planner.storage.tables import table_of

APPEND_ONLY = (
    "protocol", "course_order", "audit", "mark", "score", "reply", "consent", "text_stop", "text_start", "attempt",
    "own_words",
)  # fmt: skip
"""The tables of which the database itself lets nothing be changed or deleted."""
_HEARTBEAT = table_of(HeartbeatRow)
_LAST_BEAT = select(func.max(_HEARTBEAT.c.seen_at))
_ANOTHERS = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY}
"""What is no damage: opening the database says it in better words."""
_SQLITE_GUARDS = {
    "occupancy_no_overlap_insert", "occupancy_no_overlap_update",
    *(f"{table}_append_only_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")),
}  # fmt: skip
_POSTGRESQL_GUARDS = {"btree_gist", "occupancy_no_overlap", *(f"{table}_append_only" for table in APPEND_ONLY)}
_POSTGRESQL_FOUND = (
    "SELECT extname FROM pg_extension UNION ALL SELECT conname FROM pg_constraint WHERE contype = 'x' AND convalidated "
    "UNION ALL SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A') AND NOT tgisinternal"
)


@dataclass(frozen=True)
class Inspected:
    """What a look at a database found: *wrong* says, in words, what is not as it must be. *clock*: its own time (UTC)."""

    wrong: tuple[str, ...]
    clock: datetime | None = None


def sqlite_file(settings: Settings) -> Path | None:
    """Give the file of the settings' database; None for PostgreSQL."""
    url = make_url(settings.database_url)
    return Path(url.database or "").resolve() if url.get_backend_name() == "sqlite" else None


def address(settings: Settings) -> str:
    """Give the address of a PostgreSQL database, as its own programs take it, without the password."""
    url = make_url(settings.database_url).set(drivername="postgresql")
    return url._replace(password=None).render_as_string()


def last_beat(settings: Settings) -> datetime | None:
    """Tell when a worker was last alive that has not ended as it should.

    None where none was, or where the database cannot say (damaged, foreign, away). One that is older than this planner knows
    no clean end: there every worker counts.
    """
    file = sqlite_file(settings)
    if file and not file.is_file():
        return None
    engine = open_engine(settings)
    try:
        for asked in (_LAST_BEAT.where(_HEARTBEAT.c.ended_at.is_(None)), _LAST_BEAT):
            with suppress(DBAPIError, sqlite3.Error), reading(engine).connect() as connection:
                last: datetime | None = connection.execute(asked).scalar()
                return last
        return None
    finally:
        engine.dispose()


def damage(file: Path) -> str | None:
    """Say in a line what SQLite finds damaged in a file; None where there is nothing, no file, or no database at all."""
    if not file.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as database:
            found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        found = "ok" if error.sqlite_errorcode & 0xFF in _ANOTHERS else str(error)
    return None if found == "ok" else " ".join(found.split())


def inspect(engine: Engine) -> Inspected:
    """Look whether a migrated database is set up as it must be; raises Unavailable where it is away."""
    with reachable(), reading(engine).connect() as connection:
        return _sqlite(connection) if engine.dialect.name == "sqlite" else _postgresql(connection)


def _sqlite(connection: Connection) -> Inspected:
    def asked(question: str) -> str:
        return str(connection.exec_driver_sql(question).scalar())

    wrong = []
    if (mode := asked("PRAGMA journal_mode")) != "wal":
        wrong.append(f"its journal is in {mode} mode, not WAL: reading waits for writing")
    if asked("PRAGMA foreign_keys") != "1":
        wrong.append("foreign keys are not enforced")
    rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars()
    return Inspected((*wrong, *_missing(_SQLITE_GUARDS - {*rows})))


def _postgresql(connection: Connection) -> Inspected:
    missing = _POSTGRESQL_GUARDS - {*connection.exec_driver_sql(_POSTGRESQL_FOUND).scalars()}
    return Inspected(_missing(missing), connection.exec_driver_sql("SELECT clock_timestamp()").scalar())


def _missing(guards: set[str]) -> tuple[str, ...]:
    return (f"its guards are not there: {', '.join(sorted(guards))}",) if guards else ()
