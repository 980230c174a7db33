"""What the database refuses, in the words of the domain."""

from sqlalchemy.exc import IntegrityError

from planner.domain.errors import Conflict, NotFound, PlannerError

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
