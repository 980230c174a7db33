"""A change of the clinic looked at before it is made: drafted, listed, given up. Nothing that is booked is touched here.

Planning it is `services.computing`, making it `services.committing`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from planner.domain.errors import InvalidMove
from planner.domain.rescheduling import ClinicChange, KeepHours, KeepShifts, Retire
from planner.domain.roles import Permission
from planner.services.computing import LEASE, Halted, compute
from planner.services.context import Context
from planner.services.effects import check_seen
from planner.services.impact import Scope, hits_of, scope_of
from planner.services.writing import audit
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Replan, ReplanPart, ReplanStatus

INLINE = 40
"""Courses that are planned while somebody waits; more are planned by a worker."""
UNDER_WAY = (ReplanStatus.WAITING, ReplanStatus.COMPUTING, ReplanStatus.READY)
_CONFIGURED = (KeepHours, KeepShifts, Retire)
__all__ = [
    "INLINE", "LEASE", "UNDER_WAY", "Replan", "ReplanStatus", "cancel", "compute", "compute_waiting", "draft", "needed",
    "renewed", "running",
]  # fmt: skip


def needed(change: ClinicChange) -> Permission:
    """Say which permission a change asks for."""
    return Permission.CONFIGURE if isinstance(change, _CONFIGURED) else Permission.CLOSE


def draft(ctx: Context, *, change: ClinicChange, seen: int | None = None) -> Replan:
    """Find what a change would affect, and keep it to be planned; the clinic stays as it is.

    Few courses are planned at once, many by a worker. *seen*: the clinic's version as the page showed it; raises Conflict
    for a stale one, NotFound for a resource that is gone, Forbidden.
    """
    ctx.require(Permission.CLOSE)
    ctx.require(needed(change))
    with ctx.read() as uow:  # a commit checks all of it again, under the lock
        now, version = ctx.clock(), uow.clinics.version()
        check_seen(version, seen)
        scope = scope_of(uow, change, now)
    with ctx.begin() as uow:
        made = Replan(
            uuid4(), change.kind, change, ReplanStatus.WAITING, version, now, ctx.actor.id, now, total=len(scope.subjects),
            reassigned=tuple(scope.reassigned),
        )  # fmt: skip
        uow.replans.add(made)
        uow.replan_parts.add(*_parts(made, scope))
        audit(ctx, uow, now, "draft-replan", "replan", made.id, {"change": change.kind, "affected": made.total})
    return compute(ctx, replan_id=made.id) if made.total <= INLINE else made


def _parts(replan: Replan, scope: Scope, first: int = 0, without: Sequence[UUID] = ()) -> list[ReplanPart]:
    parts = []
    for place, (key, broken) in enumerate(scope.subjects.items(), first):
        record = broken[0].appointment
        single = record.id if record.course_id is None else None
        if key not in without:
            parts.append(
                ReplanPart(uuid4(), replan.id, place, record.patient_id, record.course_id, single, hits_of(broken))
            )
    return parts


def renewed(ctx: Context, *, replan_id: UUID, stale: Sequence[UUID]) -> Replan:
    """Plan again what no longer fits of a re-plan, and what has come to be affected since; what no longer is, goes.

    *stale*: the courses and single visits whose shown plan no longer holds.
    """
    ctx.require(Permission.CLOSE)
    with ctx.read() as uow:
        now, version = ctx.clock(), uow.clinics.version()
        scope = scope_of(uow, uow.replans.get(replan_id).change, now)
    with ctx.begin() as uow:
        found = uow.replans.lock(replan_id)
        _check_under_way(found)
        parts = {part.key: part for part in uow.replan_parts.of_replan(replan_id)}
        uow.replan_parts.remove([part.id for key, part in parts.items() if key not in scope.subjects])
        again = [
            replace(part, outcome=None, affected=hits_of(scope.subjects[key]))
            for key, part in parts.items() if key in stale and key in scope.subjects
        ]  # fmt: skip
        uow.replan_parts.save_all(again, "outcome", "affected")
        last = max((one.position for one in parts.values()), default=0)
        uow.replan_parts.add(*_parts(found, scope, last + 1, list(parts)))
        left = uow.replan_parts.of_replan(replan_id)
        open_parts = [part for part in left if part.outcome is None]
        kept = uow.replans.save(replace(
            found, status=ReplanStatus.WAITING, total=len(left), done=len(left) - len(open_parts), leased_until=None,
            clinic_version=version, reassigned=tuple(scope.reassigned), updated_at=now,
        ))  # fmt: skip
    return compute(ctx, replan_id=replan_id) if len(open_parts) <= INLINE else kept


def _check_under_way(replan: Replan) -> None:
    if replan.status not in UNDER_WAY:
        raise InvalidMove(f"a re-plan that is {replan.status} stays as it is")


def cancel(ctx: Context, *, replan_id: UUID) -> Replan:
    """Give a re-plan up: nothing of it is made, and whoever computes it stops; raises InvalidMove for one that is made."""
    ctx.require(Permission.CLOSE)
    with ctx.begin() as uow:
        now, found = ctx.clock(), uow.replans.lock(replan_id)
        _check_under_way(found)
        given_up = uow.replans.save(replace(found, status=ReplanStatus.CANCELLED, leased_until=None, updated_at=now))
        audit(ctx, uow, now, "cancel-replan", "replan", replan_id, {"change": found.action, "affected": found.total})
    return given_up


@dataclass(frozen=True)
class Running:
    """The re-plans that are neither made nor given up, and who drafted them, by name."""

    replans: tuple[Replan, ...]
    authors: Mapping[UUID, str]


def running(ctx: Context) -> Running:
    """List the re-plans under way, the latest first."""
    ctx.require(Permission.CLOSE)
    with ctx.read() as uow:
        found = uow.replans.with_status(*UNDER_WAY)
        return Running(tuple(reversed(found)), {one.id: one.name for one in uow.staff.all()})


def compute_waiting(ctx: Context, halted: Halted, lease: timedelta = LEASE) -> int:
    """Plan what waits for a worker, and what another one has left half done; gives how many re-plans were taken up."""
    ctx.require(Permission.CLOSE)
    with ctx.read() as uow:
        waiting = [one.id for one in _waiting(uow, ctx.clock())]
    for replan_id in waiting:
        if not halted():
            compute(ctx, replan_id=replan_id, halted=halted, lease=lease)
    return len(waiting)


def _waiting(uow: UnitOfWork, now: datetime) -> list[Replan]:
    found = uow.replans.with_status(ReplanStatus.WAITING, ReplanStatus.COMPUTING)
    return [one for one in found if one.leased_until is None or one.leased_until <= now]


