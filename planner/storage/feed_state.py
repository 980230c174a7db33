"""All that a fetch of a calendar must know before it may serve the bytes it has: one statement."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, ScalarSelect, String, and_, bindparam, cast, func, literal, select

from planner.storage.calendar_tables import AppointmentRow
from planner.storage.desk_records import FeedLink
from planner.storage.desk_tables import FeedLinkRow, LetterheadRow
from planner.storage.repository import Mapped
from planner.storage.tables import ClinicRow, table_of

_LINKS = Mapped(FeedLinkRow, FeedLink)
_LINK, _CLINIC, _LETTERHEAD = _LINKS.table, table_of(ClinicRow), table_of(LetterheadRow)
_APPOINTMENT = table_of(AppointmentRow)


@dataclass(frozen=True)
class FeedState:
    """A link, whose it is, and the *fingerprint* of the patient's appointments: another one wherever one has changed."""

    clinic_id: UUID
    link: FeedLink
    zone: str
    public_name: str | None
    fingerprint: str


def _fingerprint() -> ScalarSelect[str]:
    columns = _APPOINTMENT.c
    counts = (func.count(), func.sum(columns.version), func.max(columns.updated_at))
    joined: ColumnElement[str] = literal("")
    for count in counts:
        joined = joined + func.coalesce(cast(count, String), "") + " "
    same_patient = and_(columns.clinic_id == _LINK.c.clinic_id, columns.patient_id == _LINK.c.patient_id)
    return select(joined).where(same_patient).scalar_subquery()


_STATE = (
    select(
        _LINK.c.clinic_id, _CLINIC.c.zone, _LETTERHEAD.c.public_name, _fingerprint(),
        *(_LINK.c[name] for name in _LINKS.names),
    )
    .join_from(_LINK, _CLINIC, _CLINIC.c.id == _LINK.c.clinic_id)
    .outerjoin(_LETTERHEAD, _LETTERHEAD.c.clinic_id == _LINK.c.clinic_id)
    .where(_LINK.c.token_hash == bindparam("_token_hash"))
)  # fmt: skip


def feed_state(connection: Connection, token_hash: str) -> FeedState | None:
    """Find the link of a token, and the state of what it shows."""
    row = connection.execute(_STATE, {"_token_hash": token_hash}).first()
    if row is None:
        return None
    clinic_id, zone, public_name, fingerprint, *link = row
    return FeedState(clinic_id, _LINKS.load(link), zone, public_name, fingerprint)
