"""What a calendar link shows, from what is stored: appointments as entries, for a patient, a carer, a person or a room."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from planner.domain.contact import initials
from planner.domain.neutral import forbidden_in
from planner.domain.reaching import Audience
from planner.domain.span import EPOCH, MINUTE, Span, zone_named
from planner.feeds.entries import (
    Dated,
    Entry,
    Listing,
    Shows,
    list_busy,
    list_entries,
    list_pick_ups,
    list_visits,
    window_start,
)
from planner.languages import phrases
from planner.storage.feed_state import FeedState
from planner.storage.feed_visits import Named, StaffVisit
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import Store, UnitOfWork

__all__ = ["Entry", "Listing", "dated_of", "listing_of", "name_of"]

_NAMED = {
    Audience.PATIENT: "Appointments", Audience.CARER: "Pick-up", Audience.CLINICIAN: "Appointments", Audience.ROOM: "Busy",
}  # fmt: skip


def name_of(state: FeedState) -> str:
    """Give what a calendar is called: the clinic's public name, for staff the resource's, for a carer what it is for."""
    known = {Audience.PATIENT: state.public_name, Audience.CARER: None}.get(state.link.audience, state.resource)
    return _neutral(known or "") or phrases(state.link.language).gettext(_NAMED[state.link.audience])


def listing_of(store: Store, state: FeedState, now: datetime) -> Listing:
    """List what a link shows now."""
    link, zone = state.link, zone_named(state.zone)
    with store.read(state.clinic_id) as uow:
        if link.patient_id:
            dated = [dated_of(one) for one in uow.appointments.of_patient(link.patient_id)]
            each = list_pick_ups if link.audience is Audience.CARER else list_entries
            return each(dated, _shows(state), zone, now)
        if link.resource_id is None:
            raise AssertionError("a link is a patient's or a resource's")
        dated = list(_of_staff(uow, link.audience, link.resource_id, window_start(now, zone)))
    listed = list_visits if link.audience is Audience.CLINICIAN else list_busy
    return listed(dated, link.resource_id, _shows(state), zone, now)


def dated_of(one: AppointmentRecord) -> Dated:
    """Give an appointment as a feed needs it."""
    return Dated(
        one.id, one.span, one.sequence, one.status, one.told_at is not None, one.profile.dosing, one.created_at,
        one.updated_at,
    )  # fmt: skip


def _shows(state: FeedState) -> Shows:
    link = state.link
    place = state.address if link.shows_place or link.audience is Audience.CARER else ""
    if link.resource_id:
        place = ""
    return Shows(link.wording, link.shows_advice, place, link.alarm_minutes, link.language)


def _of_staff(uow: UnitOfWork, audience: Audience, resource_id: UUID, first: datetime) -> Iterable[Dated]:
    resources = uow.feed_visits.resources()
    for one in uow.feed_visits.of_resource(resource_id, first):
        if audience is Audience.ROOM:
            taken = tuple(Span(EPOCH + start * MINUTE, EPOCH + end * MINUTE) for start, end in one.has.get(resource_id, ()))
            yield _staffs(one, one.since(resource_id), taken=taken)
        else:
            yield _own_visit(one, resources)


def _own_visit(one: StaffVisit, resources: dict[UUID, Named]) -> Dated:
    """Give a visit by initials and place; it changed when either did, and a person comes and goes without a word."""
    visit, place = one.visit, _place(one, resources)
    times = [visit.updated_at, visit.renamed_at]
    if place:
        times += [one.since(place), resources[place].renamed_at]
    named = {"initials": initials(visit.name), "place": _neutral(resources[place].name) if place else ""}
    return _staffs(one, max(time for time in times if time), **named)


def _neutral(name: str) -> str:
    """Leave a name out that tells what visits are for: the desk may call a room by it, but calendars leave the house."""
    return "" if forbidden_in(name) else name


def _place(one: StaffVisit, resources: dict[UUID, Named]) -> UUID | None:
    """Find the chair or the room of a visit, the first by name where it had several one after the other."""
    kind = one.visit.profile.place
    places = [resource_id for resource_id in one.has if resource_id in resources and resources[resource_id].kind == kind]
    return min(places, key=lambda place: (one.has[place], resources[place].name), default=None)


def _staffs(one: StaffVisit, updated_at: datetime, **shown: str | tuple[Span, ...]) -> Dated:
    visit = one.visit
    return Dated(
        visit.id, Span(visit.start_at, visit.end_at), visit.sequence, visit.status, visit.told_at is not None,
        visit.profile.dosing, visit.created_at, updated_at, **shown,  # type: ignore[arg-type]
    )  # fmt: skip
