"""Taking what is due to be sent, so that nobody else does for a while. By index, however much is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, or_, select

from planner.domain.notices import ALONE, NO_DRIVING
from planner.storage.desk import Notices
from planner.storage.desk_records import Notice

T = TypeVar("T")
_NOTICE = Notices.mapped.table
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
_NEVER_TRIED = and_(_NOTICE.c.kind.not_in(NO_DRIVING), _NOTICE.c.next_attempt_at == _NOTICE.c.due_at)
_GOING_ALONG = (
    select(*_KEYS)
    .where(*OPEN, _NOTICE.c.kind.not_in(ALONE), _NOTICE.c.next_attempt_at <= bindparam("_soon"))
    .where(or_(_NOTICE.c.next_attempt_at <= bindparam("_now"), _NEVER_TRIED))
    .where(_NOTICE.c.clinic_id == bindparam("_clinic_id"))
    .where(_NOTICE.c.patient_id.in_(bindparam("_patients", expanding=True)))
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
    keys = list(connection.execute(_DUE, {"_now": now, "_limit": limit}).all())
    if together is not None:
        keys += _going_along(connection, keys, now, now + together)
    taken = list[Found[Notice]]()
    for clinic_id in {key.clinic_id for key in keys}:
        ids = [key.id for key in keys if key.clinic_id == clinic_id]
        rows = connection.execute(_TAKE, {"_clinic_id": clinic_id, "_ids": ids, "_until": until}).all()
        taken += (Found(clinic_id, Notices.mapped.load(row)) for row in rows)
    return sorted(taken, key=lambda one: one.record.due_at)


def _going_along(connection: Connection, taken: Sequence[Any], now: datetime, soon: datetime) -> list[Any]:
    """Find what else is owed to the patients of what is taken: due too, or soon, never tried, in nobody's hands."""
    found, ids = list[Any](), {one.id for one in taken}
    for clinic_id in {one.clinic_id for one in taken}:
        of_clinic = (one for one in taken if one.clinic_id == clinic_id and one.kind not in ALONE)
        if patients := sorted({one.patient_id for one in of_clinic if one.patient_id}):
            values = {"_clinic_id": clinic_id, "_patients": patients, "_now": now, "_soon": soon}
            found += (one for one in connection.execute(_GOING_ALONG, values) if one.id not in ids)
    return found
