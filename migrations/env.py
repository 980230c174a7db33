"""Runs the migrations: on the connection that planner hands over, or for the alembic command on the environment's."""

import os

from alembic import context
from sqlalchemy import Connection

import planner.storage.calendar_tables  # its tables belong to the metadata
import planner.storage.desk_tables
import planner.storage.worklist_tables  # noqa: F401
from planner.config import Settings
from planner.storage.columns import Stored
from planner.storage.engine import open_engine
from planner.storage.tables import metadata


def render_item(kind: str, item: object, _: object) -> str | bool:
    """Write a stored value into a migration as what it is in the database: text."""
    return "sa.Text()" if kind == "type" and isinstance(item, Stored) else False


def run(connection: Connection) -> None:
    """Migrate in one transaction, on SQLite as well."""
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True,
        compare_type=True, render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with open_engine(Settings.from_env(os.environ)).begin() as opened:
        run(opened)
