"""How many messages of a kind may go in a minute, from all processes together: in no sixty seconds more than a limit.

What went is counted by the second. What finds no room is given an instant to come back at: the first one when there will be
room again, each other one a step after the one before it, so that all of a burst comes back once, spread evenly. A step is a
twentieth longer than need be, since whoever sends looks every two seconds: what came back too soon would be asked again. Of
those who come back, who finds no room after all stands before all who are new.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from math import ceil

from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite

from planner.storage.desk_tables import ThrottleRow
from planner.storage.tables import table_of

WINDOW = 60.0
"""Seconds in which no more than the limit may go; and by how much the clocks of two machines may differ."""
LINE = 3600.0
"""Seconds that a line may be long: what comes after stands at its end, and asks again then."""
_STEP = 1.05 * WINDOW
_THROTTLE = table_of(ThrottleRow)
_COLUMNS = _THROTTLE.c
_COUNTED = select(_COLUMNS.start, _COLUMNS.hits)
_WENT = (
    _COUNTED.where(_COLUMNS.key == bindparam("_key"), _COLUMNS.start > bindparam("_after"))
    .order_by(_COLUMNS.start.desc())
)  # fmt: skip
_ENDS = _COUNTED.where(_COLUMNS.key.in_(bindparam("_keys", expanding=True)))
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext(:name))")


def hit(connection: Connection, key: str, start: int) -> int:
    """Count one more of something in the second, or window, that begins at *start*; gives how many there are now."""
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(_THROTTLE)
    new = insert.values(key=key, start=start, hits=1)
    counted = new.on_conflict_do_update(index_elements=["key", "start"], set_={"hits": _COLUMNS.hits + 1})
    hits: int = connection.execute(counted.returning(_COLUMNS.hits)).scalar_one()
    return hits


def room_at(
    connection: Connection, name: str, limit: int, now: datetime, *, urgent: bool, again: bool
) -> datetime | None:
    """Count one that goes now, or tell when it may come back; what is *urgent* goes, and takes the room of others.

    *again*: it has waited for its turn.
    """
    at = now.timestamp()
    if not urgent:
        if connection.dialect.name == "postgresql":  # SQLite lets one write at a time
            connection.execute(_ONE_AT_A_TIME, {"name": name})
        line = [f"{name}:again"] if again else [f"{name}:line", f"{name}:again"]
        free = _free_at(connection, name, limit, at)
        if free > at or not again:
            free = max(free, _end(connection, line, at))
        if free > at:
            return _place(connection, line[0], free, at, _STEP / limit)
    hit(connection, name, ceil(at))
    return None


def _free_at(connection: Connection, name: str, limit: int, at: float) -> float:
    """Tell when fewer than the limit have gone within the window: once the last but so many is no longer in it."""
    went = connection.execute(_WENT, {"_key": name, "_after": int(at - WINDOW)}).all()
    counted = 0
    for start, hits in went:
        if start <= at + WINDOW:  # what lies further ahead was counted by a clock that has been set back since
            counted += hits
        if counted >= limit:
            return float(start + WINDOW)
    return 0.0


def _end(connection: Connection, keys: Collection[str], at: float) -> float:
    """Tell when the next after all who wait would come back; what no clock of now can have said does not count."""
    ends = (start + thousandths / 1000 for start, thousandths in connection.execute(_ENDS, {"_keys": keys}))
    return max((end for end in ends if end <= at + LINE + WINDOW), default=0.0)


def _place(connection: Connection, key: str, free: float, at: float, step: float) -> datetime:
    """Put one at the end of a line, and give its instant."""
    if free < at + LINE:
        connection.execute(_THROTTLE.delete().where(_COLUMNS.key == key))
        seconds, rest = divmod(free + step, 1)
        connection.execute(_THROTTLE.insert().values(key=key, start=int(seconds), hits=int(rest * 1000)))
    return datetime.fromtimestamp(min(free, at + LINE), UTC)
