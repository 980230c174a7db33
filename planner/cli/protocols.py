"""`planner protocol`: the shipped protocols, checking one of your own, and a clinic's own in its database."""

from pathlib import Path

import click

from planner.cli.acting import in_clinic
from planner.cli.files import text_of
from planner.documents.protocols import read_protocol, shipped, write_protocol
from planner.domain.errors import NotFound
from planner.services import clinics


@click.group()
def protocol() -> None:
    """List, print and check protocols, and import and export a clinic's own; a printed one is a file to start from."""


@protocol.command("list")
def list_protocols() -> None:
    """List the protocols that come with planner."""
    for name, one in shipped().items():
        click.echo(f"{name:<18} v{one.version}  {one.title}")


@protocol.command("show")
@click.argument("name")
def show_protocol(name: str) -> None:
    """Print a shipped protocol as a file."""
    found = shipped().get(name)
    if found is None:
        raise NotFound(f"no protocol {name}; see: planner protocol list")
    click.echo(write_protocol(found), nl=False)


@protocol.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check_protocol(file: Path) -> None:
    """Check a protocol file, and name every field that is wrong."""
    found = read_protocol(text_of(file))
    click.echo(f"{found.name} v{found.version} is a usable protocol.")


@protocol.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--clinic", "clinic_name", help="Whose protocol it becomes; needed where there are several clinics.")
def import_protocol(file: Path, clinic_name: str | None) -> None:
    """Publish a protocol file in a clinic of the database, as the version that it says; a version never changes."""
    found = read_protocol(text_of(file))
    with in_clinic(clinic_name) as ctx:
        clinics.publish(ctx, found)
    click.echo(f"{found.name} v{found.version} is published.")


@protocol.command("export")
@click.argument("name")
@click.option("--version", type=int, help="Which version; the latest by default.")
@click.option("--clinic", "clinic_name", help="Whose protocol; needed where there are several clinics.")
def export_protocol(name: str, version: int | None, clinic_name: str | None) -> None:
    """Print a protocol that a clinic of the database has published, as a file."""
    with in_clinic(clinic_name) as ctx:
        found = clinics.one_published(ctx, name, version)
    click.echo(write_protocol(found), nl=False)
