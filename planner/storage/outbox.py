"""The outbox as people look at it: a page of a clinic's messages, and how many stand where. By index, however many."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from planner.domain.channels import Channel
from planner.domain.outbox import Standing
from planner.storage.desk import Notices
from planner.storage.desk_records import Notice

_NOTICE = Notices.mapped.table.c
_IS: Mapping[Standing, ColumnElement[bool]] = {
    Standing.OWED: and_(_NOTICE.sent_at.is_(None), _NOTICE.given_up_at.is_(None), _NOTICE.withdrawn_at.is_(None)),
    Standing.SENT: _NOTICE.sent_at.is_not(None),
    Standing.FAILED: and_(_NOTICE.sent_at.is_(None), _NOTICE.given_up_at.is_not(None)),
    Standing.WITHDRAWN: and_(
        _NOTICE.sent_at.is_(None), _NOTICE.given_up_at.is_(None), _NOTICE.withdrawn_at.is_not(None)
    ),
}  # fmt: skip
STANDING = case(*((where, one.value) for one, where in _IS.items()))
"""Where a message stands, as a column."""
_MEANT = {Channel.MAIL: ("mail", "invitation")}
"""What the outbox calls the ways that a message is meant to go by, where that is more than the channel's own name."""


@dataclass(frozen=True)
class Which:
    """Which messages are meant; None: whatever it is. Due in [*first*, *last*).

    *channel*: by which it went. By which an owed one will go is decided when it goes: those are given whatever it is.
    """

    standing: Standing | None = None
    kind: str | None = None
    channel: Channel | None = None
    patient_id: UUID | None = None
    first: datetime | None = None
    last: datetime | None = None


class Outbox:
    """All that a clinic ever owed, page by page."""

    def __init__(self, connection: Connection, clinic_id: UUID) -> None:
        self._connection, self._clinic_id = connection, clinic_id

    def page(self, which: Which, limit: int, offset: int) -> list[Notice]:
        """List messages: what is owed with the earliest due first, all else with the latest first."""
        upwards = which.standing is Standing.OWED
        order = (_NOTICE.due_at, _NOTICE.id) if upwards else (_NOTICE.due_at.desc(), _NOTICE.id.desc())
        columns = [_NOTICE[name] for name in Notices.mapped.names]
        wanted = select(*columns).where(_NOTICE.clinic_id == self._clinic_id, *self._meant(which))
        rows = self._connection.execute(wanted.order_by(*order).limit(limit).offset(offset)).all()
        return [Notices.mapped.load(row) for row in rows]

    def counts(self, first: datetime, last: datetime) -> Mapping[Standing, int]:
        """Count the messages that were due in [first, last), by where they stand."""
        mine = (_NOTICE.clinic_id == self._clinic_id, _NOTICE.due_at >= first, _NOTICE.due_at < last)
        rows = self._connection.execute(select(STANDING, func.count()).where(*mine).group_by(STANDING)).all()
        found = {Standing(row[0]): int(row[1]) for row in rows}
        return {one: found.get(one, 0) for one in Standing}

    def _meant(self, which: Which) -> list[ColumnElement[bool]]:
        same = {name: getattr(which, name) for name in ("kind", "patient_id")}
        meant = [_NOTICE[name] == value for name, value in same.items() if value is not None]
        if which.standing:
            meant.append(_IS[which.standing])
        if which.channel:
            by = _NOTICE.channel.in_(_MEANT.get(which.channel, (which.channel.value,)))
            meant.append(or_(_IS[Standing.OWED], by))
        if which.first and which.last:
            meant += [_NOTICE.due_at >= which.first, _NOTICE.due_at < which.last]
        return meant
