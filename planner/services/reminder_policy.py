"""Whether and when a clinic's messages go out, set by an administrator; of not driving it reminds always."""

from dataclasses import replace

from planner.domain.channels import MessagePolicy
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.effects import check_seen
from planner.services.writing import audit


def set_reminders(ctx: Context, *, wanted: bool, seen: int | None = None) -> None:
    """Remind from the next night on, or say nothing any more; raises Conflict for a stale page (*seen*), Forbidden."""
    ctx.require(Permission.CONFIGURE)
    with ctx.begin() as uow:
        now = ctx.clock()
        check_seen(uow.calendar.lock(now), seen)
        uow.clinics.save(replace(uow.clinics.get(now), reminds=wanted))
        audit(ctx, uow, now, "set-reminders", "clinic", uow.clinic_id, {"reminds": wanted})


def set_messaging(ctx: Context, *, wanted: MessagePolicy, seen: int | None = None) -> None:
    """Set the quiet hours that hold where a patient has set none; raises Conflict for a stale page (*seen*), Forbidden."""
    ctx.require(Permission.CONFIGURE)
    with ctx.begin() as uow:
        now = ctx.clock()
        check_seen(uow.calendar.lock(now), seen)
        uow.clinics.save(replace(uow.clinics.get(now), messaging=wanted))
        quiet = f"{wanted.quiet.start:%H:%M} {wanted.quiet.end:%H:%M}" if wanted.quiet else None
        facts = {"quiet": quiet, "safety_in_quiet": wanted.safety_in_quiet}
        audit(ctx, uow, now, "set-messaging", "clinic", uow.clinic_id, facts)
