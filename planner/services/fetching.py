"""Serving a patient's calendar to whoever has its address: a token is not a user, so nobody is asked for permission.

The bytes are a function of what is stored: kept in this process until a fingerprint of the facts, or the passing of time,
says that they have changed, and rendered alike by every process.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from planner.clock import Clock
from planner.domain.course import AppointmentStatus, CourseStatus
from planner.domain.errors import NotFound, PlannerError, Unavailable
from planner.domain.span import minute_of, zone_named
from planner.feeds.entries import Dated, Listing, Shows, list_entries, switched_off
from planner.feeds.ical import calendar_bytes
from planner.feeds.kept import Kept, Rendered, Validity, rendered
from planner.services.accounts import is_too_often, token_hash
from planner.storage.desk_records import FeedLink
from planner.storage.feed_state import FeedState
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import Store, UnitOfWork

log = logging.getLogger(__name__)

STANDARD_NAME = "Appointments"
LASTS_AFTER = timedelta(days=90)
"""How long a calendar outlives its course, and its notice the calendar."""
_NOTED_EVERY = timedelta(hours=1)
_MINUTE, _PER_MINUTE, _UNCOUNTED = timedelta(minutes=1), 60, 10
_OPEN = {CourseStatus.DRAFT, CourseStatus.ACTIVE, CourseStatus.ON_HOLD}
_LONGEST_PROGRAM = 80


class TooOften(PlannerError):
    """The same address was asked for more than sixty times in a minute."""


def fetch(store: Store, clock: Clock, kept: Kept, token: str, agent: str) -> Rendered:
    """Give the calendar of an address; raises NotFound for an unknown one, TooOften.

    One that was switched off, or whose course has long ended, holds for 90 days the one entry that says so.
    """
    now, hashed = clock(), token_hash(token)
    with store.read_installation() as installation:
        state = installation.feed(hashed)
    if state is None:
        raise NotFound("no such calendar")
    _check_pace(store, clock, kept, state.link, now)
    state = replace(state, link=_noted(store, state, agent, now))
    off_at = _off_at(state.link, now)
    if off_at and now >= off_at + LASTS_AFTER:
        raise NotFound("no such calendar")
    fingerprint = (state.fingerprint, state.link.updated_at, off_at, state.zone, state.public_name)
    found = kept.get(state.link.id, fingerprint, now)
    if found is None:
        listing = _notice(state, off_at) if off_at else _listing(store, state, now)
        found = rendered(calendar_bytes(state.public_name or STANDARD_NAME, listing.entries))
        kept.put(state.link.id, Validity(fingerprint, now, listing.until), found)
    return found


def _check_pace(store: Store, clock: Clock, kept: Kept, link: FeedLink, now: datetime) -> None:
    """Refuse a program gone wild. Each process lets ten a minute pass uncounted: nobody else comes as often as that."""
    if kept.count(link.id, minute_of(now)) <= _UNCOUNTED:
        return
    if is_too_often(store, clock, f"feed {link.token_hash}", _PER_MINUTE, _MINUTE):
        raise TooOften("this calendar was fetched too often")


def _off_at(link: FeedLink, now: datetime) -> datetime | None:
    """Give when the link was switched off, by hand or by the end of its course; None while it is not."""
    if link.revoked_at:
        return link.revoked_at
    return link.expires_at if link.expires_at and link.expires_at <= now else None


def _noted(store: Store, state: FeedState, agent: str, now: datetime) -> FeedLink:
    """Write down, once an hour, who fetches, and until when the link lasts; a busy database is no reason to refuse."""
    link = state.link
    if link.fetched_at and now - link.fetched_at < _NOTED_EVERY:
        return link
    program = "".join(letter for letter in agent if letter.isprintable()).strip()[:_LONGEST_PROGRAM] or "unknown"
    try:
        with store.begin(state.clinic_id) as uow:
            expires_at = _expires_at(uow, link)
            uow.feed_links.note_fetch(link.id, now, program, expires_at)
    except Unavailable:
        log.warning("a fetch of link %s was not written down", link.id)
        return link
    log.info("link %s fetched", link.id)
    return replace(link, fetched_at=now, fetched_by=program, expires_at=expires_at)


def _expires_at(uow: UnitOfWork, link: FeedLink) -> datetime | None:
    """Give the end of a link: 90 days after the last appointment of a patient who has no course any more."""
    if any(course.status in _OPEN for course in uow.courses.of_patient(link.patient_id)):
        return None
    records = uow.appointments.of_patient(link.patient_id)
    ends = [one.end_at for one in records if one.status is not AppointmentStatus.CANCELLED]
    return max([link.created_at, *ends]) + LASTS_AFTER


def _notice(state: FeedState, off_at: datetime) -> Listing:
    entries = switched_off(state.link.id, off_at, zone_named(state.zone))
    return Listing(tuple(entries), off_at + LASTS_AFTER)


def _listing(store: Store, state: FeedState, now: datetime) -> Listing:
    link = state.link
    with store.read(state.clinic_id) as uow:
        dated = [_dated(one) for one in uow.appointments.of_patient(link.patient_id)]
    return list_entries(dated, Shows(link.wording, link.shows_advice), zone_named(state.zone), now)


def _dated(one: AppointmentRecord) -> Dated:
    return Dated(
        one.id, one.span, one.sequence, one.status, one.told_at is not None, one.profile.dosing, one.created_at,
        one.updated_at,
    )  # fmt: skip
