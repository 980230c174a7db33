"""What a fetch of a calendar must know: whose it is, and whether anything that it shows has changed since."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, ScalarSelect, String, and_, bindparam, func, literal_column, select

from planner.domain.errors import Unavailable
from planner.storage.calendar_tables import AppointmentRow
from planner.storage.desk_tables import LetterheadRow
from planner.storage.link_records import FeedLink
from planner.storage.link_tables import FeedLinkRow
from planner.storage.refusals import reachable
from planner.storage.repository import Mapped
from planner.storage.tables import ClinicRow, table_of

_LINKS = Mapped(FeedLinkRow, FeedLink)
_LINK, _CLINIC, _LETTERHEAD = _LINKS.table, table_of(ClinicRow), table_of(LetterheadRow)
_APPOINTMENT = table_of(AppointmentRow)
Mark = tuple[Any, ...]
"""What a calendar's bytes depend on, as the database gives it: another one wherever anything has changed."""


@dataclass(frozen=True)
class FeedState:
    """A link, whose it is, and how the calendar is called."""

    clinic_id: UUID
    link: FeedLink
    zone: str
    public_name: str | None


def _appointments() -> ScalarSelect[str]:
    columns = _APPOINTMENT.c
    counts = (func.count(), func.sum(columns.version), func.max(columns.updated_at))
    joined: ColumnElement[str] = literal_column("''", String)
    for count in counts:
        joined = joined + func.coalesce(count.cast(String), literal_column("''")) + literal_column("' '")
    same_patient = and_(columns.clinic_id == _LINK.c.clinic_id, columns.patient_id == _LINK.c.patient_id)
    return select(joined).where(same_patient).scalar_subquery()


def _of_link(*columns: Any) -> Any:
    found = select(_CLINIC.c.zone, _LETTERHEAD.c.public_name, *columns)
    found = found.join_from(_LINK, _CLINIC, _CLINIC.c.id == _LINK.c.clinic_id)
    found = found.outerjoin(_LETTERHEAD, _LETTERHEAD.c.clinic_id == _LINK.c.clinic_id)
    return found.where(_LINK.c.token_hash == bindparam("_token_hash"))


_STATE = _of_link(_LINK.c.clinic_id, *(_LINK.c[name] for name in _LINKS.names))
_MARK = _of_link(_LINK.c.updated_at, _LINK.c.revoked_at, _LINK.c.expires_at, _appointments())


def feed_state(connection: Connection, token_hash: str) -> FeedState | None:
    """Find the link of a token."""
    row = connection.execute(_STATE, {"_token_hash": token_hash}).first()
    if row is None:
        return None
    zone, public_name, clinic_id, *link = row
    return FeedState(clinic_id, _LINKS.load(link), zone, public_name)


class FeedMarks:
    """Marks of calendars, read past SQLAlchemy: its pool, transaction and result cost several times what the statement does.

    It is one statement, so it needs no transaction; and what it gives is compared, never looked into. The connections are
    its own, as many as threads ask at once; one that has died is noticed when it is used, and replaced.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        compiled = _MARK.compile(dialect=engine.dialect)
        self._sql, self._positional = str(compiled), bool(compiled.positional)
        self._died: tuple[type[Exception], ...] = (engine.dialect.loaded_dbapi.OperationalError,)
        self._idle: list[Any] = []  # of the driver's own connections

    def of(self, token_hash: str) -> Mark | None:
        """Give the mark of the calendar that a token opens; None for an unknown one. Raises Unavailable."""
        try:
            return self._ask(self._take(), token_hash)
        except self._died:
            self.close()
        try:
            return self._ask(self._take(), token_hash)
        except self._died as error:
            raise Unavailable("the database cannot be used") from error

    def _ask(self, driver: Any, token_hash: str) -> Mark | None:
        values = (token_hash,) if self._positional else {"_token_hash": token_hash}
        try:
            found: Mark | None = driver.execute(self._sql, values).fetchone()
        except BaseException:
            driver.close()
            raise
        self._idle.append(driver)
        return found

    def _take(self) -> Any:
        with suppress(IndexError):
            return self._idle.pop()
        with reachable():
            connection = self._engine.raw_connection()
        driver: Any = connection.driver_connection
        connection.detach()
        if not self._positional:
            driver.autocommit = True  # PostgreSQL's driver would begin a transaction: two more ways there and back
        return driver

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()
