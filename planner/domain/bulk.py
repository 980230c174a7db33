"""Many courses re-planned together after a change of the clinic: earliest deadline first, each course exactly.

What a course's plan takes is taken for the next. A course for which no place is found stays as it is and is named: nothing
is lost without a word. Nothing here reads a clock or stops by time; the same input always gives the same result.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from planner.domain.affected import Affected, Replanned, Unplaced, Unresolved
from planner.domain.improving import Improving
from planner.domain.ledger import Ledger
from planner.domain.occupancy import BusyRow
from planner.domain.rechecking import Shown
from planner.domain.replacing import Replacing


class Replanning:
    """A re-plan of many courses, step by step, so that a caller can tell how far it is, stop in between and go on later.

    *taken*: all that is taken under the changed clinic, what the affected courses take now included. *settled*: what a
    re-plan that was interrupted found already, as shown, by course; what of it still holds is not planned again.
    """

    def __init__(
        self, affected: Iterable[Affected], taken: Iterable[BusyRow], *, improve: bool = True, seed: int = 0,
        settled: Mapping[UUID, Sequence[Shown]] | None = None,
    ) -> None:  # fmt: skip
        every = list(affected)
        self._settled, self._found = dict(settled or {}), dict[UUID, Replanned]()
        self._left: list[Affected] = []
        self._improving: Improving | None = None
        if every:
            self._replacing = Replacing(Ledger(every[0].request.clinic, taken), every)
            self._left = self._replacing.in_order()
        self._improve, self._seed, self.total = improve and bool(every), seed, len(every)

    @property
    def done(self) -> int:
        """Count the courses that are planned."""
        return len(self._found)

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return not self._left and not self._improve

    @property
    def found(self) -> tuple[Replanned, ...]:
        """What was found so far, in the order in which the courses were planned."""
        return tuple(self._found.values())

    @property
    def least_units(self) -> int:
        """Give what the courses would cost if each were alone, in units, as far as that is known: no re-plan costs less."""
        return self._improving.least_units if self._improving else 0

    def step(self) -> tuple[Replanned, ...]:
        """Plan the next course, or look once for something better; give the courses for which something else is found."""
        if self._left:
            return (self._next(),)
        if not self._improve:
            return ()
        improving = self._improving = self._improving or Improving(self._replacing, self._found, self._seed)
        found = improving.step()
        self._improve = not improving.finished
        return found

    def _next(self) -> Replanned:
        one = self._left.pop(0)
        shown = self._settled.get(one.key)
        found = self._replacing.as_shown(one, shown) if shown else None
        self._found[one.key] = found = found or self._replacing.replan(one)
        return found


def replan_all(
    affected: Iterable[Affected], taken: Iterable[BusyRow], *, improve: bool = True, seed: int = 0
) -> tuple[Replanned, ...]:
    """Re-plan many courses at once, to the end."""
    replanning = Replanning(affected, taken, improve=improve, seed=seed)
    while not replanning.finished:
        replanning.step()
    return replanning.found


__all__ = ["Affected", "Replanned", "Replanning", "Unplaced", "Unresolved", "replan_all"]
