"""A difference session by session, as a clinician reads it: what was, what will be, and the days between."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from planner.domain.course import Booked
from planner.domain.plan import Placed, Plan
from planner.domain.replanning import Diff
from planner.domain.span import local_day


class Kind(StrEnum):
    """What happens to an appointment."""

    KEEP = "keep"
    MOVE = "move"
    CANCEL = "cancel"
    ADD = "add"


@dataclass(frozen=True)
class Row:
    """One visit of a difference; *gap_was* and *gap* are local days since the session before, then and now."""

    kind: Kind
    was: Booked | None = None
    will: Placed | None = None
    gap_was: int | None = None
    gap: int | None = None
    follows: bool = False
    """Whether it is a visit that follows a session."""

    @property
    def at(self) -> datetime:
        """The start by which it stands in order (UTC): the new one, or that of what is cancelled."""
        if self.will:
            return self.will.start
        if self.was is None:
            raise AssertionError("a row is about an appointment")
        return self.was.start


def rows_of(diff: Diff, plan: Plan, last: date | None, zone: ZoneInfo) -> tuple[Row, ...]:
    """Give a difference in date order, with the gaps of its sessions; *last* is the local day of the last one given."""
    linked = {id(placed.linked) for placed in plan.placed if placed.linked}
    rows = [Row(Kind.KEEP, one.booked, one.placed, follows=one.booked.linked) for one in diff.keep]
    rows += [Row(Kind.MOVE, one.booked, one.placed, follows=one.booked.linked) for one in diff.move]
    rows += [Row(Kind.CANCEL, booked, follows=booked.linked) for booked in diff.cancel]
    rows += [Row(Kind.ADD, None, placed, follows=id(placed) in linked) for placed in diff.add]
    sessions = [row for row in rows if not row.follows]
    was = _gaps((row.was.start for row in sessions if row.was), last, zone)
    will = _gaps((row.will.start for row in sessions if row.will), last, zone)
    gapped = (
        row if row.follows else replace(
            row, gap_was=was.get(row.was.start) if row.was else None, gap=will.get(row.will.start) if row.will else None
        )
        for row in rows
    )  # fmt: skip
    return tuple(sorted(gapped, key=lambda row: (row.at, row.kind is not Kind.CANCEL)))


def _gaps(starts: Iterable[datetime], last: date | None, zone: ZoneInfo) -> dict[datetime, int | None]:
    """Give, by start, the local days since the session before."""
    found, before = dict[datetime, int | None](), last
    for start in sorted(starts):
        day = local_day(start, zone)
        found[start] = None if before is None else (day - before).days
        before = day
    return found
