"""The private links that a letter holds: single-purpose, expiring, made at the moment at which the letter is rendered.

Nothing but the hash of a link is stored, and it is stored before the letter goes: at no time does a mail hold a link that
opens nothing. A letter that is tried again holds new ones. A mail whose answer was lost may have arrived all the same: the
links of a notice's last three letters stay good, older ones are switched off.

To put links into another kind of letter: add the kind to `_HOLDS` with a function that calls `link_for` once for each link
and gives what its template shows. Whoever renders a letter without sending it makes none; `letters.sample` does not even
show what stands for them, so a template asks whether they are defined.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
from planner.storage.link_records import PageLink
from planner.storage.minting import new_page
from planner.storage.unit_of_work import UnitOfWork

OPENS_FOR = timedelta(days=7)
"""How long a link in a mail opens the patient's page, once."""
BY_MAIL = "by mail"
"""What the desk reads of a link that a mail brought."""
STAND_IN = "[a private link]"
"""What stands for a link where a letter is only looked at."""
_STAY_GOOD = 3
_BESIDES = re.compile(r"(?<=/answer/[\w-]{43})/.*")


@dataclass
class Minting:
    """The links that a letter needs, gathered while it is rendered; *base_url* is where they lead to."""

    base_url: str
    made: list[PageLink] = field(default_factory=list)


def links_of(uow: UnitOfWork, notice: Notice, now: datetime, minting: Minting | None) -> Mapping[str, Any]:
    """Give what a letter's template shows of its links; none for most letters. Nothing is stored: `keep_links` does that.

    Without a *minting* none is made: whoever only looks at the letter sees what stands for it.
    """
    gather = _HOLDS.get(NoticeKind(notice.kind))
    return gather(uow, notice, now, minting) if gather else {}


def link_for(
    notice: Notice, purpose: Purpose, now: datetime, minting: Minting | None, *, expires_at: datetime,
    appointment_id: UUID | None = None,
) -> str:  # fmt: skip
    """Make one link of a letter, and give its address: /answer/<token>, below it /<appointment>/<purpose> of one visit."""
    if minting is None:
        return STAND_IN
    if notice.patient_id is None:
        raise AssertionError("a letter with links is somebody's")
    made = new_page(
        now, notice.patient_id, purpose, BY_MAIL, expires_at=expires_at, appointment_id=appointment_id,
        notice_id=notice.id,
    )  # fmt: skip
    minting.made.append(made.link)
    address = f"{minting.base_url}/answer/{made.token}"
    return f"{address}/{appointment_id}/{purpose}" if appointment_id else address


def shortest(address: str) -> str:
    """Give the address of a letter's link without what its token says by itself: it opens the same form."""
    return _BESIDES.sub("", address)


def keep_links(uow: UnitOfWork, notices: Sequence[Notice], links: Sequence[PageLink], now: datetime) -> None:
    """Store the links of letters that go now, and switch off those that are too old.

    Links are kept for what goes at once, and for nothing else: what is tried for the first time has none yet.
    """
    again = [one.id for one in notices if one.attempts > 1]
    before = uow.page_links.of_notices(again) if again else []
    uow.page_links.add(*links)
    for link in links:
        same = [one.id for one in before if _place(one) == _place(link)]
        uow.page_links.revoke_all(same[: len(same) + 1 - _STAY_GOOD], now)


def _place(link: PageLink) -> tuple[object, ...]:
    return link.notice_id, link.purpose, link.appointment_id


def _page_link(uow: UnitOfWork, notice: Notice, now: datetime, minting: Minting | None) -> Mapping[str, Any]:
    """Open the patient's page once; all of that letter is said in the patient's language."""
    language = uow.correspondence.of_patient(notice.patient_id).language if notice.patient_id else Language.ENGLISH
    address = link_for(notice, Purpose.OPEN, now, minting, expires_at=now + OPENS_FOR)
    return {"address": address, "days": OPENS_FOR.days, "say": anywhere(language).say}


def _answers(uow: UnitOfWork, notice: Notice, now: datetime, minting: Minting | None) -> Mapping[str, Any]:
    """Let a patient answer about the next of the appointments that a letter is about, until it begins."""
    found = uow.appointments.among(UUID(one) for one in notice.facts["appointments"]).values()
    ahead = (one for one in found if one.status in LIVE and one.told_at and one.start_at > now)
    first = min(ahead, key=lambda one: one.start_at, default=None)
    if first is None:
        return {}

    def address(purpose: Purpose) -> str:
        return link_for(notice, purpose, now, minting, expires_at=first.start_at, appointment_id=first.id)

    speech = speech_for(uow, notice.patient_id, now)
    return {
        "about": instant_in_words(first.start_at, speech.zone, speech.language), "come": address(Purpose.COME),
        "ride": address(Purpose.RIDE) if first.profile.dosing else "", "change": address(Purpose.CHANGE),
    }  # fmt: skip


_HOLDS: Mapping[NoticeKind, Callable[[UnitOfWork, Notice, datetime, Minting | None], Mapping[str, Any]]] = {
    NoticeKind.BOOKED: _answers,
    NoticeKind.MOVED: _answers,
    NoticeKind.RIDE: _answers,
    NoticeKind.RIDE_AGAIN: _answers,
    NoticeKind.PREPARE: _answers,
    NoticeKind.PAGE_LINK: _page_link,
}
