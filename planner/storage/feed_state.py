"""What a fetch of a calendar must know of its link: whose it is, and how the clinic appears in it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, and_, bindparam, select

from planner.storage.desk_tables import LetterheadRow
from planner.storage.link_records import FeedLink
from planner.storage.link_tables import FeedLinkRow
from planner.storage.repository import Mapped
from planner.storage.tables import ClinicRow, ResourceRow, table_of

LINKS = Mapped(FeedLinkRow, FeedLink)
LINK, CLINIC, LETTERHEAD, _RESOURCE = LINKS.table, table_of(ClinicRow), table_of(LetterheadRow), table_of(ResourceRow)


@dataclass(frozen=True)
class FeedState:
    """A link, whose it is, and what the clinic is called and where it is; *resource*: the name of the person or the room."""

    clinic_id: UUID
    link: FeedLink
    zone: str
    public_name: str | None
    address: str
    resource: str | None


def of_link(*columns: Any) -> Select[Any]:
    """Give the statement that reads some columns of a link, its clinic, letterhead and resource, by the token's hash."""
    found = select(*columns).join_from(LINK, CLINIC, CLINIC.c.id == LINK.c.clinic_id)
    found = found.outerjoin(LETTERHEAD, LETTERHEAD.c.clinic_id == LINK.c.clinic_id)
    theirs = and_(_RESOURCE.c.clinic_id == LINK.c.clinic_id, _RESOURCE.c.id == LINK.c.resource_id)
    return found.outerjoin(_RESOURCE, theirs).where(LINK.c.token_hash == bindparam("_token_hash"))


_OTHERS = (LINK.c.clinic_id, CLINIC.c.zone, LETTERHEAD.c.public_name, LETTERHEAD.c.address, _RESOURCE.c.name)
_STATE = of_link(*_OTHERS, *(LINK.c[name] for name in LINKS.names))


def feed_state(connection: Connection, token_hash: str) -> FeedState | None:
    """Find the link of a token."""
    row = connection.execute(_STATE, {"_token_hash": token_hash}).first()
    if row is None:
        return None
    clinic_id, zone, public_name, address, resource, *link = row
    return FeedState(clinic_id, LINKS.load(link), zone, public_name, address or "", resource)
