"""What belongs to no one clinic: who signs in, what is due to be sent, whose link a token is, and which workers live."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, case, func, select
from sqlalchemy.dialects import postgresql, sqlite

from planner.domain.notices import HELD
from planner.storage.desk import Notices, SignIns
from planner.storage.desk_records import Notice, SignIn
from planner.storage.desk_tables import HeartbeatRow, ThrottleRow
from planner.storage.feed_state import FeedState, feed_state
from planner.storage.leasing import OPEN, Found, lease
from planner.storage.link_records import PageLink
from planner.storage.links import PageLinks
from planner.storage.pacing import hit, room_at
from planner.storage.people import StaffMembers
from planner.storage.records import Staff
from planner.storage.repository import Mapped
from planner.storage.tables import ClinicRow, table_of
from planner.storage.tallies import Tallies, tallies

_THROTTLE, _HEARTBEAT, _CLINIC = table_of(ThrottleRow), table_of(HeartbeatRow), table_of(ClinicRow)
_STAFF, _SIGN_IN = StaffMembers.mapped.table, SignIns.mapped.table
_ENTERED = (
    select(_SIGN_IN.c.clinic_id, _CLINIC.c.version, _SIGN_IN.c.created_at, _SIGN_IN.c.seen_at)
    .add_columns(*(_STAFF.c[name] for name in StaffMembers.mapped.names))
    .join_from(_SIGN_IN, _STAFF, and_(_STAFF.c.clinic_id == _SIGN_IN.c.clinic_id, _STAFF.c.id == _SIGN_IN.c.staff_id))
    .join(_CLINIC, _CLINIC.c.id == _SIGN_IN.c.clinic_id)
    .where(_SIGN_IN.c.token_hash == bindparam("_token_hash"), _STAFF.c.uniquifier == bindparam("_uniquifier"))
)
_LAST_BEAT = select(func.max(_HEARTBEAT.c.seen_at))


@dataclass(frozen=True)
class Entered:
    """A sign-in with all that a page asks of it: whose it is, since when, last used when, and how their clinic stands."""

    clinic_id: UUID
    clinic_version: int
    created_at: datetime
    seen_at: datetime
    staff: Staff


class Installation:
    """One transaction over all clinics. What it finds of a clinic says whose it is; it changes no clinic's own data."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _one(self, mapped: Mapped[Any], column: str, value: object) -> Any:
        table = mapped.table
        names = [table.c[name] for name in mapped.names]
        row = self._connection.execute(select(table.c.clinic_id, *names).where(table.c[column] == value)).first()
        return Found(row[0], mapped.load(row[1:])) if row else None

    def staff_by_email(self, email: str) -> Found[Staff] | None:
        """Find who signs in by a mail address, written in lower case."""
        found: Found[Staff] | None = self._one(StaffMembers.mapped, "email", email)
        return found

    def staff_by_uniquifier(self, uniquifier: str) -> Found[Staff] | None:
        """Find whom the sign-in library knows by this."""
        found: Found[Staff] | None = self._one(StaffMembers.mapped, "uniquifier", uniquifier)
        return found

    def sign_in(self, token_hash: str) -> Found[SignIn] | None:
        """Find the sign-in of a cookie."""
        found: Found[SignIn] | None = self._one(SignIns.mapped, "token_hash", token_hash)
        return found

    def entered(self, token_hash: str, uniquifier: str) -> Entered | None:
        """Find the sign-in of a cookie, of whom the sign-in library knows by this, in one statement."""
        row = self._connection.execute(_ENTERED, {"_token_hash": token_hash, "_uniquifier": uniquifier}).first()
        if row is None:
            return None
        clinic_id, version, created_at, seen_at, *staff = row
        return Entered(clinic_id, version, created_at, seen_at, StaffMembers.mapped.load(staff))

    def see(self, token_hash: str, at: datetime) -> None:
        """Write down that a sign-in was used."""
        table = SignIns.mapped.table
        self._connection.execute(table.update().where(table.c.token_hash == token_hash).values(seen_at=at))

    def feed(self, token_hash: str) -> FeedState | None:
        """Find the calendar of an address, and the state of what it shows."""
        return feed_state(self._connection, token_hash)

    def page_link(self, token_hash: str) -> Found[PageLink] | None:
        """Find the link to a patient's page of an address."""
        found: Found[PageLink] | None = self._one(PageLinks.mapped, "token_hash", token_hash)
        return found

    def hit(self, key: str, start: int) -> int:
        """Count one more try of something in the window that begins at *start*; gives how many there are now."""
        return hit(self._connection, key, start)

    def room_at(self, name: str, limit: int, now: datetime, *, urgent: bool, again: bool) -> datetime | None:
        """Count something that goes now, or tell when it may come back: in no minute go more of it than the limit.

        What is *urgent* goes, whatever has gone. *again*: it comes back as it was told.
        """
        return room_at(self._connection, name, limit, now, urgent=urgent, again=again)

    def forget_hits(self, before: int) -> None:
        """Drop windows that began earlier."""
        self._connection.execute(_THROTTLE.delete().where(_THROTTLE.c.start < before))

    def beat(self, worker: str, at: datetime) -> None:
        """Write down that a worker is alive, and forget those that have been silent for a day."""
        seen = {"seen_at": at, "ended_at": None}
        insert = self._insert(_HEARTBEAT).values(worker=worker, **seen)
        self._connection.execute(insert.on_conflict_do_update(index_elements=["worker"], set_=seen))
        self._connection.execute(_HEARTBEAT.delete().where(_HEARTBEAT.c.seen_at < at - timedelta(days=1)))

    def end(self, worker: str, at: datetime) -> None:
        """Write down that a worker has ended as it should: nothing more comes of it."""
        self._connection.execute(_HEARTBEAT.update().where(_HEARTBEAT.c.worker == worker).values(ended_at=at))

    def last_beat(self, until: datetime | None = None) -> datetime | None:
        """Tell when a worker was last alive, or last *until* an instant: a clock that was set back leaves later ones."""
        asked = _LAST_BEAT if until is None else _LAST_BEAT.where(_HEARTBEAT.c.seen_at <= until)
        last: datetime | None = self._connection.execute(asked).scalar()
        return last

    def notice(self, notice_id: UUID) -> Found[Notice] | None:
        """Find something that was owed, by the key of each clinic: there is no index for the id alone."""
        clinics = [*self._connection.execute(select(_CLINIC.c.id)).scalars()]
        row = self._connection.execute(_OWED_BY, {"_clinics": clinics, "_id": notice_id}).first()
        return Found(row[0], Notices.mapped.load(row[1:])) if row else None

    def lease(
        self, now: datetime, until: datetime, limit: int, together: timedelta | None = None
    ) -> list[Found[Notice]]:
        """Take what is due, so that no other worker does before *until*; what is taken comes back by itself then.

        With it is taken what else is owed to the same patients, and due (no no-driving message before its time) within
        *together*.

        On PostgreSQL several workers take at once without waiting; on SQLite the transaction already has the write lock.
        """
        return lease(self._connection, now, until, limit, together)

    def tallies(self) -> Tallies:
        """Count all messages of all clinics."""
        return tallies(self._connection)

    def oldest_due(self) -> datetime | None:
        """Tell when the first thing was due that is still owed; what is held back is due when it no longer is."""
        oldest: datetime | None = self._connection.execute(_OLDEST_DUE).scalar()
        return oldest

    def _insert(self, table: Any) -> Any:
        return (sqlite if self._connection.dialect.name == "sqlite" else postgresql).insert(table)


_NOTICE = Notices.mapped.table
_OWED_BY = (
    select(_NOTICE.c.clinic_id, *(_NOTICE.c[name] for name in Notices.mapped.names))
    .where(_NOTICE.c.clinic_id.in_(bindparam("_clinics", expanding=True)), _NOTICE.c.id == bindparam("_id"))
)  # fmt: skip
_IS_DUE = case((_NOTICE.c.outcome.in_(HELD), _NOTICE.c.next_attempt_at), else_=_NOTICE.c.due_at)
_OLDEST_DUE = select(func.min(_IS_DUE)).where(*OPEN)
