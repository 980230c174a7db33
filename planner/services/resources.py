"""What a clinic has and who works in it: chairs, rooms, pumps and people, in the order in which they are given out.

Every change is accepted; what is booked is reassigned, or becomes a task (services/effects.py).
"""

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

from planner.domain.clinic import Clinic, Resource
from planner.domain.contact import clean
from planner.domain.errors import InvalidValue, NotFound
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.effects import Effects, change_clinic

KINDS = ("chair", "room", "pump", "nurse", "prescriber", "therapist")
"""The kinds that the shipped protocols ask for; a protocol may ask for others."""
PEOPLE = frozenset({"nurse", "prescriber", "therapist"})
"""The kinds that are people: they have shifts of their own."""
__all__ = [
    "KINDS", "PEOPLE", "Resource", "add_resource", "change_resource", "find", "rank_resource", "retire_resource",
    "with_resource",
]  # fmt: skip
_KIND = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MOST = 200


def with_resource(clinic: Clinic, resource_id: UUID, change: Callable[[Resource], Resource]) -> Clinic:
    """Give the clinic with one resource changed; raises NotFound."""
    find(clinic, resource_id)
    changed = (change(one) if one.id == resource_id else one for one in clinic.resources)
    return replace(clinic, resources=tuple(changed))


def find(clinic: Clinic, resource_id: UUID) -> Resource:
    """Find a resource; raises NotFound."""
    found = clinic.resource(resource_id)
    if found is None:
        raise NotFound(f"no resource {resource_id} in this clinic")
    return found


def add_resource(ctx: Context, *, name: str, kind: str, capacity: int, seen: int | None = None) -> Effects:
    """Add a chair, room, pump or person, last of its kind; raises InvalidValue for a name in use."""
    ctx.require(Permission.CONFIGURE)
    if len(kind) > 60 or not _KIND.fullmatch(kind):
        raise InvalidValue("kind", "must be a lower-case word such as chair or nurse")
    added = Resource(uuid4(), clean(name, "name"), kind, capacity)

    def more(clinic: Clinic) -> Clinic:
        _check_free(clinic, added)
        if len(clinic.resources) >= _MOST:
            raise InvalidValue("name", f"is one too many: a clinic has at most {_MOST} of all kinds together")
        return replace(clinic, resources=(*clinic.resources, added))

    return change_clinic(ctx, "add-resource", more, seen=seen)


def change_resource(ctx: Context, *, resource_id: UUID, name: str, capacity: int, seen: int | None = None) -> Effects:
    """Rename a resource, and set how many units of it visits hold at once; raises NotFound, or InvalidValue."""
    ctx.require(Permission.CONFIGURE)
    wanted = clean(name, "name")

    def changed(clinic: Clinic) -> Clinic:
        one = replace(find(clinic, resource_id), name=wanted, capacity=capacity)
        _check_free(clinic, one)
        return with_resource(clinic, resource_id, lambda _: one)

    return change_clinic(ctx, "change-resource", changed, seen=seen)


def rank_resource(ctx: Context, *, resource_id: UUID, later: bool, seen: int | None = None) -> Effects:
    """Move a resource one place up or down among its kind: the first free one is given out first."""
    ctx.require(Permission.CONFIGURE)
    return change_clinic(ctx, "rank-resource", lambda clinic: _ranked(clinic, resource_id, later=later), seen=seen)


def retire_resource(ctx: Context, *, resource_id: UUID, seen: int | None = None) -> Effects:
    """Take a resource out of use for good; what happened with it stays. Raises NotFound."""
    ctx.require(Permission.CONFIGURE)

    def without(clinic: Clinic) -> Clinic:
        gone = find(clinic, resource_id)
        return replace(clinic, resources=tuple(one for one in clinic.resources if one is not gone))

    return change_clinic(ctx, "retire-resource", without, seen=seen)


def _ranked(clinic: Clinic, resource_id: UUID, *, later: bool) -> Clinic:
    one = find(clinic, resource_id)
    alike = list(clinic.of_kind(one.kind))
    at = alike.index(one)
    other = min(max(at + (1 if later else -1), 0), len(alike) - 1)
    alike[at], alike[other] = alike[other], alike[at]
    in_turn = iter(alike)
    placed = tuple(next(in_turn) if each.kind == one.kind else each for each in clinic.resources)
    return replace(clinic, resources=placed)


def _check_free(clinic: Clinic, wanted: Resource) -> None:
    if any(one.name.casefold() == wanted.name.casefold() and one.id != wanted.id for one in clinic.resources):
        raise InvalidValue("name", "is in use: another resource has this name")
