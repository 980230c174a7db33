"""Visits one at a time: without a course, held for minutes, or adopted into a course."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.course import LIVE, AppointmentStatus, CourseStatus, Override
from planner.domain.errors import Conflict, InvalidMove, InvalidValue
from planner.domain.protocol import MOST_SESSIONS
from planner.domain.roles import Permission
from planner.domain.spacing import wanted_sessions
from planner.domain.span import check_instant
from planner.domain.terms import undecided
from planner.services.booking import bookable, take_over
from planner.services.briefing import course_request, gates_of, standing
from planner.services.context import Context
from planner.services.moving import Sought, check_overridable, sought_for, sought_single
from planner.services.owing import Touched, owe_change
from planner.services.reviews import owe_reviews
from planner.services.undoing import Before, Changed, keep_undo
from planner.services.writing import Visit, audit, new_visit, rows_of
from planner.storage.records import AppointmentRecord, CourseRecord, HoldRecord
from planner.storage.unit_of_work import UnitOfWork

LONGEST_HOLD = timedelta(minutes=60)


@dataclass(frozen=True)
class VisitKind:
    """Which visit is meant: one of the profiles of a published protocol, in its latest version."""

    protocol: str
    visit: str


def _sought(uow: UnitOfWork, kind: VisitKind, patient_id: UUID, start: datetime, now: datetime) -> Sought:
    """Gather what a new visit is checked against: a dose waits for what its protocol's courses wait for."""
    uow.people.get(patient_id)
    protocol = uow.protocols.get(kind.protocol)
    if kind.visit not in protocol.visits:
        raise InvalidValue("visit", f"{kind.protocol} has no visit {kind.visit!r}")
    gates = gates_of(uow, protocol, patient_id)
    return sought_single(uow, protocol.visits[kind.visit], patient_id, start, now, gates=gates)


def _checked(sought: Sought, start: datetime, override: Override | None) -> tuple[str, ...]:
    violations = sought.violations(start)
    check_overridable(violations, override, sought.nearest(start) if violations else None)
    return tuple(violation.code.value for violation in violations)


def book_visit(
    ctx: Context, *, patient_id: UUID, kind: VisitKind, start: datetime, override: Override | None = None,
    told: bool = True, hold_id: UUID | None = None,
) -> Changed:  # fmt: skip
    """Book one visit without a course, such as an evaluation, under the same rules; *hold_id*: a hold that it takes over.

    Raises RuleViolated with all violations and the nearest start, NotFound (a hold that has run out, too), Forbidden.
    """
    ctx.require(Permission.BOOK)
    if override:
        ctx.require(Permission.OVERRIDE)
    instant = check_instant(start, "start")
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        take_over(uow, [hold_id] if hold_id else [], patient_id)
        sought = _sought(uow, kind, patient_id, instant, now)
        overridden = _checked(sought, instant, override)
        visit = _visit(sought, instant, now, told=told)
        uow.appointments.add(visit.record)
        uow.occupancy.put_all(rows_of([visit], sought.request.clinic, sought.taken))
        undo_id = keep_undo(ctx, uow, now, "book-visit", Before(), [visit.record], told=told)
        facts = {"wall_start": visit.record.wall_start, "overridden": ",".join(overridden)}
        audit(ctx, uow, now, "book-visit", "appointment", visit.record.id, facts, override.reason if override else None)
    return Changed((visit.record,), undo_id)


def _visit(sought: Sought, start: datetime, now: datetime, *, told: bool) -> Visit:
    request = sought.request
    profile = request.protocol.visits[sought.wanted.visit]
    return new_visit(sought.placed(start, None, {}), profile, request.clinic, request.patient_id, now, told=told)


def hold(
    ctx: Context, *, patient_id: UUID, kind: VisitKind, start: datetime, lasting: timedelta = timedelta(minutes=10)
) -> HoldRecord:
    """Keep a slot for minutes, with all that the visit takes; it expires by itself.

    Raises RuleViolated as a booking would, InvalidValue for more than an hour.
    """
    ctx.require(Permission.BOOK)
    if not timedelta(0) < lasting <= LONGEST_HOLD:
        raise InvalidValue("lasting", "a hold lasts between a moment and 60 minutes")
    instant = check_instant(start, "start")
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        sought = _sought(uow, kind, patient_id, instant, now)
        _checked(sought, instant, None)
        visit = _visit(sought, instant, now, told=False)
        record, (_, rows) = visit.record, rows_of([visit], sought.request.clinic, sought.taken)[0]
        expires, by = now + lasting, ctx.actor.id
        kept = HoldRecord(uuid4(), record.start_at, record.end_at, record.profile, expires, by, patient_id)
        uow.holds.add(kept)
        uow.occupancy.put(rows, hold_id=kept.id)
        audit(ctx, uow, now, "hold", "hold", kept.id, {"wall_start": record.wall_start})
    return kept


def release(ctx: Context, *, hold_ids: Sequence[UUID]) -> None:
    """Give holds up before they expire; those that have run out are gone already."""
    ctx.require(Permission.BOOK)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        for kept in uow.holds.all():
            if kept.id in hold_ids:
                uow.holds.remove(kept.id)
                audit(ctx, uow, now, "release", "hold", kept.id)


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
        adopted = _as_next_session(uow, record, course, now)
        sought = sought_for(uow, adopted, record.start_at, now, without=[record.id])
        _checked(sought, record.start_at, None)
        saved = uow.appointments.save(replace(adopted, updated_at=now))
        owe_change(uow, [Touched(record, saved)], now, uuid4(), told=True)  # where it has become provisional
        uow.courses.save(replace(course, status=CourseStatus.ACTIVE))
        owe_reviews(uow, course, standing(uow.appointments.of_course(course_id), now), now)
        audit(ctx, uow, now, "adopt", "appointment", record.id, {"number": saved.number})
    return saved


def _as_next_session(
    uow: UnitOfWork, record: AppointmentRecord, course: CourseRecord, now: datetime
) -> AppointmentRecord:
    """Give the appointment as the first session of the course that has none, counting those given and booked."""
    booked = {one.number for one in standing(uow.appointments.of_course(course.id), now)}
    request = course_request(uow, course, now, [record.id])
    free = next((one for one in wanted_sessions(request, MOST_SESSIONS) if one.number not in booked), None)
    if free is None:
        raise InvalidValue("course_id", "the course has no session left")
    if record.profile.name not in free.phase.visits:
        raise InvalidValue("appointment_id", f"the next session is one of {free.phase.name!r}, which this is not")
    status = AppointmentStatus.TENTATIVE if free.phase.name in undecided(course.terms) else AppointmentStatus.BOOKED
    return replace(
        record, course_id=course.id, phase=free.phase.name, number=free.number, status=status,
        sequence=record.sequence + (status is not record.status),
    )  # fmt: skip
