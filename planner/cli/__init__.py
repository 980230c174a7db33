"""The `planner` command: each command parses, calls one use-case or one pure function, and prints."""

import logging
import os
import sys

import click

from planner import __version__
from planner.cli.backup import backup
from planner.cli.bounce import bounce
from planner.cli.demo import demo
from planner.cli.doctor import doctor
from planner.cli.plan import plan_file
from planner.cli.protocols import protocol
from planner.cli.restore import restore
from planner.cli.serve import serve
from planner.cli.setup import init
from planner.cli.user import clinic, user
from planner.cli.worker import worker
from planner.config import InvalidSettings
from planner.documents.edge import problems_of
from planner.domain.errors import InvalidValue, PlannerError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="planner")
def planner() -> None:
    """Plan and book whole courses of ketamine and esketamine treatment."""


for command in (demo, init, serve, worker, plan_file, protocol, clinic, user, backup, restore, doctor, bounce):
    planner.add_command(command)


def main() -> None:
    """Run the command: a refusal is one clear line (or one for each problem) and exit code 1."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        planner.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit("planner: stopped")
    except PlannerError as error:
        sys.exit("\n".join(f"planner: {line}" for line in _lines(error)))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _lines(error: PlannerError) -> list[str]:
    if isinstance(error, InvalidSettings):
        return error.problems
    if isinstance(error, InvalidValue):
        return [str(problem) for problem in problems_of(error)]
    return [str(error)]
