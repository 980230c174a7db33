"""All private links of a clinic, for whoever sets it up: whose they are, when they were last used, and how to end them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from planner.domain.clinic import Clinic, Resource
from planner.domain.reaching import Audience, Purpose
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.link_records import FeedLink, PageLink
from planner.storage.records import Patient
from planner.storage.unit_of_work import UnitOfWork


class LinkKind(StrEnum):
    """What a link opens, and for whom."""

    PATIENT = "patient"
    CARER = "carer"
    CLINICIAN = "clinician"
    ROOM = "room"
    PAGE = "page"
    """A patient's own page."""
    MESSAGE = "message"
    """One thing that can be done once, out of a message."""


class LinkState(StrEnum):
    """Whether a link opens anything."""

    ON = "on"
    OFF = "off"
    ENDED = "ended"


_OF_AUDIENCE = {
    Audience.PATIENT: LinkKind.PATIENT, Audience.CARER: LinkKind.CARER, Audience.CLINICIAN: LinkKind.CLINICIAN,
    Audience.ROOM: LinkKind.ROOM,
}  # fmt: skip


@dataclass(frozen=True)
class Which:
    """Which links are meant; None: whatever it is."""

    kind: LinkKind | None = None
    state: LinkState | None = None
    patient_id: UUID | None = None
    resource_id: UUID | None = None


@dataclass(frozen=True)
class Line:
    """A link with whose it is; a *resource* that is out of use is None, as is one of a patient's."""

    link: FeedLink | PageLink
    kind: LinkKind
    state: LinkState
    patient: Patient | None = None
    resource: Resource | None = None

    @property
    def used_at(self) -> datetime | None:
        """When it was last fetched or opened."""
        return self.link.fetched_at if isinstance(self.link, FeedLink) else self.link.used_at

    @property
    def used_by(self) -> str | None:
        """Which program did that."""
        return self.link.fetched_by if isinstance(self.link, FeedLink) else self.link.used_by


def all_links(ctx: Context, which: Which = Which()) -> list[Line]:
    """List the clinic's links, the newest first."""
    ctx.require(Permission.CONFIGURE)
    with ctx.read() as uow:
        now = ctx.clock()
        found = _chosen(uow, which, now)
        people = uow.people.among({one.patient_id for one in found if one.patient_id})
        clinic = uow.clinics.get(now)
        lines = [_line(one, people.get(one.patient_id) if one.patient_id else None, clinic, now) for one in found]
    return sorted(lines, key=lambda line: line.link.created_at, reverse=True)


def revoke_every(ctx: Context, which: Which) -> int:
    """Switch off all links that are meant and still on, together; gives how many there were."""
    ctx.require(Permission.CONFIGURE)
    with ctx.begin() as uow:
        now = ctx.clock()
        ids = {one.id for one in _chosen(uow, replace(which, state=LinkState.ON), now)}
        feeds, pages = uow.feed_links.revoke_all(ids, now), uow.page_links.revoke_all(ids, now)
        meant = {"kind": which.kind, "patient": which.patient_id, "resource": which.resource_id}
        facts = {name: str(value) for name, value in meant.items() if value}
        audit(ctx, uow, now, "revoke-links", "clinic", uow.clinic_id, {**facts, "feeds": feeds, "pages": pages})
    return feeds + pages


def _chosen(uow: UnitOfWork, which: Which, now: datetime) -> list[FeedLink | PageLink]:
    both: Iterable[FeedLink | PageLink]
    if which.state is LinkState.ON:
        both = [*uow.feed_links.on(now), *uow.page_links.on(now)]
    else:
        both = [*uow.feed_links.all(), *uow.page_links.all()]
    return [one for one in both if _is_meant(one, which, now)]


def _is_meant(link: FeedLink | PageLink, which: Which, now: datetime) -> bool:
    if which.patient_id and link.patient_id != which.patient_id:
        return False
    if which.resource_id and (isinstance(link, PageLink) or link.resource_id != which.resource_id):
        return False
    return which.kind in {None, _kind(link)} and which.state in {None, _state(link, now)}


def _kind(link: FeedLink | PageLink) -> LinkKind:
    if isinstance(link, FeedLink):
        return _OF_AUDIENCE[link.audience]
    return LinkKind.PAGE if link.purpose is Purpose.PAGE else LinkKind.MESSAGE


def _state(link: FeedLink | PageLink, now: datetime) -> LinkState:
    if link.revoked_at:
        return LinkState.OFF
    return LinkState.ENDED if link.expires_at and link.expires_at <= now else LinkState.ON


def _line(link: FeedLink | PageLink, patient: Patient | None, clinic: Clinic, now: datetime) -> Line:
    resource_id = link.resource_id if isinstance(link, FeedLink) else None
    resource = clinic.resource(resource_id) if resource_id else None
    return Line(link, _kind(link), _state(link, now), patient, resource)
