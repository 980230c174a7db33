"""Several `planner worker` processes at once, forked before anything is open so that they start together.

    python workers.py COUNT

Told to stop, it tells each of them, and ends with how many did not end cleanly.
"""

import os
import signal
import sys

from planner.cli.worker import worker


def forked():
    child = os.fork()
    if not child:
        worker.callback()
        os._exit(0)
    return child


def main(count):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until all are there; each child listens by itself
    children = [forked() for _ in range(int(count))]
    signal.sigwait({signal.SIGTERM})
    for child in children:
        os.kill(child, signal.SIGTERM)
    sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))


if __name__ == "__main__":
    main(*sys.argv[1:])
