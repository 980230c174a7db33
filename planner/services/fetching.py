"""Serving a calendar to whoever has its address: a token is not a user, so nobody is asked for permission.

The bytes are a function of what is stored: kept in this process until a fingerprint of the facts, or the passing of time,
says that they have changed, and rendered alike by every process.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from planner.clock import Clock
from planner.domain.errors import NotFound, PlannerError, Unavailable
from planner.domain.span import minute_of, zone_named
from planner.domain.tokens import token_hash
from planner.feeds.entries import Listing, switched_off
from planner.feeds.ical import calendar_bytes
from planner.feeds.kept import Kept, Page, Rendered, rendered
from planner.services.accounts import is_too_often
from planner.services.calendars import listing_of, name_of
from planner.services.lasting import LASTS_AFTER, lasts_until
from planner.storage.feed_marks import Mark
from planner.storage.feed_state import FeedState
from planner.storage.link_records import FeedLink
from planner.storage.unit_of_work import Store

log = logging.getLogger(__name__)

_NOTED_EVERY = timedelta(hours=1)
_MINUTE, _PER_MINUTE, _UNCOUNTED = timedelta(minutes=1), 60, 10
_LONGEST_PROGRAM = 80


class TooOften(PlannerError):
    """The same address was asked for more than sixty times in a minute."""


def fetch(store: Store, clock: Clock, kept: Kept, token: str, agent: str) -> Rendered:
    """Give the calendar of an address; raises NotFound for an unknown one, TooOften.

    One that was switched off, or whose course has long ended, holds for 90 days the one entry that says so.
    """
    now, hashed = clock(), token_hash(token)
    mark = store.feed_marks.of(hashed)
    if mark is None:
        raise NotFound("no such calendar")
    _check_pace(store, clock, kept, hashed, now)
    page = kept.get(hashed, mark, now)
    if page is None or now >= page.note_at:
        state = _noted(store, _state(store, hashed), agent.replace(token, ""), now)
        note_at = (state.link.fetched_at or now) + _NOTED_EVERY
        mark = store.feed_marks.of(hashed) or mark  # now the link may end at another time; and before what it stands for
        page = kept.get(hashed, mark, now) or _page(store, _state(store, hashed), mark, note_at, now)
        page = replace(page, note_at=note_at)
        kept.put(hashed, page)
    return page.rendered


def _check_pace(store: Store, clock: Clock, kept: Kept, hashed: str, now: datetime) -> None:
    """Refuse a program gone wild. Each process lets ten a minute pass uncounted: nobody else comes as often as that."""
    if kept.count(hashed, minute_of(now)) <= _UNCOUNTED:
        return
    if is_too_often(store, clock, f"feed {hashed}", _PER_MINUTE, _MINUTE):
        raise TooOften("this calendar was fetched too often")


def _state(store: Store, hashed: str) -> FeedState:
    with store.read_installation() as installation:
        found = installation.feed(hashed)
    if found is None:
        raise NotFound("no such calendar")
    return found


def _page(store: Store, state: FeedState, mark: Mark, note_at: datetime, now: datetime) -> Page:
    """Render a calendar; raises NotFound for one that has been off for long."""
    off_at = _off_at(state.link, now)
    if off_at and now >= off_at + LASTS_AFTER:
        raise NotFound("no such calendar")
    listing = _notice(state, off_at) if off_at else listing_of(store, state, now)
    until = min(listing.until, state.link.expires_at or listing.until) if off_at is None else listing.until
    body = calendar_bytes(name_of(state), listing.entries)
    return Page(mark, now, until, note_at, rendered(body))


def _off_at(link: FeedLink, now: datetime) -> datetime | None:
    """Give when the link was switched off, by hand or by the end of its course; None while it is not."""
    if link.revoked_at:
        return link.revoked_at
    return link.expires_at if link.expires_at and link.expires_at <= now else None


def _noted(store: Store, state: FeedState, agent: str, now: datetime) -> FeedState:
    """Write down, once an hour, who fetches, and until when the link lasts; a busy database is no reason to refuse."""
    link = state.link
    if link.fetched_at and now - link.fetched_at < _NOTED_EVERY:
        return state
    program = "".join(letter for letter in agent if letter.isprintable()).strip()[:_LONGEST_PROGRAM] or "unknown"
    try:
        with store.begin(state.clinic_id) as uow:
            expires_at = lasts_until(uow, link.patient_id, link.created_at) if link.patient_id else link.expires_at
            uow.feed_links.note_fetch(link.id, now, program, expires_at)
    except Unavailable:
        log.warning("a fetch of link %s was not written down", link.id)
        return state
    log.info("link %s fetched", link.id)
    return replace(state, link=replace(link, fetched_at=now, fetched_by=program, expires_at=expires_at))


def _notice(state: FeedState, off_at: datetime) -> Listing:
    entries = switched_off(state.link.id, off_at, zone_named(state.zone), state.link.language)
    return Listing(tuple(entries), off_at + LASTS_AFTER)
