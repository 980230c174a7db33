"""What a change of the clinic is called, in a few words."""

from datetime import date
from uuid import UUID

from planner.domain.clinic import Clinic, WeeklyHours
from planner.domain.rescheduling import BeAway, CloseClinic, KeepHours, KeepShifts, PlanAgain, Retire
from planner.domain.span import DAY, Span
from planner.services.rescheduling import Replan
from planner.web.render import clock_time, day_long, day_short, local, zone_name
from planner.web.weeks import whole_days

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def change_words(replan: Replan, clinic: Clinic) -> str:
    """Say what a change of the clinic is, in a few words."""
    match replan.change:
        case CloseClinic(span=span):
            return f"Closed {_when(span)}"
        case BeAway(resource_id=key, span=span):
            return f"{_name(clinic, key)} away {_when(span)}"
        case KeepHours(hours=hours):
            return _hours_words(hours, local(replan.created_at).date())
        case KeepShifts(resource_id=key):
            return f"Other shifts of {_name(clinic, key)}"
        case Retire(resource_id=key):
            return f"{_name(clinic, key)} out of use"
        case PlanAgain():
            return "What cannot be given as booked, planned anew"


def _hours_words(hours: WeeklyHours, since: date) -> str:
    """Say which weekdays end for good from a day on, or else only that the hours change."""
    named = []
    for weekday, name in enumerate(_DAYS):
        lasts = [one.last_day for one in hours.shifts if one.weekday == weekday]
        ended = [day + DAY for day in lasts if day]
        if ended and len(ended) == len(lasts) and max(ended) >= since:
            named.append(f"{name}s from {day_short(max(ended))}")
    return f"No longer open on {' and '.join(named)}" if named else "Other opening hours"


def _name(clinic: Clinic, resource_id: UUID) -> str:
    found = clinic.resource(resource_id)
    return found.name if found else "Somebody who has left"


def _when(span: Span) -> str:
    days = whole_days(span)
    if days is None:
        day = local(span.start).date()
        return f"on {day_long(day)}, {clock_time(span.start)} to {clock_time(span.end)} {zone_name(span.end)}"
    return f"on {day_long(days[0])}" if days[0] == days[1] else f"from {day_long(days[0])} to {day_long(days[1])}"
