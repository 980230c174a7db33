"""Making private links to pages in the transaction of whoever needs one: their hash is stored, their secret given back."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from planner.domain.reaching import Purpose
from planner.domain.tokens import new_token, token_hash
from planner.storage.link_records import PageLink
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class MintedPage:
    """A new link, and the secret of its address: shown once, and stored nowhere."""

    link: PageLink
    token: str = field(repr=False)


def mint(
    uow: UnitOfWork, now: datetime, patient_id: UUID, purpose: Purpose, label: str, *, expires_at: datetime | None = None,
    appointment_id: UUID | None = None, notice_id: UUID | None = None,
) -> MintedPage:  # fmt: skip
    """Make and store a link; *expires_at* of None: it lasts until it is switched off, or its course is long over."""
    made = new_page(
        now, patient_id, purpose, label, expires_at=expires_at, appointment_id=appointment_id, notice_id=notice_id
    )
    uow.page_links.add(made.link)
    return made


def new_page(
    now: datetime, patient_id: UUID, purpose: Purpose, label: str, *, expires_at: datetime | None = None,
    appointment_id: UUID | None = None, notice_id: UUID | None = None,
) -> MintedPage:  # fmt: skip
    """Make a link that opens nothing until somebody stores it."""
    token = new_token()
    link = PageLink(
        uuid4(), patient_id, purpose, label, token_hash(token), now, now, expires_at, appointment_id, notice_id
    )
    return MintedPage(link, token)
