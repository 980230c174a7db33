"""What the letters before a visit have to say, from the facts of now: when, who takes the patient home, how to prepare."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from planner.domain.course import LIVE, AppointmentStatus
from planner.domain.neutral import forbidden_in
from planner.domain.notices import NoticeKind
from planner.domain.preparing import arrival, cues
from planner.domain.reaching import Language
from planner.domain.replies import ReplyKind, standing
from planner.languages.speech import Speech
from planner.storage.desk_records import Notice
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork


def foretold(uow: UnitOfWork, notice: Notice, now: datetime) -> Mapping[str, Any] | None:
    """Gather what a reminder says of its visit; None where there is nothing to say any more."""
    if not uow.clinics.get(now).reminds:
        return None
    visit = uow.appointments.get(UUID(notice.facts["appointments"][0]))
    if visit.status is AppointmentStatus.CANCELLED or visit.start_at <= now or visit.sequence != notice.facts["sequence"]:
        return None
    said = standing(uow.replies.of_appointments([visit.id]), visit.sequence)
    if notice.kind == NoticeKind.RIDE_AGAIN and ReplyKind.RIDE in said:
        return None
    speech = speech_for(uow, visit.patient_id, now)
    return {
        "say": speech.say, "when": speech.moment(visit.start_at), "day": speech.near(speech.local_day(visit.start_at)),
        "arrive": speech.time(arrival(visit.start_at, visit.profile)), "leave": speech.time(visit.end_at),
        "brief": [speech.brief(visit.start_at)],
        "dosing": visit.profile.dosing, "comes": ReplyKind.COME in said, "has_ride": ReplyKind.RIDE in said,
        "cues": _cues(uow, visit, speech), "dates": _dates(uow, visit, speech, now),
    }  # fmt: skip


def speech_for(uow: UnitOfWork, patient_id: UUID | None, now: datetime) -> Speech:
    """Give the language of a patient on the clinic's wall."""
    language = uow.correspondence.of_patient(patient_id).language if patient_id else Language.ENGLISH
    return Speech(language, uow.clinics.get(now).zone)


def _cues(uow: UnitOfWork, visit: AppointmentRecord, speech: Speech) -> list[dict[str, str]]:
    """List what to do before the visit and from when on, by the clock; what would tell too much is left out."""
    if visit.course_id is None or not visit.profile.dosing:
        return []
    asked = uow.courses.get(visit.course_id).protocol.instructions
    found = cues(asked, arrival(visit.start_at, visit.profile), full=False)
    lines = [{"from": speech.time(one.since) if one.since else "", "text": speech.say(one.text)} for one in found]
    return [line for line in lines if not forbidden_in(line["text"])]


def _dates(uow: UnitOfWork, visit: AppointmentRecord, speech: Speech, now: datetime) -> list[str]:
    """List the dates of the series after which somebody must take the patient home."""
    if visit.course_id is None:
        return []
    told = (one for one in uow.appointments.of_course(visit.course_id) if one.status in LIVE and one.told_at)
    return [speech.moment(one.start_at) for one in told if one.profile.dosing and one.start_at > now]
