"""What the letters after a visit have to say: until when not to drive, from the facts of now."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from planner.domain.attendance import Outcome
from planner.domain.driving import advise, rule_for
from planner.domain.notices import NoticeKind
from planner.domain.protocol import Protocol
from planner.domain.span import local_day
from planner.notify.foretold import speech_for
from planner.notify.wording import day_in_words, near_day_in_words, time_in_words
from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork


def no_driving_matter(uow: UnitOfWork, notice: Notice, now: datetime) -> Mapping[str, Any] | None:
    """Say until when not to drive: a day, and an instant only where hours end on a later day, or hours alone count."""
    visit = uow.appointments.get(UUID(notice.facts["appointment"]))
    if visit.outcome not in {None, Outcome.GIVEN} or not (visit.dosed_at or visit.arrived_at):
        return None
    speech = speech_for(uow, visit.patient_id, now)
    zone, language, own = speech.zone, speech.language, protocol_of(uow, visit)
    rule = rule_for(visit.profile, own, () if own else uow.protocols.latest())
    left = visit.discharged_at or max(visit.end_at, visit.dosed_at or visit.arrived_at or visit.end_at)
    advice, today = advise(rule, left, zone), local_day(now, zone)
    bound = advice.not_before if advice.not_before and advice.not_before > now else None
    tomorrow = advice.after_sleep and today < advice.earliest_day
    near = partial(near_day_in_words, today=today, zone=zone, language=language)
    return {
        "visit_day": day_in_words(local_day(visit.start_at, zone), zone, language),
        "same_day": today <= local_day(left, zone) and (visit.discharged_at is None or notice.kind == NoticeKind.DISCHARGE),
        "bound": f"{time_in_words(bound, zone, language)}, {near(local_day(bound, zone))}" if bound else "",
        "first_day": near(advice.earliest_day) if tomorrow else "",
        "after_sleep": advice.after_sleep,
    }


def protocol_of(uow: UnitOfWork, visit: AppointmentRecord) -> Protocol | None:
    """Give the protocol of a visit's course; None for a visit without one."""
    return uow.courses.get(visit.course_id).protocol if visit.course_id else None
