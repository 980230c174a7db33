"""Who holds a private link to pages: found by its token alone, bound to one patient and one purpose. A link is not a user.

Use-cases of patients take a Bearer where those of staff take a Context: none of the permissions is theirs, and what they
may see and do is what their link is for.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from planner.clock import Clock
from planner.domain.errors import NotFound, PlannerError, Unavailable
from planner.domain.reaching import Purpose
from planner.domain.roles import Actor, Role
from planner.domain.tokens import token_hash
from planner.services.accounts import is_too_often
from planner.services.context import Context
from planner.services.lasting import lasts_until
from planner.storage.link_records import PageLink
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import Store, UnitOfWork

log = logging.getLogger(__name__)

_PER_MINUTE, _MINUTE = 60, timedelta(minutes=1)
_NOTED_EVERY = timedelta(hours=1)
_LONGEST_PROGRAM = 80


class TooOften(PlannerError):
    """The same link was opened more than sixty times in a minute."""


@dataclass(frozen=True)
class Bearer:
    """Who came by a link. *ctx* acts under the link's own id, in a role that may do nothing by itself."""

    link: PageLink
    ctx: Context

    @property
    def patient_id(self) -> UUID:
        """Whose page it is."""
        return self.link.patient_id

    def check(self, *purposes: Purpose) -> None:
        """Refuse what the link is not for; raises NotFound, as if there were nothing."""
        if self.link.purpose not in purposes:
            raise NotFound("no such page")

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """Write in one transaction, as long as the link is on: one that was switched off meanwhile (NotFound) wrote nothing.

        It is asked at the end, since a write may have waited for others. Who replaces or stops the link itself need not.
        """
        with self.ctx.begin() as uow:
            yield uow
            if uow.page_links.get(self.link.id).revoked_at:
                raise NotFound("no such page")

    def own(self, uow: UnitOfWork, appointment_id: UUID) -> AppointmentRecord:
        """Find an appointment of the link's patient, and of a single-purpose link its own; raises NotFound."""
        record = uow.appointments.get(appointment_id)
        if record.patient_id != self.patient_id or self.link.appointment_id not in {None, appointment_id}:
            raise NotFound("no such appointment")
        return record


def bearer_of(store: Store, clock: Clock, token: str, agent: str = "") -> Bearer:
    """Find who holds a link; raises NotFound for one that is unknown, switched off or over, TooOften.

    When it was last opened, and by which program, is written down once an hour.
    """
    now, hashed = clock(), token_hash(token)
    with store.read_installation() as installation:
        found = installation.page_link(hashed)
    if found is None or found.record.revoked_at or (found.record.expires_at and found.record.expires_at <= now):
        raise NotFound("no such page")
    if is_too_often(store, clock, f"page {hashed}", _PER_MINUTE, _MINUTE):
        raise TooOften("this page was opened too often")
    bearer = Bearer(found.record, Context(Actor(found.record.id, Role.PATIENT, found.clinic_id), store, clock))
    _note(bearer, agent.replace(token, ""), now)
    return bearer


def _note(bearer: Bearer, agent: str, now: datetime) -> None:
    """Write down that the link is used; a busy database is no reason to refuse."""
    link = bearer.link
    if link.used_at and now - link.used_at < _NOTED_EVERY:
        return
    program = "".join(letter for letter in agent if letter.isprintable()).strip()[:_LONGEST_PROGRAM] or "unknown"
    try:
        with bearer.ctx.begin() as uow:
            lasts = lasts_until(uow, link.patient_id, link.created_at) if link.purpose is Purpose.PAGE else link.expires_at
            uow.page_links.note_use(link.id, now, program, lasts)
    except Unavailable:
        log.warning("a use of link %s was not written down", link.id)
