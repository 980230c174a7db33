"""Opening the database, SQLite or PostgreSQL, so that a transaction means the same on both.

SQLite begins a writing transaction with BEGIN IMMEDIATE and a reading one with BEGIN: its driver's default loses updates
silently. PostgreSQL writes under READ COMMITTED, where reads that follow a lock see what was committed before it, and
reads from one snapshot.
"""

from sqlite3 import Connection as SQLiteConnection
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from planner.config import Settings

_READING: dict[str, dict[str, Any]] = {
    "sqlite": {"planner_reading": True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


def open_engine(settings: Settings) -> Engine:
    """Make the engine for the settings' database; connects to nothing yet."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, settings)
    milliseconds = int(settings.busy_timeout_seconds * 1000)
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"options": f"-c timezone=UTC -c lock_timeout={milliseconds}", "connect_timeout": 10},
        pool_size=settings.pool_size,
        max_overflow=settings.pool_size,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
    )


def reading(engine: Engine) -> Engine:
    """Give the same engine for transactions that only read, each from one snapshot and locking nothing."""
    return engine.execution_options(**_READING[engine.dialect.name])


def _sqlite(url: URL, settings: Settings) -> Engine:
    engine = create_engine(url, pool_size=settings.pool_size, max_overflow=settings.pool_size, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: SQLiteConnection, _: object) -> None:
        connection.isolation_level = None  # we begin, below; the driver's own BEGIN comes too late
        connection.execute(f"PRAGMA busy_timeout = {int(settings.busy_timeout_seconds * 1000)}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("planner_reading")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine
