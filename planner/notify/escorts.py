"""What who takes a patient home is told: whom to pick up (initials), when about, and where; never what the visit is."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from planner.domain.contact import initials
from planner.domain.notices import NoticeKind
from planner.domain.pick_up import Told, escort_of, holds, is_ready, leaving, window
from planner.domain.usable import text_number
from planner.languages.speech import Speech
from planner.notify.foretold import speech_for
from planner.notify.transports import NO_ANSWER
from planner.notify.wording import one_line
from planner.storage.desk_records import Notice
from planner.storage.link_records import Reply
from planner.storage.unit_of_work import UnitOfWork


def escorts_number(uow: UnitOfWork, notice: Notice) -> str | None:
    """Give the number of who takes the patient home, by the answer that a notice is about; None where no text can go."""
    ride = next((one.ride for one in _said(uow, notice) if str(one.id) == notice.facts["reply"]), None)
    return text_number(ride.phone) if ride else None


def escorts_matter(uow: UnitOfWork, notice: Notice, now: datetime) -> Mapping[str, Any] | None:
    """Gather what a notice tells an escort; None where it is not so any more, or was never told."""
    leaves_at = datetime.fromisoformat(notice.facts["leaves_at"])
    if now >= leaves_at or not _STANDS[NoticeKind(notice.kind)](uow, notice) or notice.patient_id is None:
        return None
    letterhead, speech = uow.letterheads.get(), speech_for(uow, notice.patient_id, now)
    return {
        "who": one_line(initials(uow.people.get(notice.patient_id).name)), **window_in_words(leaves_at, speech),
        "place": one_line(letterhead.address) if letterhead else "", "later": _later(uow, notice, speech),
    }  # fmt: skip


def window_in_words(leaves_at: datetime, speech: Speech) -> dict[str, str]:
    """Say when about to be there: the day with the hour from which on, and until when with its zone."""
    start, end = window(leaves_at)
    day, clock, zone = speech.brief_parts(end)
    begins = speech.time(start)
    if begins.split("\N{NO-BREAK SPACE}")[1:] == clock.split("\N{NO-BREAK SPACE}")[1:]:  # "12:35 to 1:05 pm": said once
        begins = begins.split("\N{NO-BREAK SPACE}")[0]
    return {"day": day, "begins": begins, "ends": f"{clock} {zone}"}


def _later(uow: UnitOfWork, notice: Notice, speech: Speech) -> dict[str, str] | None:
    """Say when a visit that was moved ends now, to who was to come and may be asked anew; None: they are not, or were."""
    visit, said = uow.appointments.get(UUID(notice.facts["appointments"][0])), _said(uow, notice)
    leaves_at = leaving(visit)
    if leaves_at is None or leaves_at.isoformat() == notice.facts["leaves_at"] or escort_of(said, visit.sequence):
        return None
    told = Told(UUID(notice.facts["reply"]), leaves_at)
    return window_in_words(leaves_at, speech) if holds(told, said, leaves_at) else None


def _is_to_come(uow: UnitOfWork, notice: Notice) -> bool:
    visit = uow.appointments.get(UUID(notice.facts["appointments"][0]))
    reply = escort_of(_said(uow, notice), visit.sequence)
    if reply is None or leaving(visit) is None or visit.discharged_at:
        return False
    return (str(reply.id), visit.end_at.isoformat()) == (notice.facts["reply"], notice.facts["leaves_at"])


def _is_off(uow: UnitOfWork, notice: Notice) -> bool:
    """Whether the escort was or may have been told, or a person was asked to tell them, what is not so any more."""
    return _said_to_them(uow, notice) and not _still_holds(uow, notice)


def _is_sooner(uow: UnitOfWork, notice: Notice) -> bool:
    """Whether the escort knows when to come, as above, and the patient waits for them before that."""
    visit = uow.appointments.get(UUID(notice.facts["appointments"][0]))
    return is_ready(visit) and _said_to_them(uow, notice) and _still_holds(uow, notice)


_STANDS: Mapping[NoticeKind, Callable[[UnitOfWork, Notice], bool]] = {
    NoticeKind.PICK_UP: _is_to_come, NoticeKind.PICK_UP_OFF: _is_off, NoticeKind.PICK_UP_EARLY: _is_sooner,
}  # fmt: skip


def _still_holds(uow: UnitOfWork, notice: Notice) -> bool:
    visit = uow.appointments.get(UUID(notice.facts["appointments"][0]))
    told = Told(UUID(notice.facts["reply"]), datetime.fromisoformat(notice.facts["leaves_at"]))
    return holds(told, _said(uow, notice), leaving(visit))


def _said_to_them(uow: UnitOfWork, notice: Notice) -> bool:
    pick_up = uow.notices.get(UUID(notice.facts["told"]))
    return pick_up.sent_at is not None or pick_up.given_up_at is not None or _may_have_come(uow, pick_up)


def _may_have_come(uow: UnitOfWork, notice: Notice) -> bool:
    """Whether a try had no answer, or was never settled since its worker died: the text may have been taken."""
    tried = uow.attempts.of_notice(notice.id)
    return notice.attempts > len(tried) or any(one.outcome == NO_ANSWER for one in tried)


def _said(uow: UnitOfWork, notice: Notice) -> list[Reply]:
    return uow.replies.of_appointments([UUID(notice.facts["appointments"][0])])
