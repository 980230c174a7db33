"""`planner demo`: a clinic full of invented patients, and two new courses planned, explained and booked."""

import json
import os
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import click
from rich.console import Console
from rich.progress import Progress

from planner.bootstrap import Parts, assemble, init_database
from planner.config import Settings
from planner.demo.seeding import Shown, is_seeded, seed, show
from planner.documents.answers import plan_document
from planner.documents.explanations import alternative_documents, print_alternatives
from planner.documents.tables import console as new_console
from planner.documents.tables import print_plan
from planner.documents.wording import reasons_in_words
from planner.domain.errors import PlannerError

FILE = "planner-demo.db"


class DemoUnusable(PlannerError):
    """The demo's folder or database cannot be used; the message says what to do."""


@click.command()
@click.option("--fresh", is_flag=True, help="Throw the demo's data away and start over.")
@click.option("--no-serve", is_flag=True, help="Print and exit.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path(), help="Where its data lies.")
def demo(fresh: bool, no_serve: bool, as_json: bool, folder: Path) -> None:  # noqa: FBT001, ARG001 -- click passes flags so
    """Fill a demo clinic, plan and book two new courses, and print them. A second start finds the first one's data."""
    settings = replace(Settings.from_env(os.environ), database_url=f"sqlite:///{_database(folder, fresh=fresh)}")
    init_database(settings)
    parts = assemble(settings)
    try:
        shown, seconds = _shown(parts, quiet=as_json)
    finally:
        parts.store.close()
    if as_json:
        click.echo(json.dumps(_document(shown, seconds), indent=2, ensure_ascii=False))
    else:
        _print(shown, seconds)


def _database(folder: Path, *, fresh: bool) -> Path:
    """Give the demo's file, emptied where a fresh start is wanted; raises DemoUnusable for a folder it cannot write."""
    file = (folder / FILE).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if fresh:
            for part in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal"))):
                part.unlink(missing_ok=True)
        probe = folder / f".{FILE}.probe"
        probe.touch()
        probe.unlink()
        if file.exists() and not os.access(file, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise DemoUnusable(f"cannot write to {folder.resolve()}: {error.strerror}; choose another with --folder") from None
    return file


def _shown(parts: Parts, *, quiet: bool) -> tuple[list[Shown], float]:
    began = perf_counter()
    if is_seeded(parts):
        return show(parts), perf_counter() - began
    with Progress(console=Console(stderr=True), disable=quiet, transient=True) as progress:
        bar = progress.add_task("Filling the demo clinic", total=None)
        shown = seed(parts, lambda what, done, total: progress.update(bar, description=what, completed=done, total=total))
    return shown, perf_counter() - began


def _document(shown: list[Shown], seconds: float) -> dict[str, object]:
    return {
        "courses": [
            {
                "course_id": str(one.course_id),
                "planning_ms": round(one.preview.planning_seconds * 1000, 3),
                **plan_document(one.preview.plan, one.preview.request, reasons_in_words(one.preview.reasons)),
                "alternatives": alternative_documents(one.preview.alternatives),
            }
            for one in shown
        ],
        "ready_seconds": round(seconds, 3),
    }


def _print(shown: list[Shown], seconds: float) -> None:
    console = new_console()
    for one in shown:
        console.rule()
        print_plan(console, one.preview.plan, one.preview.request, reasons_in_words(one.preview.reasons))
        print_alternatives(console, one.preview.alternatives)
        console.print(f"Planned in {one.preview.planning_seconds * 1000:.1f} ms, and booked.", highlight=False)
    console.rule()
    console.print(f"Ready in {seconds:.1f} s. All patients and staff are invented.", highlight=False)
