"""The private links of patients' pages: made, replaced and stopped, at the desk or by the patient; shown once each."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from planner.domain.errors import InvalidMove, InvalidValue
from planner.domain.reaching import Purpose
from planner.domain.roles import Permission
from planner.services.accounts import token_hash
from planner.services.bearing import Bearer
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.link_records import PageLink
from planner.storage.unit_of_work import UnitOfWork

__all__ = ["MintedPage", "PageLink", "create", "list_of", "mint", "renew", "revoke", "stop"]

_LONGEST = 60


@dataclass(frozen=True)
class MintedPage:
    """A new link, and the secret of its address: shown once, and stored nowhere."""

    link: PageLink
    token: str = field(repr=False)


def mint(
    uow: UnitOfWork, now: datetime, patient_id: UUID, purpose: Purpose, label: str, *, expires_at: datetime | None = None,
    appointment_id: UUID | None = None, notice_id: UUID | None = None,
) -> MintedPage:  # fmt: skip
    """Make and store a link in the transaction of whoever needs one."""
    token = secrets.token_urlsafe(32)
    link = PageLink(
        uuid4(), patient_id, purpose, label, token_hash(token), now, now, expires_at, appointment_id, notice_id
    )
    uow.page_links.add(link)
    return MintedPage(link, token)


def create(ctx: Context, *, patient_id: UUID, label: str) -> MintedPage:
    """Make a link to a patient's page, at the desk; raises NotFound, InvalidValue (*label*), Forbidden."""
    ctx.require(Permission.REGISTER)
    named = label.strip()
    if not 1 <= len(named) <= _LONGEST or not named.isprintable():
        raise InvalidValue("label", f"must be 1 to {_LONGEST} printable characters")
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.people.get(patient_id)
        made = mint(uow, now, patient_id, Purpose.PAGE, named)
        audit(ctx, uow, now, "create-page-link", "patient", patient_id, {"link": str(made.link.id)})
    return made


def revoke(ctx: Context, *, link_id: UUID) -> PageLink:
    """Switch a link off, at the desk: its pages are not there any more; raises NotFound, InvalidMove where it is off."""
    ctx.require(Permission.REGISTER)
    with ctx.begin() as uow:
        link = uow.page_links.get(link_id)
        _revoke(ctx, uow, link, ctx.clock())
    return link


def _revoke(ctx: Context, uow: UnitOfWork, link: PageLink, now: datetime) -> None:
    if not uow.page_links.revoke(link.id, now):
        raise InvalidMove("the link is switched off already")
    audit(ctx, uow, now, "revoke-page-link", "patient", link.patient_id, {"link": str(link.id)})


def list_of(ctx: Context, *, patient_id: UUID) -> list[PageLink]:
    """List the links to a patient's page, the oldest first, switched-off ones included; raises NotFound."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        uow.people.get(patient_id)
        return [one for one in uow.page_links.of_patient(patient_id) if one.purpose is Purpose.PAGE]


def renew(bearer: Bearer) -> MintedPage:
    """Give the patient a new link in place of the one that they came by, which is off from now on."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.begin() as uow:
        now = bearer.ctx.clock()
        _revoke(bearer.ctx, uow, bearer.link, now)
        made = mint(uow, now, bearer.link.patient_id, Purpose.PAGE, bearer.link.label)
        facts = {"link": str(made.link.id), "instead_of": str(bearer.link.id)}
        audit(bearer.ctx, uow, now, "renew-page-link", "patient", bearer.link.patient_id, facts)
    return made


def stop(bearer: Bearer) -> None:
    """Switch off the link by which the patient came."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.begin() as uow:
        _revoke(bearer.ctx, uow, bearer.link, bearer.ctx.clock())
