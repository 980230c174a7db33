"""The private addresses of patients' calendars: made, replaced and switched off at the desk."""

import secrets
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from planner.domain.errors import InvalidMove, InvalidValue
from planner.domain.neutral import check_neutral
from planner.domain.roles import Permission
from planner.services.accounts import token_hash
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.link_records import FeedLink

__all__ = ["STANDARD_WORDING", "FeedLink", "Minted", "create", "list_of", "revoke", "rotate"]

STANDARD_WORDING = "Appointment"
_LONGEST = 60


@dataclass(frozen=True)
class Minted:
    """A new link, and the secret of its address: shown once, and stored nowhere."""

    link: FeedLink
    token: str = field(repr=False)


def create(
    ctx: Context, *, patient_id: UUID, label: str, wording: str = STANDARD_WORDING, shows_advice: bool = True
) -> Minted:
    """Make an address for a patient's calendar; raises NotFound, InvalidValue (*label*, *wording*), Forbidden.

    *label* says for the desk whose device it is; *wording* is the title of each appointment, and must be neutral.
    """
    ctx.require(Permission.REGISTER)
    title = check_neutral(_line(wording, "wording"), "wording")
    named, token = _line(label, "label"), secrets.token_urlsafe(32)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.people.get(patient_id)
        link = FeedLink(uuid4(), patient_id, named, token_hash(token), title, shows_advice, now, now)
        uow.feed_links.add(link)
        audit(ctx, uow, now, "create-link", "patient", patient_id, {"link": str(link.id)})
    return Minted(link, token)


def _line(text: str, path: str) -> str:
    line = text.strip()
    if not 1 <= len(line) <= _LONGEST:
        raise InvalidValue(path, f"must be 1 to {_LONGEST} characters")
    if not line.isprintable():
        raise InvalidValue(path, "must not contain control characters")
    return line


def _whose(link: FeedLink) -> tuple[str, UUID]:
    """Name what a link shows, for the audit."""
    if link.patient_id:
        return "patient", link.patient_id
    return "resource", link.resource_id or link.id


def rotate(ctx: Context, *, link_id: UUID) -> Minted:
    """Replace a link by a new address that shows the same, and switch the old one off; raises NotFound, InvalidMove."""
    ctx.require(Permission.REGISTER)
    token = secrets.token_urlsafe(32)
    with ctx.begin() as uow:
        now = ctx.clock()
        old = uow.feed_links.get(link_id)
        if not uow.feed_links.revoke(link_id, now):
            raise InvalidMove("the link is switched off already")
        link = replace(
            old, id=uuid4(), token_hash=token_hash(token), created_at=now, updated_at=now, expires_at=None, fetched_at=None,
            fetched_by=None,
        )  # fmt: skip
        uow.feed_links.add(link)
        facts = {"link": str(link.id), "instead_of": str(old.id)}
        audit(ctx, uow, now, "rotate-link", *_whose(old), facts)
    return Minted(link, token)


def revoke(ctx: Context, *, link_id: UUID) -> FeedLink:
    """Switch a link off: for 90 days it says so, and is then unknown; raises NotFound, InvalidMove where it is off."""
    ctx.require(Permission.REGISTER)
    with ctx.begin() as uow:
        now = ctx.clock()
        old = uow.feed_links.get(link_id)
        if not uow.feed_links.revoke(link_id, now):
            raise InvalidMove("the link is switched off already")
        audit(ctx, uow, now, "revoke-link", *_whose(old), {"link": str(link_id)})
    return replace(old, revoked_at=now, updated_at=now)


def list_of(ctx: Context, *, patient_id: UUID) -> list[FeedLink]:
    """List a patient's links, the oldest first, switched-off ones included; raises NotFound."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        uow.people.get(patient_id)
        return uow.feed_links.of_patient(patient_id)
