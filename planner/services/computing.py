"""Planning the courses of a re-plan: one after the other, each written down at once, by whoever holds the lease.

Who is killed loses the course in hand at most: another takes the lease over when it has run out, and goes on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from planner.domain.bulk import Affected, Replanned, Replanning
from planner.domain.errors import NotFound
from planner.domain.ledger import Ledger
from planner.domain.occupancy import BusyRow
from planner.domain.rescheduling import Found, Outlook
from planner.domain.roles import Permission
from planner.services.briefing import taken_from
from planner.services.context import Context
from planner.services.impact import Ask, Scope, ask_of, scope_of
from planner.services.outcomes import blocked_of, found_of
from planner.storage.unit_of_work import UnitOfWork
from planner.storage.worklist_records import Replan, ReplanPart, ReplanStatus

LEASE = timedelta(seconds=30)
"""How long whoever computes may be silent before another takes over."""
Halted = Callable[[], bool]
_EXPLAINED = 20
"""Courses without a place that are explained at once; the worklist explains the others when it is read."""


@dataclass
class _Work:
    """What is planned: the parts, what each asks for, and what is taken."""

    scope: Scope
    parts: dict[UUID, ReplanPart]
    asks: dict[UUID, Ask]
    affected: dict[UUID, Affected]
    taken: list[BusyRow]
    ledger: Ledger = field(init=False)
    held: dict[UUID, list[BusyRow]] = field(init=False)
    explained: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.scope.clinic, self.taken)
        self.held = {key: one.taken for key, one in self.affected.items()}

    def told(self, one: Replanned) -> Found:
        """Give what was found for a course as it is kept, with its reasons, and take what it takes from now on."""
        self.ledger.give_back(self.held[one.key])
        found = self._laid_out(one)
        self.held[one.key] = list(one.rows)
        self.ledger.take(one.rows)
        return found

    def _laid_out(self, one: Replanned) -> Found:
        seen = self.asks[one.key].seen
        if not one.unresolved:
            return found_of(one, self.ledger, seen, single=self.parts[one.key].course_id is None)
        if len(self.explained) >= _EXPLAINED and one.key not in self.explained:
            return Found(seen, outlook=Outlook())
        self.explained.add(one.key)
        return blocked_of(one, self.ledger, seen)


def compute(
    ctx: Context, *, replan_id: UUID, halted: Halted = lambda: False, lease: timedelta = LEASE
) -> Replan:
    """Plan what is not planned yet of a re-plan, if nobody else is at it; gives it as it is then.

    Each course is written down by itself. Stops between two courses when *halted* says so, and when somebody has cancelled
    it; then another goes on. Raises NotFound.
    """
    ctx.require(Permission.CLOSE)
    mine = _lease(ctx, replan_id, lease)
    if mine is None:
        with ctx.read() as uow:
            return uow.replans.get(replan_id)
    try:
        with ctx.read() as uow:
            work = _gather(uow, mine, ctx.clock())
    except NotFound:  # what the change is about is gone: nobody could ever plan it
        _release(ctx, mine, ReplanStatus.FAILED)
        raise
    for key, ask in work.asks.items():
        if ask.request is None and work.parts[key].outcome is None:
            mine = _keep(ctx, mine, work.parts[key], Found(ask.seen, outlook=Outlook(), facts=ask.facts), lease)
            if mine is None:
                break
    if mine is not None:
        mine = _plan(ctx, mine, work, halted, lease)
    if mine is not None:
        mine = _release(ctx, mine, ReplanStatus.WAITING if halted() else ReplanStatus.READY)
    with ctx.read() as uow:
        return mine or uow.replans.get(replan_id)


def _plan(ctx: Context, mine: Replan, work: _Work, halted: Halted, lease: timedelta) -> Replan | None:
    known = {key: work.parts[key].outcome for key in work.affected}
    settled = {key: [one.shown for one in found.sessions] for key, found in known.items() if found and found.resolved}
    replanning, places = Replanning(work.affected.values(), work.taken, settled=settled), dict[UUID, int]()
    held: Replan | None = mine
    while held is not None and not replanning.finished and not halted():
        for one in replanning.step():
            part, found = work.parts[one.key], work.told(one)
            part = replace(part, position=places.setdefault(one.key, len(places)))
            if held is not None and part.outcome != found:
                held = _keep(ctx, held, part, found, lease)
                part = replace(part, outcome=found, version=part.version + 1)
            work.parts[one.key] = part
    return held


def _lease(ctx: Context, replan_id: UUID, lease: timedelta) -> Replan | None:
    """Take the lease, unless it is held, or nothing is left to do."""
    with ctx.begin() as uow:
        now, found = ctx.clock(), uow.replans.lock(replan_id)
        free = found.status is ReplanStatus.WAITING or (
            found.status is ReplanStatus.COMPUTING and (found.leased_until is None or found.leased_until <= now)
        )
        if not free:
            return None
        return uow.replans.save(
            replace(found, status=ReplanStatus.COMPUTING, leased_until=now + lease, updated_at=now)
        )


def _gather(uow: UnitOfWork, replan: Replan, now: datetime) -> _Work:
    scope = scope_of(uow, replan.change, now)
    parts = {part.key: part for part in uow.replan_parts.of_replan(replan.id)}
    asks = {key: ask_of(uow, part, scope.clinic, now) for key, part in parts.items()}
    rows = uow.occupancy.of_appointments(key for ask in asks.values() for key in ask.own)
    over = scope.reassigned
    affected = {
        key: Affected(key, ask.request, {one: tuple(over.get(one) or rows[one]) for one in ask.own})
        for key, ask in asks.items() if ask.request
    }  # fmt: skip
    taken = [*taken_from(uow, now, over), *(row for some in over.values() for row in some)]
    return _Work(scope, parts, asks, affected, taken)


def _keep(ctx: Context, mine: Replan, part: ReplanPart, found: Found, lease: timedelta) -> Replan | None:
    """Write down what was found for a part, and hold the lease on; None where it is no longer ours."""
    with ctx.begin() as uow:
        now, current = ctx.clock(), uow.replans.lock(mine.id)
        if current.version != mine.version:
            return None
        uow.replan_parts.save(replace(part, outcome=found), "outcome", "position")
        done = current.done + (part.outcome is None)
        return uow.replans.save(replace(current, done=done, leased_until=now + lease, updated_at=now))


def _release(ctx: Context, mine: Replan, status: ReplanStatus) -> Replan | None:
    with ctx.begin() as uow:
        current = uow.replans.lock(mine.id)
        if current.version != mine.version:
            return None
        return uow.replans.save(replace(current, status=status, leased_until=None, updated_at=ctx.clock()))
