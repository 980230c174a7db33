"""The rules that a proposed time is checked against: each check returns all its violations, with their numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from planner.domain.bitmaps import CHUNK, grid_bits, hours_lane, instant_of, runs, slot_of, stretch, wall_minutes
from planner.domain.choices import Choices
from planner.domain.clinic import WEEKDAYS, Clinic
from planner.domain.course import Gate, Neighbour, Preferences
from planner.domain.errors import Code, Fact, Violation
from planner.domain.occupancy import PATIENT_SEAT, Occupancy, lane
from planner.domain.plan import PlanRequest
from planner.domain.protocol import Rhythm
from planner.domain.reach import set_bits
from planner.domain.spacing import Wanted, bounds_of, is_legal, week_anchor
from planner.domain.span import Span, at_wall, local_day
from planner.domain.visit import SLOT, Requirement, VisitProfile

LOOK_AHEAD_DAYS = 60


@dataclass(frozen=True)
class Around:
    """The sessions around a proposed one: day ordinals of the one before, of the one after with its pace, of the others.

    *others* are the days of all sessions of the same class in the course, for the week's count.
    """

    before: int | None = None
    after: tuple[int, Wanted] | None = None
    others: tuple[int, ...] = ()


def check_slot(
    request: PlanRequest, occupancy: Occupancy, wanted: Wanted, start: datetime, around: Around
) -> list[Violation]:
    """List every rule that a session at *start* would break; the occupancy leaves out the session's own appointment."""
    profile = request.protocol.visits[wanted.visit]
    found = check_hours(occupancy, profile, start)
    found += check_resources(occupancy, profile, start)
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
        return [Violation(Code.OFF_GRID, {"grid_minutes": clinic.grid_minutes}, nearest=_on_grid(start, day, clinic))]
    found = []
    ends = local_day(start + timedelta(minutes=profile.held_minutes) - timedelta(seconds=1), clinic.zone)
    if ends != day:
        found.append(Violation(Code.ENDS_NEXT_DAY, {"minutes": profile.held_minutes}))
    opened = lane(occupancy.open(day.toordinal() // CHUNK), day)
    if not runs(opened, profile.open_minutes // SLOT) >> slot & 1:
        found.append(_closed_or_late(occupancy, profile, start, day))
    return found


def _on_grid(start: datetime, day: date, clinic: Clinic) -> datetime:
    on_grid = set_bits(lane(grid_bits(day.toordinal() // CHUNK, clinic.zone, clinic.grid_minutes), day))
    return min((instant_of(day, slot, clinic.zone) for slot in on_grid), key=lambda at: (abs(at - start), at))


def _closed_or_late(occupancy: Occupancy, profile: VisitProfile, start: datetime, day: date) -> Violation:
    clinic = occupancy.clinic
    visit = Span(start, start + timedelta(minutes=profile.open_minutes))
    closing = {"day": day.isoformat(), "weekday": WEEKDAYS[day.weekday()]}
    if holiday := clinic.holiday_on(day):
        return Violation(Code.CLOSED, closing | {"reason": holiday.name})
    for closure in clinic.closures:
        if closure.span.overlaps(visit):
            return Violation(Code.CLOSED, closing | {"reason": closure.reason})
    openings = clinic.hours.on(day)
    if not openings:
        return Violation(Code.CLOSED, closing | {"reason": f"no hours on {WEEKDAYS[day.weekday()]}"})
    facts = closing | {"opens": f"{openings[0][0]:%H:%M}", "closes": f"{openings[-1][1]:%H:%M}"}
    facts |= {"ends": f"{visit.end.astimezone(clinic.zone):%H:%M}"}
    usable = runs(lane(occupancy.open(day.toordinal() // CHUNK), day), profile.open_minutes // SLOT)
    return Violation(Code.OUTSIDE_HOURS, facts, nearest=_nearest_on_grid(occupancy, usable, start, day))


def _nearest_on_grid(occupancy: Occupancy, usable: int, start: datetime, day: date) -> datetime | None:
    clinic = occupancy.clinic
    slot = slot_of(start, day, clinic.zone)
    slots = [s for s in set_bits(usable) if wall_minutes(day, s, clinic.zone) % clinic.grid_minutes == 0]
    if not slots:
        return None
    return instant_of(day, min(slots, key=lambda s: (abs(s - slot), s)), clinic.zone)


def check_resources(occupancy: Occupancy, profile: VisitProfile, start: datetime) -> list[Violation]:
    """Check that every need of every step is covered: units to hold, somebody present, a starter's quarter hour."""
    clinic = occupancy.clinic
    day = local_day(start, clinic.zone)
    slot, found = slot_of(start, day, clinic.zone), []
    for requirement in profile.requirements:
        if not occupancy.covers(requirement, day, slot):
            covered = lane(occupancy.covered(requirement, day.toordinal() // CHUNK), day)
            nearest = _nearest_on_grid(occupancy, covered, start, day)
            found.append(Violation(Code.RESOURCE, _missing(clinic, requirement, start), nearest=nearest))
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
    """Check that the patient is free, able to come, and that the start is neither past nor before what is asked for."""
    clinic, asked = request.clinic, request.preferences
    day = local_day(start, clinic.zone)
    slot, length = slot_of(start, day, clinic.zone), profile.minutes // SLOT
    found = []
    busy = lane(occupancy.taken(request.patient_id, PATIENT_SEAT, day.toordinal() // CHUNK), day)
    if busy & stretch(slot, slot + length):
        found.append(Violation(Code.PATIENT_BUSY, author="patient"))
    if not request.relaxation.availability and not _can_come(asked, day, slot, length, clinic.zone):
        found.append(Violation(Code.PATIENT_AWAY, {"day": day.isoformat(), "weekday": WEEKDAYS[day.weekday()]}, "patient"))
    if request.not_before and start < request.not_before:
        found.append(Violation(Code.BEFORE_START, {"day": day.isoformat()}))
    return found


def _can_come(asked: Preferences, day: date, slot: int, length: int, zone: ZoneInfo) -> bool:
    if any(away.first_day <= day <= away.last_day for away in asked.away):
        return False
    if asked.hours is None:
        return True
    return bool(runs(hours_lane(asked.hours.on(day), day, zone), length) >> slot & 1)


def check_spacing(request: PlanRequest, wanted: Wanted, start: datetime, around: Around) -> list[Violation]:
    """Compare a proposed time with the sessions before and after it, and count its treatment week."""
    zone, author = request.clinic.zone, author_of(request)
    day = local_day(start, zone).toordinal()
    found: list[Violation] = []
    if around.before is not None:
        found += _gap(request, wanted, around.before, day, start, moved_is_later=True)
    elif day - bounds_of(request).start > request.clinic.first_within_days + request.relaxation.overrun_days:
        found.append(Violation(Code.FIRST_TOO_LATE, {"within_days": request.clinic.first_within_days}))
    if around.after is not None:
        later, following = around.after
        found += _gap(request, following, day, later, start, moved_is_later=False)
    anchor = week_anchor(request)
    week = [other for other in (*around.others, day) if (other - anchor) // 7 == (day - anchor) // 7]
    if len(week) > wanted.cap:
        nearest = _same_wall(start, anchor + ((day - anchor) // 7 + 1) * 7, zone)
        facts: dict[str, Fact] = {"sessions": len(week), "per_week": wanted.cap, "week_from": _iso(day - (day - anchor) % 7)}
        found.append(Violation(Code.WEEK_CAP, facts, author, nearest))
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
        nearest = _same_wall(start, to, request.clinic.zone)
        yield Violation(Code.MIN_DAYS, facts | {"min_days": rule.min_days}, author_of(request), nearest)
    most = rule.max_days + bounds_of(request).overrun_days
    if gap > most:
        to = first + most if moved_is_later else second - most
        nearest = _same_wall(start, to, request.clinic.zone)
        yield Violation(Code.GAP_OVERRUN, facts | {"max_days": rule.max_days, "at_most": most}, author_of(request), nearest)


def check_neighbours(
    neighbours: Sequence[Neighbour], day: date, start: datetime, zone: ZoneInfo
) -> Iterator[Violation]:
    """Compare a dosing session with those of the patient's other courses."""
    for near in neighbours:
        gap = abs((day - near.day).days)
        if gap < near.min_days:
            nearest = _same_wall(start, near.day.toordinal() + near.min_days, zone)
            facts: dict[str, Fact] = {"gap_days": gap, "min_days": near.min_days, "neighbour": near.day.isoformat()}
            yield Violation(Code.OTHER_COURSE, facts, nearest=nearest)


def check_gates(gates: Sequence[Gate], day: date) -> Iterator[Violation]:
    """Check what must be met before a dosing session may be booked."""
    for gate in gates:
        if not gate.open_on(day):
            yield Violation(Code.GATE, {"gate": gate.name, "until": gate.until.isoformat() if gate.until else None})


def check_request(request: PlanRequest) -> list[Violation]:
    """Check what is asked for before anything is planned: kinds that the clinic lacks, and a new course's pattern."""
    kinds = {resource.kind for resource in request.clinic.resources}
    lacking = {
        requirement.kind: name
        for name in sorted({n for p in request.protocol.phases for n in (*p.visits, *([p.link.visit] if p.link else []))})
        for requirement in request.protocol.visits[name].requirements
        if requirement.kind not in kinds
    }
    found = [Violation(Code.RESOURCE, {"kind": kind, "visit": visit, "have": 0}) for kind, visit in lacking.items()]
    if not request.given and not request.standing:
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
    for ordinal in range(day.toordinal(), day.toordinal() + LOOK_AHEAD_DAYS):
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


def _same_wall(start: datetime, ordinal: int, zone: ZoneInfo) -> datetime:
    return at_wall(date.fromordinal(ordinal), start.astimezone(zone).time(), zone)

