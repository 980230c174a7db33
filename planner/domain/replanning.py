"""A plan against what is booked: what is kept, moved, cancelled and added, with as little change as the plan allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from planner.domain.course import Booked
from planner.domain.plan import Placed, Plan, PlanRequest
from planner.domain.span import local_day

MOVE_WITHIN_DAYS = 7
"""How far apart an old and a new session of a phase may lie to count as one that was moved (assumed)."""


@dataclass(frozen=True)
class Change:
    """An appointment that stands and the session that takes it over; *promise_broken*: another clinician than promised."""

    booked: Booked
    placed: Placed
    promise_broken: bool = False


@dataclass(frozen=True)
class Diff:
    """What a re-plan does to a course's appointments; kept and moved ones keep their identity."""

    keep: tuple[Change, ...]
    move: tuple[Change, ...]
    cancel: tuple[Booked, ...]
    add: tuple[Placed, ...]

    @property
    def changes_nothing(self) -> bool:
        """Whether everything stays as it is."""
        return not (self.move or self.cancel or self.add)


def compare(request: PlanRequest, plan: Plan) -> Diff:
    """Compare a plan with the appointments that the request says stand.

    A time that survives is kept, in another phase as well: the patient comes as they were told. What is left is paired
    phase by phase.
    """
    zone, phases = request.clinic.zone, [phase.name for phase in request.protocol.phases]
    parts = list[Diff]()
    for linked in (False, True):
        old = sorted((booked for booked in request.standing if booked.linked is linked), key=lambda one: one.start)
        new = _visits(plan.placed, linked=linked)
        same = _at_the_same_time(old, new)
        starts = {change.booked.start for change in same}
        keep = tuple(change for change in same if not change.promise_broken)
        parts.append(Diff(keep, tuple(change for change in same if change.promise_broken), (), ()))
        rest, more = [one for one in old if one.start not in starts], [one for one in new if one.start not in starts]
        parts += [_pair([b for b in rest if b.phase == name], [p for p in more if p.phase == name], zone) for name in phases]
    return Diff(
        keep=tuple(change for part in parts for change in part.keep),
        move=tuple(change for part in parts for change in part.move),
        cancel=tuple(booked for part in parts for booked in part.cancel),
        add=tuple(placed for part in parts for placed in part.add),
    )


def _visits(placed: Iterable[Placed], *, linked: bool) -> list[Placed]:
    return [one.linked for one in placed if one.linked] if linked else list(placed)


def _at_the_same_time(old: Iterable[Booked], new: Iterable[Placed]) -> list[Change]:
    starts = {placed.start: placed for placed in new}
    kept = (booked for booked in old if booked.start in starts)
    return [Change(booked, starts[booked.start], _breaks(booked, starts[booked.start])) for booked in kept]


def _breaks(booked: Booked, placed: Placed) -> bool:
    return booked.told and booked.clinician_id is not None and booked.clinician_id != placed.clinician_id


def _pair(old: list[Booked], new: list[Placed], zone: ZoneInfo) -> Diff:
    """Pair what is left of a phase in date order: at most seven days apart is a move, the rest is cancelled and added."""
    moved: list[Change] = []
    cancelled: list[Booked] = []
    added: list[Placed] = []
    olds, news = list(old), list(new)
    while olds and news:
        later_by = (local_day(news[0].start, zone) - local_day(olds[0].start, zone)).days
        if later_by > MOVE_WITHIN_DAYS:
            cancelled.append(olds.pop(0))
        elif later_by < -MOVE_WITHIN_DAYS:
            added.append(news.pop(0))
        else:
            booked, placed = olds.pop(0), news.pop(0)
            moved.append(Change(booked, placed, _breaks(booked, placed)))
    return Diff((), tuple(moved), tuple(cancelled + olds), tuple(added + news))
