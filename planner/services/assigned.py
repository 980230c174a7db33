"""Who has an appointment now: its stored rows, read back as the assignments that they were written from."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.occupancy import STARTER_SEAT, BusyRow
from planner.domain.plan import Assignment, Placed, Preferred
from planner.domain.span import minute_of
from planner.domain.visit import Mode, Requirement
from planner.storage.records import AppointmentRecord


def assigned(record: AppointmentRecord, rows: Iterable[BusyRow], clinic: Clinic) -> tuple[Assignment, ...]:
    """Give each need that an appointment holds the resource that it has; one no longer in use is left out."""
    kinds = {resource.id: resource.kind for resource in clinic.resources}
    taken = [(row, kinds[row.subject_id]) for row in rows if row.subject_id in kinds]
    found: list[Assignment] = []
    for requirement in record.profile.requirements:
        begin = record.start_at + timedelta(minutes=requirement.offset)
        resource_id = _holder(requirement, minute_of(begin), taken)
        if resource_id and requirement.mode is not Mode.PRESENCE:
            end = begin + timedelta(minutes=requirement.minutes)
            kind, mode, units, step = requirement.kind, requirement.mode, requirement.units, requirement.step
            found.append(Assignment(resource_id, kind, mode, units, begin, end, step))
    return tuple(found)


def _holder(requirement: Requirement, minute: int, taken: Sequence[tuple[BusyRow, str]]) -> UUID | None:
    """Find who has a need: one of its kind, taken as it begins; a visit has at most one need of a kind at any time."""
    starting = requirement.mode is Mode.START
    return next(
        (
            row.subject_id
            for row, kind in taken
            if kind == requirement.kind and (row.seat == STARTER_SEAT) is starting and row.start <= minute < row.end
        ),
        None,
    )


def preferred(assignments: Iterable[Assignment]) -> Preferred:
    """Give them as a wish: who has the visit now keeps it where they are free."""
    return {(one.kind, one.mode, one.step): one.resource_id for one in assignments}


def placed_of(record: AppointmentRecord, rows: Iterable[BusyRow], clinic: Clinic) -> Placed:
    """Give a booked appointment as the session it is, where and with whom it is booked; priced by nobody yet."""
    return Placed(
        record.number or 1, record.phase or "", record.profile.name, record.start_at, record.end_at, None,
        assigned(record, rows, clinic), (), record.clinician_id,
    )  # fmt: skip
