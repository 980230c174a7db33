"""What messages leave by: a transport for each channel, and how much each takes, counted for all workers together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from planner.config import Settings
from planner.domain.channels import Channel
from planner.domain.notices import NO_DRIVING
from planner.notify.transports import Transport
from planner.storage.desk_records import Notice
from planner.storage.unit_of_work import Store

_MINUTE, _FURTHEST = 60, 60
"""The length of the window in which messages are counted, in seconds, and how many windows ahead one may have to wait."""


@dataclass(frozen=True)
class Post:
    """What messages leave by: transports by channel, how many each may take in a minute, and where links lead to."""

    transports: Mapping[Channel, Transport] = field(default_factory=dict)
    per_minute: Mapping[Channel, int] = field(default_factory=dict)
    base_url: str = Settings.base_url

    def room_at(self, store: Store, now: datetime, channel: Channel, notices: Iterable[Notice]) -> datetime | None:
        """Count a message of a channel, in all processes; tell when there will be room where there is none.

        What is over the limit is spread over the minutes to come. A no-driving message is counted, but never waits.
        """
        limit = self.per_minute.get(channel)
        if not limit:
            return None
        start = int(now.timestamp()) // _MINUTE * _MINUTE
        with store.begin_installation() as installation:
            ahead = (installation.hit(f"send:{channel}", start) - 1) // limit
        if not ahead or any(one.kind in NO_DRIVING for one in notices):
            return None
        return datetime.fromtimestamp(start + min(ahead, _FURTHEST) * _MINUTE, UTC)
