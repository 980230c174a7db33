"""Whether anything that a calendar shows has changed since: asked at every fetch, so in as little as can be.

In two steps. The database's own *pulse* says whether anybody has written anything at all: while it has not, a mark that was
read stands. Only then is the *mark* read again, which says whether what this calendar shows may be another by now.

Both are complete, not likely. SQLite counts what other connections commit (PRAGMA data_version), and ours only read. In
PostgreSQL the same snapshot means the same rows, whoever writes what: every commit leaves it another. Of the mark: whatever
is written to an appointment raises its version, and none is ever deleted, so their number and the sum of their versions only
rise; what a visit takes has a log of its own; patients, clinic and letterhead have versions; of the link all that shapes the
calendar is in it. A mark is read after its pulse: what comes between is seen the next time.
"""

from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Engine, ScalarSelect, String, Table, and_, case, func, literal_column, select

from planner.domain.errors import Unavailable
from planner.domain.reaching import Audience
from planner.storage.calendar_tables import AppointmentRow, CalendarChangeRow
from planner.storage.feed_state import CLINIC, LETTERHEAD, LINK, of_link
from planner.storage.refusals import reachable
from planner.storage.tables import PatientRow, table_of

Mark = tuple[Any, ...]
"""What a calendar's bytes depend on, as the database gives it: another one wherever anything has changed."""
_APPOINTMENT, _PATIENT, _CHANGE = table_of(AppointmentRow), table_of(PatientRow), table_of(CalendarChangeRow)
_PULSE = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT CAST(pg_current_snapshot() AS text)"}
_MOST_KNOWN = 10_000
_SHAPING = (
    "updated_at", "revoked_at", "expires_at", "audience", "wording", "language", "shows_advice", "shows_place",
    "alarm_minutes",
)  # fmt: skip


def _versions(table: Table, *more: ColumnElement[bool]) -> ScalarSelect[str]:
    """Count the clinic's rows and add up their versions, as one text."""
    both = (func.count(), func.sum(table.c.version))
    counted = [func.coalesce(one.cast(String), literal_column("''", String)) for one in both]
    mine = and_(table.c.clinic_id == LINK.c.clinic_id, *more)
    return select(counted[0] + literal_column("' '", String) + counted[1]).where(mine).scalar_subquery()


def _changes() -> ScalarSelect[Any]:
    mine = _CHANGE.c.clinic_id == LINK.c.clinic_id
    return select(func.max(_CHANGE.c.revision).cast(String)).where(mine).scalar_subquery()


_PATIENTS, _STAFF = LINK.c.patient_id.is_not(None), LINK.c.resource_id.is_not(None)
_CLINICIANS = LINK.c.audience == literal_column(f"'{Audience.CLINICIAN}'")
_MARK = of_link(
    CLINIC.c.zone, LETTERHEAD.c.version, *(LINK.c[name] for name in _SHAPING),
    case((_PATIENTS, _versions(_APPOINTMENT, _APPOINTMENT.c.patient_id == LINK.c.patient_id))),
    case((_STAFF, _versions(_APPOINTMENT))), case((_STAFF, CLINIC.c.version)), case((_STAFF, _changes())),
    case((_CLINICIANS, _versions(_PATIENT))),
)  # fmt: skip


class _Line:
    """One of the driver's own connections, with the marks that stand since the database last changed."""

    def __init__(self, driver: Any, most_known: int = _MOST_KNOWN) -> None:
        self.driver, self._cursor, self._most = driver, driver.cursor(), most_known
        self._pulse: Any = None
        self._known: dict[str, Mark | None] = {}

    def mark(self, pulse: str, asked: str, token_hash: str, values: Any) -> Mark | None:
        """Give a token's mark, read anew where anything was written. SQLite reads on until all rows are fetched."""
        now = self._cursor.execute(pulse).fetchall()
        if now != self._pulse or len(self._known) >= self._most:
            self._pulse, self._known = now, {}
        if token_hash not in self._known:
            self._known[token_hash] = next(iter(self._cursor.execute(asked, values).fetchall()), None)
        return self._known[token_hash]


class FeedMarks:
    """Marks of calendars, read past SQLAlchemy: its pool, transaction and result cost several times what the statement does.

    Each question is one statement, so it needs no transaction; and the answer is compared, never looked into. The
    connections are its own, as many as threads ask at once; one that has died is noticed when it is used, and replaced.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._pulse = engine, _PULSE[engine.dialect.name]
        compiled = _MARK.compile(dialect=engine.dialect)
        self._sql, self._positional = str(compiled), bool(compiled.positional)
        self._died: tuple[type[Exception], ...] = (engine.dialect.loaded_dbapi.OperationalError,)
        self._idle: list[_Line] = []

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

    def _ask(self, line: _Line, token_hash: str) -> Mark | None:
        values: Any = (token_hash,) if self._positional else {"_token_hash": token_hash}
        try:
            found = line.mark(self._pulse, self._sql, token_hash, values)
        except BaseException:
            line.driver.close()
            raise
        self._idle.append(line)
        return found

    def _take(self) -> _Line:
        with suppress(IndexError):
            return self._idle.pop()
        with reachable():
            connection = self._engine.raw_connection()
        driver: Any = connection.driver_connection
        connection.detach()
        if not self._positional:
            driver.autocommit = True  # PostgreSQL's driver would begin a transaction: two more ways there and back
        return _Line(driver)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with suppress(IndexError):
            while True:
                self._idle.pop().driver.close()
