"""`planner protocol`: the shipped protocols, and checking one of your own."""

from pathlib import Path

import click

from planner.cli.files import text_of
from planner.documents.protocols import read_protocol, shipped, write_protocol
from planner.domain.errors import NotFound


@click.group()
def protocol() -> None:
    """List, print and check protocols; a file to start from is one that is printed."""


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
