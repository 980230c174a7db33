"""`planner init`: the database's tables."""

import os

import click

from planner.bootstrap import init_database
from planner.config import Settings


@click.command()
def init() -> None:
    """Make the tables of the database that PLANNER_DATABASE_URL names, or bring them up to date."""
    init_database(Settings.from_env(os.environ))
    click.echo("The database is ready.")
