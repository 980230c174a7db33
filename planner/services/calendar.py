"""Changing when a clinic works: always accepted, with what it breaks listed and kept as tasks until moved or cancelled.

Every change takes *seen*, the clinic's version as the page showed it: a stale page is refused with Conflict.
"""

from dataclasses import replace
from uuid import UUID

from planner.domain.clinic import Absence, Clinic, Closure, WeeklyHours
from planner.domain.roles import Permission
from planner.domain.span import Span
from planner.services.context import Context
from planner.services.effects import Effects, broken_appointments, change_clinic, change_of, check_seen, settle
from planner.services.resources import with_resource
from planner.storage.records import HolidayCalendar

__all__ = [
    "HolidayCalendar", "broken_appointments", "change_of", "close", "end_absence", "keep_holidays", "note_absence", "reopen",
    "set_hours", "set_shifts",
]  # fmt: skip


def close(ctx: Context, *, span: Span, reason: str, seen: int | None = None) -> Effects:
    """Close the clinic for a stretch, whole days or part of one; gives what this does to what is booked."""
    ctx.require(Permission.CLOSE)
    closure = Closure(span, reason)
    return change_clinic(
        ctx, "close", lambda clinic: replace(clinic, closures=(*clinic.closures, closure)), span=span, seen=seen
    )


def reopen(ctx: Context, *, span: Span, seen: int | None = None) -> Effects:
    """Take a closure back; gives what this does to what is booked."""
    ctx.require(Permission.CLOSE)

    def without(clinic: Clinic) -> Clinic:
        return replace(clinic, closures=tuple(closure for closure in clinic.closures if closure.span != span))

    return change_clinic(ctx, "reopen", without, span=span, seen=seen)


def set_hours(ctx: Context, *, hours: WeeklyHours, seen: int | None = None) -> Effects:
    """Replace the clinic's weekly hours (each opening with its effective dates); gives what this does."""
    ctx.require(Permission.CONFIGURE)
    return change_clinic(ctx, "set-hours", lambda clinic: replace(clinic, hours=hours), seen=seen)


def set_shifts(ctx: Context, *, resource_id: UUID, hours: WeeklyHours | None, seen: int | None = None) -> Effects:
    """Replace a resource's own hours, or let it follow whenever it is asked for; gives what this does."""
    ctx.require(Permission.CONFIGURE)
    return change_clinic(
        ctx, "set-shifts", lambda clinic: with_resource(clinic, resource_id, lambda r: replace(r, hours=hours)), seen=seen
    )


def note_absence(ctx: Context, *, resource_id: UUID, span: Span, reason: str, seen: int | None = None) -> Effects:
    """Note that a person or a thing is not there for a stretch; gives what others cover and what nobody can."""
    ctx.require(Permission.CLOSE)
    absence = Absence(span, reason)

    def away(clinic: Clinic) -> Clinic:
        return with_resource(clinic, resource_id, lambda r: replace(r, absences=(*r.absences, absence)))

    return change_clinic(ctx, "absence", away, span=span, seen=seen)


def end_absence(ctx: Context, *, resource_id: UUID, span: Span, seen: int | None = None) -> Effects:
    """Take an absence back; gives what this does to what is booked."""
    ctx.require(Permission.CLOSE)

    def back(clinic: Clinic) -> Clinic:
        return with_resource(
            clinic, resource_id, lambda r: replace(r, absences=tuple(one for one in r.absences if one.span != span))
        )

    return change_clinic(ctx, "end-absence", back, span=span, seen=seen)


def keep_holidays(ctx: Context, *, calendar: HolidayCalendar | None, seen: int | None = None) -> Effects:
    """Set whose public holidays the clinic keeps; gives what this does. Raises InvalidValue for an unknown country."""
    ctx.require(Permission.CONFIGURE)
    with ctx.begin() as uow:
        now = ctx.clock()
        check_seen(uow.calendar.lock(now), seen)
        uow.clinics.keep_holidays(calendar)
        return settle(ctx, uow, "keep-holidays", now)
