"""Turning the chosen days into a plan: times, chairs and staff, and the cost item by item."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from planner.domain.bitmaps import instant_of, slot_of
from planner.domain.choices import Choices, Option
from planner.domain.clinic import POINT
from planner.domain.errors import Conflict
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Assignment, CostCode, CostItem, Placed, Plan, PlanRequest, Preferred
from planner.domain.spacing import Wanted, bounds_of, step_costs, wanted_sessions
from planner.domain.span import local_day
from planner.domain.visit import Mode, Requirement, VisitProfile


@dataclass(frozen=True)
class Path:
    """The days chosen for a course: an option for each session placed, and the whole cost in units."""

    wanted: tuple[Wanted, ...]
    options: tuple[Option, ...]
    clinician_id: UUID | None
    units: int

    @property
    def rank(self) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
        """Order paths: more sessions, less cost, later dates from the first on, earlier starts."""
        days = tuple(-option.day for option in self.options)
        return -len(self.options), self.units, days, tuple(option.slot for option in self.options)


def assemble(request: PlanRequest, occupancy: Occupancy, path: Path, wanted: int) -> Plan:
    """Give each session of a path its instants, resources and costs."""
    choices = Choices(request, occupancy, path.clinician_id)
    before = request.given[-1].day.toordinal() if request.given else None
    bounds, placed = bounds_of(request), list[Placed]()
    for one, option in zip(path.wanted, path.options, strict=False):
        days = tuple(step_costs(one.pace, before, option.day, bounds))
        gap = None if before is None else option.day - before
        placed.append(_placed(request, occupancy, choices, one, option, gap, days))
        before = option.day
    return Plan(tuple(placed), wanted, _broken_promises(request, path), path.clinician_id)


def price(request: PlanRequest, occupancy: Occupancy, placed: Sequence[Placed], wanted: int) -> Plan:
    """Price sessions whose starts are settled (booked, or edited by hand) as the planner would have."""
    choices = Choices(request, occupancy, request.preferences.clinician_id)
    sessions = {one.number: one for one in wanted_sessions(request, len(placed))}
    before = request.given[-1].day.toordinal() if request.given else None
    bounds, priced = bounds_of(request), list[Placed]()
    for one in placed:
        option = _option_of(one, request)
        costs = tuple(step_costs(sessions[one.number].pace, before, option.day, bounds))
        costs += _own_costs(choices, request.protocol.visits[one.visit], option)
        linked = one.linked
        if linked:
            profile = request.protocol.visits[linked.visit]
            linked = replace(linked, costs=_own_costs(choices, profile, _option_of(linked, request)))
        priced.append(replace(one, costs=costs, linked=linked, gap_days=None if before is None else option.day - before))
        before = option.day
    return Plan(tuple(priced), wanted, clinician_id=request.preferences.clinician_id)


def _option_of(placed: Placed, request: PlanRequest) -> Option:
    day = local_day(placed.start, request.clinic.zone)
    return Option(0, day.toordinal(), slot_of(placed.start, day, request.clinic.zone), placed.clinician_id)


def _placed(
    request: PlanRequest, occupancy: Occupancy, choices: Choices, wanted: Wanted, option: Option, gap: int | None,
    days: tuple[CostItem, ...],
) -> Placed:
    linked = None
    if option.linked and wanted.phase.link:
        follow = replace(wanted, visit=wanted.phase.link.visit, dosing=False)
        linked = _placed(request, occupancy, choices, follow, option.linked, option.linked.day - option.day, ())
    profile = request.protocol.visits[wanted.visit]
    start = instant_of(date.fromordinal(option.day), option.slot, request.clinic.zone)
    return Placed(
        number=wanted.number,
        phase=wanted.phase.name,
        visit=wanted.visit,
        start=start,
        end=start + timedelta(minutes=profile.minutes),
        gap_days=gap,
        assignments=assign(occupancy, profile, start, (option.clinician_id, choices.clinician_id)),
        costs=days + _own_costs(choices, profile, option),
        clinician_id=option.clinician_id,
        linked=linked,
    )


def _own_costs(choices: Choices, profile: VisitProfile, option: Option) -> tuple[CostItem, ...]:
    items = []
    if time := choices.time_units(option.day, option.slot):
        items.append(CostItem(CostCode.TIME_OF_DAY, time, {"minutes": choices.minutes_off(option.day, option.slot)}))
    if other := choices.other_units(profile, option.day, option.slot, option.clinician_id):
        items.append(CostItem(CostCode.OTHER_CLINICIAN, other))
    return tuple(items)


def _broken_promises(request: PlanRequest, path: Path) -> tuple[CostItem, ...]:
    kept = {option.kept for option in path.options} | {o.linked.kept for o in path.options if o.linked}
    return tuple(
        CostItem(
            CostCode.TOLD, request.clinic.costs.told * POINT, {"start": booked.start.isoformat(), "phase": booked.phase}
        )
        for booked in request.standing
        if booked.told and booked.appointment_id not in kept
    )


def assign(
    occupancy: Occupancy,
    profile: VisitProfile,
    start: datetime,
    clinicians: Sequence[UUID | None] = (),
    preferred: Preferred | None = None,
) -> tuple[Assignment, ...]:
    """Give each held need its resource: a clinician promised, who was preferred, else the first free in rank.

    Raises Conflict where nobody is free: check first.
    """
    day = local_day(start, occupancy.clinic.zone)
    slot, assigned = slot_of(start, day, occupancy.clinic.zone), []
    for requirement in profile.requirements:
        if requirement.mode is Mode.PRESENCE:
            continue
        wished = (*clinicians, (preferred or {}).get((requirement.kind, requirement.mode, requirement.step)))
        chosen = _first_free(occupancy, requirement, day, slot, wished)
        begin = start + timedelta(minutes=requirement.offset)
        end = begin + timedelta(minutes=requirement.minutes)
        kind, mode, units, step = requirement.kind, requirement.mode, requirement.units, requirement.step
        assigned.append(Assignment(chosen, kind, mode, units, begin, end, step))
    return tuple(assigned)


def _first_free(
    occupancy: Occupancy, requirement: Requirement, day: date, slot: int, wished: Sequence[UUID | None]
) -> UUID:
    """Take the first that is free: of those wished for, else in rank order."""
    for resource_id in wished:
        one = occupancy.clinic.resource(resource_id) if resource_id else None
        if one and one.kind == requirement.kind and occupancy.is_free(one, requirement, day, slot):
            return one.id
    for one in occupancy.clinic.of_kind(requirement.kind):
        if occupancy.is_free(one, requirement, day, slot):
            return one.id
    raise Conflict("nobody is free")
