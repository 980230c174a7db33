"""What the database refuses, in the words of the domain."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError, OperationalError

from planner.domain.errors import Conflict, NotFound, PlannerError, Unavailable

OVERLAP = "occupancy_no_overlap"
_EXISTS = {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
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
def reachable() -> Iterator[None]:
    """Say in one line that the database is away, full or too busy; raises Unavailable."""
    try:
        yield
    except OperationalError as error:
        reason = (str(error.orig).splitlines() or ["no reason given"])[0]
        raise Unavailable(f"the database cannot be used: {reason}") from error
