"""What a letter has to say, from the facts of now: which appointments, until when not to drive. None: nothing any more."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from planner.domain.course import LIVE, AppointmentStatus
from planner.domain.notices import BEFORE, ESCORTED, NO_DRIVING, NoticeKind
from planner.domain.preparing import instructions_for
from planner.domain.reminders import asks_again_at
from planner.domain.reviewing import waits_for
from planner.domain.span import local_day
from planner.languages.speech import Speech
from planner.notify.escorts import escorts_matter
from planner.notify.foretold import foretold, speech_for
from planner.notify.invitations import invitation_matter
from planner.notify.no_driving import no_driving_matter, protocol_of
from planner.notify.wording import (
    arrival_in_words,
    former_in_words,
    hour_in_words,
    instant_in_words,
    instructions_in_words,
    provisional_in_words,
    wall_in_words,
)
from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

Matter = Mapping[str, Any]
"""What a template is filled with; the template is named after the notice's kind."""


def matter_of(uow: UnitOfWork, notice: Notice, now: datetime) -> Matter | None:
    """Gather what a notice has to say now; None where it makes no sense any more."""
    found = _GATHER[NoticeKind(notice.kind)](uow, notice, now)
    if found is None:
        return None
    speech = speech_for(uow, notice.patient_id, now)
    return {"say": speech.say, "language": speech.language, **found}


def _booked(uow: UnitOfWork, notice: Notice, now: datetime) -> Matter | None:
    speech = speech_for(uow, notice.patient_id, now)
    everything = _named(uow, notice, "appointments", "added", "moved", "cancelled", "confirmed")
    live = [one for one in everything.values() if one.status in LIVE and one.start_at > now]
    gone = [one for one in _of(notice, "cancelled", everything) if one.status is AppointmentStatus.CANCELLED]
    if not live and not gone:
        return None
    moved = [one for one in _of(notice, "moved", everything) if one in live]
    other = moved or gone or notice.facts.get("confirmed")
    added = [one for one in _of(notice, "added", everything) if one in live] if other else live
    whole = _whole(uow, notice, now) if other else []
    confirmed = [one for one in _of(notice, "confirmed", everything) if one in live]
    added, gone = _news(added, gone)
    if not (added or moved or gone or notice.facts.get("confirmed")):
        return None
    return {
        "brief": _brief(speech, [*added, *moved, *confirmed]),
        "off": _brief(speech, gone),
        "whole": _lines(speech, whole) if len(whole) > len(added) + len(moved) else [],
        "added": _lines(speech, added),
        "moved": _lines(speech, moved, notice),
        "cancelled": _gone(speech, gone),
        "confirmed": _lines(speech, confirmed),
        "provisional": _provisional(uow, [*live, *whole], now, speech),
        "before": _before(uow, live, speech),
        "arrive": arrival_in_words((one.profile for one in live), speech.language), **_soon(live, now, speech),
    }


def _news(
    added: Sequence[AppointmentRecord], gone: Sequence[AppointmentRecord]
) -> tuple[list[AppointmentRecord], list[AppointmentRecord]]:
    """Leave out what stays for the patient: a time that another session of the course takes over is not cancelled."""
    taken_over = {one.start_at for one in added} & {one.start_at for one in gone}
    return (
        [one for one in added if one.start_at not in taken_over],
        [one for one in gone if one.start_at not in taken_over],
    )


def _whole(uow: UnitOfWork, notice: Notice, now: datetime) -> list[AppointmentRecord]:
    """List what the patient knows of the course now, so that nobody has to put it together from several mails."""
    everything = uow.appointments.of_course(notice.course_id) if notice.course_id else []
    return [one for one in everything if one.status in LIVE and one.told_at and one.start_at > now]


def _moved(uow: UnitOfWork, notice: Notice, now: datetime) -> Matter | None:
    former, speech = notice.facts.get("from", {}), speech_for(uow, notice.patient_id, now)
    named = _named(uow, notice, "appointments").values()
    moved = [one for one in named if one.status in LIVE and one.start_at > now and former.get(str(one.id)) != one.wall_start]
    if not moved:
        return None
    arrive = arrival_in_words((one.profile for one in moved), speech.language)
    return {
        "brief": _brief(speech, moved), "moved": _lines(speech, moved, notice),
        "before": _before(uow, moved, speech), "arrive": arrive,
        "provisional": _provisional(uow, moved, now, speech), **_soon(moved, now, speech),
    }  # fmt: skip


def _soon(visits: Sequence[AppointmentRecord], now: datetime, speech: Speech) -> Matter:
    """Let a text message ask for the ride at once where no reminder will ask for it any more: it is too late for that."""
    first = min(visits, key=lambda one: one.start_at, default=None)
    if first is None or not first.profile.dosing or now < asks_again_at(local_day(first.start_at, speech.zone), speech.zone):
        return {}
    return {"dosing": True, "has_ride": False}


def _confirmed(uow: UnitOfWork, notice: Notice, now: datetime) -> Matter | None:
    """Say which dates stand now, or (a decision was taken back) do not stand yet."""
    live = [one for one in _named(uow, notice, "appointments").values() if one.status in LIVE and one.start_at > now]
    if not live:
        return None
    speech = speech_for(uow, notice.patient_id, now)
    return {
        "brief": _brief(speech, live), "confirmed": _lines(speech, live),
        "provisional": _provisional(uow, live, now, speech),
    }  # fmt: skip


def _provisional(uow: UnitOfWork, visits: Iterable[AppointmentRecord], now: datetime, speech: Speech) -> str:
    """Explain what is provisional among some visits: until which visit of theirs nothing is decided."""
    one = next((visit for visit in visits if visit.status is AppointmentStatus.TENTATIVE and visit.course_id), None)
    if one is None or one.course_id is None:
        return ""
    phase = waits_for(uow.courses.get(one.course_id).terms, one.phase)
    ahead = (other for other in uow.appointments.of_course(one.course_id) if other.status in LIVE and other.start_at > now)
    last = max((other.start_at for other in ahead if phase and other.phase == phase.name), default=None)
    return provisional_in_words(local_day(last, speech.zone) if last else None, speech.zone, speech.language)


def _cancelled(uow: UnitOfWork, notice: Notice, now: datetime) -> Matter | None:
    named = _named(uow, notice, "appointments", "cancelled").values()
    gone = [one for one in named if one.status is AppointmentStatus.CANCELLED]
    if not gone:
        return None
    speech = speech_for(uow, notice.patient_id, now)
    left = _lines(speech, sorted(_whole(uow, notice, now), key=lambda one: one.start_at)[:1])
    return {
        "brief": _brief(speech, gone), "cancelled": _gone(speech, gone),
        "next": left[0] if left else None,
    }  # fmt: skip


def _gone(speech: Speech, visits: Iterable[AppointmentRecord]) -> list[str]:
    """Say when each visit would have been, as it was promised."""
    return [wall_in_words(one.wall_start, speech.zone, speech.language) for one in visits]


def _brief(speech: Speech, visits: Iterable[AppointmentRecord]) -> list[str]:
    """Say when each visit is, or would have been, as short as a text message must."""
    return [speech.brief(one.start_at) for one in visits]


_GATHER: Mapping[NoticeKind, Callable[[UnitOfWork, Notice, datetime], Matter | None]] = {
    NoticeKind.BOOKED: _booked,
    NoticeKind.MOVED: _moved,
    NoticeKind.CANCELLED: _cancelled,
    NoticeKind.CONFIRMED: _confirmed,
    NoticeKind.PAGE_LINK: lambda *_: {},
    NoticeKind.INVITATION: invitation_matter,
    **dict.fromkeys(BEFORE, foretold),
    **dict.fromkeys(ESCORTED, escorts_matter),
    **dict.fromkeys(NO_DRIVING, no_driving_matter),
}


def _named(uow: UnitOfWork, notice: Notice, *facts: str) -> dict[UUID, AppointmentRecord]:
    ids = [UUID(one) for fact in facts for one in notice.facts.get(fact, [])]
    found = uow.appointments.among(ids)
    return {one.id: one for one in sorted(found.values(), key=lambda one: one.start_at)}


def _of(notice: Notice, fact: str, everything: Mapping[UUID, AppointmentRecord]) -> list[AppointmentRecord]:
    wanted = set(notice.facts.get(fact, []))
    return [one for one in everything.values() if str(one.id) in wanted]


def _lines(speech: Speech, visits: Iterable[AppointmentRecord], notice: Notice | None = None) -> list[dict[str, str]]:
    """Say when each visit is, until when about, and (*notice* knows it) when it was before."""
    zone, language, former = speech.zone, speech.language, notice.facts.get("from", {}) if notice else {}
    return [
        {
            "provisional": "yes" if one.status is AppointmentStatus.TENTATIVE else "",
            "when": instant_in_words(one.start_at, zone, language),
            "until": hour_in_words(one.end_at, zone, language),
            "before": former_in_words(former[str(one.id)], zone, language) if str(one.id) in former else "",
        }
        for one in visits
    ]


def _before(uow: UnitOfWork, visits: Sequence[AppointmentRecord], speech: Speech) -> list[str]:
    """List what to do before the visits: where one of them gives a dose, as its course's protocol says."""
    dosing = next((one for one in visits if one.profile.dosing), None)
    if dosing is None:
        return []
    own = protocol_of(uow, dosing)
    asked = instructions_for(dosing.profile, own, () if own else uow.protocols.latest())
    return instructions_in_words(asked, speech.language)
