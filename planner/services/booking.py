"""Booking: a whole series exactly as it was shown, and moving and cancelling what is booked."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from planner.domain.course import LIVE, CourseStatus, Override
from planner.domain.errors import Conflict, InvalidMove, InvalidValue, RuleViolated, Violation
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Plan, PlanRequest
from planner.domain.planning import plan
from planner.domain.rechecking import Shown, recheck, shown_of
from planner.domain.replanning import compare
from planner.domain.roles import Permission
from planner.domain.rules import check_request
from planner.domain.span import check_instant
from planner.services.briefing import course_request, standing, taken_from
from planner.services.carrying import carry_out
from planner.services.context import Context
from planner.services.excepting import keep_exceptions
from planner.services.leave import Leave
from planner.services.moving import check_overridable, moved
from planner.services.reviews import course_changed, owe_reviews
from planner.services.settling import Settled, settle, still
from planner.services.undoing import Changed, keep_undo, remember
from planner.services.writing import Change, apply_change, audit, cancel_all, explained
from planner.storage.records import AppointmentRecord, CourseRecord
from planner.storage.unit_of_work import UnitOfWork


class PlanChanged(Conflict):
    """What was shown can no longer be booked: what each session breaks, and the best plan of now (rows by hand kept)."""

    def __init__(self, numbers: Iterable[int], look: Callable[[], tuple[Mapping[int, list[Violation]], Plan]]) -> None:
        self._look = look
        named = [str(number) for number in sorted(numbers)]
        super().__init__(f"session{'s' * (len(named) > 1)} {', '.join(named)} can no longer be booked as shown")

    @cached_property
    def _found(self) -> tuple[Mapping[int, list[Violation]], Plan]:
        return self._look()

    @property
    def broken(self) -> Mapping[int, list[Violation]]:
        """What each session breaks, with the nearest starts that are really free; looked for when first asked."""
        return self._found[0]

    @property
    def fresh(self) -> Plan:
        """The best plan of now, rows by hand kept; looked for when first asked."""
        return self._found[1]


class Scope(StrEnum):
    """How much of a course is cancelled."""

    ONE = "one"
    LATER = "later"
    COURSE = "course"


@dataclass(frozen=True)
class Booking:
    """What was written: the appointments of the series by start, the version of its course, and how to undo it for 10 s."""

    appointments: tuple[AppointmentRecord, ...]
    course_version: int
    undo_id: UUID


def book_series(
    ctx: Context, *, course_id: UUID, shown: Sequence[Shown] | None = None, version: int | None = None,
    told: bool = True, hold_ids: Sequence[UUID] = (), leave: Leave | None = None,
) -> Booking:  # fmt: skip
    """Book all sessions as shown, or none; without *shown*, plan under the lock. What was booked before is replaced.

    *version*: the course's version that was seen. *hold_ids*: holds that these sessions take over. *leave*: how far the
    series goes beyond the rules. Raises PlanChanged where a session no longer fits, Conflict where the course was changed
    by somebody else, NotFound (a hold that has run out, too), InvalidValue where nothing is to be booked, Forbidden.
    """
    ctx.require(Permission.BOOK)
    beyond = leave or Leave()
    beyond.check(ctx)
    if shown is not None and not shown:
        raise InvalidValue("shown", "there is no session to book")
    try:
        return _book_series(ctx, course_id, shown, version, told, hold_ids, beyond)
    except _NoLongerFits as refusal:
        broken = refusal.broken
        raise PlanChanged(broken, lambda: _changed(ctx, course_id, shown or (), broken, beyond)) from None


class _NoLongerFits(Exception):
    """What was shown is refused under the lock; the fresh plan is looked for after it is given up."""

    def __init__(self, broken: Mapping[int, list[Violation]]) -> None:
        self.broken = broken
        super().__init__("a shown session no longer fits")


def _changed(
    ctx: Context, course_id: UUID, shown: Sequence[Shown], refused: Mapping[int, list[Violation]], leave: Leave
) -> tuple[Mapping[int, list[Violation]], Plan]:
    """Say what each session breaks, with the nearest starts that are really free, and plan anew, rows by hand kept."""
    with ctx.read() as uow:
        now = ctx.clock()
        request = leave.under(course_request(uow, uow.courses.get(course_id), now))
        taken = taken_from(uow, now, [booked.appointment_id for booked in request.standing])
    whole = Occupancy(request.clinic, taken)
    by_hand = {one.number: one.start for one in shown if one.pinned and one.number not in refused}
    return {**refused, **recheck(request, whole, shown)[1]}, plan(replace(request, pinned=by_hand), whole)


def _book_series(
    ctx: Context, course_id: UUID, shown: Sequence[Shown] | None, version: int | None, told: bool,  # noqa: FBT001
    hold_ids: Sequence[UUID], leave: Leave,
) -> Booking:  # fmt: skip
    ahead = _settled_ahead(ctx, course_id, shown, version, leave) if shown and not hold_ids else None
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        course = bookable(uow, course_id, version)
        take_over(uow, hold_ids, course.patient_id)
        request = leave.under(course_request(uow, course, now))
        sessions = shown if shown is not None else _planned(uow, request, now)
        series = settle(uow, request, sessions, still(uow, ahead, request, now) if ahead else None)
        before = remember(uow, (booked.appointment_id for booked in request.standing))
        written = _write_series(uow, course, series, told, now)
        status = course.status if course.status is CourseStatus.ON_HOLD else CourseStatus.ACTIVE
        saved = keep_exceptions(uow, uow.courses.save(replace(course, status=status), "status"), request, written)
        owe_reviews(uow, course, written, now)
        undo_id = keep_undo(ctx, uow, now, "book-series", before, written, told=told, course_status=course.status)
        facts = {"sessions": len(sessions), "appointments": len(written), **leave.facts}
        facts |= explained(before.records, written)
        reason = leave.override.reason if leave.override else None
        audit(ctx, uow, now, "book-series", "course", course.id, facts, reason)
    return Booking(tuple(sorted(written, key=lambda one: one.start_at)), saved.version, undo_id)


def _settled_ahead(
    ctx: Context, course_id: UUID, shown: Sequence[Shown], version: int | None, leave: Leave
) -> Settled:
    """Settle a series from a snapshot, before the lock is taken; a change of what is booked waits for the lock."""
    with ctx.read() as uow:
        request = leave.under(course_request(uow, bookable(uow, course_id, version), ctx.clock()))
        return Settled(request) if request.standing else settle(uow, request, shown)


def take_over(uow: UnitOfWork, hold_ids: Iterable[UUID], patient_id: UUID) -> None:
    """Give up holds for what is booked in their place; raises NotFound for one that has run out."""
    for hold_id in hold_ids:
        if uow.holds.get(hold_id).patient_id != patient_id:
            raise InvalidValue("hold_id", "the hold is for another patient")
        uow.holds.remove(hold_id)


def bookable(uow: UnitOfWork, course_id: UUID, version: int | None = None) -> CourseRecord:
    """Find a course that may be booked; raises Conflict for a stale version, InvalidMove for one that has ended."""
    course = uow.courses.get(course_id)
    if version is not None and course.version != version:
        raise Conflict("somebody else changed this course first")
    if not course.terms.plans:
        raise InvalidMove(f"a course that is {course.status} cannot be booked")
    return course


def _planned(uow: UnitOfWork, request: PlanRequest, now: datetime) -> tuple[Shown, ...]:
    if violations := check_request(request):
        raise RuleViolated(violations)
    own = [booked.appointment_id for booked in request.standing]
    found = plan(request, Occupancy(request.clinic, taken_from(uow, now, own)))
    if not found.complete or not found.placed:
        number = len(request.given) + len(found.placed) + 1
        raise PlanChanged([number], lambda: ({number: []}, found))
    return shown_of(found)


def _write_series(
    uow: UnitOfWork, course: CourseRecord, series: Settled, told: bool, now: datetime  # noqa: FBT001
) -> list[AppointmentRecord]:  # fmt: skip
    if series.broken:
        raise _NoLongerFits(series.broken)
    request, own = series.request, [booked.appointment_id for booked in series.request.standing]
    diff = compare(request, Plan(tuple(series.placed.values()), len(series.placed)))
    change = Change(diff, {one.id: one for one in uow.appointments.among(own).values()} if own else {}, told)
    return apply_change(uow, change, course.protocol, request.clinic, course.patient_id, course.id, series.seats, now)


def move(
    ctx: Context, *, appointment_id: UUID, start: datetime, version: int, override: Override | None = None,
    told: bool = True,
) -> Changed:  # fmt: skip
    """Move an appointment to another start under the same rules; a dose takes its linked visit along where it must.

    Raises RuleViolated with all violations and the nearest start that breaks none; an Override needs its permission and
    works on rules of judgement only. Raises Conflict for a stale version, InvalidMove, NotFound.
    """
    ctx.require(Permission.BOOK)
    if override:
        ctx.require(Permission.OVERRIDE)
    instant = check_instant(start, "start")
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        record = _live(uow, appointment_id, version)
        change = moved(uow, record, instant, now, told=told)
        check_overridable(change.violations, override, change.nearest)
        facts = {"overridden": ",".join(violation.code for violation in change.violations)} if override else None
        reason = override.reason if override else None
        return carry_out(ctx, uow, record, change, now, told=told, facts=facts, reason=reason)


def _live(uow: UnitOfWork, appointment_id: UUID, version: int) -> AppointmentRecord:
    record = uow.appointments.get(appointment_id)
    if record.version != version:
        raise Conflict("somebody else changed this appointment first")
    if record.status not in LIVE:
        raise InvalidMove(f"an appointment that is {record.status} cannot be changed")
    return record


def cancel(
    ctx: Context, *, appointment_id: UUID, version: int, reason: str, scope: Scope = Scope.ONE, told: bool = True,
    shown: Collection[UUID] | None = None,
) -> Changed:  # fmt: skip
    """Cancel an appointment with its linked visit, this and all later ones of its course, or all of its course.

    What is cancelled stays, and its time is free again. *told*: the patient gets one message about it. *shown*: the
    appointments that were seen before. Raises Conflict for a stale version or others than shown, InvalidMove, NotFound.
    """
    ctx.require(Permission.BOOK)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        record = _live(uow, appointment_id, version)
        gone = sorted(in_scope(uow, record, scope, now), key=lambda one: one.id != record.id)
        if shown is not None and {one.id for one in gone} != set(shown):
            raise Conflict("somebody else changed this course first: what would be cancelled is not what was shown")
        before = remember(uow, (one.id for one in gone))
        cancelled = cancel_all(uow, gone, now)
        undo_id = keep_undo(ctx, uow, now, "cancel", before, (), told=told)
        if record.course_id:
            course_changed(uow, record.course_id, now)
        facts = {"scope": scope.value, "appointments": len(cancelled), **explained(before.records, ())}
        audit(ctx, uow, now, "cancel", "appointment", appointment_id, facts, reason)
    return Changed(tuple(cancelled), undo_id)


def in_scope(uow: UnitOfWork, record: AppointmentRecord, scope: Scope, now: datetime) -> list[AppointmentRecord]:
    """List the live appointments that a cancellation of this scope takes."""
    if record.course_id is None:
        return [record]
    everything = uow.appointments.of_course(record.course_id)
    live = [one for one in everything if one.status in LIVE]
    if scope is Scope.ONE:
        return [one for one in live if record.id in {one.id, one.linked_to}]
    if scope is Scope.LATER:
        later = {one.id for one in live if one.start_at >= record.start_at}
        return [one for one in live if one.id in later or one.linked_to in later]
    return [one for one in standing(everything, now) if one.id != record.id] + [record]
