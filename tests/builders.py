"""Small builders: a clinic, a visit, a protocol or a request in one line, with ids made from names."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

from planner.domain.channels import MessagePolicy
from planner.domain.clinic import WEEKDAYS, Clinic, Closure, Resource, Shift, WeeklyHours
from planner.domain.course import Preferences
from planner.domain.occupancy import BusyRow
from planner.domain.plan import Plan, PlanRequest
from planner.domain.protocol import DrivingRule, Link, Phase, PhaseKind, Protocol, Rhythm, SpacingRule
from planner.domain.span import Span
from planner.domain.visit import Mode, Need, Step, VisitProfile

NEW_YORK = ZoneInfo("America/New_York")
PATIENT = uuid5(NAMESPACE_OID, "patient")


def uid(name: str) -> UUID:
    """Make the same id from the same name, always."""
    return uuid5(NAMESPACE_OID, name)


def weekdays(names: str) -> tuple[int, ...]:
    """Read "Tue Thu" or "Mon-Fri" as weekday numbers."""
    found: list[int] = []
    for part in names.split():
        first, _, last = part.partition("-")
        found += range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
    return tuple(found)


def hours(days: str = "Mon-Fri", start: str = "09:00", end: str = "17:00") -> WeeklyHours:
    """Open from *start* to *end* on these weekdays."""
    return WeeklyHours(tuple(Shift(d, time.fromisoformat(start), time.fromisoformat(end)) for d in weekdays(days)))


def resources(kind: str, count: int, capacity: int = 1, shifts: WeeklyHours | None = None) -> tuple[Resource, ...]:
    """Make *count* like resources: "chair 1", "chair 2"."""
    names = (f"{kind} {number}" for number in range(1, count + 1))
    return tuple(Resource(uid(name), name, kind, capacity, shifts) for name in names)


def clinic(
    *groups: Iterable[Resource], zone: ZoneInfo = NEW_YORK, opening: WeeklyHours | None = None, **settings: object
) -> Clinic:
    """Make a clinic of these groups of resources, or of two chairs, two nurses and a prescriber; it reminds nobody."""
    standard = (resources("chair", 2), resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours()))
    everything = tuple(resource for group in (groups or standard) for resource in group)
    made = Clinic(
        uid("clinic"), "Clinic", zone, opening or hours(), resources=everything, reminds=False, messaging=MessagePolicy(None)
    )  # fmt: skip
    return replace(made, **settings)


def nurse(units: int) -> Need:
    """Ask for units of one nurse."""
    return Need("nurse", Mode.HOLD, units)


def spravato(name: str = "spravato", dosing_minutes: int = 10) -> VisitProfile:
    """The esketamine visit: vitals, devices, two hours of observation with a prescriber on site, discharge, turnover."""
    prescriber = Need("prescriber", Mode.PRESENCE)
    return VisitProfile(
        name,
        "Esketamine",
        (
            Step("check-in", 15, lead=True),
            Step("vitals", 15, (nurse(2),)),
            Step("devices", dosing_minutes, (nurse(2), Need("nurse", Mode.START), prescriber), dose=True),
            Step("observe", 120, (nurse(1), prescriber)),
            Step("discharge", 10, (nurse(1),)),
            Step("turnover", 10, turnover=True, after_hours=True),
        ),
        place="chair",
    )


def infusion(name: str = "infusion") -> VisitProfile:
    """The intravenous visit: line, forty minutes on a pump, recovery."""
    return VisitProfile(
        name,
        "Infusion",
        (
            Step("line", 15, (nurse(2),)),
            Step("infuse", 40, (nurse(2), Need("nurse", Mode.START), Need("pump")), dose=True),
            Step("recover", 60, (nurse(1),)),
            Step("turnover", 10, turnover=True, after_hours=True),
        ),
        place="chair",
    )


def talk(name: str = "talk", minutes: int = 60) -> VisitProfile:
    """A conversation with a therapist: preparation or integration."""
    return VisitProfile(name, "Conversation", (Step("talk", minutes, (Need("therapist"),)),))


def phase(
    name: str,
    sessions: int | None,
    spacing: tuple[int, int, int],
    *,
    pattern: str = "",
    visits: tuple[str, ...] = ("spravato",),
    entry: tuple[int, int, int] | None = None,
    per_week: int | None = None,
    link: Link | None = None,
) -> Phase:
    """Make a phase; with a *pattern* ("Tue Thu") it keeps to weekdays, without one to its interval."""
    return Phase(
        name,
        PhaseKind.INDUCTION if pattern else PhaseKind.MAINTENANCE,
        Rhythm.PATTERN if pattern else Rhythm.INTERVAL,
        sessions,
        SpacingRule(*spacing),
        visits,
        entry=SpacingRule(*entry) if entry else None,
        per_week=per_week,
        weekdays=weekdays(pattern),
        link=link,
    )


def protocol(*phases: Phase, visits: Iterable[VisitProfile] = (), clinician: str | None = None) -> Protocol:
    """Make a protocol of these phases; the esketamine, infusion and talk visits are there unless others are given."""
    profiles = {visit.name: visit for visit in (visits or (spravato(), infusion(), talk()))}
    return Protocol("course", "Course", 1, "esketamine", phases, profiles, DrivingRule(), clinician=clinician)


def esketamine(maintenance: int = 8, pattern: str = "Tue Thu") -> Protocol:
    """Eight twice a week, four weekly, then *maintenance* two-weekly sessions: twenty in all by default."""
    return protocol(
        phase("induction", 8, (2, 3, 5), pattern=pattern, per_week=2),
        phase("weekly", 4, (5, 7, 10), per_week=1),
        phase("fortnightly", maintenance, (10, 14, 21)),
    )


def request(
    site: Clinic, course: Protocol, start: date, *, at: str | None = None, days: str = "", **more: object
) -> PlanRequest:
    """Ask for a course from a day on, at a wall time and on weekdays if they are given."""
    wishes = Preferences(start, weekdays(days), at=time.fromisoformat(at) if at else None)
    return replace(PlanRequest(site, course, PATIENT, wishes), **more)


def wall(day: date, at: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """Give the UTC instant of a wall time."""
    return datetime.combine(day, time.fromisoformat(at), tzinfo=zone).astimezone(UTC)


def minutes(instant: datetime) -> int:
    """Count an instant's minutes since 1970 UTC, as occupancy rows do."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(minutes=1)


def busy(name: str, day: date, start: str, end: str, *, seat: int = 1, zone: ZoneInfo = NEW_YORK) -> BusyRow:
    """Take one unit (or, by seat 0, the starter's seat) of the resource with this name from wall time to wall time."""
    return BusyRow(uid(name), seat, minutes(wall(day, start, zone)), minutes(wall(day, end, zone)))


def closure(day: date, start: str = "00:00", end: str = "", reason: str = "closed", zone: ZoneInfo = NEW_YORK) -> Closure:
    """Close for a whole day, or from wall time to wall time."""
    last = wall(day, end, zone) if end else wall(day + timedelta(days=1), "00:00", zone)
    return Closure(Span(wall(day, start, zone), last), reason)


def calendar(found: Plan, zone: ZoneInfo = NEW_YORK) -> list[str]:
    """Read a plan's starts on the wall: "Tue 03-02 10:00"."""
    return [f"{placed.start.astimezone(zone):%a %m-%d %H:%M}" for placed in found.placed]
