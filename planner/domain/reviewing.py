"""Reviews that nobody has decided yet, and what waits for them."""

from planner.domain.protocol import Phase
from planner.domain.terms import Terms


def waits_for(terms: Terms, phase_name: str | None) -> Phase | None:
    """Give the first phase whose review a session of a phase waits for; None where nothing is undecided before it."""
    for phase in terms.protocol.phases:
        if phase.name == phase_name:
            return None
        if phase.review is not None and phase.name not in terms.reviewed:
            return phase
    return None
