"""A course's page: planned against given on one axis, the days between, what is due next, and who ordered or did what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from planner.domain.clinic import Clinic
from planner.domain.course import CourseStatus
from planner.domain.orders import OverrideSpacing, Skip, Succeed, TakeBack, latest_standing
from planner.domain.pausing import Lapse, lapse_of
from planner.domain.plan import PlanRequest
from planner.domain.protocol import Phase
from planner.domain.roles import Permission
from planner.domain.spacing import wanted_sessions
from planner.domain.span import local_day
from planner.domain.timeline import Due, SessionState, due_after
from planner.services.briefing import course_request
from planner.services.context import Context
from planner.services.sessions import Line, lines_of
from planner.services.writing import audit
from planner.storage.records import AppointmentRecord, AuditEntry, CourseRecord, OrderRecord, Patient
from planner.storage.unit_of_work import UnitOfWork

_LEFT_OUT = {"read", "order"}
_OF_THE_VISIT = {"arrived", "discharged"}
"""What the page of a visit says, and the history of a course need not."""
_NEXT = frozenset({CourseStatus.DRAFT, CourseStatus.ACTIVE})


@dataclass(frozen=True)
class Part:
    """A phase of the course as far as it has dates: its first local day, and how many of its sessions were given."""

    phase: Phase
    first: date
    given: int


@dataclass(frozen=True)
class Happening:
    """Something that somebody did to the course: an order, or an entry of the audit about one of its appointments.

    *about*: the order that an order takes back.
    """

    at: datetime
    actor: str
    entry: AuditEntry | None = None
    order: OrderRecord | None = None
    appointment: AppointmentRecord | None = None
    about: OrderRecord | None = None


@dataclass(frozen=True)
class Timeline:
    """A course as its page shows it; lists are by day, happenings newest first. *counted*: given in the phase of now.

    *latest*: the order that can be taken back. *predecessor*: the course whose order began this one.
    """

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
    latest: UUID | None = None
    predecessor: UUID | None = None

    @property
    def since_last(self) -> int | None:
        """Local days since the last session that was given; None before the first."""
        return (self.today - self.given[-1].day).days if self.given else None

    @property
    def lapse(self) -> Lapse | None:
        """Whether so many days have passed since the last dose that it is worth a word."""
        return lapse_of(self.since_last)

    @property
    def given(self) -> tuple[Line, ...]:
        """The sessions that took place."""
        return tuple(one for one in self.lines if one.state is SessionState.GIVEN and not one.follows)

    @property
    def upcoming(self) -> Line | None:
        """The next session that is booked, or the one that is going on."""
        ahead = {SessionState.PLANNED, SessionState.TENTATIVE, SessionState.HERE}
        return next((one for one in self.lines if one.state in ahead and not one.follows), None)


def timeline(ctx: Context, *, course_id: UUID) -> Timeline:
    """Give a course as it went and as it is planned, and write down who looked; raises NotFound, Forbidden."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        found = gathered(uow, uow.courses.get(course_id), now)
    with ctx.begin() as uow:
        audit(ctx, uow, now, "read", "course", course_id)
    return found


def gathered(uow: UnitOfWork, course: CourseRecord, now: datetime) -> Timeline:
    """Put together what the page of a course says, from what is stored now."""
    request, orders = course_request(uow, course, now), uow.orders.of_course(course.id)
    appointments = uow.appointments.of_course(course.id)
    lines = lines_of(course, uow.given.of_course(course.id), appointments, orders, request.clinic, now)
    phase, due = _next_due(request, course)
    people = {one.id: one.name for one in uow.staff.all()} | {one.id: one.name for one in request.clinic.resources}
    by_link = dict.fromkeys((one.id for one in uow.page_links.of_patient(course.patient_id)), "The patient")
    entries = uow.audit.of_subjects({course.id, *(one.id for one in appointments)})
    origin = uow.orders.that_began(course.id)
    return Timeline(
        course, uow.people.get(course.patient_id), request.clinic, local_day(now, request.clinic.zone), lines,
        _parts(course, lines), phase, sum(one.phase == phase.name for one in lines if _was_given(one)), due,
        _happenings(orders, entries, {one.id: one for one in appointments}, people | by_link), people, _takes_back(orders),
        origin.course_id if origin else None,
    )  # fmt: skip


def _was_given(one: Line) -> bool:
    return one.state is SessionState.GIVEN and not one.follows


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
    if course.status not in _NEXT and not course.terms.plans:
        return wanted.phase, None
    if request.given:
        return wanted.phase, due_after(request.given[-1].day, wanted.pace.rule)
    start = course.preferences.start
    return wanted.phase, Due(start, start + timedelta(days=request.clinic.first_within_days))


def _happenings(
    orders: Iterable[OrderRecord], entries: Iterable[AuditEntry], appointments: Mapping[UUID, AppointmentRecord],
    people: Mapping[UUID, str],
) -> tuple[Happening, ...]:  # fmt: skip
    by_id = {one.id: one for one in orders}
    found = [
        Happening(
            one.given_at, people.get(one.author_id, ""), order=one, appointment=_appointment_of(one, appointments),
            about=by_id.get(one.content.order_id) if isinstance(one.content, TakeBack) else None,
        )
        for one in orders
    ]  # fmt: skip
    found += [
        Happening(one.at, people.get(one.actor_id, ""), one, appointment=appointments.get(one.subject_id))
        for one in entries
        if one.action not in _LEFT_OUT and one.facts.get("mark") not in _OF_THE_VISIT
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.entry.id or 0 if one.entry else 0), reverse=True))


def _appointment_of(order: OrderRecord, appointments: Mapping[UUID, AppointmentRecord]) -> AppointmentRecord | None:
    asked = order.content
    return appointments.get(asked.appointment_id) if isinstance(asked, Skip | OverrideSpacing) else None


def _takes_back(orders: Sequence[OrderRecord]) -> UUID | None:
    """Name the order that can be taken back: the latest that stands, unless another course was begun by it."""
    latest = latest_standing([(one.id, one.content) for one in orders])
    return None if any(one.id == latest and isinstance(one.content, Succeed) for one in orders) else latest


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
