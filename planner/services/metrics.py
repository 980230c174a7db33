"""What whoever watches the planner counts: messages by kind, tries that failed, and how long since anything happened."""

from collections.abc import Mapping
from dataclasses import dataclass

from planner.clock import Clock
from planner.domain.channels import Channel
from planner.domain.outbox import Standing
from planner.storage.unit_of_work import Store


@dataclass(frozen=True)
class Measured:
    """Numbers of all clinics together, from the database.

    *oldest_due*: seconds since the first message was due that is still owed, 0 for none that is due. *heartbeat*: seconds
    since a worker was alive; None where none ever was.
    """

    messages: Mapping[tuple[str, Standing], int]
    failures: Mapping[Channel, int]
    oldest_due: float
    heartbeat: float | None


def measure(store: Store, clock: Clock) -> Measured:
    """Count; raises Unavailable where the database is away."""
    now = clock()
    with store.read_installation() as installation:
        counted, oldest, beat = installation.tallies(), installation.oldest_due(), installation.last_beat()
    waiting = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    return Measured(counted.messages, counted.failures, waiting, (now - beat).total_seconds() if beat else None)
