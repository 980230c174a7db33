"""What the letters before a visit have to say, from the facts of now: when, who takes the patient home, how to prepare."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from planner.domain.course import LIVE, AppointmentStatus
from planner.domain.notices import NoticeKind
from planner.domain.preparing import Cue, arrival, cues, instructions_for
from planner.domain.reaching import Language
from planner.domain.reminders import evening_before
from planner.domain.replies import ReplyKind, RideKind, standing
from planner.domain.span import local_day
from planner.languages.speech import Speech
from planner.notify.wording import is_neutral, one_line
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
    rides, modality, ride = uow.clinics.get(now).rides, _modality(uow, visit), said.get(ReplyKind.RIDE)
    ways, has_ride = rides.allowed(modality), rides.accepts(ride.ride if ride else None, modality)
    if notice.kind == NoticeKind.RIDE_AGAIN and has_ride:
        return None
    speech = speech_for(uow, visit.patient_id, now)
    todo = _todo(uow, visit, early=notice.kind == NoticeKind.RIDE)
    lines = [line for one in todo if (line := _line(one, visit, speech))]
    series = _series(uow, visit, now)
    meant = series if notice.kind == NoticeKind.PLAN_RIDES else [visit]
    return {
        "say": speech.say, "when": speech.moment(visit.start_at), "day": speech.near(speech.local_day(visit.start_at)),
        "arrive": speech.time(arrival(visit.start_at, visit.profile)), "leave": speech.time(visit.end_at),
        "brief": [_marked(speech, speech.brief(one.start_at), one) for one in meant],
        "dosing": visit.profile.dosing, "comes": ReplyKind.COME in said, "has_ride": has_ride,
        "provisional": visit.status is AppointmentStatus.TENTATIVE,
        "dates": [_marked(speech, speech.moment(one.start_at), one) for one in series],
        "cues": lines, "withheld": len(lines) < len(todo), "ways": _named(ways, speech) if visit.profile.dosing else "",
    }  # fmt: skip


def speech_for(uow: UnitOfWork, patient_id: UUID | None, now: datetime) -> Speech:
    """Give the language of a patient on the clinic's wall."""
    language = uow.correspondence.of_patient(patient_id).language if patient_id else Language.ENGLISH
    return Speech(language, uow.clinics.get(now).zone)


def _modality(uow: UnitOfWork, visit: AppointmentRecord) -> str | None:
    return uow.courses.get(visit.course_id).protocol.modality if visit.course_id else None


def _named(kinds: Sequence[RideKind], speech: Speech) -> str:
    """Name the ways home that the clinic accepts, where those are not all; else nothing needs to be said."""
    if len(kinds) == len(RideKind):
        return ""
    names = {
        RideKind.ADULT: speech.say("an adult whom you name"), RideKind.RIDESHARE: speech.say("a ride service or taxi"),
        RideKind.MEDICAL: speech.say("a medical transport"), RideKind.SHUTTLE: speech.say("the clinic’s own car"),
    }  # fmt: skip
    return ", ".join(names[kind] for kind in kinds)


def _todo(uow: UnitOfWork, visit: AppointmentRecord, *, early: bool) -> list[Cue]:
    """List what to do before the visit; *early*: only what begins before the evening on which all of it is said."""
    own = uow.courses.get(visit.course_id).protocol if visit.course_id else None
    asked = instructions_for(visit.profile, own, () if own else uow.protocols.latest())
    found, zone = cues(asked, arrival(visit.start_at, visit.profile), full=True), uow.clinics.get(visit.start_at).zone
    evening = evening_before(local_day(visit.start_at, zone), zone)
    return [one for one in found if not early or (one.since and one.since <= evening)]


def _line(cue: Cue, visit: AppointmentRecord, speech: Speech) -> dict[str, str] | None:
    """Say something to do, and from when on by the clock: with its day where that is another than the visit's.

    What would tell too much is not named, only from when on it holds; None where that has no time.
    """
    text = one_line(speech.say(one_line(cue.text)))
    named = is_neutral(text)
    if cue.since is None:
        return {"from": "", "text": text} if named else None
    if not named:
        text = speech.say("There is one more thing to do, which a message may not name. Please ask us.")
    day, time = speech.local_day(cue.since), speech.time(cue.since)
    same = day == speech.local_day(visit.start_at)
    since = time if same else f"{speech.near(day)}, {time}"
    return {"from": since, "text": text, "brief": text if named else speech.say("one more thing, ask us.")}


def _series(uow: UnitOfWork, visit: AppointmentRecord, now: datetime) -> list[AppointmentRecord]:
    """List the visits of a series after which somebody must take the patient home."""
    if visit.course_id is None:
        return []
    told = (one for one in uow.appointments.of_course(visit.course_id) if one.status in LIVE and one.told_at)
    return [one for one in told if one.profile.dosing and one.start_at > now]


def _marked(speech: Speech, when: str, visit: AppointmentRecord) -> str:
    """Say of a date that it is provisional, where it is."""
    return speech.say("%s (provisional)") % when if visit.status is AppointmentStatus.TENTATIVE else when
