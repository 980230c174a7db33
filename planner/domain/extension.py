"""A course booked further ahead: everything booked stays where it is, and only sessions after the last one are added."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from planner.domain.course import Given
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Placed, PlanRequest
from planner.domain.planning import plan
from planner.domain.span import local_day


@dataclass(frozen=True)
class Extension:
    """The sessions that are added to the end of a course, and how many more are wanted that find no place."""

    placed: tuple[Placed, ...]
    missing: int


def extension_of(request: PlanRequest, occupancy: Occupancy, not_before: date | None = None) -> Extension:
    """Find what comes after all that is booked, as far as the clinic plans ahead of the request's start.

    *occupancy* holds what the course's own appointments take as well. *not_before*: no added session on an earlier local
    day. Another extension of the result adds nothing: where short gaps leave room for one more, it is added at once.
    """
    beyond, placed = _beyond(request, not_before), list[Placed]()
    while True:
        found = plan(beyond, occupancy)
        if not found.placed:
            return Extension(tuple(placed), found.wanted)
        placed += found.placed
        beyond = _after(beyond, [Given(one.phase, local_day(one.start, request.clinic.zone)) for one in found.placed])


def _beyond(request: PlanRequest, not_before: date | None) -> PlanRequest:
    """Give the request for what follows the last session booked: what is booked counts as if it were given."""
    zone, start = request.clinic.zone, request.preferences.start
    booked = sorted((one for one in request.standing if not one.linked), key=lambda one: one.start)
    horizon = start + timedelta(days=request.clinic.horizon_days)
    asked = replace(request.preferences, start=max(start, not_before or start))
    free = replace(request, standing=(), pinned={}, exceptions={}, horizon=horizon, preferences=asked)
    return _after(free, [Given(one.phase, local_day(one.start, zone)) for one in booked])


def _after(request: PlanRequest, sessions: list[Given]) -> PlanRequest:
    if not sessions:
        return request
    asked = replace(request.preferences, start=max(request.preferences.start, sessions[-1].day))
    return replace(request, given=(*request.given, *sessions), preferences=asked)
