"""The least that the rest of a course can cost from each day, the cap of sessions a week left aside.

It is nearly exact, so that a search which keeps to it looks at little more than the best plans themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from planner.domain.reach import Course
from planner.domain.spacing import Edge, weekday_of


@dataclass(frozen=True)
class Rest:
    """For one session, by day: its own units, and the least that it and all sessions after it cost together."""

    own: Mapping[int, int]
    units: Mapping[int, int]
    least: int


def cheapest_rests(
    course: Course, days: Sequence[Sequence[int]], own_units: Callable[[int, Sequence[int]], dict[int, int]]
) -> list[Rest]:
    """Go through the sessions from the last to the first; *own_units* prices a session, by its index, on some days."""
    rests: list[Rest] = []
    for index in range(len(days) - 1, -1, -1):
        own = own_units(index, days[index])
        units = own if not rests else _with_following(own, course.edges[index + 1], rests[-1], weekday_of(course.origin))
        rests.append(Rest(own, units, min(units.values())))
    rests.reverse()
    return rests


def _with_following(
    own: Mapping[int, int], gaps_by_weekday: Sequence[Sequence[Edge]], following: Rest, first_weekday: int
) -> dict[int, int]:
    found, ahead, least = dict[int, int](), following.units, following.least
    for day, units in own.items():
        best: int | None = None
        for edge, gap in gaps_by_weekday[(day + first_weekday) % 7]:
            if best is not None and edge + least >= best:
                break  # the gaps come cheapest first
            then = ahead.get(day + gap)
            if then is not None and (best is None or edge + then < best):
                best = edge + then
        if best is not None:
            found[day] = units + best
    return found
