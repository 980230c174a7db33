"""Migrations on both databases: from nothing, without a difference to the tables, and what is refused."""

import pytest
from alembic import command
from sqlalchemy import inspect

from planner.config import Settings
from planner.storage import schema
from planner.storage.calendar_tables import LONGEST
from planner.storage.engine import open_engine
from planner.storage.schema import SchemaOutdated, check_migrated, init
from planner.storage.tables import metadata


@pytest.fixture
def engine(empty_url):
    engine = open_engine(Settings(database_url=empty_url))
    yield engine
    engine.dispose()


def test_init_makes_every_table_of_an_empty_database(engine):
    init(engine)
    check_migrated(engine)
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_init_can_be_repeated(engine):
    init(engine)
    init(engine)
    check_migrated(engine)


def test_the_migrations_make_what_the_tables_say(engine):
    init(engine)
    with engine.begin() as connection:
        command.check(schema.config(connection))


def test_the_checks_are_those_of_the_tables(engine):
    init(engine)
    found = {check["name"] for table in metadata.tables for check in inspect(engine).get_check_constraints(table)}
    wanted = {str(c.name) for t in metadata.tables.values() for c in t.constraints if type(c).__name__ == "CheckConstraint"}
    assert found == wanted
    texts = [check["sqltext"] for check in inspect(engine).get_check_constraints("occupancy")]
    assert any(str(LONGEST) in text for text in texts)


def test_migrations_can_be_taken_back(engine):
    init(engine)
    with engine.begin() as connection:
        command.downgrade(schema.config(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    init(engine)
    check_migrated(engine)


def test_an_empty_database_says_which_command_helps(engine):
    with pytest.raises(SchemaOutdated, match="planner init"):
        check_migrated(engine)


def test_an_older_database_says_which_command_helps(engine):
    with engine.begin() as connection:
        command.upgrade(schema.config(connection), "0001")
    with pytest.raises(SchemaOutdated, match=r"older.*planner init"):
        check_migrated(engine)
    init(engine)
    check_migrated(engine)


def test_a_newer_database_is_left_alone(engine):
    init(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for use in (check_migrated, init):
        with pytest.raises(SchemaOutdated, match="another version of planner"):
            use(engine)


def test_a_foreign_database_is_left_alone(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE recipes (id INTEGER)")
    for use in (check_migrated, init):
        with pytest.raises(SchemaOutdated, match="not a planner database"):
            use(engine)
    assert inspect(engine).get_table_names() == ["recipes"]


def test_a_missing_file_is_not_made_by_looking_for_it(tmp_path):
    with pytest.raises(SchemaOutdated, match="planner init"):
        check_migrated(open_engine(Settings(database_url=f"sqlite:///{tmp_path / 'no.db'}")))
    assert not (tmp_path / "no.db").exists()


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 100)
    for use in (check_migrated, init):
        with pytest.raises(SchemaOutdated, match="not a planner database"):
            use(open_engine(Settings(database_url=f"sqlite:///{tmp_path / 'letter.db'}")))


def test_a_failed_migration_leaves_nothing_behind(engine, monkeypatch):
    def broken(config, revision):
        real(config, "0002")
        raise RuntimeError("power cut")

    real = command.upgrade
    monkeypatch.setattr(command, "upgrade", broken)
    with pytest.raises(RuntimeError):
        init(engine)
    assert inspect(engine).get_table_names() == []
