"""`planner backup`: the whole database in one file, made while everything goes on."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import click
from rich.console import Console
from rich.progress import Progress

from planner.config import Settings
from planner.storage.backups import BackupRefused, Told, copy_checked
from planner.storage.inspection import address, sqlite_file


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE where it is there already.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backup(file: Path, force: bool, as_json: bool) -> None:  # noqa: FBT001 -- click passes flags so
    """Copy the SQLite database that PLANNER_DATABASE_URL names into FILE, while others write; the copy is checked.

    PostgreSQL has its own program for this, which must be as new as the server; you are told how it is called.
    """
    settings, began = Settings.from_env(os.environ), perf_counter()
    database = sqlite_file(settings)
    if database is None:
        ask = f"pg_dump --format=custom --file={file} '{address(settings)}'"
        raise BackupRefused(f"PostgreSQL is backed up by its own program, as new as its server; run: {ask}")
    with ended_cleanly(), progress("Copying", quiet=as_json) as told:
        copy_checked(database, file, replace=force, told=told)
    size, seconds = file.stat().st_size, perf_counter() - began
    if as_json:
        click.echo(json.dumps({"file": str(file.absolute()), "bytes": size, "seconds": round(seconds, 3)}))
    else:
        click.echo(f"{file} holds the whole database, checked: {size / 1e6:.1f} MB in {seconds:.1f} s.")


@contextmanager
def progress(words: str, *, quiet: bool) -> Iterator[Told]:
    """Show how far it has come, at a terminal only."""
    with Progress(console=Console(stderr=True), disable=quiet or not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def ended_cleanly() -> Iterator[None]:
    """Let whoever ends the process end it as Ctrl-C does, so that nothing half-written is left."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
