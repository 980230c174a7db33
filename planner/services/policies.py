"""What a clinic sets for itself, one field each: missed sessions, what patients may change, messages, and ways home.

Each holds from now on; what is booked, and what patients have said, stays. Each raises Conflict for a stale page (*seen*),
and Forbidden.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from planner.domain.channels import MessagePolicy
from planner.domain.clinic import Clinic, MissedPolicy, SelfService
from planner.domain.replies import RidePolicy
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.effects import check_seen
from planner.services.writing import audit


def set_missed(ctx: Context, *, policy: MissedPolicy, seen: int | None = None) -> None:
    """Set what is proposed where a session of an induction was missed."""
    ctx.require(Permission.CONFIGURE)
    _set(ctx, "set-missed-policy", lambda clinic: clinic.missed.value, seen, missed=policy)


def set_self_service(ctx: Context, *, policy: SelfService, seen: int | None = None) -> None:
    """Set what patients may do by their page."""
    ctx.require(Permission.CONFIGURE)
    _set(ctx, "set-self-service", _self_service, seen, self_service=policy)


def set_reminders(ctx: Context, *, wanted: bool, seen: int | None = None) -> None:
    """Remind from the next night on, or say nothing any more; of not driving it reminds always."""
    ctx.require(Permission.CONFIGURE)
    _set(ctx, "set-reminders", lambda clinic: clinic.reminds, seen, reminds=wanted)


def set_messaging(ctx: Context, *, wanted: MessagePolicy, seen: int | None = None) -> None:
    """Set the quiet hours that hold where a patient has set none; reminders that wait are timed anew in the next night."""
    ctx.require(Permission.CONFIGURE)
    _set(ctx, "set-messaging", _messaging, seen, messaging=wanted)


def set_rides(ctx: Context, *, policy: RidePolicy, seen: int | None = None) -> None:
    """Set which ways home are accepted; what patients have named before stays in sight, and the desk is asked to phone."""
    ctx.require(Permission.RIDES)
    _set(ctx, "set-rides", _rides, seen, rides=policy)


def _set(ctx: Context, action: str, shown: Callable[[Clinic], Any], seen: int | None, **value: Any) -> None:
    """Set one field of a clinic, and write down from what to what."""
    with ctx.begin() as uow:
        now = ctx.clock()
        check_seen(uow.calendar.lock(now), seen)
        clinic = uow.clinics.get(now)
        changed = replace(clinic, **value)
        uow.clinics.save(changed)
        facts = {"from": shown(clinic), "to": shown(changed)}
        audit(ctx, uow, now, action, "clinic", uow.clinic_id, facts)


def _self_service(clinic: Clinic) -> str:
    return f"{clinic.self_service.moves} {clinic.self_service.notice_hours}"


def _messaging(clinic: Clinic) -> dict[str, Any]:
    quiet = clinic.messaging.quiet
    hours = f"{quiet.start:%H:%M} {quiet.end:%H:%M}" if quiet else None
    return {"quiet": hours, "safety_in_quiet": clinic.messaging.safety_in_quiet}


def _rides(clinic: Clinic) -> dict[str, list[str]]:
    rows = [("", clinic.rides.otherwise), *clinic.rides.by_modality]
    return {modality or "otherwise": [kind.value for kind in kinds] for modality, kinds in rows}
