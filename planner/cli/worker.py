"""`planner worker`: the process that sends what is due."""

import os
import signal
import sys
from threading import Event, Thread

import click

from planner.bootstrap import assemble
from planner.cli.logs import log_as_json
from planner.config import Settings
from planner.worker.running import run

_ENDS = {signal.SIGTERM, signal.SIGINT}


@click.command()
def worker() -> None:
    """Send what is owed and look after the day, on the database that PLANNER_DATABASE_URL names, until told to stop.

    Mail goes through PLANNER_SMTP_URL. Any number of workers may run at once; a message is sent by one of them.
    """
    settings = Settings.from_env(os.environ)
    parts = assemble(settings)
    log_as_json(settings.log_level)
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)  # before any thread begins: only this one hears them, when it listens
    stop = Event()
    working = Thread(target=run, args=(parts, stop), name="worker")
    working.start()
    while working.is_alive() and signal.sigtimedwait(_ENDS, 1.0) is None:
        pass
    asked = working.is_alive()
    stop.set()
    working.join()
    parts.store.close()
    if not asked:
        sys.exit("planner: the worker has failed; its log says why")
