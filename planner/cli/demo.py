"""`planner demo`: a clinic full of invented patients, two new courses planned, booked, explained, and all of it served."""

import json
import os
import signal
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter

import click
from rich.console import Console
from rich.progress import Progress

from planner.app import check_port
from planner.bootstrap import Parts, assemble, init_database
from planner.cli.addresses import print_addresses
from planner.config import Settings
from planner.demo.seeding import Shown, is_seeded, seed, show
from planner.demo.serving import Addresses, serving
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
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True, help="The port on 127.0.0.1.")
def demo(fresh: bool, no_serve: bool, as_json: bool, folder: Path, port: int) -> None:  # noqa: FBT001 -- click passes flags so
    """Fill a demo clinic, plan and book two new courses, print them, and serve the pages until Ctrl-C.

    A second start finds the first one's data; passwords and links are new at each start.
    """
    if not no_serve:
        check_port("127.0.0.1", port)
    settings = replace(Settings.from_env(os.environ), database_url=f"sqlite:///{_database(folder, fresh=fresh)}")
    init_database(settings)
    parts = assemble(settings)
    try:
        shown, seconds = _shown(parts, quiet=as_json)
    finally:
        parts.store.close()
    if no_serve:
        _print_all(shown, seconds, None, as_json=as_json)
    else:
        _serve(settings, shown, seconds, port, as_json=as_json)


def _serve(settings: Settings, shown: list[Shown], seconds: float, port: int, *, as_json: bool) -> None:
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        with serving(settings, shown, port) as (addresses, pages):
            _print_all(shown, seconds, addresses, as_json=as_json)
            while pages.is_alive():
                pages.join(timeout=0.5)
    except KeyboardInterrupt:
        click.echo("The demo has ended; its data stays.", err=True)


def _print_all(shown: list[Shown], seconds: float, addresses: Addresses | None, *, as_json: bool) -> None:
    if as_json:
        document = _document(shown, seconds) | ({"addresses": asdict(addresses)} if addresses else {})
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    _print(shown, seconds)
    if addresses:
        print_addresses(new_console(), addresses)


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
