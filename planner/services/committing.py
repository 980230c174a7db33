"""Making a change of the clinic together with all that was planned for it: everything as it was shown, or nothing.

Whoever has an appointment within three hours, before or after the change, is phoned, and gets the mail as well: nobody reads
a mail in time, but it says in writing what was agreed. There is no undo of the whole: reopening and planning again is the
way back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.clinic import WEEKDAYS
from planner.domain.course import AppointmentStatus
from planner.domain.errors import Conflict, Fact, InvalidMove
from planner.domain.plan import Plan, PlanRequest
from planner.domain.replanning import compare
from planner.domain.rescheduling import BeAway, ClinicChange, CloseClinic, Found
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.effects import Effects, facts_of, keep_tasks
from planner.services.impact import Ask, Scope, ask_of, scope_of
from planner.services.owing import Touched, owe_change
from planner.services.rescheduling import needed, renewed
from planner.services.reviews import course_changed
from planner.services.settling import Settled, settle
from planner.services.writing import Change, apply_change, audit, changed_visit, finish_tasks
from planner.storage.records import AppointmentRecord, Task
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Replan, ReplanPart, ReplanStatus

PHONE_TASK = "phone-change"
"""The task that a change leaves for a patient whose appointment is so soon that no mail would be read in time."""
SOON = timedelta(hours=3)
"""How soon that is."""


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


@dataclass
class _Making:
    """A commit at work."""

    ctx: Context
    uow: UnitOfWork
    now: datetime
    replan: Replan
    scope: Scope
    parts: list[ReplanPart]
    told: bool
    change_id: UUID = field(default_factory=uuid4)
    touched: list[Touched] = field(default_factory=list)
    settled: set[UUID] = field(default_factory=set)

    @property
    def resolved(self) -> list[tuple[ReplanPart, Found]]:
        """The parts that are booked, with what was found for them."""
        return [(part, part.outcome) for part in self.parts if part.outcome and part.outcome.resolved]


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
    making = _Making(
        ctx, uow, now, replan, scope_of(uow, replan.change, now), uow.replan_parts.of_replan(replan_id), told
    )
    if stale := _stale(making):
        raise _Stale(stale)
    if making.scope.clinic != uow.clinics.get(now):
        uow.clinics.save(making.scope.clinic)
    _reassign(making)
    _write_all(making)
    effects = _leave_tasks(making)
    messages = _tell(making)
    phoned = _phone(making)
    done = replace(replan, status=ReplanStatus.COMMITTED, change_id=making.change_id, updated_at=now)
    saved = uow.replans.save(done)
    _audit(making, effects, messages, phoned)
    return Committed(saved, effects, messages, phoned)


def _stale(making: _Making) -> dict[UUID, Found | None]:
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


def _reassign(making: _Making) -> None:
    """Give what others take over to them, without a word; courses that are planned anew are seated with their plans."""
    uow, planned = making.uow, {part.key for part, _ in making.resolved}
    over = making.scope.reassigned
    records = uow.appointments.among(over) if over else {}
    mine = {key: rows for key, rows in over.items() if (records[key].course_id or key) not in planned}
    uow.occupancy.release(*mine)
    own = [one.appointment_id for _, found in making.resolved for one in found.lines if one.appointment_id]
    uow.occupancy.release(*own)
    uow.occupancy.put_all(mine.items())


def _write_all(making: _Making) -> None:
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


def _write(making: _Making, part: ReplanPart, ask: Ask, request: PlanRequest, series: Settled) -> None:
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
    _audit_each(making, touched)


def _anchor(making: _Making, part: ReplanPart, found: Found) -> None:
    """Let the course ask for other weekdays, as was shown."""
    if part.course_id and found.weekdays is not None:
        course = making.uow.courses.get(part.course_id)
        asked = replace(course.preferences, weekdays=found.weekdays)
        making.uow.courses.save(replace(course, preferences=asked), "preferences")
        facts = {"weekdays": ",".join(WEEKDAYS[day] for day in found.weekdays), "change": str(making.change_id)}
        audit(making.ctx, making.uow, making.now, "anchor", "course", course.id, facts)


def _write_visit(making: _Making, old: AppointmentRecord, series: Settled) -> AppointmentRecord:
    """Write a single visit at its new time."""
    (placed,) = series.placed.values()
    visit = changed_visit(old, placed, old.profile, making.scope.clinic, making.now, told=making.told)
    saved = making.uow.appointments.save(visit.record)
    making.uow.occupancy.put_all([(old.id, series.seats[placed.start])])
    finish_tasks(making.uow, [old.id], making.now, "moved")
    return saved


def _leave_tasks(making: _Making) -> Effects:
    """Keep a task for each appointment that stays though the clinic cannot give it."""
    left = [one for one in making.scope.broken if one.appointment.id not in making.settled]
    newly, settled = keep_tasks(making.uow, left, making.now)
    over = tuple(making.scope.reassigned)
    return Effects(making.change_id, tuple(left), frozenset(newly), over, tuple(settled))


def _tell(making: _Making) -> int:
    """Owe one message to each patient about all that changed for them; gives how many."""
    by_patient: dict[UUID, list[Touched]] = {}
    for one in making.touched:
        by_patient.setdefault(one.after.patient_id, []).append(one)
    owed = (owe_change(making.uow, some, making.now, making.change_id, told=making.told) for some in by_patient.values())
    return sum(bool(one.notices) for one in owed)


def _phone(making: _Making) -> int:
    """Leave a task to phone each patient whose appointment was changed, or cannot be given, and is soon; gives how many."""
    soon = making.now + SOON
    due: dict[UUID, AppointmentRecord] = {}
    unresolved = (one.appointment for one in making.scope.broken if one.appointment.id not in making.settled)
    mine = {hit.appointment_id for part in making.parts for hit in part.affected}
    for record, starts in [*_changed(making.touched), *((one, [one.start_at]) for one in unresolved if one.id in mine)]:
        if any(making.now <= start <= soon for start in starts):
            due.setdefault(record.patient_id, record)
    facts: dict[str, Fact] = {"change": str(making.change_id)}
    making.uow.tasks.add(*(
        Task(uuid4(), PHONE_TASK, making.now, making.now, facts, one.id, one.course_id, one.patient_id)
        for one in due.values()
    ))  # fmt: skip
    return len(due)


def _changed(touched: Iterable[Touched]) -> Iterable[tuple[AppointmentRecord, Sequence[datetime]]]:
    """Go through what was moved, cancelled or added, with its starts."""
    for one in touched:
        starts = [one.after.start_at, *([one.before.start_at] if one.before else [])]
        gone = one.after.status is AppointmentStatus.CANCELLED
        if one.before is None or gone or len(set(starts)) > 1:
            yield one.after, starts


def _audit_each(making: _Making, touched: Iterable[Touched]) -> None:
    """Write down, for each appointment that was changed, what became of it and why."""
    change, reason = {"change": str(making.change_id)}, _reason(making.replan.change)
    for one in touched:
        action, facts = "move", dict[str, str]()
        if one.before is None:
            action, facts = "book-visit", {"wall_start": one.after.wall_start}
        elif one.after.status is AppointmentStatus.CANCELLED:
            action, facts = "cancel", {"scope": "one"}
        elif one.before.start_at != one.after.start_at:
            facts = {"from": one.before.wall_start, "to": one.after.wall_start}
        else:
            continue
        audit(making.ctx, making.uow, making.now, action, "appointment", one.after.id, facts | change, reason)


def _reason(change: ClinicChange) -> str | None:
    return (change.reason or None) if isinstance(change, CloseClinic | BeAway) else None


def _audit(making: _Making, effects: Effects, told: int, phoned: int) -> None:
    replan, change = making.replan, making.replan.change
    facts = {**facts_of(effects), "replan": str(replan.id), "courses": len(making.resolved), "told": told, "phoned": phoned}
    if isinstance(change, CloseClinic | BeAway):
        facts |= {"from": change.span.start.isoformat(), "to": change.span.end.isoformat()}
    audit(making.ctx, making.uow, making.now, replan.action, "clinic", making.uow.clinic_id, facts, _reason(change))
