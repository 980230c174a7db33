"""Where an appointment stands among those of its course as it is booked: which session it is, and what is around it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from planner.domain.inserting import as_booked
from planner.domain.plan import PlanRequest
from planner.domain.protocol import MOST_SESSIONS
from planner.domain.rules import Around
from planner.domain.spacing import Pace, Wanted, wanted_sessions
from planner.domain.span import local_day
from planner.services.briefing import booked_of, standing
from planner.storage.records import AppointmentRecord, CourseRecord
from planner.storage.unit_of_work import UnitOfWork


def place_of(
    uow: UnitOfWork, course: CourseRecord, request: PlanRequest, record: AppointmentRecord, now: datetime
) -> tuple[Wanted, Around]:
    """Give an appointment as the session it is, and the sessions before and after it.

    *request*: the course's, without the appointment. What was overruled for single sessions, and the day on which a course
    that paused is taken up again, hold for the sessions as they stand by date, the appointment's own included.
    """
    live = [one for one in standing(uow.appointments.of_course(course.id), now) if one.linked_to is None]
    if record.linked_to:
        return _by_number(request, record), Around()
    live = sorted({**{one.id: one for one in live}, record.id: record}.values(), key=lambda one: one.start_at)
    found = _as_they_stand(request, course, live)
    sessions = [found.get(one.id) or _by_number(request, one) for one in live]
    at = next(index for index, one in enumerate(live) if one.id == record.id)
    own = replace(sessions[at], visit=record.profile.name, dosing=record.profile.dosing)
    return own, _around(request, live, sessions, at)


def _as_they_stand(
    request: PlanRequest, course: CourseRecord, live: Sequence[AppointmentRecord]
) -> dict[UUID, Wanted]:
    """Give each session that is booked as what it is by date; nothing where they stand in no order that a plan has."""
    whole = replace(
        request, standing=tuple(booked_of(one) for one in live), exceptions=dict(enumerate(course.exceptions))
    )  # the numbers that these have are found by their appointments
    wanted = wanted_sessions(as_booked(whole), 0)
    if [one.phase.name for one in wanted] != [one.phase for one in live]:
        return {}
    return {one.id: same for one, same in zip(live, wanted, strict=True)}


def _by_number(request: PlanRequest, record: AppointmentRecord) -> Wanted:
    """Give a booked appointment as the session that its number says, with the pace that this has in the course."""
    ahead = wanted_sessions(request, MOST_SESSIONS)
    same = next((one for one in ahead if (one.number, one.phase.name) == (record.number, record.phase)), None)
    if same:
        return replace(same, visit=record.profile.name, dosing=record.profile.dosing)
    phase = request.protocol.phase(record.phase or "") or request.protocol.phases[0]
    pace = Pace(phase.rhythm, phase.spacing, (), after_pattern=False)
    return Wanted(record.number or 1, phase, record.profile.name, record.profile.dosing, pace, phase.per_week or 7)


def _around(
    request: PlanRequest, live: Sequence[AppointmentRecord], sessions: Sequence[Wanted], at: int
) -> Around:
    """Find the sessions before and after one, given or booked, by date."""
    days = [local_day(one.start_at, request.clinic.zone).toordinal() for one in live]
    dosing = live[at].profile.dosing
    given = [one.day.toordinal() for one in request.given]
    before = max([*given, *days[:at]], default=None)
    after = (days[at + 1], sessions[at + 1]) if at + 1 < len(live) else None
    others = [one.day.toordinal() for one in request.given if request.protocol.doses_in(one.phase) == dosing]
    others += [day for index, day in enumerate(days) if index != at and live[index].profile.dosing == dosing]
    return Around(before, after, tuple(others))
