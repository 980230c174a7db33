"""Any `planner` command on a clock that a test sets: a file holds by how many seconds it differs from this machine's.

    python timed.py FILE WORDS...
"""

import sys
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import time_machine

from planner.cli import main
from planner.clock import system_clock


def follow(file, clock, seconds):
    """Set the clock whenever the file says something else."""
    while not Event().wait(0.02):
        wanted = float(file.read_text() or seconds)
        if wanted != seconds:
            clock.shift(timedelta(seconds=wanted - seconds))
            seconds = wanted


def run(name, *words):
    file = Path(name)
    seconds = float(file.read_text())
    with time_machine.travel(system_clock() + timedelta(seconds=seconds)) as clock:
        Thread(target=follow, args=(file, clock, seconds), daemon=True).start()
        sys.argv = ["planner", *words]
        main()


if __name__ == "__main__":
    run(*sys.argv[1:])
