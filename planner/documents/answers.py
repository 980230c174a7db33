"""A plan as an answer: plain tables ready for JSON, each time with its zone, each cost by itself."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import TypedDict
from zoneinfo import ZoneInfo

from planner.domain.clinic import POINT, WEEKDAYS, Clinic
from planner.domain.errors import Fact
from planner.domain.plan import Assignment, CostCode, CostItem, Placed, Plan, PlanRequest
from planner.domain.protocol import Phase
from planner.domain.span import local_day
from planner.domain.visit import Mode

Reasons = Mapping[int, Sequence[str]]
"""Why sessions are not as they were asked for, in words, by session number."""
NO_REASONS: Reasons = MappingProxyType({})
_ORDINALS = {"pattern_day", "first_day"}


class CostAnswer(TypedDict):
    """One cost, in points, with the numbers that explain it."""

    code: str
    points: float
    facts: dict[str, Fact]


class StaffAnswer(TypedDict):
    """Who (or which device) serves a step, and from when to when (UTC)."""

    step: str
    kind: str
    name: str
    mode: str
    units: int
    start_utc: str
    end_utc: str


class VisitAnswer(TypedDict):
    """A dated visit: local date, weekday and time with their zone, the instants in UTC, who and where."""

    visit: str
    title: str
    date: str
    weekday: str
    time: str
    zone: str
    start: str
    end: str
    start_utc: str
    end_utc: str
    arrive: str
    place: str | None
    staff: list[StaffAnswer]
    clinician: str | None
    costs: list[CostAnswer]
    points: float


class SessionAnswer(VisitAnswer):
    """A session of the course; *points* are those of the session with its linked visit."""

    number: int
    phase: str
    gap_days: int | None
    linked: VisitAnswer | None
    reasons: list[str]


class ReviewAnswer(TypedDict):
    """A decision that a clinician owes after a session."""

    after_session: int
    phase: str
    title: str
    due: str


class PlanAnswer(TypedDict):
    """A whole plan."""

    clinic: str
    zone: str
    protocol: str
    version: int
    complete: bool
    wanted: int
    placed: int
    points: float
    clinician: str | None
    sessions: list[SessionAnswer]
    reviews: list[ReviewAnswer]
    changes: list[CostAnswer]


def plan_document(plan: Plan, request: PlanRequest, reasons: Reasons = NO_REASONS) -> PlanAnswer:
    """Lay a plan out as plain tables; *reasons* are worded by the caller."""
    clinic = request.clinic
    return {
        "clinic": clinic.name,
        "zone": clinic.zone.key,
        "protocol": request.protocol.name,
        "version": request.protocol.version,
        "complete": plan.complete,
        "wanted": plan.wanted,
        "placed": len(plan.placed),
        "points": points(plan.units),
        "clinician": _name(clinic, plan.clinician_id),
        "sessions": [_session(placed, request, reasons.get(placed.number, ())) for placed in plan.placed],
        "reviews": _reviews(plan, request),
        "changes": [_cost(item) for item in plan.changes],
    }


def points(units: int) -> float:
    """Give units as points, to a thousandth."""
    return round(units / POINT, 3)


def zone_of(local: datetime) -> str:
    """Name the zone of a local time: EST, or UTC+10:30 where the zone has no letters."""
    name = local.tzname() or "UTC"
    return name if name.isalpha() else f"UTC{local:%z}"[:6] + ":" + f"{local:%z}"[3:5]


def _session(placed: Placed, request: PlanRequest, reasons: Sequence[str]) -> SessionAnswer:
    return {
        **_visit(placed, request),
        "points": points(placed.units),
        "number": placed.number,
        "phase": placed.phase,
        "gap_days": placed.gap_days,
        "linked": _visit(placed.linked, request) if placed.linked else None,
        "reasons": list(reasons),
    }


def _visit(placed: Placed, request: PlanRequest) -> VisitAnswer:
    clinic, profile = request.clinic, request.protocol.visits[placed.visit]
    start, end = placed.start.astimezone(clinic.zone), placed.end.astimezone(clinic.zone)
    lead = timedelta(minutes=profile.lead_minutes)
    return {
        "visit": placed.visit,
        "title": profile.title,
        "date": start.date().isoformat(),
        "weekday": WEEKDAYS[start.weekday()],
        "time": f"{start:%H:%M}",
        "zone": zone_of(start),
        "start": start.isoformat(),
        "end": end.isoformat(),
        "start_utc": _utc(placed.start),
        "end_utc": _utc(placed.end),
        "arrive": (placed.start - lead).astimezone(clinic.zone).isoformat(),
        "place": _place(placed, request),
        "staff": [_staff(one, clinic) for one in placed.assignments if one.step != "place"],
        "clinician": _name(clinic, placed.clinician_id),
        "costs": [_cost(item) for item in placed.costs],
        "points": points(sum(item.units for item in placed.costs)),
    }


def _place(placed: Placed, request: PlanRequest) -> str | None:
    return next((_name(request.clinic, one.resource_id) for one in placed.assignments if one.step == "place"), None)


def _staff(assignment: Assignment, clinic: Clinic) -> StaffAnswer:
    return {
        "step": assignment.step,
        "kind": assignment.kind,
        "name": _name(clinic, assignment.resource_id) or "",
        "mode": assignment.mode.value,
        "units": 0 if assignment.mode is Mode.START else assignment.units,
        "start_utc": _utc(assignment.start),
        "end_utc": _utc(assignment.end),
    }


def _name(clinic: Clinic, resource_id: object) -> str | None:
    if resource_id is None:
        return None
    return next((resource.name for resource in clinic.resources if resource.id == resource_id), str(resource_id))


def _cost(item: CostItem) -> CostAnswer:
    return {"code": item.code.value, "points": points(item.units), "facts": _facts(item)}


def _facts(item: CostItem) -> dict[str, Fact]:
    facts = dict(item.facts)
    for name in _ORDINALS & facts.keys():
        facts[name] = date.fromordinal(int(facts[name] or 1)).isoformat()
    if item.code is CostCode.OFF_WEEKDAY and isinstance(facts.get("weekday"), int):
        facts["weekday"] = WEEKDAYS[int(facts["weekday"] or 0)]
    return facts


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _reviews(plan: Plan, request: PlanRequest) -> list[ReviewAnswer]:
    found = []
    for phase in request.protocol.phases:
        last = _last_of(phase, plan, request)
        if last and phase.review:
            found.append(_review(phase, last, request.clinic.zone))
    return found


def _last_of(phase: Phase, plan: Plan, request: PlanRequest) -> Placed | None:
    """Find the session that ends a phase, where the plan reaches it."""
    placed = [one for one in plan.placed if one.phase == phase.name]
    given = sum(one.phase == phase.name for one in request.given)
    return placed[-1] if placed and given + len(placed) == phase.sessions else None


def _review(phase: Phase, last: Placed, zone: ZoneInfo) -> ReviewAnswer:
    title, within = (phase.review.title, phase.review.within_days) if phase.review else ("", 0)
    due = local_day(last.start, zone) + timedelta(days=within)
    return {"after_session": last.number, "phase": phase.name, "title": title, "due": due.isoformat()}
