"""A course's page: planned against given on one axis, the days between, what is due next, and who ordered or did what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.course import AppointmentStatus, CourseStatus
from planner.domain.plan import PlanRequest
from planner.domain.protocol import Phase
from planner.domain.roles import Permission
from planner.domain.spacing import wanted_sessions
from planner.domain.span import local_day
from planner.domain.timeline import Due, Gap, SessionState, due_after, rule_of
from planner.services.briefing import course_request
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.records import AppointmentRecord, AuditEntry, CourseRecord, GivenRecord, OrderRecord, Patient
from planner.storage.unit_of_work import UnitOfWork

_LEFT_OUT = {"read", "order-spacing"}
_OF_THE_VISIT = {"arrived", "discharged"}
"""What the page of a visit says, and the history of a course need not."""
_NEXT = frozenset({CourseStatus.DRAFT, CourseStatus.ACTIVE})


@dataclass(frozen=True)
class Line:
    """One session, or a visit that *follows* one: when it was planned and given (local days), and what became of it.

    *number* is its place among the sessions of its phase that count; *gap* the days since the one before.
    """

    state: SessionState
    phase: str
    planned: date | None
    given: date | None = None
    appointment: AppointmentRecord | None = None
    elsewhere: bool = False
    follows: bool = False
    number: int | None = None
    gap: Gap | None = None

    @property
    def day(self) -> date:
        """The day that it lies on."""
        found = self.given or self.planned
        if found is None:
            raise AssertionError("a session has a day")
        return found

    @property
    def counts(self) -> bool:
        """Whether days are counted from it and to it."""
        return self.state.counts and not self.follows


@dataclass(frozen=True)
class Part:
    """A phase of the course as far as it has dates: its first local day, and how many of its sessions were given."""

    phase: Phase
    first: date
    given: int


@dataclass(frozen=True)
class Happening:
    """Something that somebody did to the course: an order, or an entry of the audit about one of its appointments."""

    at: datetime
    actor: str
    entry: AuditEntry | None = None
    order: OrderRecord | None = None
    appointment: AppointmentRecord | None = None


@dataclass(frozen=True)
class Timeline:
    """A course as its page shows it; lists are by day, happenings newest first. *counted*: given in the phase of now."""

    course: CourseRecord
    patient: Patient
    clinic: Clinic
    today: date
    lines: tuple[Line, ...]
    parts: tuple[Part, ...]
    phase: Phase
    counted: int
    due: Due | None = None
    happenings: tuple[Happening, ...] = ()
    people: Mapping[UUID, str] = field(default_factory=dict)

    @property
    def given(self) -> tuple[Line, ...]:
        """The sessions that took place."""
        return tuple(one for one in self.lines if one.state is SessionState.GIVEN and not one.follows)

    @property
    def upcoming(self) -> Line | None:
        """The next session that is booked, or the one that is going on."""
        ahead = {SessionState.PLANNED, SessionState.HERE}
        return next((one for one in self.lines if one.state in ahead and not one.follows), None)


def timeline(ctx: Context, *, course_id: UUID) -> Timeline:
    """Give a course as it went and as it is planned, and write down who looked; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        found = _gathered(uow, uow.courses.get(course_id), now)
    with ctx.begin() as uow:
        audit(ctx, uow, now, "read", "course", course_id)
    return found


def _gathered(uow: UnitOfWork, course: CourseRecord, now: datetime) -> Timeline:
    request, orders = course_request(uow, course, now), uow.orders.of_course(course.id)
    appointments = uow.appointments.of_course(course.id)
    lines = lines_of(course, uow.given.of_course(course.id), appointments, orders, request.clinic, now)
    phase, due = _next_due(request, course)
    people = {one.id: one.name for one in uow.staff.all()} | {one.id: one.name for one in request.clinic.resources}
    entries = uow.audit.of_subjects({course.id, *(one.id for one in appointments)})
    return Timeline(
        course, uow.people.get(course.patient_id), request.clinic, local_day(now, request.clinic.zone), lines,
        _parts(course, lines), phase, sum(one.phase == phase.name for one in lines if _was_given(one)), due,
        _happenings(orders, entries, {one.id: one for one in appointments}, people), people,
    )  # fmt: skip


def _was_given(one: Line) -> bool:
    return one.state is SessionState.GIVEN and not one.follows


def state_of(one: AppointmentRecord, now: datetime) -> SessionState:
    """Say what became of an appointment, or is to become of it."""
    if one.outcome is not None:
        return SessionState(one.outcome.value)
    named = {
        AppointmentStatus.CANCELLED: SessionState.CANCELLED, AppointmentStatus.NOSHOW: SessionState.NO_SHOW,
        AppointmentStatus.FULFILLED: SessionState.GIVEN, AppointmentStatus.ARRIVED: SessionState.HERE,
    }  # fmt: skip
    return named.get(one.status) or (SessionState.UNSAID if one.start_at < now else SessionState.PLANNED)


def lines_of(
    course: CourseRecord, given: Iterable[GivenRecord], appointments: Iterable[AppointmentRecord],
    orders: Sequence[OrderRecord], clinic: Clinic, now: datetime,
) -> tuple[Line, ...]:  # fmt: skip
    """List a course's sessions by day, with their numbers and the days between; what nobody ever heard of is left out."""
    theirs = {one.appointment_id: one for one in given if one.appointment_id}
    loose = {(one.phase, one.day): one for one in given if one.appointment_id is None}
    lines = list[Line]()
    for one in appointments:
        if one.status is AppointmentStatus.CANCELLED and one.told_at is None and one.outcome is None:
            continue
        planned, state, recorded = local_day(one.start_at, clinic.zone), state_of(one, now), theirs.get(one.id)
        if recorded is None and state is SessionState.UNSAID:  # entered without saying which appointment it was
            recorded = loose.pop((one.phase or "", planned), None)
        if recorded:
            state = SessionState.GIVEN
        day = recorded.day if recorded else planned if state is SessionState.GIVEN else None
        lines.append(Line(state, one.phase or "", planned, day, one, follows=one.linked_to is not None))
    lines += [Line(SessionState.GIVEN, one.phase, None, one.day, None, one.elsewhere) for one in loose.values()]
    lines.sort(key=lambda line: (line.day, line.appointment.start_at if line.appointment else now))
    return tuple(_numbered(course, lines, orders, clinic))


def _numbered(
    course: CourseRecord, lines: Iterable[Line], orders: Sequence[OrderRecord], clinic: Clinic
) -> Iterable[Line]:
    """Give sessions that count their numbers within their phases, and the days since the one before."""
    counted = dict[str, int]()
    before: Line | None = None
    for line in lines:
        if not line.counts:
            yield line
            continue
        counted[line.phase] = counted.get(line.phase, 0) + 1
        before = replace(line, number=counted[line.phase], gap=_gap(course, before, line, orders, clinic))
        yield before


def _gap(
    course: CourseRecord, before: Line | None, line: Line, orders: Sequence[OrderRecord], clinic: Clinic
) -> Gap | None:
    if before is None:
        return None
    asked, former = [one.order for one in orders], [one.previous for one in orders]
    rule = rule_of(course.protocol, line.phase, before.phase, line.day, asked, clinic.zone, former)
    return Gap((line.day - before.day).days, rule)


def _parts(course: CourseRecord, lines: Sequence[Line]) -> tuple[Part, ...]:
    found = []
    for phase in course.protocol.phases:
        days = [one.day for one in lines if one.phase == phase.name and one.counts]
        if days:
            given = sum(one.phase == phase.name for one in lines if _was_given(one))
            found.append(Part(phase, min(days), given))
    return tuple(sorted(found, key=lambda part: part.first))


def _next_due(request: PlanRequest, course: CourseRecord) -> tuple[Phase, Due | None]:
    """Find the phase of the next session and when it is due; what has begun counts until somebody says otherwise."""
    wanted = next(iter(wanted_sessions(request, 1)), None)
    if wanted is None:
        return request.protocol.phases[-1], None
    if course.status not in _NEXT:
        return wanted.phase, None
    if request.given:
        return wanted.phase, due_after(request.given[-1].day, wanted.pace.rule)
    start = course.preferences.start
    return wanted.phase, Due(start, start + timedelta(days=request.clinic.first_within_days))


def _happenings(
    orders: Iterable[OrderRecord], entries: Iterable[AuditEntry], appointments: Mapping[UUID, AppointmentRecord],
    people: Mapping[UUID, str],
) -> tuple[Happening, ...]:  # fmt: skip
    found = [Happening(one.given_at, people.get(one.author_id, ""), order=one) for one in orders]
    found += [
        Happening(one.at, people.get(one.actor_id, ""), one, appointment=appointments.get(one.subject_id))
        for one in entries
        if one.action not in _LEFT_OUT and one.facts.get("mark") not in _OF_THE_VISIT
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.entry.id or 0 if one.entry else 0), reverse=True))


@dataclass(frozen=True)
class CourseLine:
    """A course in the list of courses: whose it is, and when its next appointment starts."""

    course: CourseRecord
    patient: Patient
    next: datetime | None


def listed(ctx: Context, *, status: CourseStatus = CourseStatus.ACTIVE) -> list[CourseLine]:
    """List the courses of a status: those with a next appointment first, the soonest on top, then by name."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        found = uow.courses.with_status(status)
        patients = uow.people.among({one.patient_id for one in found})
        soonest = uow.appointments.next_of_courses(now)
    lines = [CourseLine(one, patients[one.patient_id], soonest.get(one.id)) for one in found]
    return sorted(lines, key=lambda one: (one.next is None, one.next or now, one.patient.name))

