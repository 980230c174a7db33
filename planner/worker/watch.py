"""Whether this machine's clock can be trusted: it is compared with one that nobody can set.

A wrong clock would send this evening's reminder at noon. While it is out of step nothing is sent, and the worker counts as
silent, so that every staff page says so; what is due waits.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from planner.clock import Clock

log = logging.getLogger(__name__)

MOST = timedelta(minutes=5)
"""How far the clock may step at once before it is doubted."""
SETTLED = timedelta(minutes=30)
"""How long a clock must keep its new time to be believed: then it was set right, and waiting longer would lose messages."""


def steady_seconds() -> float:
    """Count seconds that nobody can set; where the system can, those asleep count too: a laptop that wakes is not wrong."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class ClockWatch:
    """Compares the clock with a steady one at each question; safe to share between threads."""

    def __init__(self, clock: Clock, steady: Callable[[], float] = steady_seconds) -> None:
        self._clock, self._steady, self._lock = clock, steady, Lock()
        self._wall, self._seconds = clock(), steady()
        self._doubted_since: float | None = None

    def trusted(self) -> bool:
        """Whether the clock is in step, or has kept its new time for half an hour."""
        with self._lock:
            wall, seconds = self._clock(), self._steady()
            step = (wall - self._wall) - timedelta(seconds=seconds - self._seconds)
            if abs(step) <= MOST:
                self._believe(wall, seconds, "the clock is in step again; sending goes on")
            elif self._doubted_since is None:
                self._doubted_since = seconds
                log.error("the clock has jumped by %d s: nothing is sent until it is back", step.total_seconds())
            elif seconds - self._doubted_since >= SETTLED.total_seconds():
                self._believe(wall, seconds, "the clock has kept its new time for 30 minutes; sending goes on")
            return self._doubted_since is None

    def _believe(self, wall: datetime, seconds: float, why: str) -> None:
        if self._doubted_since is not None:
            log.warning(why)
        self._wall, self._seconds, self._doubted_since = wall, seconds, None
