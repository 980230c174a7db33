"""Stretches of time in which a carrier or all workers are away."""

from bisect import bisect_right
from datetime import datetime


class Spells:
    """Stretches of time in which something is away."""

    def __init__(self) -> None:
        self._begins, self._ends = list[datetime](), list[datetime]()

    def add(self, begin: datetime, end: datetime) -> None:
        """Add one that begins after all that are there; it may overlap with the last."""
        self._begins.append(begin)
        self._ends.append(max(end, self._ends[-1]) if self._ends else end)

    def touch(self, begin: datetime, end: datetime) -> bool:
        """Whether one of them has an instant in common with this stretch."""
        last = bisect_right(self._begins, end)
        return last > 0 and self._ends[last - 1] >= begin

    def over(self, at: datetime) -> datetime:
        """Give the instant itself, or where something is away then the end of that."""
        last = bisect_right(self._begins, at)
        return max(at, self._ends[last - 1]) if last else at

    def __len__(self) -> int:
        return len(self._begins)
