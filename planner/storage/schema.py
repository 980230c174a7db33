"""The database's own version: bringing it up to date, and refusing to work with one that is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DatabaseError

from planner.domain.errors import PlannerError
from planner.storage.engine import reading
from planner.storage.refusals import reachable

_ONE_AT_A_TIME = 7_041_733
"""The PostgreSQL advisory lock under which a schema changes: two servers that start at once do it one after the other."""


class SchemaOutdated(PlannerError):
    """The database is not the one that this version of planner works with; the message says what to do."""


def migrations_directory() -> Path:
    """Find the migrations: inside the installed package, or at the root of a checkout."""
    package = Path(str(files("planner")))
    installed = package / "_migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def config(connection: Connection | None = None) -> Config:
    """Configure Alembic for a connection, without a file."""
    alembic = Config(attributes={"connection": connection})
    alembic.set_main_option("script_location", str(migrations_directory()).replace("%", "%%"))
    alembic.set_main_option("path_separator", "os")
    return alembic


def init(engine: Engine) -> None:
    """Make the tables of an empty database, or bring older ones up to date, all or nothing.

    Raises SchemaOutdated, and Unavailable for a database that cannot be reached.
    """
    with _readable(engine), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        revision, known = _revision(connection), _known()
        if revision is None and _tables(connection):
            raise SchemaOutdated("this is not a planner database: it holds other tables; name an empty one")
        if revision and revision not in known:
            raise SchemaOutdated(_made_by_another(revision))
        command.upgrade(config(connection), "head")


def check_migrated(engine: Engine) -> None:
    """Refuse a database that is missing, foreign, older or newer; raises SchemaOutdated with what to do."""
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file():
        raise SchemaOutdated("there is no database yet; run: planner init")
    with _readable(engine), reading(engine).connect() as connection:
        revision, tables = _revision(connection), _tables(connection)
    if revision is None:
        empty = "the database is empty; run: planner init"
        raise SchemaOutdated("this is not a planner database: it holds other tables" if tables else empty)
    known = _known()
    if revision not in known:
        raise SchemaOutdated(_made_by_another(revision))
    if revision != known[0]:
        raise SchemaOutdated(f"the database is older ({revision}) than this planner; back it up, then run: planner init")


def _made_by_another(revision: str) -> str:
    return f"the database was made by another version of planner (revision {revision}); use that version, or a later one"


@contextmanager
def _readable(engine: Engine) -> Iterator[None]:
    try:
        with reachable():
            yield
    except DatabaseError as error:
        if engine.dialect.name == "sqlite" and "not a database" in str(error.orig):
            raise SchemaOutdated("this file is not a planner database") from None
        raise


def _revision(connection: Connection) -> str | None:
    revision: str | None = MigrationContext.configure(connection).get_current_revision()
    return revision


def _tables(connection: Connection) -> set[str]:
    return {*inspect(connection).get_table_names()} - {"alembic_version"}


def _known() -> list[str]:
    """List the revisions that this version knows, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()]
