"""One migrated PostgreSQL database for many tests, one after the other: to empty it costs a tenth of making another."""

from sqlalchemy import URL, Connection, Engine, create_engine

from planner.storage.tables import metadata

END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND state != 'idle' AND pid != pg_backend_pid()
"""
EMPTY = f"""
    BEGIN;
    SET LOCAL session_replication_role = replica; -- without triggers and references
    {" ".join(f'DELETE FROM "{table.name}";' for table in metadata.sorted_tables)}
    SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S';
    COMMIT
"""
SHAPE = """
    SELECT version_num, (SELECT count(*) FROM pg_attribute), (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc),
        (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_index), (SELECT count(*) FROM pg_trigger)
    FROM alembic_version
"""
"""What changes with the tables, the triggers and the rules of a database."""


class Emptied:
    """A copy of a migrated database; where a test has changed more than its rows, the next one gets a new copy."""

    def __init__(self, admin: Engine, template: str, name: str) -> None:
        self._admin, self._template, self.name = admin, template, name
        self._engine = create_engine(admin.url.set(database=name), isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        self._shape: object = None

    @property
    def url(self) -> URL:
        """Where it is."""
        return self._engine.url

    def empty(self) -> None:
        """Leave no row in it, and nobody at work in it."""
        if not self._shape:
            self._copy()
        with self._engine.connect() as connection:
            connection.exec_driver_sql(END_OTHERS)
            if _shape(connection) == self._shape:
                connection.exec_driver_sql(EMPTY)
                return
        self._copy()

    def close(self) -> None:
        """Leave nothing of it behind."""
        self._engine.dispose()
        with self._admin.connect() as admin:
            admin.exec_driver_sql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def _copy(self) -> None:
        self.close()
        with self._admin.connect() as admin:
            admin.exec_driver_sql(f"CREATE DATABASE {self.name} TEMPLATE {self._template} STRATEGY file_copy")
        with self._engine.connect() as connection:
            self._shape = _shape(connection)


def _shape(connection: Connection) -> object:
    return connection.exec_driver_sql(SHAPE).one()
