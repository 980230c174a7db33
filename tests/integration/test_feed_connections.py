"""The connections by which calendars ask whether anything has changed: they wait for nobody, and may die."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text

from desks import open_desk
from planner.domain.errors import Unavailable
from subscribing import subscribe


def test_a_fetch_keeps_nobody_waiting_and_reads_nothing_old(sqlite_store):
    reader = subscribe(open_desk(sqlite_store))
    reader.page()
    with closing(sqlite3.connect(sqlite_store.engine.url.database)) as other:
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)


END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"


def end_connections(admin, store):
    with admin.connect() as connection:
        connection.execute(text(END_ALL), {"name": store.engine.url.database})


def test_a_connection_that_has_died_is_replaced(postgres_store, postgres_admin):
    reader = subscribe(open_desk(postgres_store))
    tag = reader.page().tag
    end_connections(postgres_admin, postgres_store)
    assert reader.page().tag == tag


def test_a_database_that_is_away_is_said_to_be(postgres_store, postgres_admin):
    reader, name = subscribe(open_desk(postgres_store)), postgres_store.engine.url.database
    reader.page()
    with postgres_admin.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
    end_connections(postgres_admin, postgres_store)
    with pytest.raises(Unavailable):
        reader.page()
    with postgres_admin.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    assert reader.titles() == []
