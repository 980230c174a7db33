"""Courses: begun with what was given before, and shown whole before anything is booked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from time import perf_counter
from uuid import UUID, uuid4

from planner.domain.assembling import price
from planner.domain.course import LIVE, CourseStatus, Given, Preferences
from planner.domain.errors import InvalidValue, Violation
from planner.domain.explaining import Alternative, Reason, alternatives, reasons
from planner.domain.occupancy import BusyRow, Occupancy
from planner.domain.plan import Placed, Plan, PlanRequest, Relaxation
from planner.domain.planning import plan
from planner.domain.protocol import Protocol
from planner.domain.rechecking import recheck, shown_of
from planner.domain.relaxing import Blocked, explain_blocked
from planner.domain.replanning import Diff, compare
from planner.domain.roles import Permission
from planner.domain.rules import check_request
from planner.domain.span import check_instant, local_day
from planner.services.assigned import placed_of
from planner.services.briefing import course_request, taken_from
from planner.services.context import Context
from planner.services.remembering import occupancy_from
from planner.services.writing import audit
from planner.storage.records import AppointmentRecord, CourseRecord, GivenRecord
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Preview:
    """A whole course before it is booked: the plan, why it is so, what it changes, and what else there is."""

    course: CourseRecord
    request: PlanRequest
    plan: Plan
    diff: Diff
    reasons: Mapping[int, tuple[Reason, ...]]
    violations: tuple[Violation, ...] = ()
    blocked: Blocked | None = None
    alternatives: tuple[Alternative, ...] = ()
    planning_seconds: float = 0.0
    beyond: Mapping[int, Sequence[Violation]] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """How a preview departs from what is stored: other preferences, starts edited by hand, a relaxation, a horizon."""

    preferences: Preferences | None = None
    pinned: Mapping[int, datetime] = field(default_factory=dict)
    relaxation: Relaxation = field(default_factory=Relaxation)
    horizon: date | None = None
    protocol: Protocol | None = None


def begin(
    ctx: Context, *, patient_id: UUID, protocol: str, preferences: Preferences, given: Sequence[Given] = (),
    version: int | None = None,
) -> CourseRecord:  # fmt: skip
    """Begin a course by the latest (or one) version of a protocol, of which the course keeps its own copy.

    *given*: sessions that took place already, here or elsewhere. Raises InvalidValue for a given session of an unknown
    phase or in the future, NotFound, Forbidden (days to another course's doses are a clinician's to enter).
    A form that is sent twice begins one course: the draft that asks for the very same is given again.
    """
    ctx.require(Permission.BOOK)
    if preferences.other_course_days is not None:
        ctx.require(Permission.OVERRIDE)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        clinic, copy = uow.clinics.get(now), uow.protocols.get(protocol, version)
        uow.people.get(patient_id)
        _check_given(copy, given, local_day(now, clinic.zone))
        check_clinician(uow, preferences, now)
        if same := _same_draft(uow, patient_id, copy, preferences, given):
            return same
        course = CourseRecord(
            uuid4(), patient_id, copy, preferences, now, clinician_id=preferences.clinician_id,
            reviewed=_behind(copy, given),
        )  # fmt: skip
        uow.courses.add(course)
        uow.given.add(*(GivenRecord(uuid4(), course.id, one.phase, one.day, one.elsewhere) for one in given))
        facts = {"protocol": copy.name, "protocol_version": copy.version, "given": len(given)}
        audit(ctx, uow, now, "begin", "course", course.id, facts)
    return course


def _behind(protocol: Protocol, given: Sequence[Given]) -> tuple[str, ...]:
    """Name the phases whose review is behind a course that was begun elsewhere: a later phase was given already."""
    begun = {one.phase for one in given}
    last = max((at for at, phase in enumerate(protocol.phases) if phase.name in begun), default=0)
    return tuple(phase.name for phase in protocol.phases[:last] if phase.review)


def _same_draft(
    uow: UnitOfWork, patient_id: UUID, protocol: Protocol, preferences: Preferences, given: Sequence[Given]
) -> CourseRecord | None:
    asked = (protocol, preferences, set(given))
    drafts = (one for one in uow.courses.of_patient(patient_id) if one.status is CourseStatus.DRAFT)
    kept = ((one, (one.protocol, one.preferences, set(uow.given.values_of(one.id)))) for one in drafts)
    return next((one for one, same in kept if same == asked), None)


def _check_given(protocol: Protocol, given: Sequence[Given], today: date) -> None:
    for index, one in enumerate(given):
        phase = protocol.phase(one.phase)
        if phase is None:
            raise InvalidValue(f"given.{index}.phase", f"the protocol has no phase {one.phase!r}")
        if one.day > today:
            raise InvalidValue(f"given.{index}.day", "has not come yet")
        if phase.sessions is not None and sum(other.phase == one.phase for other in given) > phase.sessions:
            raise InvalidValue(f"given.{index}.phase", f"{one.phase} has only {phase.sessions} sessions")
    if len({one.day for one in given}) < len(given):
        raise InvalidValue("given", "two sessions on one day")


def check_clinician(uow: UnitOfWork, preferences: Preferences, now: datetime) -> None:
    """Refuse a named clinician whom the clinic does not have; raises InvalidValue."""
    if preferences.clinician_id and uow.clinics.get(now).resource(preferences.clinician_id) is None:
        raise InvalidValue("preferences.clinician_id", "is nobody of this clinic")


def preview(
    ctx: Context, *, course_id: UUID, wish: Wish | None = None, choices: bool = True, explain: bool = True
) -> Preview:
    """Plan a course, or plan it anew against what is booked, and show everything; nothing is stored.

    *choices*: look for alternatives as well. *explain*: say why, and what blocks an incomplete plan.
    Raises NotFound, Forbidden, InvalidValue for a wish that cannot be.
    """
    ctx.require(Permission.READ)
    brief = brief_of(ctx, course_id, wish or Wish())
    request, occupancy = brief.request, brief.occupancy
    began = perf_counter()
    found = plan(request, occupancy)
    took = perf_counter() - began
    return Preview(
        course=brief.course,
        request=request,
        plan=found,
        diff=compare(request, found),
        reasons=reasons(request, occupancy, found) if explain else {},
        violations=tuple(check_request(request)),
        blocked=explain_blocked(request, occupancy, found) if explain and not found.complete else None,
        alternatives=tuple(alternatives(request, occupancy, found)) if choices else (),
        planning_seconds=took,
        beyond=_beyond(request, occupancy, found),
    )


@dataclass(frozen=True)
class Brief:
    """What a plan is made from: the course, what is asked for, and what is taken."""

    course: CourseRecord
    request: PlanRequest
    occupancy: Occupancy


def brief_of(ctx: Context, course_id: UUID, wish: Wish) -> Brief:
    """Read what a plan of a course is made from; raises NotFound, InvalidValue for a wish that cannot be."""
    with ctx.read() as uow:
        now = ctx.clock()
        course = uow.courses.get(course_id)
        request = _wished(course_request(uow, course, now), wish, now)
        own = [booked.appointment_id for booked in request.standing]
        return Brief(course, request, occupancy_from(uow, request.clinic, now, own))


def _beyond(request: PlanRequest, occupancy: Occupancy, found: Plan) -> Mapping[int, Sequence[Violation]]:
    """List what each session breaks that is there only by a relaxation."""
    if request.relaxation == Relaxation():
        return {}
    return recheck(replace(request, relaxation=Relaxation()), occupancy, shown_of(found))[1]


def of_record_number(ctx: Context, record_number: str) -> list[UUID]:
    """Find the courses of the patient with a record number, the oldest first."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        patient = uow.people.with_record_number(record_number)
        return [course.id for course in uow.courses.of_patient(patient.id)] if patient else []


def booked(ctx: Context, *, course_id: UUID) -> Preview:
    """Show what is booked for a course as it would be shown before booking: its reasons, and its cost item by item."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        now = ctx.clock()
        course = uow.courses.get(course_id)
        live = [one for one in uow.appointments.of_course(course_id) if one.status in LIVE]
        own = [one.id for one in live]
        request = replace(course_request(uow, course, now, own), standing=(), not_before=None)
        first = max([course.preferences.start, *(one.day for one in request.given)])
        request = replace(request, preferences=replace(request.preferences, start=first))
        since = min((one.start_at for one in live), default=now)
        occupancy = Occupancy(request.clinic, taken_from(uow, now, own, since))
        placed = _placed(live, uow.occupancy.of_appointments(own), request)
    began = perf_counter()
    found = plan(request, occupancy)
    took = perf_counter() - began
    priced = price(request, occupancy, placed, max(found.wanted, len(placed)))
    told = reasons(request, occupancy, priced)
    return Preview(course, request, priced, Diff((), (), (), ()), told, planning_seconds=took)


def _placed(
    live: Sequence[AppointmentRecord], rows: Mapping[UUID, Sequence[BusyRow]], request: PlanRequest
) -> list[Placed]:
    """Give the appointments as the sessions that follow those given, each with its linked visit."""
    visits = {one.id: placed_of(one, rows[one.id], request.clinic) for one in live}
    follows = {one.linked_to: visits[one.id] for one in live if one.linked_to}
    sessions = [one for one in live if one.linked_to is None]
    return [
        replace(visits[one.id], number=number, linked=follows.get(one.id))
        for number, one in enumerate(sessions, len(request.given) + 1)
    ]


def _wished(request: PlanRequest, wish: Wish, now: datetime) -> PlanRequest:
    preferences = wish.preferences or request.preferences
    first = max([preferences.start, local_day(now, request.clinic.zone), *(one.day for one in request.given)])
    return replace(
        request,
        protocol=wish.protocol or request.protocol,
        preferences=replace(preferences, start=first),
        pinned={number: check_instant(start, f"pinned.{number}") for number, start in wish.pinned.items()},
        relaxation=wish.relaxation,
        horizon=wish.horizon or request.horizon,
    )
