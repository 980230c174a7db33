"""The log of changes to what is taken: what a process remembers of a calendar is brought up to date by it, not read anew.

Each transaction that takes something, or sets it free, writes one entry in the end: its number, one more than the last of
the clinic, and the stretches of time in which something changed. Writers of one clinic stand behind its calendar's lock, so
entries are numbered in the order in which they become visible, and whoever sees one sees all that it speaks of.
"""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import JSON, Connection, Uuid, bindparam, func, select

from planner.storage.calendar_tables import CalendarChangeRow
from planner.storage.tables import table_of

MinuteSpan = tuple[int, int]
"""[first, last) in minutes since 1970 UTC."""
KEPT = 512
"""Entries kept at least: whoever remembers an older state reads anew."""
_PRUNED_EVERY = 64

_LOG = table_of(CalendarChangeRow)
_OURS = _LOG.c.clinic_id == bindparam("_clinic_id")
_LATEST = select(func.coalesce(func.max(_LOG.c.revision), 0)).where(_OURS)
_SINCE = select(_LOG.c.revision, _LOG.c.spans).where(_OURS, _LOG.c.revision >= bindparam("_revision"))
_SINCE = _SINCE.order_by(_LOG.c.revision)
_NEXT = select(
    bindparam("_clinic_id", type_=Uuid()), func.coalesce(func.max(_LOG.c.revision), 0) + 1, bindparam("_spans", type_=JSON())
).where(_OURS)
_WRITE = _LOG.insert().from_select(["clinic_id", "revision", "spans"], _NEXT).returning(_LOG.c.revision)
_PRUNE = _LOG.delete().where(_OURS, _LOG.c.revision <= bindparam("_revision"))


class Since(NamedTuple):
    """What has changed since a state that is remembered: the number of the last change, and when there was one."""

    revision: int
    spans: list[MinuteSpan]


class Changes:
    """What this transaction changes, and what others have changed before."""

    def __init__(self, connection: Connection, clinic_id: UUID) -> None:
        self._connection, self._clinic_id = connection, clinic_id
        self._spans: list[MinuteSpan] = []

    def touch(self, spans: Iterable[MinuteSpan]) -> None:
        """Remember until the end of the transaction that something was taken or set free within these minutes."""
        self._spans += spans

    def write(self) -> None:
        """Write the transaction's entry, if it changed anything; old entries go now and then."""
        if not self._spans:
            return
        values = {"_clinic_id": self._clinic_id, "_spans": merged(self._spans)}
        revision = self._connection.execute(_WRITE, values).scalar_one()
        if revision % _PRUNED_EVERY == 0:
            self._connection.execute(_PRUNE, {"_clinic_id": self._clinic_id, "_revision": revision - KEPT})

    def latest(self) -> int:
        """Give the number of the last change; 0 before the first."""
        latest: int = self._connection.execute(_LATEST, {"_clinic_id": self._clinic_id}).scalar_one()
        return latest

    def since(self, revision: int) -> Since | None:
        """Tell what has changed since a revision; None where the log no longer, or not yet, knows that one."""
        values = {"_clinic_id": self._clinic_id, "_revision": revision}
        entries = self._connection.execute(_SINCE, values).all()
        if revision == 0:
            known = not entries or entries[0].revision == 1
        else:
            known = bool(entries) and entries[0].revision == revision
        if not known:
            return None
        later = [entry for entry in entries if entry.revision > revision]
        spans = [(first, last) for entry in later for first, last in entry.spans]
        return Since(later[-1].revision if later else revision, merged(spans))


def merged(spans: Iterable[MinuteSpan]) -> list[MinuteSpan]:
    """Join spans that touch, in order."""
    joined: list[MinuteSpan] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
