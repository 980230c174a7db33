"""Which outcome scores are due at a session, by what the course's protocol asks for; each scale at most once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from planner.domain.protocol import Measure, Moment, PhaseKind
from planner.domain.scores import Scale

BASELINE_DAYS = 28
"""How old a score may be to serve as the baseline of a course: one payer asks for one within 4 weeks [S13]."""


@dataclass(frozen=True)
class Occasion:
    """A session at which scores may be due: its local day, the kind of its phase, the day of the session *before* it.

    *is_first* and *is_last*: within its phase.
    """

    day: date
    phase: PhaseKind
    before: date | None = None
    is_first: bool = False
    is_last: bool = False


def scales_due(
    measures: Iterable[Measure], occasion: Occasion, taken: Mapping[Scale, Sequence[date]]
) -> tuple[Scale, ...]:
    """List the scales that are due at a session; *taken*: the local days on which each was scored."""
    asked = [one for one in measures if one.phase in {None, occasion.phase}]
    return tuple(
        scale
        for scale in Scale
        if any(_is_due(one, occasion, _latest(taken.get(scale, ()), occasion.day)) for one in asked if one.scale is scale)
    )


def _latest(days: Iterable[date], until: date) -> date | None:
    return max((day for day in days if day <= until), default=None)


def _is_due(measure: Measure, occasion: Occasion, last: date | None) -> bool:
    """Whether one measure asks for a score that was not taken yet."""
    if measure.every_days is not None:
        return last is None or last <= occasion.day - timedelta(days=measure.every_days)
    begins = occasion.before is None if measure.phase is None else occasion.is_first
    if (measure.when is Moment.START and not begins) or (measure.when is Moment.END and not occasion.is_last):
        return False
    since = occasion.before or occasion.day - timedelta(days=BASELINE_DAYS + 1)
    return last is None or last <= since
