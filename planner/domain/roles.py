"""Who may do what: one table. Clinicians change rules and plans; schedulers book inside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from planner.domain.errors import Forbidden


class Role(StrEnum):
    """What a person is to the clinic; *system* is the planner's own commands and ticks.

    *patient* is whoever holds a private link: no account, and none of the permissions; their use-cases ask the link.
    """

    SCHEDULER = "scheduler"
    CLINICIAN = "clinician"
    ADMIN = "admin"
    SYSTEM = "system"
    PATIENT = "patient"


class Permission(StrEnum):
    """What a use-case asks for on its first line."""

    READ = "read"
    """See calendars, plans and patients."""
    REGISTER = "register"
    """Enter and correct patients."""
    BOOK = "book"
    """Begin courses by a published protocol; plan, hold, book, move and cancel inside the rules."""
    ATTEND = "attend"
    """Record what happened: arrived, dosed, discharged, did not come."""
    CLOSE = "close"
    """Enter closures and absences, and re-plan what they affect."""
    PRESCRIBE = "prescribe"
    """Pause, resume and stop courses; order another spacing."""
    OVERRIDE = "override"
    """Break a rule of judgement, with a reason."""
    PUBLISH = "publish"
    """Publish a version of a protocol."""
    RIDES = "rides"
    """Set which ways home the clinic accepts."""
    CONFIGURE = "configure"
    """Change a clinic's zone, hours, resources and costs, and its staff."""


_DESK = frozenset({Permission.READ, Permission.REGISTER, Permission.BOOK, Permission.ATTEND, Permission.CLOSE})
ALLOWED: Mapping[Role, frozenset[Permission]] = {
    Role.SCHEDULER: _DESK,
    Role.CLINICIAN: _DESK | {Permission.PRESCRIBE, Permission.OVERRIDE, Permission.PUBLISH, Permission.RIDES},
    Role.ADMIN: frozenset({Permission.READ, Permission.REGISTER, Permission.CLOSE, Permission.RIDES, Permission.CONFIGURE}),
    Role.SYSTEM: frozenset(Permission) - {Permission.OVERRIDE},
    Role.PATIENT: frozenset(),
}


STAFF_ROLES = (Role.SCHEDULER, Role.CLINICIAN, Role.ADMIN)
"""What an account may be."""


@dataclass(frozen=True)
class Actor:
    """Somebody who does something in one clinic."""

    id: UUID
    role: Role
    clinic_id: UUID


def check_allowed(actor: Actor, permission: Permission) -> None:
    """Refuse what the actor's role does not allow; raises Forbidden."""
    if permission not in ALLOWED[actor.role]:
        raise Forbidden(f"a {actor.role} may not {permission}")
