"""A clinician's order given: written down with the terms that it found, and the plan that was shown booked, all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from planner.domain.contact import clean
from planner.domain.errors import Conflict, Fact
from planner.domain.occupancy import Occupancy
from planner.domain.orders import Continue, Order, OverrideSpacing
from planner.domain.plan import Plan, PlanRequest
from planner.domain.planning import open_ended
from planner.domain.rechecking import Shown, shown_of
from planner.domain.roles import Permission
from planner.domain.spacing import wanted_sessions
from planner.domain.span import local_day
from planner.services.briefing import standing, taken_from
from planner.services.context import Context
from planner.services.excepting import keep_exceptions
from planner.services.misses import finish_made_up
from planner.services.owing import Touched, owe_change
from planner.services.proposing import Draft, Proposal, difference, draft_of, planned, proposal_of
from planner.services.reviews import REVIEW_TASK, owe_reviews
from planner.services.settling import Settled, settle
from planner.services.suggestions import answer
from planner.services.writing import Change, apply_change, audit, explained
from planner.storage.records import AppointmentRecord, CourseRecord, OrderRecord, Task
from planner.storage.unit_of_work import UnitOfWork

UNPLACED_TASK = "unplaced"
"""The task that sessions leave which an order, or the passing of time, asks for and for which there is no place."""


class OrderChanged(Conflict):
    """The course, or the calendar, is no longer what the order was shown for; `fresh` is the same order looked at now."""

    def __init__(self, fresh: Proposal, message: str) -> None:
        self.fresh = fresh
        super().__init__(message)


@dataclass(frozen=True)
class Ordered:
    """An order that was given: as it is kept, the course under its new terms, and the course that it began, if it did."""

    order: OrderRecord
    course: CourseRecord
    appointments: tuple[AppointmentRecord, ...]
    successor: CourseRecord | None = None


@dataclass(frozen=True)
class _Asked:
    """An order as it is asked for."""

    course_id: UUID
    order: Order
    reason: str
    version: int
    shown: Sequence[Shown] | None
    told: bool
    horizon: date | None
    effective_on: date | None


class _Stale(Exception):
    """What was shown does not hold under the lock; the fresh proposal is looked for after it is given up."""


def give(
    ctx: Context, *, course_id: UUID, order: Order, reason: str, version: int, shown: Sequence[Shown] | None = None,
    told: bool = True, horizon: date | None = None, effective_on: date | None = None,
) -> Ordered:  # fmt: skip
    """Give an order, and book what was *shown* for it (else what is planned under the lock), in one transaction.

    *version*: the course's version that was seen. The patient gets one message about everything, if *told*. Raises
    OrderChanged where the course or the calendar has changed since, InvalidValue (*reason*), InvalidMove, RuleViolated,
    Forbidden.
    """
    ctx.require(Permission.PRESCRIBE)
    if isinstance(order, OverrideSpacing):
        ctx.require(Permission.OVERRIDE)
    asked = _Asked(course_id, order, clean(reason, "reason"), version, shown, told, horizon, effective_on)
    try:
        with ctx.begin() as uow:
            return _given(ctx, uow, asked)
    except _Stale as stale:
        message = str(stale)
    raise OrderChanged(_fresh(ctx, asked), message)


def _fresh(ctx: Context, asked: _Asked) -> Proposal:
    with ctx.read() as uow:
        now = ctx.clock()
        draft = draft_of(uow, uow.courses.get(asked.course_id), asked.order, now, asked.horizon, asked.effective_on)
        return proposal_of(draft, Occupancy(draft.before.clinic, taken_from(uow, now, draft.own)))


def _given(ctx: Context, uow: UnitOfWork, asked: _Asked) -> Ordered:
    clock = ctx.clock()
    uow.calendar.lock(clock)
    now = uow.orders.moment(asked.course_id, clock)
    course = uow.courses.get(asked.course_id)
    if course.version != asked.version:
        raise _Stale("somebody else changed this course first")
    draft = draft_of(uow, course, asked.order, now, asked.horizon, asked.effective_on)
    series, missing = _settled(uow, draft, asked.shown, now)
    former = uow.appointments.among(draft.own) if draft.own else {}
    saved = uow.courses.save(course.under(draft.terms))
    if draft.successor:
        uow.courses.add(draft.successor)
    written = _write(uow, draft, series, asked, now)
    saved = keep_exceptions(uow, saved, series.request, written)
    record = _kept(ctx, uow, draft, asked, now)
    _follow_up(uow, saved, draft, missing, now)
    _tell(uow, former, written, record, asked, now)
    _audit(ctx, uow, record, former, written, now)
    return Ordered(record, saved, tuple(sorted(written, key=lambda one: one.start_at)), draft.successor)


def _settled(
    uow: UnitOfWork, draft: Draft, shown: Sequence[Shown] | None, now: datetime
) -> tuple[Settled, int]:
    """Check what was shown against the calendar of now, and seat it; and count the sessions that find no place."""
    request = draft.request
    if request is None:
        if shown:
            raise _Stale("nothing is planned under this order any more")
        return Settled(draft.before), 0
    if shown is None:
        found = planned(draft, request, Occupancy(request.clinic, taken_from(uow, now, draft.own)))
        shown, missing = shown_of(found), found.wanted - len(found.placed)
    else:
        missing = max(0, _wanted(uow, draft, request, now) - len(shown))
    if draft.successor:
        uow.occupancy.release(*draft.own)  # the old course's sessions are not the new one's: they are in nobody's way
    series = settle(uow, request, shown)
    if series.broken:
        numbers = ", ".join(str(number) for number in sorted(series.broken))
        raise _Stale(f"what was shown can no longer be booked: session {numbers}")
    return series, missing


def _wanted(uow: UnitOfWork, draft: Draft, request: PlanRequest, now: datetime) -> int:
    """Count the sessions that the order asks for, those of an open-ended phase up to its horizon."""
    fixed = len(wanted_sessions(request, 0))
    if request.protocol.phases[-1].sessions is not None:
        return fixed
    taken = taken_from(uow, now, draft.own) if fixed else ()
    return fixed + open_ended(request, Occupancy(request.clinic, taken))


def _write(
    uow: UnitOfWork, draft: Draft, series: Settled, asked: _Asked, now: datetime
) -> list[AppointmentRecord]:
    course = draft.successor or draft.course.under(draft.terms)
    diff = difference(draft, Plan(tuple(series.placed.values()), len(series.placed)))
    old = {one.id: one for one in uow.appointments.among(draft.own).values()} if draft.own else {}
    change = Change(diff, old, asked.told)
    clinic = draft.before.clinic
    return apply_change(uow, change, course.protocol, clinic, course.patient_id, course.id, series.seats, now)


def _kept(ctx: Context, uow: UnitOfWork, draft: Draft, asked: _Asked, now: datetime) -> OrderRecord:
    today = local_day(now, draft.before.clinic.zone)
    record = OrderRecord(
        uuid4(), draft.course.id, asked.order, draft.course.terms, asked.reason, ctx.actor.id, now,
        max(asked.effective_on or today, today), draft.successor.id if draft.successor else None,
    )  # fmt: skip
    uow.orders.add(record)
    return record


def _follow_up(uow: UnitOfWork, course: CourseRecord, draft: Draft, missing: int, now: datetime) -> None:
    """Let reviews move along, tick off the one that was decided, and leave a task for what found no place."""
    for one in (course, draft.successor):
        if one:
            owe_reviews(uow, one, standing(uow.appointments.of_course(one.id), now), now)
    answer(uow, course.id, draft.order, now)
    finish_made_up(uow, course, now)
    for task in uow.tasks.open_of_course(course.id, REVIEW_TASK, UNPLACED_TASK):
        decided = isinstance(draft.order, Continue) and task.facts.get("phase") == draft.order.phase
        if (task.kind == REVIEW_TASK and decided) or task.kind == UNPLACED_TASK:
            uow.tasks.finish(task.id, at=now, reason="decided" if decided else "planned anew")
    if missing:
        kept, facts = draft.successor or course, dict[str, Fact](sessions=missing)
        uow.tasks.add(Task(uuid4(), UNPLACED_TASK, now, now, facts, course_id=kept.id, patient_id=kept.patient_id))


def _tell(
    uow: UnitOfWork, former: dict[UUID, AppointmentRecord], written: Sequence[AppointmentRecord], record: OrderRecord,
    asked: _Asked, now: datetime,
) -> None:  # fmt: skip
    """Owe one message about all that the order changed."""
    current = uow.appointments.among(former) if former else {}
    touched = [Touched(old, current[key]) for key, old in former.items()]
    touched += [Touched(None, one) for one in written if one.id not in former]
    if touched:
        owe_change(uow, touched, now, record.id, told=asked.told)


def _audit(
    ctx: Context, uow: UnitOfWork, record: OrderRecord, former: dict[UUID, AppointmentRecord],
    written: Sequence[AppointmentRecord], now: datetime,
) -> None:  # fmt: skip
    ids = {one.id for one in written}
    facts: dict[str, Fact] = {
        "order": str(record.id), "kind": record.content.kind, "effective_on": record.effective_on.isoformat(),
        "cancelled": sum(key not in ids for key in former), "added": len(ids - former.keys()),
        "kept": sum(key in ids for key in former), **explained(former, written),
    }  # fmt: skip
    facts |= {"successor": str(record.successor_id)} if record.successor_id else {}
    audit(ctx, uow, now, "order", "course", record.course_id, facts, record.reason)
