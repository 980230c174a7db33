"""The demo's clinic: New York, six chairs, two pumps, and people with shifts. All names are invented."""

from datetime import date, time
from uuid import NAMESPACE_DNS, UUID, uuid5

from planner.domain.channels import MessagePolicy
from planner.domain.clinic import Clinic, Resource, Shift, WeeklyHours
from planner.domain.span import zone_named
from planner.storage.records import HolidayCalendar

HOLIDAYS = HolidayCalendar("US", "NY", ("Columbus Day", "Veterans Day", "Lincoln's Birthday", "Susan B. Anthony Day"))
MON, TUE, WED, THU, FRI = range(5)


def demo_id(name: str) -> UUID:
    """Give the same id for the same thing in every demo."""
    return uuid5(NAMESPACE_DNS, f"{name}.demo.invalid")


CLINIC_ID = demo_id("clinic")


def demo_clinic() -> Clinic:
    """Make the clinic: open on weekdays from 8 to 18, each nurse with four units, each person with shifts of their own.

    It has no quiet hours, so that its mails can be read at whatever hour somebody looks at it.
    """
    return Clinic(
        id=CLINIC_ID,
        name="Harbor Street",
        zone=zone_named("America/New_York"),
        hours=_shifts("08:00", "18:00", MON, TUE, WED, THU, FRI),
        messaging=MessagePolicy(quiet=None),
        resources=(
            *(_thing("chair", f"Chair {number}") for number in range(1, 7)),
            *(_thing("pump", f"Pump {number}") for number in range(1, 3)),
            _thing("room", "Quiet room"),
            _person("nurse", "M. Ortega", 4, _shifts("08:00", "16:30", MON, TUE, WED, THU, FRI)),
            _person("nurse", "J. Lindqvist", 4, _shifts("09:30", "18:00", MON, TUE, WED, THU, FRI)),
            _person("nurse", "A. Okafor", 4, _shifts("08:00", "18:00", MON, TUE, THU, FRI)),
            _person("prescriber", "Dr I. Cole", 1, _shifts("08:00", "16:00", MON, TUE, WED, THU, FRI)),
            _person("prescriber", "Dr T. Brandt", 1, _shifts("10:00", "18:00", MON, TUE, WED, THU, FRI)),
            _person("therapist", "S. Haddad", 1, _shifts("09:00", "17:00", TUE, WED, THU)),
        ),
    )


def _thing(kind: str, name: str) -> Resource:
    return Resource(demo_id(name), name, kind)


def _person(kind: str, name: str, capacity: int, hours: WeeklyHours) -> Resource:
    return Resource(demo_id(name), name, kind, capacity, hours)


def _shifts(start: str, end: str, *weekdays: int, first_day: date | None = None) -> WeeklyHours:
    opening = time.fromisoformat(start), time.fromisoformat(end)
    return WeeklyHours(tuple(Shift(weekday, *opening, first_day) for weekday in weekdays))
