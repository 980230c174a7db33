"""Visits one at a time: without a course, held for minutes, or adopted into a course."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.course import LIVE, Override
from planner.domain.errors import Conflict, InvalidMove, InvalidValue
from planner.domain.roles import Permission
from planner.domain.visit import VisitProfile
from planner.services.booking import bookable
from planner.services.briefing import standing
from planner.services.context import Context
from planner.services.moving import Sought, check_overridable, sought_for, sought_single
from planner.services.writing import audit, new_visit, rows_of
from planner.storage.records import AppointmentRecord, HoldRecord
from planner.storage.unit_of_work import UnitOfWork

LONGEST_HOLD = timedelta(minutes=60)


@dataclass(frozen=True)
class VisitKind:
    """Which visit is meant: one of the profiles of a published protocol, in its latest version."""

    protocol: str
    visit: str


def _profile(uow: UnitOfWork, kind: VisitKind) -> VisitProfile:
    protocol = uow.protocols.get(kind.protocol)
    if kind.visit not in protocol.visits:
        raise InvalidValue("visit", f"{kind.protocol} has no visit {kind.visit!r}")
    return protocol.visits[kind.visit]


def _checked(
    sought: Sought, start: datetime, override: Override | None
) -> tuple[str, ...]:
    violations = sought.violations(start)
    check_overridable(violations, override, sought.nearest(start) if violations else None)
    return tuple(violation.code.value for violation in violations)


def book_visit(
    ctx: Context, *, patient_id: UUID, kind: VisitKind, start: datetime, override: Override | None = None,
    told: bool = True, hold_id: UUID | None = None,
) -> AppointmentRecord:  # fmt: skip
    """Book one visit without a course, such as an evaluation, under the same rules; *hold_id*: a hold that it takes over.

    Raises RuleViolated with all violations and the nearest start, NotFound (a hold that has run out, too), Forbidden.
    """
    ctx.require(Permission.BOOK)
    if override:
        ctx.require(Permission.OVERRIDE)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        uow.people.get(patient_id)
        if hold_id:
            uow.holds.get(hold_id)
            uow.holds.remove(hold_id)
        profile = _profile(uow, kind)
        sought = sought_single(uow, profile, patient_id, start, now, ())
        overridden = _checked(sought, start, override)
        clinic = sought.request.clinic
        visit = new_visit(sought.placed(start, None, {}), profile, clinic, patient_id, now, told=told)
        uow.appointments.add(visit.record)
        uow.occupancy.put_all(rows_of([visit], clinic, sought.taken))
        facts = {"wall_start": visit.record.wall_start, "overridden": ",".join(overridden)}
        audit(ctx, uow, now, "book-visit", "appointment", visit.record.id, facts, override.reason if override else None)
    return visit.record


def hold(
    ctx: Context, *, patient_id: UUID, kind: VisitKind, start: datetime, lasting: timedelta = timedelta(minutes=10)
) -> HoldRecord:
    """Keep a slot for minutes, with all that the visit takes; it expires by itself.

    Raises RuleViolated as a booking would, InvalidValue for more than an hour.
    """
    ctx.require(Permission.BOOK)
    if not timedelta(0) < lasting <= LONGEST_HOLD:
        raise InvalidValue("lasting", "a hold lasts between a moment and 60 minutes")
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        uow.people.get(patient_id)
        profile = _profile(uow, kind)
        sought = sought_single(uow, profile, patient_id, start, now, ())
        _checked(sought, start, None)
        visit = new_visit(sought.placed(start, None, {}), profile, sought.request.clinic, patient_id, now, told=False)
        record, (_, rows) = visit.record, rows_of([visit], sought.request.clinic, sought.taken)[0]
        kept = HoldRecord(uuid4(), record.start_at, record.end_at, profile, now + lasting, ctx.actor.id, patient_id)
        uow.holds.add(kept)
        uow.occupancy.put(rows, hold_id=kept.id)
        audit(ctx, uow, now, "hold", "hold", kept.id, {"wall_start": record.wall_start})
    return kept


def release(ctx: Context, *, hold_ids: Sequence[UUID]) -> None:
    """Give holds up before they expire; those that have run out are gone already."""
    ctx.require(Permission.BOOK)
    with ctx.begin() as uow:
        uow.calendar.lock(ctx.clock())
        uow.holds.remove(*hold_ids)


def adopt(ctx: Context, *, appointment_id: UUID, course_id: UUID, version: int) -> AppointmentRecord:
    """Make an existing appointment of the patient the course's next session that has no date, at the same time.

    For appointments made before there was a course. The course's rules hold: raises RuleViolated, Conflict for a stale
    version, InvalidMove for an appointment that has a course, InvalidValue for one of another patient or profile.
    """
    ctx.require(Permission.BOOK)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        record, course = uow.appointments.get(appointment_id), bookable(uow, course_id)
        if record.version != version:
            raise Conflict("somebody else changed this appointment first")
        if record.course_id or record.status not in LIVE:
            raise InvalidMove("only a live appointment without a course can be adopted")
        if record.patient_id != course.patient_id:
            raise InvalidValue("course_id", "the course is another patient's")
        adopted = _as_next_session(uow, record, course_id, now)
        sought = sought_for(uow, adopted, record.start_at, now, without=[record.id])
        _checked(sought, record.start_at, None)
        visit = replace(adopted, updated_at=now)
        saved = uow.appointments.save(visit)
        audit(ctx, uow, now, "adopt", "appointment", record.id, {"number": saved.number})
    return saved


def _as_next_session(
    uow: UnitOfWork, record: AppointmentRecord, course_id: UUID, now: datetime
) -> AppointmentRecord:
    """Give the appointment as the first session of the course that has none, counting those given and booked."""
    course = uow.courses.get(course_id)
    numbers = {one.number for one in standing(uow.appointments.of_course(course_id), now)}
    given = uow.given.of_course(course_id)
    number = len(given) + 1
    while number in numbers:
        number += 1
    ahead = number - len(given)
    for phase in course.protocol.phases:
        left = (phase.sessions or number) - sum(one.phase == phase.name for one in given)
        if ahead <= left:
            if record.profile.dosing != course.protocol.doses(phase):
                raise InvalidValue("appointment_id", f"the next session is one of {phase.name!r}, which this is not")
            return replace(record, course_id=course_id, phase=phase.name, number=number)
        ahead -= max(0, left)
    raise InvalidValue("course_id", "the course has no session left")


