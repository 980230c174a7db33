"""What the database refuses, in the words of the domain."""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import OperationalError as SQLiteError

from sqlalchemy.exc import IntegrityError, InternalError, OperationalError

from planner.domain.errors import Conflict, NotFound, PlannerError, Unavailable

OVERLAP = "occupancy_no_overlap"
_EXISTS = {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
_READ_ONLY = "25006"
"""What PostgreSQL says of writing where it only reads: a standby, or one that is kept from writing."""
_FOREIGN = {"23503", "SQLITE_CONSTRAINT_FOREIGNKEY"}


def refusal_of(error: IntegrityError) -> PlannerError | None:
    """Say what a broken constraint means; None for one that only a mistake of ours can break."""
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    if OVERLAP in str(error.orig) or "pk_occupancy" in str(error.orig):
        return Conflict("the time has been taken in the meantime")
    if code in _EXISTS:
        return Conflict("it exists already")
    if code in _FOREIGN:
        return NotFound("it refers to something that this clinic does not have")
    return None


@contextmanager
def reachable(*, writes: bool = False) -> Iterator[None]:
    """Say in one line that the database is away, full or too busy, or is not to be written to; raises Unavailable.

    *writes*: whether it should take what is written; else that is a mistake of ours.
    """
    try:
        yield
    except (OperationalError, InternalError, SQLiteError) as error:
        cause = getattr(error, "orig", error)  # as a connection is opened, or begins to write, SQLite's own comes through
        if isinstance(error, InternalError) and not (writes and getattr(cause, "sqlstate", None) == _READ_ONLY):
            raise
        reason = (str(cause).splitlines() or ["no reason given"])[0]
        raise Unavailable(f"the database cannot be used: {reason}") from error
