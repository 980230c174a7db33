"""The clock that everything asks: injected, so that a test can set it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present instant, aware and in UTC."""


def system_clock() -> datetime:
    """Tell the time of this machine, in UTC: the only place that asks it."""
    return datetime.now(UTC)  # noqa: TID251
