"""What a letter has to say, from the facts of now: which appointments, until when not to drive. None: nothing any more."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from planner.domain.attendance import Outcome
from planner.domain.course import LIVE, AppointmentStatus
from planner.domain.driving import advise, rule_for
from planner.domain.notices import BEFORE, NO_DRIVING, NoticeKind
from planner.domain.preparing import instructions_for
from planner.domain.protocol import Protocol
from planner.domain.reviewing import waits_for
from planner.domain.span import local_day
from planner.notify.foretold import foretold
from planner.notify.invitations import invitation_matter
from planner.notify.wording import (
    arrival_in_words,
    day_in_words,
    instant_in_words,
    instructions_in_words,
    near_day_in_words,
    provisional_in_words,
    time_in_words,
    wall_in_words,
)
from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

Matter = Mapping[str, Any]
"""What a template is filled with; the template is named after the notice's kind."""


def matter_of(uow: UnitOfWork, notice: Notice, now: datetime) -> Matter | None:
    """Gather what a notice has to say now; None where it makes no sense any more."""
    kind = NoticeKind(notice.kind)
    return _no_driving(uow, notice, now) if kind in NO_DRIVING else _GATHER[kind](uow, notice, now)


def _booked(uow: UnitOfWork, notice: Notice, now: datetime) -> Matter | None:
    everything = _named(uow, notice, "appointments", "added", "moved", "cancelled", "confirmed")
    live = [one for one in everything.values() if one.status in LIVE and one.start_at > now]
    gone = [one for one in _of(notice, "cancelled", everything) if one.status is AppointmentStatus.CANCELLED]
    if not live and not gone:
        return None
    moved = [one for one in _of(notice, "moved", everything) if one in live]
    other = moved or gone or notice.facts.get("confirmed")
    added = [one for one in _of(notice, "added", everything) if one in live] if other else live
    whole = _whole(uow, notice, now) if other else []
    added, gone = _news(added, gone)
    if not (added or moved or gone or notice.facts.get("confirmed")):
        return None
    return {
        "whole": _lines(uow, whole, now) if len(whole) > len(added) + len(moved) else [],
        "added": _lines(uow, added, now),
        "moved": _lines(uow, moved, now, notice),
        "cancelled": _gone(uow, gone, now),
        "confirmed": _lines(uow, [one for one in _of(notice, "confirmed", everything) if one in live], now),
        "provisional": _provisional(uow, [*live, *whole], now),
        "before": _before(uow, live),
        "arrive": arrival_in_words(one.profile for one in live),
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
    former = notice.facts.get("from", {})
    named = _named(uow, notice, "appointments").values()
    moved = [one for one in named if one.status in LIVE and one.start_at > now and former.get(str(one.id)) != one.wall_start]
    if not moved:
        return None
    arrive = arrival_in_words(one.profile for one in moved)
    return {
        "moved": _lines(uow, moved, now, notice), "before": _before(uow, moved), "arrive": arrive,
        "provisional": _provisional(uow, moved, now),
    }  # fmt: skip


def _confirmed(uow: UnitOfWork, notice: Notice, now: datetime) -> Matter | None:
    """Say which dates stand now, or (a decision was taken back) do not stand yet."""
    live = [one for one in _named(uow, notice, "appointments").values() if one.status in LIVE and one.start_at > now]
    if not live:
        return None
    return {"confirmed": _lines(uow, live, now), "provisional": _provisional(uow, live, now)}


def _provisional(uow: UnitOfWork, visits: Iterable[AppointmentRecord], now: datetime) -> str:
    """Explain what is provisional among some visits: until which visit of theirs nothing is decided."""
    one = next((visit for visit in visits if visit.status is AppointmentStatus.TENTATIVE and visit.course_id), None)
    if one is None or one.course_id is None:
        return ""
    phase = waits_for(uow.courses.get(one.course_id).terms, one.phase)
    ahead = (other for other in uow.appointments.of_course(one.course_id) if other.status in LIVE and other.start_at > now)
    last = max((other.start_at for other in ahead if phase and other.phase == phase.name), default=None)
    return provisional_in_words(local_day(last, uow.clinics.get(now).zone) if last else None)


def _cancelled(uow: UnitOfWork, notice: Notice, now: datetime) -> Matter | None:
    named = _named(uow, notice, "appointments", "cancelled").values()
    gone = [one for one in named if one.status is AppointmentStatus.CANCELLED]
    if not gone:
        return None
    left = _lines(uow, sorted(_whole(uow, notice, now), key=lambda one: one.start_at)[:1], now)
    return {"cancelled": _gone(uow, gone, now), "next": left[0] if left else None}


def _gone(uow: UnitOfWork, visits: Iterable[AppointmentRecord], now: datetime) -> list[str]:
    """Say when each visit would have been, as it was promised."""
    zone = uow.clinics.get(now).zone
    return [wall_in_words(one.wall_start, zone) for one in visits]


_GATHER: Mapping[NoticeKind, Callable[[UnitOfWork, Notice, datetime], Matter | None]] = {
    NoticeKind.BOOKED: _booked,
    NoticeKind.MOVED: _moved,
    NoticeKind.CANCELLED: _cancelled,
    NoticeKind.CONFIRMED: _confirmed,
    NoticeKind.PAGE_LINK: lambda *_: {},
    NoticeKind.INVITATION: invitation_matter,
    **dict.fromkeys(BEFORE, foretold),
}


def _no_driving(uow: UnitOfWork, notice: Notice, now: datetime) -> Matter | None:
    """Say until when not to drive: a day, and an instant only where hours end on a later day, or hours alone count."""
    visit = uow.appointments.get(UUID(notice.facts["appointment"]))
    if visit.outcome not in {None, Outcome.GIVEN} or not (visit.dosed_at or visit.arrived_at):
        return None
    zone, own = uow.clinics.get(now).zone, _protocol(uow, visit)
    rule = rule_for(visit.profile, own, () if own else uow.protocols.latest())
    left = visit.discharged_at or max(visit.end_at, visit.dosed_at or visit.arrived_at or visit.end_at)
    advice, today = advise(rule, left, zone), local_day(now, zone)
    bound = advice.not_before if advice.not_before and advice.not_before > now else None
    tomorrow = advice.after_sleep and today < advice.earliest_day
    return {
        "visit_day": day_in_words(local_day(visit.start_at, zone)),
        "same_day": today <= local_day(left, zone),
        "bound": f"{time_in_words(bound, zone)} {near_day_in_words(local_day(bound, zone), today)}" if bound else "",
        "first_day": near_day_in_words(advice.earliest_day, today) if tomorrow else "",
        "after_sleep": advice.after_sleep,
    }


def _protocol(uow: UnitOfWork, visit: AppointmentRecord) -> Protocol | None:
    return uow.courses.get(visit.course_id).protocol if visit.course_id else None


def _named(uow: UnitOfWork, notice: Notice, *facts: str) -> dict[UUID, AppointmentRecord]:
    ids = [UUID(one) for fact in facts for one in notice.facts.get(fact, [])]
    found = uow.appointments.among(ids)
    return {one.id: one for one in sorted(found.values(), key=lambda one: one.start_at)}


def _of(notice: Notice, fact: str, everything: Mapping[UUID, AppointmentRecord]) -> list[AppointmentRecord]:
    wanted = set(notice.facts.get(fact, []))
    return [one for one in everything.values() if str(one.id) in wanted]


def _lines(
    uow: UnitOfWork, visits: Iterable[AppointmentRecord], now: datetime, notice: Notice | None = None
) -> list[dict[str, str]]:
    """Say when each visit is, until when about, and (*notice* knows it) when it was before."""
    zone, former = uow.clinics.get(now).zone, notice.facts.get("from", {}) if notice else {}
    return [
        {
            "provisional": "yes" if one.status is AppointmentStatus.TENTATIVE else "",
            "when": instant_in_words(one.start_at, zone),
            "until": f"{one.end_at.astimezone(zone):%H:%M}",
            "before": wall_in_words(former[str(one.id)]) if str(one.id) in former else "",
        }
        for one in visits
    ]


def _before(uow: UnitOfWork, visits: Sequence[AppointmentRecord]) -> list[str]:
    """List what to do before the visits: where one of them gives a dose, as its course's protocol says."""
    dosing = next((one for one in visits if one.profile.dosing), None)
    if dosing is None:
        return []
    own = _protocol(uow, dosing)
    return instructions_in_words(instructions_for(dosing.profile, own, () if own else uow.protocols.latest()))
