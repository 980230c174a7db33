"""Two processes that send what is due, a few at a time, at the instant that a file holds, until they are told to end.

    python sending.py FILE
"""

import os
import signal
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Event

from planner.bootstrap import assemble
from planner.config import Settings
from planner.domain.errors import Unavailable
from planner.notify.dispatcher import dispatch

AT_ONCE = 3


def main(name):
    other, file, stop = os.fork(), Path(name), Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    parts = assemble(Settings.from_env(os.environ), lambda: datetime.fromisoformat(file.read_text()))
    with parts.store.begin_installation() as installation:
        installation.beat(str(os.getpid()), parts.clock())
    while not stop.wait(0.02):
        with suppress(Unavailable):  # the other one writes: next time
            dispatch(parts.store, parts.clock, parts.post, limit=AT_ONCE)
    if other:
        os.kill(other, signal.SIGTERM)
        sys.exit(os.waitpid(other, 0)[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
