"""Opening the database, SQLite or PostgreSQL, so that a transaction means the same on both.

SQLite begins a writing transaction with BEGIN IMMEDIATE and a reading one with BEGIN: its driver's default loses updates
silently. PostgreSQL writes under READ COMMITTED, where reads that follow a lock see what was committed before it, and
reads from one snapshot.
"""

from random import uniform
from sqlite3 import SQLITE_BUSY
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import OperationalError as SQLiteError
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPICursor

from planner.config import Settings

_READING: dict[str, dict[str, Any]] = {
    "sqlite": {"planner_reading": True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
_CHECKPOINT_PAGES = 4000
"""Pages of SQLite's log before it is written back (16 MB): a page that many bookings touch is written back once."""


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
        if not _is_foreign(connection):
            connection.execute("PRAGMA journal_mode = WAL")  # stays in the file: another program's is left as it is
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("planner_reading"):
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection, settings.busy_timeout_seconds)

    return engine


def _is_foreign(connection: SQLiteConnection) -> bool:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return bool(tables) and "alembic_version" not in tables


def _begin_writing(connection: Connection, seconds: float) -> None:
    """Wait for SQLite's write lock by asking for it every millisecond or two.

    SQLite's own wait sleeps longer each time, up to a tenth of a second: whoever has waited long loses to whoever has
    just come, and under load some wait until they give up.
    """
    driver = connection.connection.cursor()
    deadline = monotonic() + seconds
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while not _locked(driver):
            if monotonic() > deadline:
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # the last try raises what SQLAlchemy makes of it
                return
            sleep(uniform(0.0005, 0.002))  # noqa: S311 - not a secret
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
        driver.close()


def _locked(driver: DBAPICursor) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except SQLiteError as error:
        if error.sqlite_errorcode & 0xFF == SQLITE_BUSY:
            return False
        raise
    return True
