"""What a patient was told of a course, laid out for a plan that may keep it or break it."""

from dataclasses import replace

from planner.domain.bitmaps import instant_of, slot_of
from planner.domain.course import Booked
from planner.domain.orders import ChangePattern, ChangeSpacing, Order, TakeBack
from planner.domain.plan import PlanRequest
from planner.domain.span import local_day


def promises(request: PlanRequest) -> dict[tuple[str, bool, int], list[tuple[int, Booked]]]:
    """Arrange what the patient was told by phase, linked or not, and local day, each with its slot."""
    zone, promised = request.clinic.zone, dict[tuple[str, bool, int], list[tuple[int, Booked]]]()
    for booked in request.standing:
        day = local_day(booked.start, zone)
        slot = slot_of(booked.start, day, zone)
        if booked.told and instant_of(day, slot, zone) == booked.start:
            promised.setdefault((booked.phase, booked.linked, day.toordinal()), []).append((slot, booked))
    return promised


def unpromised(standing: tuple[Booked, ...], order: Order) -> tuple[Booked, ...]:
    """Let go of the price of what the patient was told, where an order asks for other days: else nothing would move."""
    if isinstance(order, ChangePattern | ChangeSpacing):
        return tuple(replace(one, told=one.told and order.phase not in {None, one.phase}) for one in standing)
    return tuple(replace(one, told=False) for one in standing) if isinstance(order, TakeBack) else standing
