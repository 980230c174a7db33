"""From assignments to occupancy: which seat of a resource each unit takes, so that a database can refuse an overlap.

A unit may change seats of the same resource where another visit begins or ends; rows of one seat that touch are one row.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.errors import Conflict
from planner.domain.occupancy import PATIENT_SEAT, STARTER_SEAT, BusyRow
from planner.domain.plan import Assignment
from planner.domain.span import Span, minute_of
from planner.domain.visit import Mode, VisitProfile

Taken = Mapping[int, list[BusyRow]]
"""What is taken, by the number of the subject's id (which hashes faster than the id itself)."""


def by_subject(rows: Iterable[BusyRow]) -> dict[int, list[BusyRow]]:
    """Arrange rows by whom or what they take."""
    taken: dict[int, list[BusyRow]] = {}
    for row in rows:
        taken.setdefault(row.subject_id.int, []).append(row)
    return taken


def seat_visit(
    assignments: Iterable[Assignment], taken: Taken, capacity: Mapping[UUID, int], patient_id: UUID, span: Span
) -> list[BusyRow]:
    """Give the rows that one visit takes: its resources' seats, and the patient from the seat to discharge.

    *taken*: what others take at the time. Raises Conflict where a resource has too few seats left.
    """
    rows = [BusyRow(patient_id, PATIENT_SEAT, minute_of(span.start), minute_of(span.end))]
    held: dict[UUID, list[tuple[int, int, int]]] = {}
    for one in assignments:
        start, end = minute_of(one.start), minute_of(one.end)
        if one.mode is Mode.START:
            rows.append(BusyRow(one.resource_id, STARTER_SEAT, start, end))
        else:
            held.setdefault(one.resource_id, []).append((start, end, one.units))
    for resource_id, stretches in held.items():
        first, last = min(stretches)[0], max(end for _, end, _ in stretches)
        others = [row for row in taken.get(resource_id.int, ()) if row.start < last and first < row.end]
        rows += _seated(resource_id, sorted(stretches), others, capacity[resource_id])
    return rows


def held_by(
    profile: VisitProfile, start: datetime, rows: Sequence[BusyRow], clinic: Clinic
) -> dict[tuple[str, Mode, str], UUID]:
    """Say who has a visit, by kind, mode and step, from the rows that it takes: the way back from `seat_visit`."""
    found: dict[tuple[str, Mode, str], UUID] = {}
    resources = {row.subject_id: clinic.resource(row.subject_id) for row in rows}
    for need in profile.requirements:
        begin = minute_of(start) + need.offset
        for row in rows:
            one = resources[row.subject_id]
            starts = (row.seat == STARTER_SEAT) is (need.mode is Mode.START)
            if one and one.kind == need.kind and starts and row.start <= begin < row.end:
                found[need.kind, need.mode, need.step] = one.id
    return found


def _seated(
    resource_id: UUID, stretches: list[tuple[int, int, int]], others: list[BusyRow], capacity: int
) -> list[BusyRow]:
    rows: list[BusyRow] = []
    before: list[int] = []
    for start, end, units in stretches:
        for first, last in _segments(start, end, others):
            busy = {row.seat for row in others if row.start < last and first < row.end}
            free = [seat for seat in (*before, *range(1, capacity + 1)) if seat not in busy]
            before = list(dict.fromkeys(free))[:units]
            if len(before) < units:
                raise Conflict("too few units are free")
            rows += (BusyRow(resource_id, seat, first, last) for seat in before)
    return _joined(rows)


def _segments(start: int, end: int, others: list[BusyRow]) -> Iterable[tuple[int, int]]:
    edges = {edge for row in others for edge in (row.start, row.end) if start < edge < end}
    return pairwise([start, *sorted(edges), end])


def _joined(rows: list[BusyRow]) -> list[BusyRow]:
    joined: list[BusyRow] = []
    for row in sorted(rows, key=lambda row: (row.seat, row.start)):
        last = joined[-1] if joined else None
        if last and last.seat == row.seat and last.end == row.start:
            joined[-1] = last._replace(end=row.end)
        else:
            joined.append(row)
    return joined
