"""`planner bounce`: what a mail server is told to hand over when a mail comes back."""

import os
import sys

import click

from planner.bootstrap import assemble
from planner.cli.files import MOST_BYTES
from planner.config import Settings
from planner.domain.errors import PlannerError
from planner.notify.bounces import Bounce, bounce_of, take_back


@click.command()
def bounce() -> None:
    """Read a mail on standard input; if it says that one of our mails could not be delivered, that message has failed.

    It then goes by the patient's next channel, or becomes a task. Any other mail is left alone. Let the mail server pipe to
    this what comes to the sender's address. Exit code 0: read, whatever it was; 75, by which a mail server knows to try
    again: the database is away, or a setting is wrong.
    """
    found = bounce_of(sys.stdin.buffer.read(MOST_BYTES))
    if found is None:
        click.echo("no report of a mail of ours that could not be delivered")
        return
    try:
        owed = _taken_back(found)
    except PlannerError as error:
        click.echo(f"planner: {error}", err=True)
        sys.exit(os.EX_TEMPFAIL)
    click.echo(f"{owed} {'message is' if owed == 1 else 'messages are'} owed again")


def _taken_back(found: Bounce) -> int:
    parts = assemble(Settings.from_env(os.environ))
    try:
        return take_back(parts.store, parts.clock, found)
    finally:
        parts.store.close()
