"""A patient's own page, and the hand-out that the desk prints: what is known of whoever reads, and their plan."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from planner.domain.preparing import first_name
from planner.domain.reaching import Language, Purpose
from planner.domain.roles import Permission
from planner.services.bearing import Bearer
from planner.services.context import Context
from planner.services.feeds import is_on
from planner.services.own_plan import Plan, plan_of
from planner.services.writing import audit
from planner.storage.link_records import Correspondence, FeedLink, PageLink
from planner.storage.unit_of_work import UnitOfWork

__all__ = ["HandOut", "OwnPage", "PageLink", "Plan", "Reader", "hand_out", "hand_out_for", "own_page", "reader_of"]


@dataclass(frozen=True)
class Reader:
    """Who reads a private page: how to greet them, in which language, on which wall, and how they reach the clinic.

    *clinic*, *phone*, *address*: empty where the clinic has not said.
    """

    first_name: str = field(repr=False)
    language: Language
    zone: ZoneInfo
    clinic: str
    phone: str
    address: str


@dataclass(frozen=True)
class OwnPage:
    """What a patient's page shows *now* (UTC). *links*: the calendar links that are on."""

    reader: Reader
    now: datetime
    plan: Plan
    chosen: Correspondence
    links: tuple[FeedLink, ...]


@dataclass(frozen=True)
class HandOut:
    """What is printed for a patient."""

    reader: Reader
    now: datetime
    plan: Plan


def reader_of(bearer: Bearer) -> Reader:
    """Give who reads the pages of a link."""
    with bearer.ctx.read() as uow:
        return _reader(uow, bearer.patient_id, bearer.ctx.clock())


def own_page(bearer: Bearer) -> OwnPage:
    """Give the page of a patient; raises NotFound for a link that is not for it."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.read() as uow:
        now = bearer.ctx.clock()
        reader, chosen = _reader(uow, bearer.patient_id, now), uow.correspondence.of_patient(bearer.patient_id)
        links = [one for one in uow.feed_links.of_patient(bearer.patient_id) if is_on(one, now)]
        plan = plan_of(uow, bearer.patient_id, now, reader.zone, full=chosen.full)
    return OwnPage(reader, now, plan, chosen, tuple(links))


def hand_out(bearer: Bearer) -> HandOut:
    """Give what a patient prints; raises NotFound for a link that is not for it."""
    bearer.check(Purpose.PAGE)
    with bearer.ctx.read() as uow:
        return _hand_out(uow, bearer.patient_id, bearer.ctx.clock())


def hand_out_for(ctx: Context, *, patient_id: UUID) -> HandOut:
    """Give what the desk prints for a patient, and write down who looked; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.begin() as uow:
        now = ctx.clock()
        found = _hand_out(uow, patient_id, now)
        audit(ctx, uow, now, "read", "patient", patient_id, {"part": "hand-out"})
    return found


def _hand_out(uow: UnitOfWork, patient_id: UUID, now: datetime) -> HandOut:
    reader, chosen = _reader(uow, patient_id, now), uow.correspondence.of_patient(patient_id)
    return HandOut(reader, now, plan_of(uow, patient_id, now, reader.zone, full=chosen.full))


def _reader(uow: UnitOfWork, patient_id: UUID, now: datetime) -> Reader:
    letterhead, clinic = uow.letterheads.get(), uow.clinics.get(now)
    patient, chosen = uow.people.get(patient_id), uow.correspondence.of_patient(patient_id)
    return Reader(
        first_name(patient.name), chosen.language, clinic.zone, letterhead.public_name if letterhead else "",
        letterhead.phone if letterhead else "", letterhead.address if letterhead else "",
    )  # fmt: skip
