"""Undo: what a booking, a move or a cancellation replaced is kept for ten seconds, in which undoing it sends nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from planner.domain.course import LIVE, AppointmentStatus, CourseStatus, check_move, check_restore
from planner.domain.errors import Conflict
from planner.domain.notices import UNDO_WINDOW
from planner.domain.occupancy import BusyRow
from planner.domain.roles import Permission
from planner.services.briefing import standing
from planner.services.context import Context
from planner.services.escorting import owe_escorts
from planner.services.foretelling import owe_before
from planner.services.inviting import mend_invitations
from planner.services.owing import Touched, owe_change
from planner.services.replying import hold_again
from planner.services.reviews import owe_reviews
from planner.services.writing import audit
from planner.storage.desk_records import Former, UndoRecord
from planner.storage.records import AppointmentRecord
from planner.storage.unit_of_work import UnitOfWork

_GRACE = timedelta(seconds=2)
"""What a page's last-moment request may take to arrive."""


@dataclass(frozen=True)
class Changed:
    """What a use-case changed: the appointments, first the one that was meant, and how to undo it for ten seconds."""

    appointments: tuple[AppointmentRecord, ...]
    undo_id: UUID

    @property
    def appointment(self) -> AppointmentRecord:
        """The one that was booked, moved or cancelled; the others went along."""
        return self.appointments[0]


@dataclass(frozen=True)
class Before:
    """Appointments as they were before a change, and what each of them took."""

    records: Mapping[UUID, AppointmentRecord] = field(default_factory=dict)
    rows: Mapping[UUID, Sequence[BusyRow]] = field(default_factory=dict)


def remember(uow: UnitOfWork, appointment_ids: Iterable[UUID]) -> Before:
    """Look at appointments that are about to be changed."""
    ids = list(appointment_ids)
    return Before(uow.appointments.among(ids), uow.occupancy.of_appointments(ids)) if ids else Before()


def keep_undo(
    ctx: Context, uow: UnitOfWork, now: datetime, action: str, before: Before, added: Iterable[AppointmentRecord], *,
    told: bool, course_status: CourseStatus | None = None, tasks: Iterable[UUID] = (),
) -> UUID:  # fmt: skip
    """Keep what a change replaced, owe the one message about it, and give the id by which it is undone.

    *added*: appointments written by it; those in *before* are read as they are now. *course_status*: what its course was.
    *tasks*: those that it marked as done, beside those of the appointments.
    """
    undo_id = uuid4()
    changed = uow.appointments.among(before.records) if before.records else {}
    touched = [Touched(old, changed[key]) for key, old in before.records.items()]
    touched += [Touched(None, one) for one in added if one.id not in before.records]
    owing = owe_change(uow, touched, now, undo_id, told=told)
    former = tuple(
        Former(one.after.id, one.after.version, one.before, tuple(before.rows.get(one.after.id, ()))) for one in touched
    )
    facts: dict[str, Any] = {
        "notices": [str(one) for one in owing.notices], "withdrawn": [str(one) for one in owing.withdrawn],
        "clinic_version": uow.calendar.version,
    }  # fmt: skip
    course_id = next((one.after.course_id for one in touched if one.after.course_id), None)
    facts |= {"course": str(course_id)} if course_id else {}
    facts |= {"course_status": course_status.value} if course_status else {}
    facts["tasks"] = [str(one) for one in tasks]
    uow.undos.add(UndoRecord(undo_id, ctx.actor.id, action, now, now + UNDO_WINDOW, former, facts))
    return undo_id


def find(ctx: Context, *, undo_id: UUID) -> UndoRecord:
    """Find what was changed, whether or not it can still be undone; raises NotFound, Forbidden."""
    ctx.require(Permission.BOOK)
    with ctx.read() as uow:
        return uow.undos.get(undo_id)


def undo(ctx: Context, *, undo_id: UUID) -> UndoRecord:
    """Undo a booking, a move or a cancellation within ten seconds: all as it was, and nothing is sent.

    What was booked is cancelled and counts as never told. Raises Conflict where it is too late, was undone already, the
    place is taken, or something else has changed since; NotFound, Forbidden.
    """
    ctx.require(Permission.BOOK)
    with ctx.begin() as uow:
        now = ctx.clock()
        uow.calendar.lock(now)
        kept = uow.undos.claim(undo_id, now)
        if now > kept.until + _GRACE:
            raise Conflict("it is too late to undo this")
        current = uow.appointments.among(one.appointment_id for one in kept.former)
        _check_unchanged(uow, kept, current)
        _take_back_messages(uow, kept, now)
        _restore(uow, kept.former, current, now)
        restored = list(uow.appointments.among(current).values())
        hold_again(uow, {one.appointment_id: one.before.sequence for one in kept.former if one.before}, restored)
        mend_invitations(uow, restored, now, since=kept.made_at)
        owe_before(uow, restored, now)
        owe_escorts(uow, restored, now)
        _reopen_tasks(uow, kept)
        _wait_again(uow, kept)
        _restore_course(uow, kept, now)
        subject = kept.former[0].appointment_id
        facts = {"action": kept.action, "appointments": len(kept.former), "undone_ids": " ".join(map(str, current))}
        audit(ctx, uow, now, "undo", "appointment", subject, facts)
    return kept


def _check_unchanged(uow: UnitOfWork, kept: UndoRecord, current: Mapping[UUID, AppointmentRecord]) -> None:
    """Refuse to undo under a newer change: of these appointments, or of what their old places were checked against."""
    if any(current[one.appointment_id].version != one.version for one in kept.former):
        raise Conflict("an appointment has been changed since")
    orders = uow.orders.of_course(UUID(kept.facts["course"])) if "course" in kept.facts else []
    if any(one.given_at > kept.made_at for one in orders):
        raise Conflict("an order has been given since")
    if all(one.before is None for one in kept.former):
        return
    if kept.facts["clinic_version"] != uow.calendar.version:
        raise Conflict("the clinic's calendar has been changed since")
    patient_id = next(iter(current.values())).patient_id
    others = (one for one in uow.appointments.of_patient(patient_id) if one.id not in current and one.status in LIVE)
    if any(one.updated_at > kept.made_at for one in others):
        raise Conflict("another appointment of this patient has been changed since")


def _take_back_messages(uow: UnitOfWork, kept: UndoRecord, now: datetime) -> None:
    notices, withdrawn = ([UUID(one) for one in kept.facts[name]] for name in ("notices", "withdrawn"))
    if any(one.attempts or one.sent_at for one in (uow.notices.keep_these(notices) if notices else ())):
        raise Conflict("the patient has been told already")
    if notices:
        uow.notices.withdraw(notices, now, "undone")
    if withdrawn:
        uow.notices.reinstate(withdrawn)


def _restore(
    uow: UnitOfWork, former: Sequence[Former], current: Mapping[UUID, AppointmentRecord], now: datetime
) -> None:
    """Put each appointment back where it was; the database refuses a place that is taken."""
    uow.occupancy.release(*current)
    uow.appointments.save_all([_as_it_was(one.before, current[one.appointment_id], now) for one in former])
    uow.occupancy.put_all((one.appointment_id, one.rows) for one in former)


def _as_it_was(before: AppointmentRecord | None, current: AppointmentRecord, now: datetime) -> AppointmentRecord:
    """Give the appointment as it was before, as a new version of which calendars hear if its time or status changes."""
    if before is None:
        check_move(current.status, AppointmentStatus.CANCELLED)
        cancelled, sequence = AppointmentStatus.CANCELLED, current.sequence + 1
        return replace(current, status=cancelled, told_at=None, updated_at=now, sequence=sequence)
    if before.status is not current.status:
        check_restore(current.status, before.status)
    differs = (before.start_at, before.end_at, before.status) != (current.start_at, current.end_at, current.status)
    return replace(before, version=current.version, updated_at=now, sequence=current.sequence + differs)


def _reopen_tasks(uow: UnitOfWork, kept: UndoRecord) -> None:
    """Reopen what the change marked as done."""
    for one in kept.former:
        for task in uow.tasks.of_appointment(one.appointment_id) if one.before else ():
            if task.done_at == kept.made_at and task.done_reason in {"moved", "cancelled"}:
                uow.tasks.reopen(task.id)
    for key in kept.facts.get("tasks", []):
        uow.tasks.reopen(UUID(key))


def _wait_again(uow: UnitOfWork, kept: UndoRecord) -> None:
    """Put those back on the waitlist whom the change took off it."""
    for one in uow.waiting.of_appointments({former.appointment_id for former in kept.former}):
        if one.closed_at == kept.made_at:
            uow.waiting.save(replace(one, closed_at=None, closed_reason=None))


def _restore_course(uow: UnitOfWork, kept: UndoRecord, now: datetime) -> None:
    """Give the course its former status; who saw it as it was is stale, and its reviews move back."""
    if "course" not in kept.facts:
        return
    course = uow.courses.get(UUID(kept.facts["course"]))
    status = CourseStatus(kept.facts.get("course_status", course.status))
    saved = uow.courses.save(replace(course, status=status))
    owe_reviews(uow, saved, standing(uow.appointments.of_course(saved.id), now), now)
