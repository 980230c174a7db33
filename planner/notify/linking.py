"""The private links that a letter holds: single-purpose, expiring, made at the moment at which the letter is rendered.

Nothing but the hash of a link is stored, so a letter that is tried again holds new ones. A mail whose answer was lost may
have arrived all the same: the links of a notice's last three renderings stay good, older ones are switched off.

To put links into another kind of letter: add the kind to `_HOLDS` with a function that calls `link_for` once for each link
and gives what its template shows. The dispatcher then renders it within a transaction that writes; whoever renders a letter
without sending it (`letters.sample`) gives no links, so a template asks whether they are defined.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from planner.domain.course import LIVE
from planner.domain.notices import NoticeKind
from planner.domain.reaching import Language, Purpose
from planner.languages.speech import anywhere
from planner.notify.foretold import speech_for
from planner.notify.wording import instant_in_words
from planner.storage.desk_records import Notice
from planner.storage.minting import mint
from planner.storage.unit_of_work import UnitOfWork

OPENS_FOR = timedelta(days=7)
"""How long a link in a mail opens the patient's page, once."""
BY_MAIL = "by mail"
"""What the desk reads of a link that a mail brought."""
STAND_IN = "[a private link]"
"""What stands for a link where a letter is only looked at."""
_STAY_GOOD = 3


def holds_links(notice: Notice) -> bool:
    """Whether the letter of a notice holds private links, so that rendering it writes."""
    return notice.kind in _HOLDS


def links_of(uow: UnitOfWork, notice: Notice, now: datetime, base_url: str | None) -> Mapping[str, Any]:
    """Make the links that a letter's template shows, in a transaction that writes; none for most letters."""
    gather = _HOLDS.get(NoticeKind(notice.kind))
    return gather(uow, notice, now, base_url) if gather else {}


def link_for(
    uow: UnitOfWork, notice: Notice, purpose: Purpose, now: datetime, *, base_url: str | None, expires_at: datetime,
    appointment_id: UUID | None = None,
) -> str:  # fmt: skip
    """Make one link of a letter, and give its address: /answer/<token>, below it /<appointment>/<purpose> of one visit.

    Without a *base_url* none is made: whoever only looks at the letter sees what stands for it.
    """
    if base_url is None:
        return STAND_IN
    if notice.patient_id is None:
        raise AssertionError("a letter with links is somebody's")
    made = mint(
        uow, now, notice.patient_id, purpose, BY_MAIL, expires_at=expires_at, appointment_id=appointment_id,
        notice_id=notice.id,
    )  # fmt: skip
    same = [
        one for one in uow.page_links.of_notice(notice.id)
        if one.purpose is purpose and one.appointment_id == appointment_id and one.id != made.link.id
    ]  # fmt: skip
    uow.page_links.revoke_all((one.id for one in same[: len(same) + 1 - _STAY_GOOD]), now)
    address = f"{base_url}/answer/{made.token}"
    return f"{address}/{appointment_id}/{purpose}" if appointment_id else address


def _page_link(uow: UnitOfWork, notice: Notice, now: datetime, base_url: str | None) -> Mapping[str, Any]:
    """Open the patient's page once; all of that letter is said in the patient's language."""
    language = uow.correspondence.of_patient(notice.patient_id).language if notice.patient_id else Language.ENGLISH
    address = link_for(uow, notice, Purpose.OPEN, now, base_url=base_url, expires_at=now + OPENS_FOR)
    return {"address": address, "days": OPENS_FOR.days, "say": anywhere(language).say}


def _answers(uow: UnitOfWork, notice: Notice, now: datetime, base_url: str | None) -> Mapping[str, Any]:
    """Let a patient answer about the next of the appointments that a letter is about, until it begins."""
    found = uow.appointments.among(UUID(one) for one in notice.facts["appointments"]).values()
    ahead = (one for one in found if one.status in LIVE and one.told_at and one.start_at > now)
    first = min(ahead, key=lambda one: one.start_at, default=None)
    if first is None:
        return {}

    def address(purpose: Purpose) -> str:
        return link_for(
            uow, notice, purpose, now, base_url=base_url, expires_at=first.start_at, appointment_id=first.id
        )  # fmt: skip

    speech = speech_for(uow, notice.patient_id, now)
    return {
        "about": instant_in_words(first.start_at, speech.zone, speech.language), "come": address(Purpose.COME),
        "ride": address(Purpose.RIDE) if first.profile.dosing else "", "change": address(Purpose.CHANGE),
    }  # fmt: skip


_HOLDS: Mapping[NoticeKind, Callable[[UnitOfWork, Notice, datetime, str | None], Mapping[str, Any]]] = {
    NoticeKind.BOOKED: _answers,
    NoticeKind.MOVED: _answers,
    NoticeKind.RIDE: _answers,
    NoticeKind.RIDE_AGAIN: _answers,
    NoticeKind.PREPARE: _answers,
    NoticeKind.PAGE_LINK: _page_link,
}
