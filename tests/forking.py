"""Processes of their own for tests, forked from a server that has imported all of ours: anew that costs 1.6 s of a core.

Nothing is open there; from the fork on each is a process like any other.
"""

import os
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from planner.app import BLUEPRINTS

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["pytest", "time_machine", "planner.cli", *(f"planner.web.{name}" for name in BLUEPRINTS)])


def forked(act: Callable[..., None], *args: object, log: Path, **settings: str) -> BaseProcess:
    """Start a process that does this with no settings of ours but these, and says what it says in a file."""
    process = FORKS.Process(target=_alone, args=(act, args, log, settings))
    process.start()
    return process


def _alone(act: Callable[..., None], args: tuple[object, ...], log: Path, settings: dict[str, str]) -> None:
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(out, 1)
    os.dup2(out, 2)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLANNER_")}
    os.environ.clear()
    os.environ.update(kept | settings)
    act(*args)
