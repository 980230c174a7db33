"""The waitlist: who would come sooner, and a freed time offered to one of them after the other, each kept by a hold.

The desk makes the offer by phone. While it stands, nobody else gets the time: not by another offer, and not by booking.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.contact import clean
from planner.domain.errors import Conflict, InvalidMove, InvalidValue
from planner.domain.roles import Permission
from planner.domain.span import Span, check_day, check_instant
from planner.domain.waitlist import unsuited
from planner.services.booking import take_over
from planner.services.carrying import carry_out
from planner.services.context import Context
from planner.services.freed import is_ahead, waits_of
from planner.services.moving import Move, check_overridable, moved
from planner.services.undoing import Changed
from planner.services.writing import Visit, audit, held_span, rows_of
from planner.storage.records import AppointmentRecord, HoldRecord
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Answer, Offer, Waiting

__all__ = ["LONGEST_NOTICE", "LONGEST_OFFER", "Waiting", "accept", "add", "close", "decline", "entry_of", "offer", "settle"]

LONGEST_NOTICE = 14 * 24
"""Hours of notice that may be asked for."""
LONGEST_OFFER = 240
"""Minutes that an offer may stand."""


def add(
    ctx: Context, *, appointment_id: UUID, notice_hours: int = 24, from_day: date | None = None,
    until_day: date | None = None,
) -> Waiting:  # fmt: skip
    """Put a patient down for something sooner than an appointment of theirs.

    *notice_hours*: how long before they must know. Raises Conflict where they wait for it already, InvalidMove for one
    that cannot be moved, InvalidValue, NotFound.
    """
    ctx.require(Permission.BOOK)
    _check_wish(notice_hours, from_day, until_day)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        record = uow.appointments.get(appointment_id)
        if not is_ahead(record, now):
            raise InvalidMove("only an appointment that is still to come can be waited for")
        if record.linked_to:
            raise InvalidMove("this visit goes where its session goes: put that one on the waitlist")
        if any(one.closed_at is None for one in uow.waiting.of_appointments([appointment_id])):
            raise Conflict("it is on the waitlist already")
        entry = Waiting(
            uuid4(), record.patient_id, appointment_id, notice_hours, now, ctx.actor.id, from_day, until_day
        )
        uow.waiting.add(entry)
        audit(ctx, uow, now, "wait", "appointment", appointment_id, {"notice_hours": notice_hours})
    return entry


def _check_wish(notice_hours: int, from_day: date | None, until_day: date | None) -> None:
    if not 0 <= notice_hours <= LONGEST_NOTICE:
        raise InvalidValue("notice_hours", f"must be between 0 and {LONGEST_NOTICE}")
    for name, day in (("from_day", from_day), ("until_day", until_day)):
        if day:
            check_day(day, name)
    if from_day and until_day and until_day < from_day:
        raise InvalidValue("until_day", "must not be before the first day")


def entry_of(ctx: Context, *, appointment_id: UUID) -> Waiting | None:
    """Find what a patient waits for instead of an appointment; None where they do not wait."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        found = uow.waiting.of_appointments([appointment_id])
    return next((one for one in found if one.closed_at is None), None)


def close(ctx: Context, *, waiting_id: UUID, version: int, reason: str) -> None:
    """Take a patient off the waitlist, and back what is offered to them; raises Conflict, InvalidMove, NotFound."""
    ctx.require(Permission.BOOK)
    said = clean(reason, "reason")
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        entry = _open(uow, waiting_id)
        if entry.version != version:
            raise Conflict("somebody else changed this entry first")
        _withdraw(uow, entry, now)
        _close(uow, entry, now, said)
        audit(ctx, uow, now, "stop-waiting", "appointment", entry.appointment_id, reason=said)


def _open(uow: UnitOfWork, waiting_id: UUID) -> Waiting:
    entry = uow.waiting.get(waiting_id)
    if entry.closed_at:
        raise InvalidMove("this entry is closed")
    return entry


def _close(uow: UnitOfWork, entry: Waiting, now: datetime, reason: str) -> None:
    uow.waiting.save(replace(entry, closed_at=now, closed_reason=reason))


def _withdraw(uow: UnitOfWork, entry: Waiting, now: datetime) -> None:
    for one in uow.offers.open():
        if one.waiting_id == entry.id:
            _answer(uow, one, Answer.WITHDRAWN, now)


def _answer(uow: UnitOfWork, one: Offer, answer: Answer, now: datetime) -> None:
    """Write down what became of an offer, and let go of the time that was kept."""
    uow.offers.save(replace(one, answer=answer, answered_at=now))
    if any(kept.id == one.hold_id for kept in uow.holds.all()):
        uow.holds.remove(one.hold_id)


def offer(ctx: Context, *, waiting_id: UUID, start: datetime, minutes: int = 60) -> Offer:
    """Offer a time to somebody who waits, and keep it for them for so many minutes, with all that their visit takes.

    Raises Conflict where it is offered to somebody already, or the patient has another offer; RuleViolated with every rule
    that it would break; InvalidValue for a time that is not what they asked for; InvalidMove, NotFound.
    """
    ctx.require(Permission.BOOK)
    if not 1 <= minutes <= LONGEST_OFFER:
        raise InvalidValue("minutes", f"must be between 1 and {LONGEST_OFFER}")
    instant = check_instant(start, "start")
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        _expire(ctx, uow, now)
        entry = _open(uow, waiting_id)
        record = uow.appointments.get(entry.appointment_id)
        _check_offer(uow, entry, record, instant, now)
        change = moved(uow, record, instant, now, told=False)
        check_overridable(change.violations, None, change.nearest)
        expires = min(now + timedelta(minutes=minutes), instant)
        kept = HoldRecord(
            uuid4(), instant, instant + (record.end_at - record.start_at), record.profile, expires, ctx.actor.id,
            record.patient_id,
        )  # fmt: skip
        uow.holds.add(kept)
        _keep(uow, change, kept)
        made = Offer(uuid4(), waiting_id, kept.id, instant, now, ctx.actor.id, expires)
        uow.offers.add(made)
        audit(ctx, uow, now, "offer", "appointment", record.id, {"offer": str(made.id), "minutes": minutes})
    return made


def _check_offer(
    uow: UnitOfWork, entry: Waiting, record: AppointmentRecord, start: datetime, now: datetime
) -> None:
    if not is_ahead(record, now):
        raise InvalidMove("the appointment has begun, or was cancelled")
    for one in uow.offers.open():
        if one.start_at == start:
            raise Conflict("this time is offered to somebody already")
        if one.waiting_id == entry.id:
            raise Conflict("another time is offered to this patient already")
    slot = Span(*held_span(start, record.profile))
    against = unsuited(waits_of(entry, record), slot, now, uow.clinics.get(now).zone)
    if against:
        raise InvalidValue("start", f"is not what was asked for: {', '.join(one.value for one in against)}")


def _keep(uow: UnitOfWork, change: Move, kept: HoldRecord) -> None:
    """Take what the visits need that would move: not what stays where it is, nor overlaps what it has now."""
    if change.clinic is None:
        raise AssertionError("what broke no rule has its resources")
    now_at = [Span(*held_span(one.start_at, one.profile)) for one in uow.appointments.among(_ids(change)).values()]
    news = [one for one in change.visits if not any(_held(one).overlaps(span) for span in now_at)]
    for _, rows in rows_of(news, change.clinic, change.taken):
        uow.occupancy.put(rows, hold_id=kept.id)


def _ids(change: Move) -> list[UUID]:
    return [visit.record.id for visit in change.visits]


def _held(visit: Visit) -> Span:
    return Span(*held_span(visit.record.start_at, visit.record.profile))


def accept(ctx: Context, *, offer_id: UUID, version: int) -> Changed:
    """Move the patient's appointment to the time that is kept for them; the time that they leave is freed in turn.

    Raises Conflict where the time is kept no longer or somebody has answered, RuleViolated where a rule has come in its way
    since, NotFound.
    """
    ctx.require(Permission.BOOK)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        one = _unanswered(uow, offer_id, version)
        if one.expires_at <= now or all(kept.id != one.hold_id for kept in uow.holds.all()):
            raise Conflict("the time is kept no longer: see whether it is still free, and offer it again")
        entry = uow.waiting.get(one.waiting_id)
        record = uow.appointments.get(entry.appointment_id)
        if not is_ahead(record, now):
            raise InvalidMove("the appointment has begun, or was cancelled")
        take_over(uow, [one.hold_id], record.patient_id)
        change = moved(uow, record, one.start_at, now, told=True)
        check_overridable(change.violations, None, change.nearest)
        uow.offers.save(replace(one, answer=Answer.ACCEPTED, answered_at=now))
        _close(uow, entry, now, "moved")
        return carry_out(ctx, uow, record, change, now, told=True, facts={"offer": str(offer_id)})


def _unanswered(uow: UnitOfWork, offer_id: UUID, version: int) -> Offer:
    one = uow.offers.get(offer_id)
    if one.answer is not None or one.version != version:
        raise Conflict("somebody else has answered this offer first")
    return one


def decline(ctx: Context, *, offer_id: UUID, version: int) -> None:
    """Write down that the patient does not take the time: it is free for the next one; raises Conflict, NotFound."""
    ctx.require(Permission.BOOK)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        one = _unanswered(uow, offer_id, version)
        _answer(uow, one, Answer.DECLINED, now)
        subject = uow.waiting.get(one.waiting_id).appointment_id
        audit(ctx, uow, now, "decline", "appointment", subject, {"offer": str(offer_id)})


def settle(ctx: Context) -> int:
    """Close the offers that have run out, and the entries whose appointment is behind or gone; gives how many."""
    ctx.require(Permission.BOOK)
    with ctx.read() as uow:
        now = ctx.clock()
        stale = any(one.expires_at <= now for one in uow.offers.open()) or bool(_behind(uow, now))
    if not stale:
        return 0
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        behind, closed = _behind(uow, now), _expire(ctx, uow, now)
        for entry in behind:
            _withdraw(uow, entry, now)
            _close(uow, entry, now, "the appointment is behind, or was cancelled")
            audit(ctx, uow, now, "stop-waiting", "appointment", entry.appointment_id)
        return len(behind) + closed


def _behind(uow: UnitOfWork, now: datetime) -> list[Waiting]:
    waiting = uow.waiting.open()
    records = uow.appointments.among([one.appointment_id for one in waiting]) if waiting else {}
    return [one for one in waiting if not is_ahead(records[one.appointment_id], now)]


def _expire(ctx: Context, uow: UnitOfWork, now: datetime) -> int:
    """Write down, under the lock, that offers have run out; their holds are gone already."""
    over = [one for one in uow.offers.open() if one.expires_at <= now]
    for one in over:
        _answer(uow, one, Answer.EXPIRED, now)
        subject = uow.waiting.get(one.waiting_id).appointment_id
        audit(ctx, uow, now, "expire", "appointment", subject, {"offer": str(one.id)})
    return len(over)
