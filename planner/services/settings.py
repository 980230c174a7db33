"""What a clinic has set, and what is still missing before it can book and write to its patients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from planner.domain.clinic import Clinic
from planner.domain.protocol import Protocol
from planner.domain.roles import STAFF_ROLES, Permission, Role
from planner.services.context import Context
from planner.storage.desk_records import Letterhead
from planner.storage.records import HolidayCalendar

__all__ = ["HolidayCalendar", "Lack", "Letterhead", "Missing", "Setup", "missing", "setup"]


@dataclass(frozen=True)
class Setup:
    """A clinic's settings as one page needs them; *version* is the clinic's own, which every change raises.

    *people* counts the open accounts of each role.
    """

    clinic: Clinic
    version: int
    calendar: HolidayCalendar | None
    letterhead: Letterhead | None
    protocols: tuple[Protocol, ...]
    people: Mapping[Role, int]


class Lack(StrEnum):
    """What a clinic can lack."""

    HOURS = "hours"
    LETTERHEAD = "letterhead"
    PROTOCOLS = "protocols"
    RESOURCES = "resources"
    PEOPLE = "people"


@dataclass(frozen=True)
class Missing:
    """Something still to be set; *names* says which kinds or roles."""

    lack: Lack
    names: tuple[str, ...] = field(default=())


def setup(ctx: Context) -> Setup:
    """Give all that is set, as of one moment."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        clinic = uow.clinics.get(ctx.clock())
        active = [one.role for one in uow.staff.all() if one.active and one.uniquifier]
        people: dict[Role, int] = {role: active.count(role) for role in STAFF_ROLES}
        protocols = tuple(uow.protocols.latest())
        return Setup(clinic, uow.clinics.version(), uow.clinics.calendar(), uow.letterheads.get(), protocols, people)


def missing(found: Setup) -> list[Missing]:
    """List what is still to be set, in the order in which it is best done."""
    lacks: list[Missing] = []
    if not found.clinic.hours.shifts:
        lacks.append(Missing(Lack.HOURS))
    if found.letterhead is None:
        lacks.append(Missing(Lack.LETTERHEAD))
    if roles := tuple(role.value for role in (Role.CLINICIAN, Role.SCHEDULER) if not found.people.get(role)):
        lacks.append(Missing(Lack.PEOPLE, roles))
    if not found.protocols:
        lacks.append(Missing(Lack.PROTOCOLS))
    if kinds := _kinds_lacking(found):
        lacks.append(Missing(Lack.RESOURCES, kinds))
    return lacks


def _kinds_lacking(found: Setup) -> tuple[str, ...]:
    """Name the kinds that a published protocol asks for and the clinic has none of; without protocols, a chair."""
    asked = {
        requirement.kind
        for protocol in found.protocols
        for profile in protocol.visits.values()
        for requirement in profile.requirements
    } or {"chair", "nurse"}
    return tuple(sorted(asked - {one.kind for one in found.clinic.resources}))
