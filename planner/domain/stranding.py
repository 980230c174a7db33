"""What a change of a course strands: a list of checks, each a pure function of the course before and after.

Authorisations, kits and other models add theirs to CHECKS.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from planner.domain.errors import Fact
from planner.domain.pausing import Lapse, lapse_of
from planner.domain.plan import Plan, PlanRequest
from planner.domain.protocol import PhaseKind
from planner.domain.spacing import wanted_sessions
from planner.domain.span import local_day
from planner.domain.terms import Terms, undecided

LABEL_DAYS: Mapping[str, Mapping[PhaseKind, tuple[int, int]]] = {
    "esketamine-nasal": {PhaseKind.INDUCTION: (3, 4), PhaseKind.TAPER: (7, 7), PhaseKind.MAINTENANCE: (7, 14)},
}
"""The fewest and the most target days of the label's frequencies: twice weekly, weekly, then weekly or 2-weekly [S2]."""


class StrandCode(StrEnum):
    """What is stranded."""

    OUTSIDE_LABEL = "outside-label"
    GAP_BEYOND = "gap-beyond"
    UNPLACED = "unplaced"
    TENTATIVE = "tentative"
    PAUSED = "paused"


@dataclass(frozen=True)
class Strand:
    """One thing that a change strands, with its numbers. *asks_why*: the reason of the order must answer for it."""

    code: StrandCode
    facts: Mapping[str, Fact] = field(default_factory=dict)
    asks_why: bool = False


@dataclass(frozen=True)
class Situation:
    """A course before and after a change: its terms, and the plan that the change leads to."""

    before: Terms
    after: Terms
    request: PlanRequest
    plan: Plan


Check = Callable[[Situation], Iterator[Strand]]


def outside_label(one: Situation) -> Iterator[Strand]:
    """Name each phase to come whose interval is now outside the label's frequencies, and was not so before."""
    label = LABEL_DAYS.get(one.after.protocol.modality, {})
    for phase in one.after.protocol.phases:
        if phase.kind not in label:
            continue
        least, most = label[phase.kind]
        former = one.before.protocol.phase(phase.name)
        days = phase.spacing.target_days
        if not least <= days <= most and (former is None or former.spacing.target_days != days):
            facts: dict[str, Fact] = {"phase": phase.name, "target_days": days, "label_least": least, "label_most": most}
            yield Strand(StrandCode.OUTSIDE_LABEL, {**facts, "source": "[S2]"}, asks_why=True)


def gaps_beyond(one: Situation) -> Iterator[Strand]:
    """Name each session that lies further from the one before than it may, unless a clinician has said so of it."""
    zone = one.request.clinic.zone
    rules = {wanted.number: wanted.pace.rule for wanted in wanted_sessions(one.request, len(one.plan.placed))}
    for placed in one.plan.placed:
        rule = rules.get(placed.number)
        if rule and placed.gap_days and placed.gap_days > rule.max_days:
            day = local_day(placed.start, zone).isoformat()
            yield Strand(StrandCode.GAP_BEYOND, {"day": day, "days": placed.gap_days, "max_days": rule.max_days})


def unplaced(one: Situation) -> Iterator[Strand]:
    """Count the sessions that find no place."""
    missing = one.plan.wanted - len(one.plan.placed)
    if missing > 0:
        yield Strand(StrandCode.UNPLACED, {"sessions": missing, "wanted": one.plan.wanted})


def tentative(one: Situation) -> Iterator[Strand]:
    """Count the sessions that wait for a review's decision."""
    waiting = sum(placed.phase in undecided(one.after) for placed in one.plan.placed)
    if waiting:
        yield Strand(StrandCode.TENTATIVE, {"sessions": waiting})


def paused(one: Situation) -> Iterator[Strand]:
    """Say how long the gap since the last dose has become where a course pauses or is taken up again."""
    day, last = one.after.resumes_on, _last(one.request)
    if day is None or last is None or day == one.before.resumes_on:
        return
    days = (day - last).days
    lapse = lapse_of(days)
    if lapse:
        yield Strand(StrandCode.PAUSED, {"days": days, "lapse": lapse.value}, asks_why=lapse is Lapse.LAPSED)


def _last(request: PlanRequest) -> date | None:
    return request.given[-1].day if request.given else None


CHECKS: tuple[Check, ...] = (outside_label, gaps_beyond, unplaced, tentative, paused)


def strands(one: Situation) -> tuple[Strand, ...]:
    """List all that a change strands."""
    return tuple(strand for check in CHECKS for strand in check(one))
