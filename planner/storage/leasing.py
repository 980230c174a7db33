"""Taking what is due to be sent, so that nobody else does for a while. By index, however much is stored.

A round stays small however much is due: whoever has waited longest is taken first, with all that goes along, until CROWD
times the limit is reached; whom that leaves out is whole for the next round. Where more is due than a round takes, what
keeps patients from driving goes before all else, and half of the rest is for clinics that would have nothing in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, or_, select

from planner.domain.notices import ALONE, NO_DRIVING
from planner.storage.desk import Notices
from planner.storage.desk_records import Notice
from planner.storage.tables import ClinicRow, table_of

T = TypeVar("T")
CROWD = 5
"""How many times its limit a round may take until nobody more joins it, and of one person in all."""
_NOTICE, _CLINIC = Notices.mapped.table, table_of(ClinicRow)
OPEN = (_NOTICE.c.sent_at.is_(None), _NOTICE.c.given_up_at.is_(None), _NOTICE.c.withdrawn_at.is_(None))
"""What is still owed, as conditions."""
_KEYS = (_NOTICE.c.clinic_id, _NOTICE.c.id, _NOTICE.c.patient_id, _NOTICE.c.kind)
_DUE = (
    select(*_KEYS)
    .where(*OPEN, _NOTICE.c.next_attempt_at <= bindparam("_now"))
    .order_by(_NOTICE.c.next_attempt_at)
    .limit(bindparam("_limit"))
    .with_for_update(skip_locked=True)
)
_SAFETY_DUE = _DUE.where(_NOTICE.c.kind.in_(NO_DRIVING))
_OTHERS_DUE = _DUE.where(_NOTICE.c.clinic_id.in_(bindparam("_clinics", expanding=True)))
_OTHERS = select(_CLINIC.c.id).where(_CLINIC.c.id.not_in(bindparam("_clinics", expanding=True)))
_NEVER_TRIED = and_(_NOTICE.c.kind.not_in(NO_DRIVING), _NOTICE.c.next_attempt_at == _NOTICE.c.due_at)
_GOING_ALONG = (
    select(*_KEYS)
    .where(*OPEN, _NOTICE.c.kind.not_in(ALONE), _NOTICE.c.next_attempt_at <= bindparam("_soon"))
    .where(or_(_NOTICE.c.next_attempt_at <= bindparam("_now"), _NEVER_TRIED))
    .where(_NOTICE.c.clinic_id == bindparam("_clinic_id"))
    .where(_NOTICE.c.patient_id.in_(bindparam("_patients", expanding=True)))
    .order_by(_NOTICE.c.patient_id, _NOTICE.c.next_attempt_at)
    .limit(bindparam("_most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    _NOTICE.update()
    .where(_NOTICE.c.clinic_id == bindparam("_clinic_id"), _NOTICE.c.id.in_(bindparam("_ids", expanding=True)))
    .values(next_attempt_at=bindparam("_until"), attempts=_NOTICE.c.attempts + 1)
    .returning(*(_NOTICE.c[name] for name in Notices.mapped.names))
)


@dataclass(frozen=True)
class Found(Generic[T]):
    """A record, and the clinic whose it is."""

    clinic_id: UUID
    record: T


def lease(
    connection: Connection, now: datetime, until: datetime, limit: int, together: timedelta | None
) -> list[Found[Notice]]:
    """Take what is due, and what goes along with it; see `Installation.lease`."""
    keys = _due(connection, now, limit)
    if together is not None:
        keys = _with_company(connection, keys, now, now + together, CROWD * limit)
    taken = list[Found[Notice]]()
    for clinic_id in {key.clinic_id for key in keys}:
        ids = [key.id for key in keys if key.clinic_id == clinic_id]
        rows = connection.execute(_TAKE, {"_clinic_id": clinic_id, "_ids": ids, "_until": until}).all()
        taken += (Found(clinic_id, Notices.mapped.load(row)) for row in rows)
    return sorted(taken, key=lambda one: (one.record.kind not in NO_DRIVING, one.record.due_at))


def _due(connection: Connection, now: datetime, limit: int) -> list[Any]:
    """Find what has been due longest; of what is more than the limit, what is for safety first, and of each clinic some."""
    values = {"_now": now, "_limit": limit}
    keys = list(connection.execute(_DUE, values).all())
    if len(keys) < limit:
        return keys
    first = list(connection.execute(_SAFETY_DUE, values).all())
    found = {"_clinics": [*{one.clinic_id for one in (*keys, *first)}]}
    if others := [*connection.execute(_OTHERS, found).scalars()]:
        some = {"_now": now, "_limit": (limit - len(first)) // 2, "_clinics": others}
        first += connection.execute(_OTHERS_DUE, some).all()
    return (first + [one for one in keys if one not in first])[:limit]


def _with_company(connection: Connection, due: Sequence[Any], now: datetime, soon: datetime, most: int) -> list[Any]:
    """Add what goes along with what is due; where that is too much, person by person until there is enough."""
    ids = {one.id for one in due}
    along = _going_along(connection, due, now, soon, most + 1)
    if len(along) <= most:
        return [*due, *(one for one in along if one.id not in ids)]
    taken = dict[UUID, Any]()
    for first in due:
        if len(taken) >= most:
            break
        if first.id not in taken:
            mine = [one for one in due if _goes_with(one, first)]
            others = _going_along(connection, [first], now, soon, most)
            person = {one.id: one for one in (first, *mine, *others)}
            taken |= islice(person.items(), most)
    return [*taken.values()]


def _goes_with(one: Any, other: Any) -> bool:
    """Whether two messages go to one person as one."""
    same = (one.clinic_id, one.patient_id) == (other.clinic_id, other.patient_id)
    return same and one.patient_id is not None and one.kind not in ALONE and other.kind not in ALONE


def _going_along(connection: Connection, taken: Sequence[Any], now: datetime, soon: datetime, most: int) -> list[Any]:
    """Find so much of what is owed to the patients of what is taken: due too, or soon, never tried, in nobody's hands."""
    found = list[Any]()
    for clinic_id in {one.clinic_id for one in taken}:
        of_clinic = (one for one in taken if one.clinic_id == clinic_id and one.kind not in ALONE)
        if patients := sorted({one.patient_id for one in of_clinic if one.patient_id}):
            values = {"_clinic_id": clinic_id, "_patients": patients, "_now": now, "_soon": soon, "_most": most}
            found += connection.execute(_GOING_ALONG, values).all()
    return found
