"""`planner restore`: a backup in place of the database, and a task for each message that may have gone out since."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click

from planner.bootstrap import assemble, init_database
from planner.cli.acting import COMMAND_LINE
from planner.cli.backup import ended_cleanly, progress
from planner.clock import system_clock
from planner.config import Settings
from planner.domain.notices import NO_DRIVING
from planner.domain.roles import Actor, Role
from planner.services.context import Context
from planner.services.health import SILENT
from planner.services.restoring import Parked, last_sign, park
from planner.storage.backups import BackupRefused, put_in_place, staged
from planner.storage.inspection import address, last_beat, sqlite_file


@dataclass(frozen=True)
class Restored:
    """What was done, or would be: which file became the database, what became of the former one, and what was parked."""

    dry_run: bool
    parked: Sequence[Parked]
    file: Path | None = None
    kept: Path | None = None


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--park-only", is_flag=True, help="The database is put back already, by another program.")
@click.option("--dry-run", is_flag=True, help="Only say what would be parked.")
@click.option("--force", is_flag=True, help="Go on although a worker was alive within two minutes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def restore(file: Path | None, park_only: bool, dry_run: bool, force: bool, as_json: bool) -> None:  # noqa: FBT001
    """Put the backup FILE in place of the SQLite database that PLANNER_DATABASE_URL names; what was there is kept.

    What fell due since the backup may have been sent by the database that is lost: no such message is sent again, and each
    becomes a task for the desk. What is due later goes out as ever. For PostgreSQL, end all workers, run pg_restore, and
    then this with --park-only, before any worker begins again.
    """
    if (file is None) is not park_only:
        raise click.UsageError("name a FILE, or say --park-only")
    settings = Settings.from_env(os.environ)
    if not (dry_run or force):
        _refuse_beside_a_worker(settings)
    with ended_cleanly():
        done = _put_back(settings, file, dry_run=dry_run, quiet=as_json) if file else _parked_only(settings, dry_run=dry_run)
    (_print_json if as_json else _print)(done)


def _refuse_beside_a_worker(settings: Settings) -> None:
    beat = last_beat(settings)
    if beat and system_clock() - beat <= SILENT:
        seconds = max(0, int((system_clock() - beat).total_seconds()))
        raise BackupRefused(f"a worker was alive {seconds} s ago: end it first; if it has died, add --force")


def _put_back(settings: Settings, file: Path, *, dry_run: bool, quiet: bool) -> Restored:
    """Prepare a copy beside the database, migrated and parked, and only then put it in place: no worker sees it before."""
    database = sqlite_file(settings)
    if database is None:
        ask = f"pg_restore --clean --if-exists --single-transaction --dbname='{address(settings)}' {file}"
        raise BackupRefused(f"PostgreSQL is restored by its own program; run: {ask}; then: planner restore --park-only")
    if database.exists() and file.exists() and database.samefile(file):
        raise BackupRefused(f"{file} is the database itself")
    with progress("Copying", quiet=quiet) as told, staged(file, database.parent, told) as stage:
        there = replace(settings, database_url=f"sqlite:///{stage}")
        init_database(there)
        parked = _park(there, dry_run=dry_run)
        kept = None if dry_run else put_in_place(stage, database, system_clock())
    return Restored(dry_run, parked, database, kept)


def _parked_only(settings: Settings, *, dry_run: bool) -> Restored:
    return Restored(dry_run, _park(settings, dry_run=dry_run))


def _park(settings: Settings, *, dry_run: bool) -> list[Parked]:
    parts = assemble(settings)
    try:
        since, clinics = last_sign(parts.store), parts.store.clinics()
        acting = (Context(Actor(COMMAND_LINE, Role.SYSTEM, one.id), parts.store, parts.clock) for one in clinics)
        return [park(ctx, since=since, dry_run=dry_run) for ctx in acting]
    finally:
        parts.store.close()


def _print(done: Restored) -> None:
    if done.file and not done.dry_run:
        click.echo(f"{done.file} is restored." + (f" What was there is kept as {done.kept.name}." if done.kept else ""))
    if since := next((one.since for one in done.parked if one.since), None):
        click.echo(f"The last entry in it is of {_instant(since)}: what was done later has to be entered again.")
    for clinic in done.parked:
        counts = f"messages parked: {len(clinic.messages)}, tasks for the desk: {len(clinic.tasks)}"
        would = "would be: " if done.dry_run else ""
        click.echo(f"Clinic {clinic.clinic_id}: {would}{counts}, links that open once closed: {clinic.links}")
        for one in clinic.messages:
            click.echo(f"  due {_instant(one.due_at)}  {one.kind:<20}  notice {one.id}")


def _print_json(done: Restored) -> None:
    clinics = [
        {
            "clinic": str(one.clinic_id), "since": one.since and one.since.isoformat(), "tasks": len(one.tasks),
            "links_closed": one.links,
            "parked": [
                {"notice": str(notice.id), "kind": notice.kind, "due_at": notice.due_at.isoformat(),
                 "safety": notice.kind in NO_DRIVING, "appointment": notice.appointment_id and str(notice.appointment_id)}
                for notice in one.messages
            ],
        }
        for one in done.parked
    ]  # fmt: skip
    answer = {"dry_run": done.dry_run, "clinics": clinics}
    answer |= {"database": str(done.file)} if done.file else {}
    answer |= {"kept": str(done.kept)} if done.kept else {}
    click.echo(json.dumps(answer, indent=2))


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
