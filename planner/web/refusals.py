"""A refusal as a page says it: what is lacking all through a stretch is said once, not step by step."""

from collections.abc import Iterable
from dataclasses import replace

from planner.domain.errors import Code, Violation


def joined(violations: Iterable[Violation]) -> list[Violation]:
    """Join what one kind of resource is lacking in steps that touch or overlap; everything else stays as it is."""
    found: list[Violation] = []
    for one in violations:
        same = next((index for index, other in enumerate(found) if _touches(other, one)), None)
        if same is None:
            found.append(one)
        else:
            ends = max(str(found[same].facts["end"]), str(one.facts["end"]))
            found[same] = replace(found[same], facts={**found[same].facts, "end": ends})
    return found


def _touches(earlier: Violation, later: Violation) -> bool:
    """Whether the later one goes on where the earlier is lacking; clock times of one day, as text, sort as they follow."""
    if earlier.code is not Code.RESOURCE or later.code is not Code.RESOURCE or "start" not in later.facts:
        return False
    return earlier.facts.get("kind") == later.facts["kind"] and (
        str(earlier.facts.get("start")) <= str(later.facts["start"]) <= str(earlier.facts.get("end"))
    )
