"""Another time for an appointment, by its patient: taken at once inside every rule, or asked for, as the clinic has it.

A patient may not overrule anything, and may not cancel: who can come at none of the times offered is called, or calls.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.clinic import SelfService
from planner.domain.errors import Conflict, InvalidMove, InvalidValue
from planner.domain.reaching import Purpose
from planner.domain.replies import ReplyKind
from planner.domain.span import check_instant, local_day
from planner.services.bearing import Bearer
from planner.services.carrying import carry_out
from planner.services.context import Context
from planner.services.moving import check_overridable, moved
from planner.services.openings import openings_of
from planner.services.replying import Reply, check_answerable, keep, replies_of
from planner.services.writing import WANTED_TASK, audit
from planner.storage.records import AppointmentRecord, Task
from planner.storage.unit_of_work import UnitOfWork

__all__ = ["MOST", "Chosen", "Offers", "TooNear", "change", "offered"]

MOST = 12
"""Times that are offered at once."""
_THAT_DAY = 6


class TooNear(InvalidMove):
    """The appointment, or the time that is wanted, is nearer than the clinic's notice: the patient has to call."""


@dataclass(frozen=True)
class Offers:
    """The starts (UTC) that a patient may have instead, by start: on one local *day*, and one each on days around it.

    *moves*: one is taken at once; else it is asked for. *near*: nothing may be had, the appointment is too near. *wanted*:
    what they have asked for, and the desk has not decided.
    """

    record: AppointmentRecord
    day: date
    moves: bool
    notice_hours: int
    near: bool = False
    that_day: tuple[datetime, ...] = ()
    other_days: tuple[datetime, ...] = ()
    wanted: Reply | None = None


@dataclass(frozen=True)
class Chosen:
    """What became of a patient's choice: the appointment as it is now; *moved*, or else asked for (None: to be called)."""

    appointment: AppointmentRecord
    moved: bool
    start: datetime | None


def offered(bearer: Bearer, *, appointment_id: UUID, day: date | None = None) -> Offers:
    """Find what a patient may have instead of an appointment of theirs, on a local day (None: its own) and around it.

    Raises NotFound for an appointment that is not theirs or that they have not heard of, InvalidMove for one that is not
    ahead, InvalidValue for a day that cannot be.
    """
    bearer.check(Purpose.PAGE, Purpose.CHANGE)
    with bearer.ctx.read() as uow:
        now = bearer.ctx.clock()
        record = check_answerable(bearer.own(uow, appointment_id), now)
        clinic = uow.clinics.get(now)
        policy, wanted = clinic.self_service, replies_of(uow, [record])[record.id].get(ReplyKind.CHANGE)
        first = now + _notice(policy)
        found = Offers(
            record, day or local_day(record.start_at, clinic.zone), policy.moves, policy.notice_hours,
            near=record.start_at < first, wanted=wanted,
        )  # fmt: skip
        if found.near:
            return found
        free = openings_of(uow, record, now, day)
    near = sorted((one for one in free.that_day if one >= first), key=lambda one: (abs(one - record.start_at), one))
    that_day = tuple(sorted(near[:_THAT_DAY])) if day is None else tuple(sorted(near)[:MOST])
    others = tuple(one for one in free.other_days if one >= first)[: MOST - len(that_day)]
    return replace(found, day=free.day, that_day=that_day, other_days=others)


def _notice(policy: SelfService) -> timedelta:
    return timedelta(hours=policy.notice_hours)


def change(bearer: Bearer, *, appointment_id: UUID, start: datetime | None, version: int) -> Chosen:
    """Move an appointment to what its patient chose, or ask for it; without a *start*, ask to be called.

    Raises RuleViolated for a time that breaks any rule (now), TooNear, Conflict for a stale version, InvalidMove, NotFound.
    """
    bearer.check(Purpose.PAGE, Purpose.CHANGE)
    instant = check_instant(start, "start") if start else None
    with bearer.begin() as uow:
        now = bearer.ctx.clock()
        uow.calendar.lock(now)
        record = check_answerable(bearer.own(uow, appointment_id), now)
        if record.version != version:
            raise Conflict("the appointment was changed since this page was opened")
        policy = uow.clinics.get(now).self_service
        _check_notice(record.start_at, instant, now + _notice(policy))
        if instant and instant != record.start_at:
            ahead = moved(uow, record, instant, now, told=True)
            check_overridable(ahead.violations, None, ahead.nearest)
            if policy.moves:
                made = carry_out(bearer.ctx, uow, record, ahead, now, told=True, facts={"link": str(bearer.link.id)})
                return Chosen(made.appointment, moved=True, start=instant)
        elif instant:
            raise InvalidValue("start", "is the time that it has")
        _ask(bearer.ctx, uow, record, instant, now)
    return Chosen(record, moved=False, start=instant)


def _check_notice(start: datetime, wanted: datetime | None, first: datetime) -> None:
    if start < first:
        raise TooNear("the appointment is too near to be changed here")
    if wanted and wanted < first:
        raise TooNear("this time is too near to be chosen here")


def _ask(ctx: Context, uow: UnitOfWork, record: AppointmentRecord, start: datetime | None, now: datetime) -> None:
    """Leave one task for the desk in place of an earlier one; the same wish again changes nothing."""
    before = replies_of(uow, [record])[record.id].get(ReplyKind.CHANGE)
    if before and before.start_at == start:
        return
    for task in uow.tasks.of_appointment(record.id):
        if task.kind == WANTED_TASK and task.done_at is None:
            uow.tasks.finish(task.id, at=now, reason="asked anew")
    said = keep(uow, record, ReplyKind.CHANGE, ctx.actor.id, now, start_at=start)
    facts = {"reply": str(said.id), "start": start.isoformat() if start else None}
    uow.tasks.add(Task(uuid4(), WANTED_TASK, now, now, facts, record.id, record.course_id, record.patient_id))
    audit(ctx, uow, now, "ask-change", "appointment", record.id, facts)
