"""What one course after the other leaves to be gained: small groups taken out together and planned in another order.

First each course is planned as if it were alone: it can never cost less than that, so a course that costs no more is as good
as it gets, and where that is true of all nothing is left to gain. The others are tried again with those that are in
their way. Bounded by a number of tries and drawn from a seed, never by time; the whole never gets worse.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from random import Random
from uuid import UUID

from planner.domain.affected import Replanned
from planner.domain.replacing import Replacing
from planner.domain.span import local_day

SIZES = (1, 2, 3)
"""A course that could cost less is tried again by itself, then with one, then with two others."""
MOST, SHARE = 12, 3
"""How many courses are tried again at the most in each size of group, those that could gain most: so many, or a third."""
_ORDERS = 2


class Improving:
    """The search for something better, step by step; *found* is what there is, and is replaced where something is."""

    def __init__(self, replacing: Replacing, found: dict[UUID, Replanned], seed: int) -> None:
        self._replacing, self._found = replacing, found
        self._random = Random(seed)  # noqa: S311 -- not a secret: the same seed tries the same groups
        self._alone: dict[UUID, Replanned] = {}
        patients = [replacing.affected[key].request.patient_id for key in found]
        self._movable = [key for key, patient in zip(found, patients, strict=True) if patients.count(patient) == 1]
        self._steps = self._run()
        self.finished = not self._movable

    @property
    def least_units(self) -> int:
        """Give what the courses would cost if each were alone, added up."""
        return sum(one.rank[1] for one in self._alone.values())

    def step(self) -> tuple[Replanned, ...]:
        """Look once; give the courses for which something else is found."""
        found = next(self._steps, None)
        self.finished = found is None
        return found or ()

    def _run(self) -> Iterator[tuple[Replanned, ...]]:
        self._replacing.clear(self._found)
        for key in self._found:
            self._alone[key] = self._replacing.look(key)
            yield ()
        self._replacing.put(self._found.values())
        for size in SIZES:
            hopeful = [key for key in self._movable if self._gain(key) > (0, 0)]
            for key in sorted(hopeful, key=self._gain, reverse=True)[: max(MOST, len(self._found) // SHARE)]:
                if self._gain(key) > (0, 0):
                    yield self._tried(self._group(key, size))

    def _gain(self, key: UUID) -> tuple[int, int]:
        """Count what a course could gain at most: unresolved appointments, then units."""
        return _less(self._found[key].rank, self._alone[key].rank)

    def _group(self, key: UUID, size: int) -> list[UUID]:
        """Draw some of the courses that lie where this one would lie if it were alone."""
        others = self._in_the_way(key)
        return [key, *self._random.sample(others, min(size - 1, len(others)))]

    def _in_the_way(self, key: UUID) -> list[UUID]:
        zone = self._replacing.affected[key].request.clinic.zone
        is_at = {one.start for one in self._found[key].plan.placed}
        would = [(one.start, one.end) for one in self._alone[key].plan.placed if one.start not in is_at]
        days = {local_day(start, zone) for start, _ in would}
        found = []
        for other in self._movable:
            placed = self._found[other].plan.placed if other != key else ()
            if any(local_day(one.start, zone) in days for one in placed):
                found.append(other)
        return found

    def _tried(self, group: Sequence[UUID]) -> tuple[Replanned, ...]:
        """Plan a group in some orders; keep the best, if it is better than what there is."""
        before = [self._found[key] for key in group]
        best, least = list[Replanned](), _sum(before)
        orders = list(permutations(group))
        for order in orders[:1] + self._random.sample(orders[1:], min(_ORDERS - 1, len(orders) - 1)):
            self._replacing.clear(group)
            made = self._in_order(order, least)
            if len(made) == len(group):
                best, least = made, _sum(made)
        self._replacing.clear(group)
        self._replacing.put(best or before)
        self._found.update((one.key, one) for one in best)
        return tuple(best)

    def _in_order(self, order: Sequence[UUID], least: tuple[int, int]) -> list[Replanned]:
        """Plan one after the other, until it is clear that they end no better than what there is."""
        made: list[Replanned] = []
        for index, key in enumerate(order, 1):
            ahead = [self._alone[other] for other in order[index:]]
            lost, units = _less(least, _sum([*made, *ahead]))
            found = self._replacing.look(key) if lost else self._replacing.look_within(key, units - 1)
            if found is None or _sum([*made, found, *ahead]) >= least:
                break
            if found.unresolved and not self._replacing.is_free(found.rows):
                break
            self._replacing.put([found])
            made.append(found)
        return made


def _less(rank: tuple[int, int], least: tuple[int, int]) -> tuple[int, int]:
    return rank[0] - least[0], rank[1] - least[1]


def _sum(found: Iterable[Replanned]) -> tuple[int, int]:
    """Add up outcomes: unresolved appointments, then units."""
    ranks = [one.rank for one in found]
    return sum(rank[0] for rank in ranks), sum(rank[1] for rank in ranks)
