"""Rendered calendars, kept in memory until something in them changes: what a fetch is answered with, most of the time."""

import gzip
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import Lock
from uuid import UUID

MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Rendered:
    """A calendar as it is sent, plain and zipped; each has its own tag, the SHA-256 of its bytes."""

    body: bytes
    tag: str
    zipped: bytes
    zipped_tag: str

    @property
    def size(self) -> int:
        """What it takes of memory, in bytes."""
        return len(self.body) + len(self.zipped)


def rendered(body: bytes) -> Rendered:
    """Zip a calendar and tag both forms; the same bytes give the same, whenever."""
    zipped = gzip.compress(body, mtime=0)
    return Rendered(body, sha256(body).hexdigest(), zipped, sha256(zipped).hexdigest())


@dataclass(frozen=True)
class Validity:
    """For what state (*fingerprint*) of the facts, and for what stretch of time [since, until), bytes are right."""

    fingerprint: object
    since: datetime
    until: datetime

    def covers(self, fingerprint: object, now: datetime) -> bool:
        """Whether they are right for this state at this instant."""
        return self.fingerprint == fingerprint and self.since <= now < self.until


class Kept:
    """What one process keeps, the least recently used leaving first; safe to share between threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._size, self._lock = most_bytes, 0, Lock()
        self._pages: OrderedDict[UUID, tuple[Validity, Rendered]] = OrderedDict()
        self._minute, self._counts = 0, dict[UUID, int]()

    def get(self, link_id: UUID, fingerprint: object, now: datetime) -> Rendered | None:
        """Give a link's bytes where they are still right."""
        with self._lock:
            found = self._pages.get(link_id)
            if found is None or not found[0].covers(fingerprint, now):
                return None
            self._pages.move_to_end(link_id)
            return found[1]

    def put(self, link_id: UUID, validity: Validity, page: Rendered) -> None:
        """Keep a link's bytes in place of what they were."""
        with self._lock:
            if before := self._pages.pop(link_id, None):
                self._size -= before[1].size
            self._pages[link_id] = (validity, page)
            self._size += page.size
            while self._size > self._most:
                _, (_, dropped) = self._pages.popitem(last=False)
                self._size -= dropped.size

    def count(self, link_id: UUID, minute: int) -> int:
        """Count one more fetch of a link; gives how many this process had in that minute."""
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            self._counts[link_id] = self._counts.get(link_id, 0) + 1
            return self._counts[link_id]
