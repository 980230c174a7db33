"""When there is room: the free starts of a visit, day by day, and by each person (or device) who could serve it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from planner.domain.bitmaps import CHUNK, instant_of
from planner.domain.errors import InvalidValue
from planner.domain.occupancy import Occupancy, lane
from planner.domain.reach import set_bits
from planner.domain.roles import Permission
from planner.domain.span import day_start, minute_of
from planner.domain.visit import VisitProfile
from planner.services.context import Context
from planner.services.visits import VisitKind
from planner.storage.unit_of_work import UnitOfWork

LONGEST = 92
"""The most days that one question may ask for."""


@dataclass(frozen=True)
class FreeDay:
    """A day's free starts (UTC) of a visit, and of these the ones that each person or device could serve throughout."""

    day: date
    starts: tuple[datetime, ...]
    by_staff: Mapping[UUID, tuple[datetime, ...]]


def free_starts(ctx: Context, *, kind: VisitKind, first: date, days: int = 30) -> list[FreeDay]:
    """List the starts at which the clinic can give a visit, whoever the patient is, from *first* on.

    Whoever is at work and has the units is named, for every step that needs one of their kind. Raises InvalidValue for more
    than 92 days, NotFound for an unknown protocol.
    """
    ctx.require(Permission.READ)
    if not 1 <= days <= LONGEST:
        raise InvalidValue("days", f"must be between 1 and {LONGEST}")
    with ctx.read() as uow:
        clinic = uow.clinics.get(ctx.clock())
        profile = _profile(uow, kind)
        start = day_start(first, clinic.zone)
        rows = uow.occupancy.rows(minute_of(start), minute_of(start + timedelta(days=days + 1)))
    occupancy = Occupancy(clinic, rows)
    staff = _staff_starts(occupancy, profile, first, days)
    return [_free_day(occupancy, profile, staff, first + timedelta(days=ahead)) for ahead in range(days)]


def _profile(uow: UnitOfWork, kind: VisitKind) -> VisitProfile:
    profile = uow.protocols.get(kind.protocol).visits.get(kind.visit)
    if profile is None:
        raise InvalidValue("visit", f"{kind.protocol} has no visit {kind.visit!r}")
    return profile


Staff = Mapping[tuple[UUID, int], int]
"""The starts that a person or device could serve, by its id and chunk of days."""


def _staff_starts(occupancy: Occupancy, profile: VisitProfile, first: date, days: int) -> Staff:
    chunks = {day // CHUNK for day in (first.toordinal(), first.toordinal() + days - 1)}
    found: dict[tuple[UUID, int], int] = {}
    for person in occupancy.clinic.resources:
        needs = [need for need in profile.requirements if need.kind == person.kind and need.step != "place"]
        if not needs:
            continue
        for chunk in chunks:
            bits = occupancy.starts(profile, chunk)
            for need in needs:
                bits &= occupancy.free(person, need, chunk)
            found[person.id, chunk] = bits
    return found


def _free_day(occupancy: Occupancy, profile: VisitProfile, staff: Staff, day: date) -> FreeDay:
    chunk, zone = day.toordinal() // CHUNK, occupancy.clinic.zone
    slots = set_bits(lane(occupancy.starts(profile, chunk), day))
    starts = {slot: instant_of(day, slot, zone) for slot in slots}
    by_staff = {
        person: tuple(starts[slot] for slot in set_bits(lane(bits, day)))
        for (person, of_chunk), bits in staff.items()
        if of_chunk == chunk
    }
    return FreeDay(day, tuple(starts.values()), by_staff)
