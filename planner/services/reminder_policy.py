"""Whether a clinic reminds its patients before their visits, set by an administrator; of not driving it always does."""

from dataclasses import replace

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
