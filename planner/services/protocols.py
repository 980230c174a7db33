"""A clinic's own protocols: what is published, and the draft of a next version beside what it would replace."""

from dataclasses import dataclass

from planner.domain.errors import Conflict, NotFound
from planner.domain.protocol import Protocol
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.storage.records import ProtocolRecord

__all__ = ["Draft", "ProtocolRecord", "draft", "published", "versions"]


@dataclass(frozen=True)
class Draft:
    """A protocol that may be published: *before* is what it differs from, *after* the version that it follows, or 0."""

    protocol: Protocol
    before: Protocol
    after: int


def published(ctx: Context) -> list[list[ProtocolRecord]]:
    """List all protocols by name, each with its versions, the latest first."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return [uow.protocols.versions(one.name)[::-1] for one in uow.protocols.latest()]


def versions(ctx: Context, name: str) -> list[ProtocolRecord]:
    """List the versions of a protocol, the latest first; raises NotFound where there is none."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        found = uow.protocols.versions(name)[::-1]
    if not found:
        raise NotFound(f"no protocol {name} in this clinic")
    return found


def draft(ctx: Context, protocol: Protocol, *, base: str, seen: int) -> Draft:
    """Put a draft beside what it would replace, or, under a new name, beside the protocol that it was copied from.

    *seen* is the latest version of *base* as the page showed it; raises Conflict where that is past, and nothing is stored.
    """
    ctx.require(Permission.PUBLISH)
    found = versions(ctx, base)
    if found[0].version != seen:
        raise Conflict(f"version {found[0].version} of {base} was published meanwhile")
    if protocol.name == base:
        return Draft(protocol, found[0].document, seen)
    with ctx.read() as uow:
        same = uow.protocols.versions(protocol.name)
    return Draft(protocol, same[-1].document if same else found[0].document, same[-1].version if same else 0)
