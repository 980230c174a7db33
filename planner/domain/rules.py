"""The rules that a proposed time is checked against: each check returns all its violations, with their numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from planner.domain import nearest
from planner.domain.bitmaps import CHUNK, LANE, hours_lane, instant_of, runs, slot_from, slot_of, stretch, wall_minutes
from planner.domain.choices import Choices
from planner.domain.clinic import WEEKDAYS, Clinic
from planner.domain.course import Gate, Neighbour, Preferences
from planner.domain.errors import Code, Fact, Violation
from planner.domain.occupancy import PATIENT_SEAT, Occupancy, lane, within_day
from planner.domain.plan import PlanRequest, Preferred
from planner.domain.protocol import Rhythm
from planner.domain.spacing import Wanted, bounds_of, is_legal, week_anchor
from planner.domain.span import Span, local_day
from planner.domain.visit import SLOT, Requirement, VisitProfile

_ANY = (1 << 2 * LANE) - 1


@dataclass(frozen=True)
class Around:
    """The sessions around a proposed one: day ordinals of the one before, of the one after with its pace, of the others.

    *others* are the days of all sessions of the same class in the course, for the week's count.
    """

    before: int | None = None
    after: tuple[int, Wanted] | None = None
    others: tuple[int, ...] = ()


def check_slot(
    request: PlanRequest, occupancy: Occupancy, wanted: Wanted, start: datetime, around: Around,
    shown: Preferred | None = None,
) -> list[Violation]:  # fmt: skip
    """List every rule that a session at *start* would break; the occupancy leaves out the session's own appointment.

    *shown*: who was shown for it, and is likely to be free.
    """
    profile = request.protocol.visits[wanted.visit]
    found = check_hours(occupancy, profile, start)
    found += check_resources(occupancy, profile, start, shown)
    found += check_patient(request, occupancy, profile, start)
    day = local_day(start, request.clinic.zone)
    found += check_spacing(request, wanted, start, around)
    if wanted.dosing:
        found += check_neighbours(request.kept_apart, day, start, request.clinic.zone)
        found += check_gates(request.gates, day)
    return found


def check_hours(occupancy: Occupancy, profile: VisitProfile, start: datetime) -> list[Violation]:
    """Check the start grid, the opening hours and closures, and that the visit ends on the day it starts."""
    clinic = occupancy.clinic
    day = local_day(start, clinic.zone)
    slot = slot_of(start, day, clinic.zone)
    if instant_of(day, slot, clinic.zone) != start or wall_minutes(day, slot, clinic.zone) % clinic.grid_minutes:
        return [Violation(Code.OFF_GRID, {"grid_minutes": clinic.grid_minutes}, nearest=nearest.on_grid(start, clinic))]
    found = []
    ends = local_day(start + timedelta(minutes=profile.held_minutes) - timedelta(seconds=1), clinic.zone)
    if ends != day:
        usable = lane(within_day(profile, day.toordinal() // CHUNK, clinic), day)
        facts = {"minutes": profile.held_minutes}
        found.append(Violation(Code.ENDS_NEXT_DAY, facts, nearest=nearest.on_day(usable, start, day, clinic)))
    if not runs(_open(occupancy, day), profile.open_minutes // SLOT) >> slot & 1:
        found.append(_closed_or_late(occupancy, profile, start, day))
    return found


def _closed_or_late(occupancy: Occupancy, profile: VisitProfile, start: datetime, day: date) -> Violation:
    clinic = occupancy.clinic
    visit = Span(start, start + timedelta(minutes=profile.open_minutes))
    facts = {"day": day.isoformat(), "weekday": WEEKDAYS[day.weekday()]}
    way = nearest.from_day(lambda day: runs(_open(occupancy, day), profile.open_minutes // SLOT), start, clinic)
    if reason := _why_closed(clinic, visit, day):
        return Violation(Code.CLOSED, facts | {"reason": reason}, nearest=way)
    openings = clinic.hours.on(day)
    facts |= {"opens": f"{openings[0][0]:%H:%M}", "closes": f"{openings[-1][1]:%H:%M}"}
    return Violation(Code.OUTSIDE_HOURS, facts | {"ends": f"{visit.end.astimezone(clinic.zone):%H:%M}"}, nearest=way)


def _why_closed(clinic: Clinic, visit: Span, day: date) -> str:
    """Say what closes the clinic during a visit; nothing where only its hours do."""
    if holiday := clinic.holiday_on(day):
        return holiday.name
    if closure := next((one for one in clinic.closures if one.span.overlaps(visit)), None):
        return closure.reason or "closed"
    return "" if clinic.hours.on(day) else f"no hours on {WEEKDAYS[day.weekday()]}"


def _open(occupancy: Occupancy, day: date) -> int:
    return lane(occupancy.open(day.toordinal() // CHUNK), day)


def check_resources(
    occupancy: Occupancy, profile: VisitProfile, start: datetime, shown: Preferred | None = None
) -> list[Violation]:
    """Check that every need of every step is covered: units to hold, somebody present, a starter's quarter hour."""
    clinic = occupancy.clinic
    day = local_day(start, clinic.zone)
    slot, found = slot_of(start, day, clinic.zone), []
    for requirement in profile.requirements:
        likely = shown.get((requirement.kind, requirement.mode, requirement.step)) if shown else None
        if not occupancy.covers(requirement, day, slot, likely):
            covered = lane(occupancy.covered(requirement, day.toordinal() // CHUNK), day)
            way = nearest.on_day(covered, start, day, clinic)
            found.append(Violation(Code.RESOURCE, _missing(clinic, requirement, start), nearest=way))
    return found


def _missing(clinic: Clinic, requirement: Requirement, start: datetime) -> dict[str, str | int]:
    begin = start + timedelta(minutes=requirement.offset)
    end = begin + timedelta(minutes=requirement.minutes)
    return {
        "kind": requirement.kind,
        "mode": requirement.mode.value,
        "units": requirement.units,
        "step": requirement.step,
        "have": sum(1 for _ in clinic.of_kind(requirement.kind)),
        "start": f"{begin.astimezone(clinic.zone):%H:%M}",
        "end": f"{end.astimezone(clinic.zone):%H:%M}",
    }


def check_patient(
    request: PlanRequest, occupancy: Occupancy, profile: VisitProfile, start: datetime
) -> list[Violation]:
    """Check that the patient is free and able to come, and that the start is not past."""
    clinic, past = request.clinic, request.not_before
    day = local_day(start, clinic.zone)
    slot, length, found = slot_of(start, day, clinic.zone), profile.minutes // SLOT, list[Violation]()

    def free(day: date) -> int:
        return runs(_ANY & ~lane(occupancy.taken(request.patient_id, PATIENT_SEAT, day.toordinal() // CHUNK), day), length)

    def coming(day: date) -> int:
        return _coming(request.preferences, day, length, clinic.zone)

    if not free(day) >> slot & 1:
        found.append(Violation(Code.PATIENT_BUSY, {}, "patient", nearest.from_day(free, start, clinic)))
    if not request.relaxation.availability and not coming(day) >> slot & 1:
        facts: dict[str, Fact] = {"day": day.isoformat(), "weekday": WEEKDAYS[day.weekday()]}
        found.append(Violation(Code.PATIENT_AWAY, facts, "patient", nearest.from_day(coming, start, clinic)))
    if past and start < past:
        way = nearest.from_day(lambda day: stretch(max(0, slot_from(past, day, clinic.zone)), LANE), past, clinic)
        found.append(Violation(Code.BEFORE_START, {"day": day.isoformat()}, nearest=way))
    return found


def _coming(asked: Preferences, day: date, length: int, zone: ZoneInfo) -> int:
    """Set the starts of a day at which the patient can come for so many slots."""
    if any(away.first_day <= day <= away.last_day for away in asked.away):
        return 0
    return runs(_ANY if asked.hours is None else hours_lane(asked.hours.on(day), day, zone), length)


def check_spacing(request: PlanRequest, wanted: Wanted, start: datetime, around: Around) -> list[Violation]:
    """Compare a proposed time with the sessions before and after it, and count its treatment week."""
    zone, author = request.clinic.zone, author_of(request)
    day = local_day(start, zone).toordinal()
    found: list[Violation] = []
    if around.before is not None:
        found += _gap(request, wanted, around.before, day, start, moved_is_later=True)
    elif day - bounds_of(request).start > request.clinic.first_within_days + request.relaxation.overrun_days:
        within = request.clinic.first_within_days + request.relaxation.overrun_days
        way = nearest.same_wall(start, bounds_of(request).start + within, zone)
        found.append(Violation(Code.FIRST_TOO_LATE, {"within_days": within}, nearest=way))
    if around.after is not None:
        later, following = around.after
        found += _gap(request, following, day, later, start, moved_is_later=False)
    anchor = week_anchor(request)
    week = [other for other in (*around.others, day) if (other - anchor) // 7 == (day - anchor) // 7]
    if len(week) > wanted.cap:
        way = nearest.same_wall(start, anchor + ((day - anchor) // 7 + 1) * 7, zone)
        facts: dict[str, Fact] = {"sessions": len(week), "per_week": wanted.cap, "week_from": _iso(day - (day - anchor) % 7)}
        found.append(Violation(Code.WEEK_CAP, facts, author, way))
    return found


def _gap(
    request: PlanRequest, later: Wanted, first: int, second: int, start: datetime, *, moved_is_later: bool
) -> Iterator[Violation]:
    """Compare two neighbours; the gap is governed by the later session's phase."""
    gap, rule = second - first, later.pace.rule
    fixed = first if moved_is_later else second
    facts: dict[str, Fact] = {"gap_days": gap, "neighbour": _iso(fixed), "phase": later.phase.name}
    if gap < rule.min_days:
        to = first + rule.min_days if moved_is_later else second - rule.min_days
        way = nearest.same_wall(start, to, request.clinic.zone)
        yield Violation(Code.MIN_DAYS, facts | {"min_days": rule.min_days}, author_of(request), way)
    most = rule.max_days + bounds_of(request).overrun_days
    if gap > most:
        to = first + most if moved_is_later else second - most
        way = nearest.same_wall(start, to, request.clinic.zone)
        yield Violation(Code.GAP_OVERRUN, facts | {"max_days": rule.max_days, "at_most": most}, author_of(request), way)


def check_neighbours(
    neighbours: Sequence[Neighbour], day: date, start: datetime, zone: ZoneInfo
) -> Iterator[Violation]:
    """Compare a dosing session with those of the patient's other courses."""
    for near in neighbours:
        gap = abs((day - near.day).days)
        if gap < near.min_days:
            way = nearest.same_wall(start, near.day.toordinal() + near.min_days, zone)
            facts: dict[str, Fact] = {"gap_days": gap, "min_days": near.min_days, "neighbour": near.day.isoformat()}
            yield Violation(Code.OTHER_COURSE, facts, nearest=way)


def check_gates(gates: Sequence[Gate], day: date) -> Iterator[Violation]:
    """Check what must be met before a dosing session may be booked."""
    for gate in gates:
        if not gate.open_on(day):
            yield Violation(Code.GATE, {"gate": gate.name, "until": gate.until.isoformat() if gate.until else None})


def check_request(request: PlanRequest, *, pattern: bool = False) -> list[Violation]:
    """Check what is asked for before anything is planned: kinds that the clinic lacks, and a new course's pattern.

    *pattern*: check the pattern of a course that has begun, too.
    """
    kinds = {resource.kind for resource in request.clinic.resources}
    lacking = {
        requirement.kind: name
        for name in sorted({n for p in request.protocol.phases for n in (*p.visits, *([p.link.visit] if p.link else []))})
        for requirement in request.protocol.visits[name].requirements
        if requirement.kind not in kinds
    }
    found = [Violation(Code.RESOURCE, {"kind": kind, "visit": visit, "have": 0}) for kind, visit in lacking.items()]
    if pattern or not (request.given or request.standing):
        found += _check_pattern(request)
    return found


def _check_pattern(request: PlanRequest) -> Iterator[Violation]:
    asked, clinic = request.preferences, request.clinic
    for phase in request.protocol.phases:
        weekdays = sorted(asked.phase_weekdays.get(phase.name) or asked.weekdays)
        if phase.rhythm is not Rhythm.PATTERN:
            continue
        days = [asked.start + timedelta(days=ahead) for ahead in range(28)]
        for weekday in weekdays or phase.weekdays:
            if not any(clinic.hours.on(day) for day in days if day.weekday() == weekday):
                yield Violation(Code.PATTERN_CLOSED, {"weekday": WEEKDAYS[weekday], "phase": phase.name})
        for first, second in zip(weekdays, [*weekdays[1:], *(day + 7 for day in weekdays[:1])], strict=False):
            if second - first < phase.spacing.min_days:
                facts: dict[str, Fact] = {"gap_days": second - first, "min_days": phase.spacing.min_days}
                facts["weekdays"] = f"{WEEKDAYS[first]} and {WEEKDAYS[second % 7]}"
                yield Violation(Code.PATTERN_TOO_DENSE, facts, author_of(request))


def author_of(request: PlanRequest) -> str:
    """Name whose spacing this is: the protocol and its version."""
    return f"{request.protocol.name} v{request.protocol.version}"


def nearest_start(
    request: PlanRequest, occupancy: Occupancy, wanted: Wanted, start: datetime, around: Around
) -> datetime | None:
    """Find the nearest start, on the same day or later, that breaks no rule; None where sixty days hold none."""
    zone = request.clinic.zone
    day = local_day(start, zone)
    asked = replace(request.preferences, at=start.astimezone(zone).time().replace(second=0, microsecond=0))
    choices = Choices(replace(request, preferences=asked, pinned={}, standing=()), occupancy, None)
    for ordinal in range(day.toordinal(), day.toordinal() + nearest.LOOK_AHEAD_DAYS):
        option = choices.on(wanted, ordinal)
        if option is None:
            continue
        found = instant_of(date.fromordinal(ordinal), option.slot, zone)
        legal = around.before is None or is_legal(wanted.pace, around.before, ordinal, bounds_of(request))
        if legal and not check_spacing(request, wanted, found, around):
            return found
    return None


def _iso(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
