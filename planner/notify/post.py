"""What messages leave by: a transport for each channel, and how much each takes, counted for all workers together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from planner.config import Settings
from planner.domain.channels import Channel
from planner.domain.notices import NO_DRIVING
from planner.notify.transports import Transport
from planner.storage.desk_records import Notice
from planner.storage.unit_of_work import Store

NO_ROOM = "rate-limit"
"""The outcome of what waits for room under the limit of its channel."""


@dataclass(frozen=True)
class Post:
    """What messages leave by: transports by channel, how many each may take in a minute, and where links lead to."""

    transports: Mapping[Channel, Transport] = field(default_factory=dict)
    per_minute: Mapping[Channel, int] = field(default_factory=dict)
    base_url: str = Settings.base_url

    def room_at(self, store: Store, now: datetime, channel: Channel, notices: Sequence[Notice]) -> datetime | None:
        """Count a message of a channel that goes now, in all processes; tell when it may come back where there is no room.

        A no-driving message goes at once, and takes the room of others.
        """
        limit = self.per_minute.get(channel)
        if not limit:
            return None
        urgent = any(one.kind in NO_DRIVING for one in notices)
        again = any(one.outcome == NO_ROOM for one in notices)
        with store.begin_installation() as installation:
            return installation.room_at(f"send:{channel}", limit, now, urgent=urgent, again=again)
