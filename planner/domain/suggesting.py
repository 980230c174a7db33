"""When to suggest a denser schedule: a maintenance session was missed, and a score is worse afterwards.

A suggestion is never carried out by itself: a clinician considers it ([S1] J&J Medical Information: consider returning
to the previous, denser schedule, by clinical judgement). There is none without a score before and one after, and at most
one in 28 days, whatever became of the last ([S75] SUSTAIN-2: one step, evaluated after four weeks).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from planner.domain.protocol import Phase, PhaseKind, SpacingRule
from planner.domain.scores import Reading, Scale, is_worse

PAUSE = timedelta(days=28)
"""From one suggestion, its answer, or any change of the spacing to the next suggestion, at least [S75]."""
AFTERWARDS = timedelta(days=28)
"""How long after a missed session a score still speaks of it, unless the next one given comes later (ASSUMED)."""
SPACED_OUT = frozenset({PhaseKind.TAPER, PhaseKind.MAINTENANCE})
"""The phases in which a missed session may call for a denser schedule; induction is dense already."""
LADDER = (SpacingRule(21, 28, 35), SpacingRule(10, 14, 18), SpacingRule(5, 7, 9), SpacingRule(2, 3, 5))
"""Every 4 weeks, every 2, weekly, twice weekly (domain.md section 1.1; the days around the targets are ASSUMED)."""


@dataclass(frozen=True)
class Missed:
    """A session that did not take place since the patient did not come, and the day of the next one given, if any."""

    appointment_id: UUID
    day: date
    kind: PhaseKind
    next_given: date | None = None

    @property
    def until(self) -> date:
        """The last local day on which a score speaks of it."""
        return max(self.day + AFTERWARDS, self.next_given or self.day)


@dataclass(frozen=True)
class Suggestion:
    """Space a phase more densely: what it is after, and the scores that are the reason."""

    missed: Missed
    phase: str
    was: SpacingRule
    spacing: SpacingRule
    scale: Scale
    before: Reading
    after: Reading


def next_on(answered: Iterable[date]) -> date | None:
    """Give the first local day of a further suggestion; *answered*: the days of those made or answered, and of changes."""
    last = max(answered, default=None)
    return last + PAUSE if last else None


def suggest(
    today: date, phase: Phase, missed: Iterable[Missed], scores: Mapping[Scale, Sequence[Reading]],
    earlier: Iterable[SpacingRule] = (), answered: Iterable[date] = (),
) -> Suggestion | None:  # fmt: skip
    """Suggest a denser spacing of the phase that a course is in, or nothing.

    *missed*: those that no suggestion was made of. *scores*: the standing readings. *earlier*: how the course was spaced
    before. *answered*: the days of earlier suggestions, of their answers, and of changes of the spacing.
    """
    pause = next_on(answered)
    spacing = denser(phase, earlier)
    if spacing is None or phase.kind not in SPACED_OUT or (pause and today < pause):
        return None
    for one in sorted(missed, key=lambda miss: miss.day, reverse=True):
        worse = worse_after(one, scores) if one.kind in SPACED_OUT else None
        if worse:
            return Suggestion(one, phase.name, phase.spacing, spacing, *worse)
    return None


def worse_after(
    missed: Missed, scores: Mapping[Scale, Sequence[Reading]]
) -> tuple[Scale, Reading, Reading] | None:
    """Find the first scale that is worse after a missed session: its last reading before, and its last one after."""
    for scale in Scale:
        found = sorted(scores.get(scale, ()))
        before = [one for one in found if one.day < missed.day]
        after = [one for one in found if missed.day <= one.day <= missed.until]
        if before and after and is_worse(scale, before[-1].value, after[-1].value):
            return scale, before[-1], after[-1]
    return None


def denser(phase: Phase, earlier: Iterable[SpacingRule]) -> SpacingRule | None:
    """Give a phase's spacing one step denser: as the course was spaced before, where that is no more than one step."""
    rung = next((rule for rule in LADDER if rule.target_days < phase.spacing.target_days), None)
    if rung is None:
        return None
    own = [one for one in earlier if rung.target_days <= one.target_days < phase.spacing.target_days]
    step = max(own, key=lambda rule: rule.target_days, default=rung)
    return None if phase.link and step.min_days < phase.link.least_days else step
