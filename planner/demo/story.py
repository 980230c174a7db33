"""One patient's story in the demo: a maintenance that did not go as planned, told day by day through the use-cases."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID

from planner.bootstrap import Parts
from planner.demo.clinic import CLINIC_ID, demo_id
from planner.domain.attendance import MarkKind
from planner.domain.course import Given, Preferences
from planner.domain.protocol import Protocol, Rhythm
from planner.domain.roles import Actor, Role
from planner.domain.scores import Scale
from planner.domain.span import at_wall, local_day
from planner.services import attendance, booking, clinics, courses, scores
from planner.services.clinics import NewPatient
from planner.services.context import Context
from planner.storage.records import AppointmentRecord

_DAYS_BOOKED_AGO = 47
_SCORES = (22, 20, 19, 17, 17, 15, 14, 12, 10, 9, 8, 7)
"""PHQ-9 before each session that was given before the story begins."""
_THEN = (7, 7, None, 17)
"""PHQ-9 before each session since; None where the patient did not come."""
_EARLY = timedelta(minutes=10)


def tell(parts: Parts, patient: NewPatient, protocol: Protocol, today: date) -> UUID:
    """Tell the story up to *today*; gives the course. Nothing of it is sent."""
    zone = clinics.the_clinic(_on(parts, parts.clock())).zone
    begun = _tuesday(today - timedelta(days=_DAYS_BOOKED_AGO))
    now = at_wall(begun, time(8), zone)
    given = _given(protocol, begun)
    ctx = _on(parts, now)
    (known,) = clinics.register_patients(ctx, [patient])
    cole = next(clinics.the_clinic(ctx).of_kind("prescriber"))
    asked = Preferences(begun, (begun.weekday(),), {}, time(10), clinician_id=cole.id)
    course = courses.begin(ctx, patient_id=known.id, protocol=protocol.name, preferences=asked, given=given)
    for one, value in zip(given, _SCORES, strict=False):
        scores.record(ctx, patient_id=known.id, scale=Scale.PHQ_9, value=value, day=one.day)
    booked = booking.book_series(ctx, course_id=course.id, told=True).appointments
    past = [one for one in booked if local_day(one.start_at, zone) < today]
    for visit, then in zip(past, _THEN, strict=False):
        _attend(parts, visit, then)
    with parts.store.begin(CLINIC_ID) as uow:
        uow.notices.withdraw([notice.id for notice in uow.notices.open_of_course(course.id)], now, "told before")
        uow.notices.withdraw([notice.id for notice in uow.notices.open_of([one.id for one in past])], now, "told before")
    return course.id


def _on(parts: Parts, at: datetime) -> Context:
    return Context(Actor(demo_id("set-up"), Role.SYSTEM, CLINIC_ID), parts.store, lambda: at)


def _given(protocol: Protocol, begun: date) -> tuple[Given, ...]:
    """Give an induction and a taper that went without any trouble, the last dose a fortnight before *begun*."""
    days = list(_backwards(protocol, begun - timedelta(days=14)))
    return tuple(Given(phase, day) for phase, day in reversed(days))


def _backwards(protocol: Protocol, day: date) -> Iterator[tuple[str, date]]:
    for phase in reversed(protocol.phases[:-1]):
        for index in range(phase.sessions or 0):
            yield phase.name, day
            odd = phase.rhythm is Rhythm.PATTERN and index % 2 == 0
            day -= timedelta(days=phase.spacing.target_days + odd)


def _tuesday(day: date) -> date:
    return day - timedelta(days=(day.weekday() - 1) % 7)


def _attend(parts: Parts, one: AppointmentRecord, value: int | None) -> None:
    """Record a visit as the desk would have: a score before the dose, or that nobody came."""
    if value is None:
        later = _on(parts, one.end_at + timedelta(minutes=5))
        attendance.record(later, appointment_id=one.id, kind=MarkKind.NO_SHOW, version=one.version)
        return
    dosed = one.start_at + timedelta(minutes=one.profile.dose_offset)
    for kind, at in ((MarkKind.ARRIVED, one.start_at - _EARLY), (MarkKind.DOSED, dosed), (MarkKind.DISCHARGED, one.end_at)):
        ctx = _on(parts, at)
        if kind is MarkKind.ARRIVED:
            day = local_day(at, clinics.the_clinic(ctx).zone)
            scores.record(ctx, patient_id=one.patient_id, scale=Scale.PHQ_9, value=value, day=day)
        facts = {"devices": 3} if kind is MarkKind.DOSED else {}
        one = attendance.record(ctx, appointment_id=one.id, kind=kind, at=at, version=one.version, facts=facts)
