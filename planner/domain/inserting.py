"""Places for one more session among those that are booked, none of which moves: what is around it, and on which days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from planner.domain.bitmaps import instant_of
from planner.domain.choices import Choices, Option
from planner.domain.course import Booked
from planner.domain.occupancy import Occupancy
from planner.domain.plan import CostItem, Placed, PlanRequest
from planner.domain.rechecking import Shown, place
from planner.domain.rules import Around, check_spacing
from planner.domain.spacing import Wanted, bounds_of, is_legal, step_costs, units_of, wanted_sessions
from planner.domain.span import local_day


def sessions(request: PlanRequest) -> list[Booked]:
    """List the sessions that are booked, by start, without the visits that follow them."""
    return sorted((one for one in request.standing if not one.linked), key=lambda one: one.start)


def as_booked(request: PlanRequest, extra: str | None = None, index: int | None = None) -> PlanRequest:
    """Give the course as if what was given and is booked were all of it, each booked session pinned where it is.

    *extra*: the phase of one more session, which comes at *index* among those that are booked.
    """
    booked, first = sessions(request), len(request.given) + 1
    at = len(booked) if index is None else index
    known = [extra, *(one.phase for one in request.given), *(one.phase for one in booked)]
    phases = (replace(phase, sessions=known.count(phase.name)) for phase in request.protocol.phases)
    numbers = [first + place + (place >= at) for place in range(len(booked))]
    where = {one.appointment_id: number for number, one in zip(numbers, booked, strict=True)}
    return replace(
        request, protocol=replace(request.protocol, phases=tuple(phases)), horizon=None,
        exceptions={where[one.appointment_id]: one for one in request.exceptions.values() if one.appointment_id in where},
        pinned={number: one.start for number, one in zip(numbers, booked, strict=True)},
    )  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A place for one more session (*wanted*) of a course as it is booked: the days it may lie on, and what is around it.

    *after*: the booked session that follows; None where none does.
    """

    request: PlanRequest
    wanted: Wanted
    days: range
    around: Around
    after: Booked | None = None


def unbounded(into: Place) -> Place:
    """Give a place as if no session came after it."""
    around = replace(into.around, after=None)
    return replace(into, days=_days(into.request, into.wanted, around), around=around, after=None)


@dataclass(frozen=True)
class Fit:
    """A session that fits into a place, priced; *smooth*: a re-plan would leave it and the one after it where they are."""

    placed: Placed
    units: int
    smooth: bool
    gap_after: int | None = None

    @property
    def rank(self) -> tuple[bool, int, float]:
        """Order fits: what a re-plan leaves alone, what costs less, the later."""
        return not self.smooth, self.units, -self.placed.start.timestamp()


def places(request: PlanRequest, phase: str, first: int, last: int) -> Iterator[Place]:
    """List the places for one more session of a phase, before each booked session from *first* on, and before *last*."""
    for index in range(first, last + 1):
        whole = as_booked(request, phase, index)
        wanted = wanted_sessions(whole, 0)
        if len(wanted) == len(whole.pinned) + 1 and wanted[index].phase.name == phase:
            yield _place(whole, wanted, index)


def _place(request: PlanRequest, wanted: Sequence[Wanted], index: int) -> Place:
    zone, booked, one = request.clinic.zone, sessions(request), wanted[index]
    days = [local_day(other.start, zone).toordinal() for other in booked]
    given = request.given[-1].day.toordinal() if request.given else None
    before = days[index - 1] if index else given
    after = booked[index] if index < len(booked) else None
    others = [
        day for day, other in zip(days, (*wanted[:index], *wanted[index + 1 :]), strict=True) if other.dosing == one.dosing
    ]
    others += [other.day.toordinal() for other in request.given if request.protocol.doses_in(other.phase) == one.dosing]
    following = (days[index], wanted[index + 1]) if after else None
    around = Around(before, following, tuple(others))
    return Place(request, one, _days(request, one, around), around, after)


def _days(request: PlanRequest, one: Wanted, around: Around) -> range:
    """Give the days from today on that lie after the session before, and before the one after."""
    limits, asked = bounds_of(request), request.preferences.start.toordinal()
    today = local_day(request.not_before, request.clinic.zone).toordinal() if request.not_before else 0
    first = asked if around.before is None else around.before + 1
    most = asked + request.clinic.first_within_days
    if around.before is not None:
        most = around.before + one.pace.rule.max_days + limits.overrun_days
    return range(max(first, today), min(most, around.after[0] - 1 if around.after else most) + 1)


def fits(place: Place, occupancy: Occupancy) -> Iterator[Fit]:
    """List, for each day of a place, the cheapest session that breaks no rule; the occupancy holds all that is booked."""
    request, one = place.request, place.wanted
    person = request.preferences.clinician_id
    pinned = {one.number: request.pinned[one.number]} if one.number in request.pinned else {}
    choices = Choices(replace(request, standing=(), pinned=pinned), occupancy, person)
    for day in place.days:
        option = choices.on(one, day)
        if option is None:
            continue
        start = instant_of(date.fromordinal(day), option.slot, request.clinic.zone)
        if not check_spacing(request, one, start, place.around):
            yield _fit(place, occupancy, option)


def _fit(into: Place, occupancy: Occupancy, option: Option) -> Fit:
    request, one, before = into.request, into.wanted, into.around.before
    limits, after = bounds_of(request), into.around.after
    own = tuple(step_costs(one.pace, before, option.day, limits))
    then = list(step_costs(after[1].pace, option.day, after[0], limits)) if after else list[CostItem]()
    smooth = before is None or is_legal(one.pace, before, option.day, limits)
    smooth = smooth and (after is None or is_legal(after[1].pace, option.day, after[0], limits))
    placed = replace(_placed(into, occupancy, option), costs=own)
    gap_after = after[0] - option.day if after else None
    return Fit(placed, units_of(own) + units_of(then) + option.units, smooth, gap_after)


def _placed(into: Place, occupancy: Occupancy, option: Option) -> Placed:
    request, one = into.request, into.wanted
    start = instant_of(date.fromordinal(option.day), option.slot, request.clinic.zone)
    gap = None if into.around.before is None else option.day - into.around.before
    linked = None
    if option.linked and one.phase.link:
        follows = instant_of(date.fromordinal(option.linked.day), option.linked.slot, request.clinic.zone)
        shown = Shown(one.number, follows, None, option.linked.clinician_id)
        linked = place(request, occupancy, one, one.phase.link.visit, shown, None)
    return place(request, occupancy, one, one.visit, Shown(one.number, start, None, option.clinician_id), gap, linked)
