"""A series settled: every session as it was shown, with the seats that are free for it.

Most of that is worked out before the calendar is locked, from a snapshot. Under the lock the course's request is gathered
again, and the database is asked which of those seats somebody has taken since: what still stands is booked, and only the
rest is looked at again. So the lock is held for reading, comparing and writing, and what is booked is always checked
against the facts of now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from planner.domain.errors import Violation
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import Placed, PlanRequest
from planner.domain.rechecking import Shown, recheck
from planner.services.briefing import taken_around
from planner.services.writing import Seats, held_span, seat_all
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Settled:
    """The sessions that hold, by number, with the seats of their visits; and what each of the others breaks."""

    request: PlanRequest
    placed: Mapping[int, Placed] = field(default_factory=dict)
    seats: Seats = field(default_factory=dict)
    broken: Mapping[int, list[Violation]] = field(default_factory=dict)

    @property
    def rows(self) -> list[BusyRow]:
        """All that the sessions take."""
        return [row for rows in self.seats.values() for row in rows]

    def only(self, numbers: set[int]) -> "Settled":
        """Keep some of the sessions that hold."""
        placed = {number: one for number, one in self.placed.items() if number in numbers}
        return replace(
            self, placed=placed, seats={v.start: self.seats[v.start] for one in placed.values() for v in _visits(one)}
        )


def settle(uow: UnitOfWork, request: PlanRequest, shown: Sequence[Shown], known: Settled | None = None) -> Settled:
    """Check a series as it was shown and seat it beside what others take now; *known* to hold is not looked at again."""
    known = known or Settled(request)
    unknown = [one for one in shown if one.number not in known.placed]
    if not unknown:
        return known
    taken = taken_around(uow, _spans(request, unknown), [booked.appointment_id for booked in request.standing])
    placed, broken = recheck(request, Occupancy(request.clinic, taken), shown, known.placed)
    found = [visit for one in placed if one.number not in known.placed for visit in _visits(one)]
    seats = {**known.seats, **seat_all(found, request.clinic, request.patient_id, [*taken, *known.rows])}
    return Settled(request, {one.number: one for one in placed}, seats, broken)


def still(uow: UnitOfWork, before: Settled, request: PlanRequest, now: datetime) -> Settled:
    """Give what holds still of what held before: nothing where the request is another, else whose seats are all free."""
    if before.request.standing or replace(request, not_before=before.request.not_before) != before.request:
        return Settled(request)
    gone = set(uow.occupancy.clashing(before.rows))
    holds = {
        number
        for number, one in before.placed.items()
        if all(visit.start >= now and gone.isdisjoint(before.seats[visit.start]) for visit in _visits(one))
    }
    return before.only(holds)


def _visits(placed: Placed) -> Iterator[Placed]:
    yield placed
    if placed.linked:
        yield placed.linked


def _spans(request: PlanRequest, shown: Sequence[Shown]) -> list[tuple[datetime, datetime]]:
    longest = max(request.protocol.visits.values(), key=lambda visit: visit.held_minutes)
    starts = [one.start for one in shown] + [one.linked_start for one in shown if one.linked_start]
    return [held_span(start, longest) for start in starts]
