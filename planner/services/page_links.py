"""The private links of patients' pages: made, replaced and stopped, at the desk or by the patient; shown once each."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.errors import InvalidMove, NotFound
from planner.domain.notices import NoticeKind
from planner.domain.reaching import Purpose
from planner.domain.roles import Permission
from planner.domain.subscribing import MOST_LINKS, neutral_line
from planner.services.bearing import Bearer
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.desk_records import Notice
from planner.storage.link_records import PageLink
from planner.storage.minting import MintedPage, mint
from planner.storage.unit_of_work import UnitOfWork

__all__ = [
    "MintedPage", "PageLink", "create", "is_on", "list_of", "mint", "open_page", "renew", "revoke", "rotate", "send", "stop",
]  # fmt: skip

_SENT_FOR = timedelta(days=1)
"""How long a mail with a link is tried: who asked for it waits for it."""


def create(ctx: Context, *, patient_id: UUID, label: str) -> MintedPage:
    """Make a link to a patient's page, at the desk; raises NotFound, InvalidValue (*label*), InvalidMove, Forbidden."""
    ctx.require(Permission.REGISTER)
    named = neutral_line(label, "label")
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)  # a second click counts the first one's link
        uow.people.get(patient_id)
        if sum(is_on(one, now) for one in _pages(uow, patient_id)) >= MOST_LINKS:
            raise InvalidMove(f"{MOST_LINKS} links are on already; switch off one that nobody uses first")
        made = mint(uow, now, patient_id, Purpose.PAGE, named)
        audit(ctx, uow, now, "create-page-link", "patient", patient_id, {"link": str(made.link.id)})
    return made


def rotate(ctx: Context, *, link_id: UUID) -> MintedPage:
    """Replace a link by a new one, at the desk; raises NotFound, InvalidMove where it is off."""
    ctx.require(Permission.REGISTER)
    with ctx.begin() as uow:
        return _renew(ctx, uow, _page(uow, link_id))


def revoke(ctx: Context, *, link_id: UUID) -> PageLink:
    """Switch a link off, at the desk: its pages are not there any more; raises NotFound, InvalidMove where it is off."""
    ctx.require(Permission.REGISTER)
    with ctx.begin() as uow:
        return _revoke(ctx, uow, uow.page_links.get(link_id))


def list_of(ctx: Context, *, patient_id: UUID) -> list[PageLink]:
    """List the links to a patient's page, the oldest first, switched-off ones included; raises NotFound."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        uow.people.get(patient_id)
        return _pages(uow, patient_id)


def send(ctx: Context, *, patient_id: UUID) -> Notice:
    """Owe a patient a mail with a link that opens the page once; raises NotFound, InvalidMove, Forbidden.

    The link is made when the mail is written, so nobody at the desk ever sees it.
    """
    ctx.require(Permission.REGISTER)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)  # a second click finds the first one's mail
        patient = uow.people.get(patient_id)
        if not patient.email:
            raise InvalidMove("no mail address of this patient is known")
        if any(one.open and one.kind == NoticeKind.PAGE_LINK for one in uow.notices.keep(patient_id=patient_id)):
            raise InvalidMove("such a mail is on its way already")
        notice_id = uuid4()
        notice = Notice(
            notice_id, f"{NoticeKind.PAGE_LINK}:{patient_id}:{notice_id}", NoticeKind.PAGE_LINK, "mail", patient_id, None,
            None, {}, now, now, now, now + _SENT_FOR,
        )  # fmt: skip
        uow.notices.put(notice)
        audit(ctx, uow, now, "send-page-link", "patient", patient_id, {"notice": str(notice_id)})
    return notice


def open_page(bearer: Bearer) -> MintedPage:
    """Use up the link of a mail, with any other of the same mail, for one to the page itself; raises NotFound if it is."""
    bearer.check(Purpose.OPEN)
    with bearer.ctx.begin() as uow:
        now, link = bearer.ctx.clock(), bearer.link
        same = uow.page_links.of_notice(link.notice_id) if link.notice_id else []
        if not uow.page_links.revoke_all({link.id, *(one.id for one in same if one.purpose is Purpose.OPEN)}, now):
            raise NotFound("no such page")
        made = mint(uow, now, link.patient_id, Purpose.PAGE, link.label)
        audit(bearer.ctx, uow, now, "open-page", "patient", link.patient_id, {"link": str(made.link.id)})
    return made


def renew(bearer: Bearer) -> MintedPage:
    """Give the patient a new link in place of the one that they came by, which is off from now on."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.begin() as uow:
        return _renew(bearer.ctx, uow, bearer.link)


def stop(bearer: Bearer) -> None:
    """Switch off the link by which the patient came."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.begin() as uow:
        _revoke(bearer.ctx, uow, bearer.link)


def is_on(link: PageLink, now: datetime) -> bool:
    """Whether a link opens anything: neither switched off nor over."""
    return link.revoked_at is None and not (link.expires_at and link.expires_at <= now)


def _pages(uow: UnitOfWork, patient_id: UUID) -> list[PageLink]:
    return [one for one in uow.page_links.of_patient(patient_id) if one.purpose is Purpose.PAGE]


def _page(uow: UnitOfWork, link_id: UUID) -> PageLink:
    found = uow.page_links.get(link_id)
    if found.purpose is not Purpose.PAGE:
        raise NotFound("no such link")
    return found


def _revoke(ctx: Context, uow: UnitOfWork, link: PageLink) -> PageLink:
    now = ctx.clock()
    if not uow.page_links.revoke(link.id, now):
        raise InvalidMove("the link is switched off already")
    audit(ctx, uow, now, "revoke-page-link", "patient", link.patient_id, {"link": str(link.id)})
    return replace(link, revoked_at=now, updated_at=now)


def _renew(ctx: Context, uow: UnitOfWork, old: PageLink) -> MintedPage:
    now = ctx.clock()
    if not uow.page_links.revoke(old.id, now):
        raise InvalidMove("the link is switched off already")
    made = mint(uow, now, old.patient_id, Purpose.PAGE, old.label)
    facts = {"link": str(made.link.id), "instead_of": str(old.id)}
    audit(ctx, uow, now, "renew-page-link", "patient", old.patient_id, facts)
    return made
