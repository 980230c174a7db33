"""A clinician's order looked at before it is given: the terms it leaves, the plan that follows, and the difference."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.course import CourseStatus, Preferences
from planner.domain.difference import Row, rows_of
from planner.domain.errors import InvalidMove, InvalidValue, RuleViolated
from planner.domain.explaining import Reason, reasons
from planner.domain.occupancy import Occupancy
from planner.domain.orders import (
    ChangePattern,
    DeclineSuggestion,
    Extend,
    Hold,
    Order,
    OverrideSpacing,
    Resume,
    Skip,
    Stop,
    Succeed,
    TakeBack,
    latest_standing,
)
from planner.domain.overruling import MAY_OVERRULE, booked_numbers, kept_as_they_are, overruled
from planner.domain.plan import Plan, PlanRequest
from planner.domain.planning import plan
from planner.domain.promises import unpromised
from planner.domain.relaxing import Blocked, explain_blocked
from planner.domain.replanning import Diff, compare
from planner.domain.roles import Permission
from planner.domain.rules import check_request
from planner.domain.span import check_instant, local_day
from planner.domain.stranding import Situation, Strand, strands
from planner.domain.terms import Standing, Terms, applied
from planner.services.briefing import course_request
from planner.services.context import Context
from planner.services.excepting import revived
from planner.services.moving import moved
from planner.services.remembering import occupancy_from
from planner.storage.records import CourseRecord
from planner.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Draft:
    """What an order would leave: the terms, and the request that is planned under them; None where nothing is planned.

    *successor*: the course that the order begins; then the request is that course's.
    """

    course: CourseRecord
    order: Order
    before: PlanRequest
    terms: Terms
    request: PlanRequest | None = None
    successor: CourseRecord | None = None

    @property
    def own(self) -> list[UUID]:
        """The appointments that the order may change."""
        if isinstance(self.order, DeclineSuggestion):
            return []
        return [booked.appointment_id for booked in self.before.standing]


@dataclass(frozen=True)
class Proposal:
    """An order before it is given: what it changes session by session, why, what it strands, and what blocks it."""

    draft: Draft
    plan: Plan
    diff: Diff
    rows: tuple[Row, ...]
    strands: tuple[Strand, ...]
    reasons: Mapping[int, tuple[Reason, ...]]
    blocked: Blocked | None = None

    @property
    def course(self) -> CourseRecord:
        """The course as it is."""
        return self.draft.course

    @property
    def terms(self) -> Terms:
        """The terms as they would be."""
        return self.draft.terms


def propose(
    ctx: Context, *, course_id: UUID, order: Order, horizon: date | None = None, effective_on: date | None = None
) -> Proposal:
    """Show what an order would do; nothing is stored.

    *horizon*: the last local day that an open-ended phase is planned to. *effective_on*: what is booked before that local
    day stays. Raises InvalidValue, InvalidMove for an order that cannot be, RuleViolated for an override of what has none.
    """
    ctx.require(Permission.PRESCRIBE)
    with ctx.read() as uow:
        now = ctx.clock()
        draft = draft_of(uow, uow.courses.get(course_id), order, now, horizon, effective_on)
        occupancy = occupancy_from(uow, draft.before.clinic, now, draft.own)
    return proposal_of(draft, occupancy)


def proposal_of(draft: Draft, occupancy: Occupancy) -> Proposal:
    """Plan under the terms that an order leaves, and compare."""
    request = draft.request
    found = planned(draft, request, occupancy) if request else Plan((), 0)
    diff = difference(draft, found)
    last = draft.before.given[-1].day if draft.before.given else None
    after = draft.successor.terms if draft.successor else draft.terms
    situation = Situation(draft.course.terms, after, request or draft.before, found)
    return Proposal(
        draft, found, diff, rows_of(diff, found, last, draft.before.clinic.zone), strands(situation),
        reasons(request, occupancy, found) if request else {},
        explain_blocked(request, occupancy, found) if request and not found.complete else None,
    )  # fmt: skip


def planned(draft: Draft, request: PlanRequest, occupancy: Occupancy) -> Plan:
    """Plan under the terms that an order leaves: what was to stay as it is moves only where it is in the way of the rest."""
    found = plan(request, occupancy)
    if isinstance(draft.order, OverrideSpacing) and draft.order.start not in {one.start for one in found.placed}:
        raise InvalidMove("nothing that is left of this course can be planned around it")
    if found.complete or not request.pinned or isinstance(draft.order, OverrideSpacing):
        return found
    free = plan(replace(request, pinned={}), occupancy)
    return free if len(free.placed) > len(found.placed) else found


def difference(draft: Draft, found: Plan) -> Diff:
    """Compare a plan with what is booked; a course that begins anew takes nothing over."""
    if isinstance(draft.order, DeclineSuggestion):
        return Diff((), (), (), ())
    if draft.request is None or draft.successor:
        added = [one for placed in found.placed for one in (placed, placed.linked) if one]
        return Diff((), (), draft.before.standing, tuple(added))
    return compare(replace(draft.request, standing=draft.before.standing), found)


def draft_of(
    uow: UnitOfWork, course: CourseRecord, order: Order, now: datetime, horizon: date | None = None,
    effective_on: date | None = None,
) -> Draft:  # fmt: skip
    """Work out what an order leaves of a course; raises InvalidValue, InvalidMove, RuleViolated, NotFound."""
    before = course_request(uow, course, now)
    later = effective_on if effective_on and effective_on > local_day(now, before.clinic.zone) else None
    terms = _terms_after(uow, course, order, before, now, later)
    draft = Draft(course, order, before, terms)
    if isinstance(order, Succeed):
        return _succeeding(uow, draft, order, now, horizon)
    if not terms.plans or course.status is CourseStatus.DRAFT or isinstance(order, DeclineSuggestion):
        return draft
    terms = _keeping(terms, before, later) if later else terms
    request = course_request(uow, course.under(terms), now, _left_out(uow, course, order, terms))
    request = replace(
        request, horizon=horizon or _horizon(course.terms, terms, before), standing=unpromised(request.standing, order)
    )  # fmt: skip
    if isinstance(order, TakeBack):
        request = replace(request, exceptions=revived(uow, request, terms.exceptions, order.order_id))
    elif isinstance(order, OverrideSpacing):
        number = booked_numbers(request).get(order.appointment_id, len(request.given) + 1)
        request = replace(request, pinned={number: check_instant(order.start, "start")})
    elif later:
        request = _pinned(request, later)
    if broken := check_request(request, pattern=isinstance(order, ChangePattern)):
        raise RuleViolated(broken)
    return replace(draft, terms=terms, request=request)


def _left_out(uow: UnitOfWork, course: CourseRecord, order: Order, terms: Terms) -> list[UUID]:
    """List what is planned as if it were not booked: a session that is skipped, unless the next one takes its place."""
    if not isinstance(order, Skip) or any(one.appointment_id == order.appointment_id for one in terms.exceptions):
        return []
    theirs = uow.appointments.of_course(course.id)
    return [one.id for one in theirs if order.appointment_id in {one.id, one.linked_to}]


def _horizon(was: Terms, terms: Terms, before: PlanRequest) -> date | None:
    """Plan an open-ended phase at another pace as far as the course is booked; None: as many sessions as are booked."""
    pace, former = ((one.protocol.phases[-1].spacing, one.resumes_on, one.status) for one in (terms, was))
    if pace == former or not before.standing:
        return None
    clinic = before.clinic
    first = max(before.preferences.start, terms.resumes_on or before.preferences.start)
    booked = max(local_day(one.start, clinic.zone) for one in before.standing)
    return max(first + timedelta(days=clinic.horizon_days), booked)


def _terms_after(
    uow: UnitOfWork, course: CourseRecord, order: Order, before: PlanRequest, now: datetime, later: date | None
) -> Terms:
    if isinstance(order, TakeBack):
        return _taken_back(uow, course, order)
    if isinstance(order, OverrideSpacing):
        return _overruling(uow, course, order, before, now)
    zone = before.clinic.zone
    sessions = sorted((one for one in before.standing if not one.linked), key=lambda one: one.start)
    meets = Standing(
        before.given, before.standing, local_day(now, zone),
        uow.protocols.get(course.protocol.name, course.protocol.version),
        {one.appointment_id: local_day(one.start, zone) for one in sessions}, later,
    )  # fmt: skip
    return applied(course.terms, order, meets)


def _taken_back(uow: UnitOfWork, course: CourseRecord, order: TakeBack) -> Terms:
    given = uow.orders.of_course(course.id)
    if latest_standing([(one.id, one.content) for one in given]) != order.order_id:
        raise InvalidMove("only the latest order that stands is taken back")
    found = next(one for one in given if one.id == order.order_id)
    if found.successor_id:
        raise InvalidMove("another course was begun by it: stop that one, and resume this one")
    kept = course.status is not CourseStatus.DRAFT and found.previous.status is CourseStatus.DRAFT
    turned = isinstance(found.content, Hold | Resume | Stop | Extend) and not (kept and course.terms.plans)
    return found.previous if turned else replace(found.previous, status=course.status)


def _overruling(
    uow: UnitOfWork, course: CourseRecord, order: OverrideSpacing, before: PlanRequest, now: datetime
) -> Terms:
    """Give the terms that let one appointment lie where it is asked for; raises RuleViolated for any other rule."""
    start = check_instant(order.start, "start")
    record = uow.appointments.get(order.appointment_id)
    if record.course_id != course.id or record.linked_to or order.appointment_id not in {
        one.appointment_id for one in before.standing
    }:  # fmt: skip
        raise InvalidValue("appointment_id", "is no session of this course that is still to come")
    change = moved(uow, record, start, now, told=False)
    refused = [one for one in change.violations if one.code not in MAY_OVERRULE or not one.overridable]
    if refused:
        raise RuleViolated(change.violations, change.nearest)
    days = {one.appointment_id: local_day(one.start, before.clinic.zone) for one in before.standing if not one.linked}
    day = days[record.id] = local_day(start, before.clinic.zone)
    first = replace(course.preferences, start=min(course.preferences.start, day))
    return replace(course.terms, preferences=first, exceptions=overruled(course.exceptions, before, days, record.id))


def _pinned(request: PlanRequest, before: date) -> PlanRequest:
    """Pin what is booked before a local day where it is."""
    zone, numbers = request.clinic.zone, booked_numbers(request)
    early = [one for one in request.standing if one.appointment_id in numbers and local_day(one.start, zone) < before]
    return replace(request, pinned={numbers[one.appointment_id]: one.start for one in early})


def _keeping(terms: Terms, before: PlanRequest, day: date) -> Terms:
    """Let what is booked before a local day keep the spacing that it was booked by."""
    booked = {one.appointment_id: local_day(one.start, before.clinic.zone) for one in before.standing if not one.linked}
    days = {key: at for key, at in booked.items() if at < day}
    return replace(terms, exceptions=kept_as_they_are(terms.exceptions, before, days))


def _succeeding(
    uow: UnitOfWork, draft: Draft, order: Succeed, now: datetime, horizon: date | None
) -> Draft:
    """Plan the course that follows: nothing of the old one is in its way but the doses that were given."""
    old = draft.course
    protocol = uow.protocols.get(order.protocol)
    weekdays = order.weekdays or (old.preferences.weekdays if protocol.name == old.protocol.name else ())
    asked = Preferences(
        order.start, weekdays, at=order.at or old.preferences.at, hours=old.preferences.hours, away=old.preferences.away,
        clinician_id=old.clinician_id, other_course_days=order.other_course_days,
    )  # fmt: skip
    successor = CourseRecord(
        uuid4(), old.patient_id, protocol, asked, now, CourseStatus.ACTIVE, clinician_id=old.clinician_id
    )
    request = course_request(uow, successor, now, without=draft.own)
    if broken := check_request(request):
        raise RuleViolated(broken)
    return replace(draft, request=replace(request, horizon=horizon or request.horizon), successor=successor)
