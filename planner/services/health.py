"""Whether the planner works: the database answers, a worker is alive, and nothing owed is late."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from planner.clock import Clock
from planner.domain.errors import Unavailable
from planner.storage.unit_of_work import Store

SILENT = timedelta(minutes=2)
"""How long a worker may be silent, or a message late, before people are told."""


@dataclass(frozen=True)
class Health:
    """What a look at the planner found; instants in UTC. *oldest_due*: when the first unsent message was due.

    *set_back*: a worker was alive later than now, so that a clock was set back; none of them sends before it is trusted.
    """

    database: bool
    last_beat: datetime | None = None
    set_back: bool = False
    oldest_due: datetime | None = None
    now: datetime | None = None

    @property
    def silent(self) -> bool:
        """Whether no worker has been alive for two minutes."""
        return self.now is None or self.last_beat is None or self.now - self.last_beat > SILENT

    @property
    def late(self) -> bool:
        """Whether a message has been due for more than two minutes."""
        return self.now is not None and self.oldest_due is not None and self.now - self.oldest_due > SILENT

    @property
    def ready(self) -> bool:
        """Whether pages can be served and messages go out."""
        return self.database and not self.silent

    @property
    def words(self) -> str:
        """Say it in a line."""
        if not self.database:
            return "the database does not answer"
        if self.silent:
            return f"{'a clock was set back' if self.set_back else 'no worker is alive'}: messages wait"
        return "ready, but messages are late" if self.late else "ready"


def look(store: Store, clock: Clock) -> Health:
    """Look whether all is well."""
    now = clock()
    try:
        with store.read_installation() as installation:
            last, seen = installation.last_beat(), installation.last_beat(now + SILENT)
            due = installation.oldest_due()
            return Health(database=True, last_beat=seen, set_back=last != seen, oldest_due=due, now=now)
    except Unavailable:
        return Health(database=False)
