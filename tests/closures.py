"""Scenario A8 as a desk meets it: a clinic that will drop its Mondays, and the three patients whom that concerns."""

from dataclasses import replace
from datetime import date, datetime, time

from builders import NEW_YORK, clinic, hours, phase, protocol, resources, wall
from desks import Desk, HandClock, open_desk
from planner.domain.clinic import Clinic, Shift, WeeklyHours
from planner.domain.course import Given
from planner.domain.rescheduling import KeepHours
from planner.services import clinics
from planner.services.letterhead import change_letterhead
from planner.storage.records import CourseRecord
from planner.storage.unit_of_work import Store

ORDERED_AT = wall(date(2027, 6, 29), "08:00")
"""When the change is entered."""
WITHOUT_MONDAYS = WeeklyHours((*hours("Tue-Sat").shifts, Shift(0, time(9), time(17), last_day=date(2027, 6, 30))))
DROP_MONDAYS = KeepHours(WITHOUT_MONDAYS)
A, B, C = "Ann Archer", "Ben Baker", "Cleo Carter"


def site() -> Clinic:
    staff = resources("nurse", 4, 4, hours("Mon-Sat")), resources("prescriber", 1, 1, hours("Mon-Sat"))
    return clinic(resources("chair", 4), *staff, zone=NEW_YORK, opening=hours("Mon-Sat"))


def monday_desk(store: Store) -> tuple[Desk, dict[str, CourseRecord]]:
    """Open it with A (every four weeks, Mondays only), B (weekly on Mondays) and C (induction, Mondays and Thursdays)."""
    desk = open_desk(store, site())
    desk.clock = HandClock(ORDERED_AT)
    harbor = {"public_name": "Harbor Rooms", "sender": "desk@harbor.example", "phone": "+1 212 555 0100"}
    change_letterhead(desk.admin, **harbor, version=None)
    desk.publish(
        replace(protocol(phase("maintenance", None, (21, 28, 35))), name="monthly"),
        replace(protocol(phase("weekly", None, (5, 7, 9))), name="weekly"),
        replace(protocol(phase("induction", 8, (2, 3, 5), pattern="Mon Thu", per_week=2)), name="twice"),
    )
    for name in (A, B, C):
        (made,) = clinics.register_patients(
            desk.scheduler, [clinics.NewPatient(name, email=f"{name.split()[0].lower()}@mail.example")]
        )
        desk.people[name] = made.id
    june = {name: [date(2027, 6, day) for day in days] for name, days in ((A, [14]), (B, [28]), (C, [17, 21, 24, 28]))}
    only = {"hours": hours("Mon", "08:00", "18:00")}
    courses = {
        A: begun(desk, A, "monthly", "maintenance", june[A], "Mon", **only),
        B: begun(desk, B, "weekly", "weekly", june[B], "Mon"),
        C: begun(desk, C, "twice", "induction", june[C], "Mon Thu"),
    }
    for name, last in ((A, date(2027, 7, 12)), (B, date(2027, 7, 19)), (C, None)):
        desk.book(courses[name], desk.shown(courses[name], horizon=last))
    desk.clock.now = ORDERED_AT.replace(minute=1)
    return desk, courses


def begun(
    desk: Desk, patient: str, name: str, in_phase: str, days: list[date], weekdays: str, **more: object
) -> CourseRecord:  # fmt: skip
    given = [Given(in_phase, day) for day in days]
    return desk.begin(name, date(2027, 6, 29), weekdays, patient=patient, given=given, **more)


def on_the_wall(instant: datetime) -> str:
    return f"{instant.astimezone(NEW_YORK):%a %m-%d %H:%M}"
