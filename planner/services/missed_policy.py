"""What a clinic proposes where a session of an induction was missed."""

from dataclasses import replace

from planner.domain.clinic import MissedPolicy
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.effects import check_seen
from planner.services.writing import audit


def set_policy(ctx: Context, *, policy: MissedPolicy, seen: int | None = None) -> None:
    """Set what is proposed from now on; what is booked stays. Raises Conflict for a stale page (*seen*), Forbidden."""
    ctx.require(Permission.CONFIGURE)
    with ctx.begin() as uow:
        now = ctx.clock()
        check_seen(uow.calendar.lock(now), seen)
        clinic = uow.clinics.get(now)
        uow.clinics.save(replace(clinic, missed=policy))
        facts = {"from": clinic.missed.value, "to": policy.value}
        audit(ctx, uow, now, "set-missed-policy", "clinic", uow.clinic_id, facts)
