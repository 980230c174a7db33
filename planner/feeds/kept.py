"""Rendered calendars, kept in memory until something in them changes: what a fetch is answered with, most of the time."""

import gzip
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import Lock

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
class Page:
    """Bytes, and what they are right for: this *mark* of the facts, within the stretch of time [since, until).

    From *note_at* on, a fetch is worth writing down again.
    """

    mark: object
    since: datetime
    until: datetime
    note_at: datetime
    rendered: Rendered

    def is_right(self, mark: object, now: datetime) -> bool:
        """Whether they still are what the calendar shows."""
        return self.mark == mark and self.since <= now < self.until


class Kept:
    """The pages that one process keeps by key, the least recently used leaving first; safe to share between threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._size, self._lock = most_bytes, 0, Lock()
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._minute, self._counts = 0, dict[str, int]()

    def get(self, key: str, mark: object, now: datetime) -> Page | None:
        """Give the page that is kept, where it is still right."""
        with self._lock:
            page = self._pages.get(key)
            if page is None or not page.is_right(mark, now):
                return None
            self._pages.move_to_end(key)
            return page

    def put(self, key: str, page: Page) -> None:
        """Keep a page in place of what it was."""
        with self._lock:
            if before := self._pages.pop(key, None):
                self._size -= before.rendered.size
            self._pages[key] = page
            self._size += page.rendered.size
            while self._size > self._most:
                self._size -= self._pages.popitem(last=False)[1].rendered.size

    def count(self, key: str, minute: int) -> int:
        """Count one more fetch; gives how many this process had of the key in that minute."""
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            self._counts[key] = self._counts.get(key, 0) + 1
            return self._counts[key]
