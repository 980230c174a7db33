"""Private links, what comes by them, and how patients want to be written to. Lists are oldest first."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, bindparam, or_

from planner.domain.errors import Conflict
from planner.storage.link_records import Correspondence, FeedLink, PageLink, Reply
from planner.storage.link_tables import CorrespondenceRow, FeedLinkRow, PageLinkRow, ReplyRow
from planner.storage.repository import Keyed, Mapped, R, Repository, Versioned


class _Revocable(Keyed[R]):
    """Links of a kind, which are switched off and never deleted."""

    noun = "link"

    @property
    def _links(self) -> Table:
        return self.mapped.table

    def all(self) -> list[R]:
        """List the clinic's links, switched-off ones included."""
        return self._list()

    def on(self, now: datetime) -> list[R]:
        """List the clinic's links that are neither switched off nor over."""
        columns = self._links.c
        return self._list(columns.revoked_at.is_(None), or_(columns.expires_at.is_(None), columns.expires_at > now))

    def of_patient(self, patient_id: UUID) -> list[R]:
        """List a patient's links, switched-off ones included."""
        return self._list(self._links.c.patient_id == patient_id)

    def revoke(self, link_id: UUID, at: datetime) -> bool:
        """Switch a link off; gives False where it is off already, or not of this clinic."""
        return self.revoke_all([link_id], at) > 0

    def revoke_all(self, link_ids: Iterable[UUID], at: datetime) -> int:
        """Switch links off; gives how many were on."""
        columns, ids = self._links.c, set(link_ids)
        if not ids:
            return 0
        mine = (columns.clinic_id == self._clinic_id, columns.id.in_(ids), columns.revoked_at.is_(None))
        change = self._links.update().where(*mine).values(revoked_at=at, updated_at=at)
        return self._connection.execute(change).rowcount


class FeedLinks(_Revocable[FeedLink]):
    """The private addresses of calendars."""

    mapped = Mapped(FeedLinkRow, FeedLink, order_by="created_at")

    def of_resource(self, resource_id: UUID) -> list[FeedLink]:
        """List the links of a person's or a room's calendar, switched-off ones included."""
        return self._list(self._links.c.resource_id == resource_id)

    def revoke_beyond(self, resource_ids: Collection[UUID], at: datetime) -> int:
        """Switch off the links of people and rooms that are none of these; gives how many were on."""
        return self.revoke_all((one.id for one in self._list(self._links.c.resource_id.not_in(set(resource_ids)))), at)

    def note_fetch(self, link_id: UUID, at: datetime, by: str, expires_at: datetime | None) -> None:
        """Write down that a program has fetched it, and until when it may; what the calendar shows stays the same."""
        mine = (self._links.c.clinic_id == self._clinic_id, self._links.c.id == link_id)
        change = self._links.update().where(*mine).values(fetched_at=at, fetched_by=by, expires_at=expires_at)
        self._connection.execute(change)


class PageLinks(_Revocable[PageLink]):
    """The private addresses of patients' pages."""

    mapped = Mapped(PageLinkRow, PageLink, order_by="created_at")
    _of_notices = mapped.all.where(mapped.table.c.notice_id.in_(bindparam("_ids", expanding=True)))

    def of_notice(self, notice_id: UUID) -> list[PageLink]:
        """List the links that were made for a message, at all its attempts."""
        return self.of_notices([notice_id])

    def of_notices(self, notice_ids: Collection[UUID]) -> list[PageLink]:
        """List the links that were made for some messages."""
        return self._listed(self._of_notices, _ids=tuple(notice_ids))

    def note_use(self, link_id: UUID, at: datetime, by: str, expires_at: datetime | None) -> None:
        """Write down that somebody has opened it, by which program, and until when it lasts."""
        mine = (self._links.c.clinic_id == self._clinic_id, self._links.c.id == link_id)
        change = self._links.update().where(*mine).values(used_at=at, used_by=by, expires_at=expires_at)
        self._connection.execute(change)


class Replies(Repository[Reply]):
    """What patients answered; append-only."""

    mapped = Mapped(ReplyRow, Reply, order_by="at")
    noun = "reply"
    _of_several = mapped.all.where(mapped.table.c.appointment_id.in_(bindparam("_ids", expanding=True)))

    def of_appointments(self, appointment_ids: Collection[UUID]) -> list[Reply]:
        """List the replies about some appointments."""
        return self._listed(self._of_several, _ids=tuple(sorted(set(appointment_ids))))


class Correspondences(Versioned[Correspondence]):
    """How patients want to be written to."""

    mapped = Mapped(CorrespondenceRow, Correspondence)
    noun = "way of writing to this patient"
    asked = mapped.all.where(mapped.table.c.id == bindparam("_patient_id"))

    def of_patient(self, patient_id: UUID) -> Correspondence:
        """Give what a patient has chosen; of one who never has, what holds by itself (version 0)."""
        found = self._listed(self.asked, _patient_id=patient_id)
        return found[0] if found else Correspondence(patient_id)

    def keep(self, chosen: Correspondence) -> Correspondence:
        """Write what a patient chose and give it with its next version; raises Conflict where it is stale."""
        if chosen.version:
            return self.save(chosen)
        if self._list(self.mapped.table.c.id == chosen.id):
            raise Conflict(f"somebody else changed this {self.noun} first")
        first = replace(chosen, version=1)
        self.add(first)
        return first
