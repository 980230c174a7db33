"""The private addresses of calendars: made, replaced and switched off, at the desk, by the patient or by the person.

A link of a patient (or, with the patient's agreement, of a carer) belongs to whoever may register patients; one of a
person's own calendar to that person; any other of a person or a room to whoever sets the clinic up.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from planner.domain.errors import InvalidMove, InvalidValue, NotFound
from planner.domain.reaching import Audience, Purpose
from planner.domain.roles import Permission
from planner.domain.subscribing import MOST_LINKS, Wanted
from planner.domain.tokens import new_token, token_hash
from planner.languages import phrases
from planner.services.bearing import Bearer
from planner.services.context import Context
from planner.services.correspondence import by_feed
from planner.services.resources import PEOPLE, find
from planner.services.writing import audit
from planner.storage.link_records import FeedLink
from planner.storage.unit_of_work import UnitOfWork

__all__ = [
    "FeedLink", "Minted", "Wanted", "create", "create_for_resource", "create_own", "is_on", "links_of", "list_of",
    "list_of_resource", "revoke", "rotate", "rotate_own", "stop_own", "suggested", "whose",
]  # fmt: skip

_APPOINTMENT = "Appointment"


@dataclass(frozen=True)
class Minted:
    """A new link, and the secret of its address: shown once, and stored nowhere."""

    link: FeedLink
    token: str = field(repr=False)


def create(ctx: Context, wanted: Wanted, *, patient_id: UUID, agreed: bool = False) -> Minted:
    """Make an address for a patient's calendar, at the desk; a carer's only if the patient *agreed*.

    A patient who got the dates by invitations, or not at all, gets them by the calendar from then on.
    Raises NotFound, InvalidValue (*label*, *wording*, *audience*, *agreed*, ...), InvalidMove, Forbidden.
    """
    ctx.require(Permission.REGISTER)
    with ctx.begin() as uow:
        uow.people.get(patient_id)
        return _make_for_patient(ctx, uow, wanted, patient_id, agreed=agreed)


def create_own(bearer: Bearer, wanted: Wanted) -> Minted:
    """Make an address for the calendar of the patient who asks; a carer's by that is agreed to. Raises as create does."""
    bearer.check(Purpose.PAGE)
    with bearer.begin() as uow:
        return _make_for_patient(bearer.ctx, uow, wanted, bearer.patient_id, agreed=True)


def create_for_resource(ctx: Context, wanted: Wanted, *, resource_id: UUID) -> Minted:
    """Make an address for the calendar of a person, a chair, a room or a pump; whom it is for follows from its kind.

    Everybody may for themselves. Raises NotFound, InvalidValue, InvalidMove for one too many, Forbidden.
    """
    ctx.require(Permission.READ)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        _require(ctx, uow, resource_id)
        resource = find(uow.clinics.get(now), resource_id)
        _check_few(uow.feed_links.of_resource(resource_id), now)
        audience = Audience.CLINICIAN if resource.kind in PEOPLE else Audience.ROOM
        link = replace(_link(replace(wanted, audience=audience), now), resource_id=resource_id)
        return _made(ctx, uow, link, "create-link", now)


def rotate(ctx: Context, *, link_id: UUID) -> Minted:
    """Replace a link by a new address that shows the same, and switch the old one off; raises NotFound, InvalidMove."""
    ctx.require(Permission.READ)
    with ctx.begin() as uow:
        old = uow.feed_links.get(link_id)
        _require(ctx, uow, old.resource_id)
        return _rotate(ctx, uow, old)


def rotate_own(bearer: Bearer, link_id: UUID) -> Minted:
    """Replace a link of the patient who asks; raises NotFound, InvalidMove."""
    bearer.check(Purpose.PAGE)
    with bearer.begin() as uow:
        return _rotate(bearer.ctx, uow, _own(bearer, uow, link_id))


def revoke(ctx: Context, *, link_id: UUID) -> FeedLink:
    """Switch a link off: for 90 days it says so, and is then unknown; raises NotFound, InvalidMove where it is off."""
    ctx.require(Permission.READ)
    with ctx.begin() as uow:
        old = uow.feed_links.get(link_id)
        _require(ctx, uow, old.resource_id)
        return _revoke(ctx, uow, old)


def stop_own(bearer: Bearer, link_id: UUID) -> FeedLink:
    """Switch off a link of the patient who asks; raises NotFound, InvalidMove where it is off."""
    bearer.check(Purpose.PAGE)
    with bearer.begin() as uow:
        return _revoke(bearer.ctx, uow, _own(bearer, uow, link_id))


def list_of(ctx: Context, *, patient_id: UUID) -> list[FeedLink]:
    """List a patient's links, the oldest first, switched-off ones included; raises NotFound."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        uow.people.get(patient_id)
        return uow.feed_links.of_patient(patient_id)


def list_of_resource(ctx: Context, *, resource_id: UUID) -> list[FeedLink]:
    """List the links of a person's or a room's calendar, the oldest first, switched-off ones included."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return uow.feed_links.of_resource(resource_id)


def links_of(bearer: Bearer) -> list[FeedLink]:
    """List the links of the patient who asks, the oldest first, switched-off ones included."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.read() as uow:
        return uow.feed_links.of_patient(bearer.patient_id)


def suggested(ctx: Context, *, patient_id: UUID) -> Wanted:
    """Give what a patient's new link would be, by the language and the wording that the patient has chosen."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        chosen = uow.correspondence.of_patient(patient_id)
    return Wanted("", wording=chosen.wording if chosen.version else None, language=chosen.language)


def is_on(link: FeedLink, now: datetime) -> bool:
    """Whether a link shows its calendar: neither switched off nor over."""
    return link.revoked_at is None and not (link.expires_at and link.expires_at <= now)


def whose(link: FeedLink) -> tuple[str, UUID]:
    """Name what a link shows, for the audit."""
    if link.patient_id:
        return "patient", link.patient_id
    return "resource", link.resource_id or link.id


def _require(ctx: Context, uow: UnitOfWork, resource_id: UUID | None) -> None:
    """Refuse who may not change the links of a resource, or (None) of a patient; raises Forbidden."""
    if resource_id is None:
        ctx.require(Permission.REGISTER)
    elif resource_id not in {one.resource_id for one in uow.staff.all() if one.id == ctx.actor.id}:
        ctx.require(Permission.CONFIGURE)


def _make_for_patient(ctx: Context, uow: UnitOfWork, wanted: Wanted, patient_id: UUID, *, agreed: bool) -> Minted:
    now, carer = ctx.clock(), wanted.audience is Audience.CARER
    if wanted.audience not in {Audience.PATIENT, Audience.CARER}:
        raise InvalidValue("audience", "must be the patient or a carer")
    if carer and not agreed:
        raise InvalidValue("agreed", "is needed: a carer's calendar is made only if the patient agrees")
    uow.calendar.lock(now)  # what is made beside it is counted
    if not carer:
        by_feed(ctx, uow, now, patient_id)
    _check_few(uow.feed_links.of_patient(patient_id), now)
    link = replace(_link(wanted, now), patient_id=patient_id, agreed_at=now if carer else None)
    return _made(ctx, uow, link, "create-link", now)


def _check_few(links: list[FeedLink], now: datetime) -> None:
    if sum(is_on(one, now) for one in links) >= MOST_LINKS:
        raise InvalidMove(f"{MOST_LINKS} links are on already; switch off one that nobody uses first")


def _link(wanted: Wanted, now: datetime) -> FeedLink:
    """Give the link that was asked for, without whose it is and without its secret; raises InvalidValue."""
    found = wanted.checked()
    wording = found.wording or phrases(found.language).gettext(_APPOINTMENT)
    return FeedLink(
        uuid4(), None, found.label, "", wording, found.shows_advice, now, now, audience=found.audience,
        shows_place=found.shows_place, alarm_minutes=found.alarm_minutes, language=found.language,
    )  # fmt: skip


def _made(ctx: Context, uow: UnitOfWork, link: FeedLink, action: str, now: datetime, **facts: str) -> Minted:
    """Give a link its secret, and store it."""
    token = new_token()
    made = replace(link, token_hash=token_hash(token))
    uow.feed_links.add(made)
    audit(ctx, uow, now, action, *whose(made), {"link": str(made.id), "audience": made.audience.value, **facts})
    return Minted(made, token)


def _rotate(ctx: Context, uow: UnitOfWork, old: FeedLink) -> Minted:
    now = ctx.clock()
    if not uow.feed_links.revoke(old.id, now):
        raise InvalidMove("the link is switched off already")
    link = replace(
        old, id=uuid4(), created_at=now, updated_at=now, expires_at=None, fetched_at=None, fetched_by=None
    )
    return _made(ctx, uow, link, "rotate-link", now, instead_of=str(old.id))


def _revoke(ctx: Context, uow: UnitOfWork, old: FeedLink) -> FeedLink:
    now = ctx.clock()
    if not uow.feed_links.revoke(old.id, now):
        raise InvalidMove("the link is switched off already")
    audit(ctx, uow, now, "revoke-link", *whose(old), {"link": str(old.id)})
    return replace(old, revoked_at=now, updated_at=now)


def _own(bearer: Bearer, uow: UnitOfWork, link_id: UUID) -> FeedLink:
    found = uow.feed_links.get(link_id)
    if found.patient_id != bearer.patient_id:
        raise NotFound("no such link")
    return found
