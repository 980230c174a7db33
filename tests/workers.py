"""Real `planner worker` processes for tests, each with its log in a file, where no pipe fills up."""

import os
import signal
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from forking import forked

PATIENCE = 60.0
"""Seconds that a test waits for what another thread or process does: many, since the machine may be busy."""
LEASE = timedelta(seconds=1.5)
"""How long a worker that was killed keeps what it had taken."""
ENDS_WITHIN = 30.0
"""Seconds within which a worker that is told to end must have."""


class Shift:
    """By how much a worker's clock differs from this machine's, in a file: it may be set anew while the worker works.

    *right*: by how much one differs that is right in the world of the test.
    """

    def __init__(self, file: Path, right: timedelta = timedelta(0), **off: float) -> None:
        self.file, self.right = file, right
        self.set(**off)

    def set(self, **off: float) -> None:
        """Let the clock be off by so much, in the words of timedelta."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str((self.right + timedelta(**off)).total_seconds()))
        fresh.replace(self.file)

    @property
    def by(self) -> timedelta:
        return timedelta(seconds=float(self.file.read_text()))


class Worker:
    """A `planner worker`; *limit*: how many seconds a delivery may take, in place of the product's."""

    def __init__(
        self, url: str, smtp_url: str, log: Path, shift: Shift | None = None, limit: float | None = None
    ) -> None:  # fmt: skip
        self._log = log
        log.touch()
        settings = {
            "PLANNER_DATABASE_URL": url, "PLANNER_SMTP_URL": smtp_url, "PLANNER_LOG_LEVEL": "INFO",
            "PLANNER_LEASE_SECONDS": str(LEASE.total_seconds()),
        }  # fmt: skip
        self._process = forked(_work, shift, limit, log=log, **settings)

    def said(self) -> str:
        """Read its log."""
        return self._log.read_text()

    def kill(self) -> None:
        """Kill it: nothing of its own is done any more."""
        os.kill(self._process.pid, signal.SIGKILL)

    def tell_to_end(self) -> None:
        """Tell it to end, as a service manager does."""
        os.kill(self._process.pid, signal.SIGTERM)

    def wait(self, seconds: float = ENDS_WITHIN) -> int:
        """Wait until it has ended; gives its exit code, or the number of what killed it, negative."""
        self._process.join(seconds)
        assert self._process.exitcode is not None, f"it should have ended: {self.said()}"
        return self._process.exitcode

    def close(self) -> None:
        """Leave nothing of it behind."""
        if self._process.exitcode is None:
            self.kill()
            self._process.join()
        self._process.close()


@contextmanager
def working(url, mailbox, *, shift=None, limit=None):
    """Run a worker while the block lasts; unless it was killed, it must end well, and soon, when it is told to."""
    with TemporaryDirectory() as folder:
        worker = Worker(url, mailbox.url, Path(folder) / "log", shift, limit)
        try:
            yield worker
            if worker._process.exitcode is None:
                worker.tell_to_end()
            assert worker.wait() in {0, -signal.SIGKILL}
        except BaseException:
            print(worker.said())
            raise
        finally:
            worker.close()


def _work(shift, limit):
    """Become the command; it begins with the signals kept for it that it listens to."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    sys.argv = ["planner", "worker"]
    from planner.cli import main
    from planner.notify.transports import SmtpTransport

    if limit:
        SmtpTransport.__init__.__defaults__ = (limit, *SmtpTransport.__init__.__defaults__[1:])
    if shift is None:
        main()
    else:
        _shifted(shift, main)


def _shifted(shift, act):
    import time_machine

    from planner.clock import system_clock

    by = shift.by
    with time_machine.travel(system_clock() + by) as clock:
        Thread(target=_follow, args=(shift, by, clock), daemon=True).start()
        act()


def _follow(shift, by, clock):
    """Set the clock whenever it is to be off by something else."""
    while not Event().wait(0.02):
        wanted = shift.by
        if wanted != by:
            clock.shift(wanted - by)
            by = wanted
