"""Making a change of the clinic together with all that was planned for it: everything as it was shown, or nothing.

Whoever has an appointment within three hours, before or after the change, is phoned, and gets the mail as well: nobody reads
a mail in time, but it says in writing what was agreed. There is no undo of the whole: reopening and planning again is the
way back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from planner.domain.clinic import WEEKDAYS
from planner.domain.errors import Conflict, InvalidMove
from planner.domain.plan import Plan, PlanRequest
from planner.domain.replanning import compare
from planner.domain.rescheduling import Found
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.effects import Effects
from planner.services.impact import Ask, ask_of, scope_of
from planner.services.making import Making, audit_change, audit_each, leave_tasks, phone, tell
from planner.services.owing import Touched
from planner.services.rescheduling import needed, renewed
from planner.services.reviews import course_changed
from planner.services.settling import Settled, settle
from planner.services.writing import Change, apply_change, audit, changed_visit, finish_tasks
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Replan, ReplanPart, ReplanStatus


class ReplanChanged(Conflict):
    """What was shown can no longer be made as a whole; nothing was. `fresh` is the same re-plan, planned again where needed.

    *before*: what was shown for the courses and single visits that are planned again, by their keys.
    """

    def __init__(self, fresh: Replan, before: Mapping[UUID, Found | None]) -> None:
        self.fresh, self.before = fresh, before
        super().__init__("what was shown no longer fits: something was changed since")


@dataclass(frozen=True)
class Committed:
    """A change that was made: the re-plan, what it did, and how many patients are told or phoned."""

    replan: Replan
    effects: Effects
    told: int
    phoned: int


class _Stale(Exception):
    """What was shown does not hold under the lock; what holds now is looked for after it is given up."""

    def __init__(self, before: Mapping[UUID, Found | None]) -> None:
        self.before = before
        super().__init__("stale")


def commit(ctx: Context, *, replan_id: UUID, version: int, told: bool = True) -> Committed:
    """Make the change, book all that was shown for it, and tell each patient once, if *told*; all of it or nothing.

    *version*: the re-plan's version that was seen. Raises ReplanChanged where anything shown no longer fits, with what
    fits now; Conflict for a stale version, InvalidMove while it is computed, or once it is made, NotFound, Forbidden.
    """
    ctx.require(Permission.CLOSE)
    try:
        with ctx.begin() as uow:
            return _commit(ctx, uow, replan_id, version, told)
    except _Stale as stale:
        before = stale.before
    raise ReplanChanged(renewed(ctx, replan_id=replan_id, stale=list(before)), before)


def _commit(ctx: Context, uow: UnitOfWork, replan_id: UUID, version: int, told: bool) -> Committed:  # noqa: FBT001
    now = ctx.clock()
    uow.calendar.lock(now)
    replan = uow.replans.lock(replan_id)
    ctx.require(needed(replan.change))
    if replan.status is not ReplanStatus.READY:
        raise InvalidMove(f"a re-plan that is {replan.status} cannot be made")
    if replan.version != version:
        raise Conflict("this was planned again since the page was loaded")
    making = Making(
        ctx, uow, now, replan, scope_of(uow, replan.change, now), uow.replan_parts.of_replan(replan_id), told
    )
    if stale := _stale(making):
        raise _Stale(stale)
    if making.scope.clinic != uow.clinics.get(now):
        uow.clinics.save(making.scope.clinic)
        uow.feed_links.revoke_beyond([one.id for one in making.scope.clinic.resources], now)
    _reassign(making)
    _write_all(making)
    effects = leave_tasks(making)
    messages = tell(making)
    phoned = phone(making)
    done = replace(replan, status=ReplanStatus.COMMITTED, change_id=making.change_id, updated_at=now)
    saved = uow.replans.save(done)
    audit_change(making, effects, messages, phoned)
    return Committed(saved, effects, messages, phoned)


def _stale(making: Making) -> dict[UUID, Found | None]:
    """Find the parts that are about something else by now, and what has come to be affected since."""
    stale: dict[UUID, Found | None] = {}
    parts = {part.key: part for part in making.parts}
    for key, part in parts.items():
        hits = {one.appointment.id for one in making.scope.subjects.get(key, ())}
        version = _version(making.uow, part)
        if part.outcome is None or hits != {one.appointment_id for one in part.affected} or version != part.outcome.seen:
            stale[key] = part.outcome
    return stale | {key: None for key in making.scope.subjects if key not in parts}


def _version(uow: UnitOfWork, part: ReplanPart) -> int:
    return uow.courses.get(part.key).version if part.course_id else uow.appointments.get(part.key).version


def _reassign(making: Making) -> None:
    """Give what others take over to them, without a word; courses that are planned anew are seated with their plans."""
    uow, planned = making.uow, {part.key for part, _ in making.resolved}
    over = making.scope.reassigned
    records = uow.appointments.among(over) if over else {}
    mine = {key: rows for key, rows in over.items() if (records[key].course_id or key) not in planned}
    uow.occupancy.release(*mine)
    own = [one.appointment_id for _, found in making.resolved for one in found.lines if one.appointment_id]
    uow.occupancy.release(*own)
    uow.occupancy.put_all(mine.items())


def _write_all(making: Making) -> None:
    stale: dict[UUID, Found | None] = {}
    for part, found in making.resolved:
        ask = ask_of(making.uow, part, making.scope.clinic, making.now)
        series = settle(making.uow, ask.request, [one.shown for one in found.sessions]) if ask.request else None
        if ask.request is None or series is None or series.broken:
            stale[part.key] = found
        elif not stale:
            _write(making, part, ask, ask.request, series)
            _anchor(making, part, found)
    if stale:
        raise _Stale(stale)


def _write(making: Making, part: ReplanPart, ask: Ask, request: PlanRequest, series: Settled) -> None:
    uow, now = making.uow, making.now
    former = uow.appointments.among(ask.own)
    if part.course_id is None:
        written = [_write_visit(making, former[part.key], series)]
    else:
        course = uow.courses.get(part.course_id)
        diff = compare(request, Plan(tuple(series.placed.values()), len(series.placed)))
        change = Change(diff, former, making.told)
        written = apply_change(
            uow, change, course.protocol, making.scope.clinic, part.patient_id, course.id, series.seats, now
        )
        course_changed(uow, course.id, now)
    current = {one.id: one for one in written}
    gone = [key for key in former if key not in current]
    current |= uow.appointments.among(gone) if gone else {}
    touched = [Touched(former.get(key), one) for key, one in current.items()]
    making.touched += touched
    making.settled |= former.keys()
    audit_each(making, touched)


def _anchor(making: Making, part: ReplanPart, found: Found) -> None:
    """Let the course ask for other weekdays, as was shown."""
    if part.course_id and found.weekdays is not None:
        course = making.uow.courses.get(part.course_id)
        asked = replace(course.preferences, weekdays=found.weekdays)
        making.uow.courses.save(replace(course, preferences=asked), "preferences")
        facts = {"weekdays": ",".join(WEEKDAYS[day] for day in found.weekdays), "change": str(making.change_id)}
        audit(making.ctx, making.uow, making.now, "anchor", "course", course.id, facts)


def _write_visit(making: Making, old: AppointmentRecord, series: Settled) -> AppointmentRecord:
    """Write a single visit at its new time."""
    (placed,) = series.placed.values()
    visit = changed_visit(old, placed, old.profile, making.scope.clinic, making.now, told=making.told)
    saved = making.uow.appointments.save(visit.record)
    making.uow.occupancy.put_all([(old.id, series.seats[placed.start])])
    finish_tasks(making.uow, [old.id], making.now, "moved")
    return saved
