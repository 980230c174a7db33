"""What goes with a plan: what it changes, what blocks it and what would help, and what else there is to choose from."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from rich.console import Console
from rich.text import Text

from planner.documents.answers import PlanAnswer, plan_document, points
from planner.documents.wording import BLOCKING, day_in_words, rule_in_words, way_in_words
from planner.domain.clinic import WEEKDAYS
from planner.domain.course import Booked
from planner.domain.errors import Fact, Violation
from planner.domain.explaining import Alternative
from planner.domain.plan import Placed, PlanRequest
from planner.domain.relaxing import Blocked, Way
from planner.domain.replanning import Change, Diff
from planner.domain.span import local_day


class ViolationAnswer(TypedDict):
    """A broken rule, with its numbers and in words."""

    code: str
    author: str
    facts: dict[str, Fact]
    words: str


class WayAnswer(TypedDict):
    """A relaxation that works: what is relaxed by how much, where the plan uses it, and the plan."""

    relax: str
    amount: int
    words: str
    points: float
    uses: list[dict[str, Fact]]
    plan: PlanAnswer


class BlockedAnswer(TypedDict):
    """Why a plan is incomplete and what would help, cheapest first."""

    rules: list[str]
    ways: list[WayAnswer]
    proposals: list[str]
    keep_by: str | None
    last_usable: str | None


class DiffAnswer(TypedDict):
    """What a re-plan does to what stands, each entry in local time."""

    keep: list[str]
    move: list[dict[str, str]]
    cancel: list[str]
    add: list[str]


class AlternativeAnswer(TypedDict):
    """Another whole plan, and what it is the best plan for."""

    at: str | None
    weekdays: list[str]
    points: float
    plan: PlanAnswer


def violation_documents(violations: Sequence[Violation]) -> list[ViolationAnswer]:
    """Lay broken rules out."""
    return [
        {"code": one.code.value, "author": one.author, "facts": dict(one.facts), "words": rule_in_words(one)}
        for one in violations
    ]


def blocked_document(blocked: Blocked, request: PlanRequest) -> BlockedAnswer:
    """Lay out why a plan is incomplete."""
    return {
        "rules": [rule.value for rule in blocked.rules],
        "ways": [_way(way, request) for way in blocked.ways],
        "proposals": [_when(proposal.placed, request) for proposal in blocked.proposals],
        "keep_by": blocked.keep_by.isoformat() if blocked.keep_by else None,
        "last_usable": blocked.last_usable.isoformat() if blocked.last_usable else None,
    }


def _way(way: Way, request: PlanRequest) -> WayAnswer:
    return {
        "relax": way.kind,
        "amount": way.amount,
        "words": way_in_words(way),
        "points": points(way.plan.units),
        "uses": [dict(use) for use in way.uses],
        "plan": plan_document(way.plan, request),
    }


def diff_document(diff: Diff, request: PlanRequest) -> DiffAnswer:
    """Lay out what a re-plan keeps, moves, cancels and adds."""
    return {
        "keep": [_when(change.placed, request) for change in diff.keep],
        "move": [_moved(change, request) for change in diff.move],
        "cancel": [_booked_when(booked, request) for booked in diff.cancel],
        "add": [_when(placed, request) for placed in diff.add],
    }


def _moved(change: Change, request: PlanRequest) -> dict[str, str]:
    return {"from": _booked_when(change.booked, request), "to": _when(change.placed, request)}


def _when(placed: Placed, request: PlanRequest) -> str:
    return placed.start.astimezone(request.clinic.zone).isoformat()


def _booked_when(booked: Booked, request: PlanRequest) -> str:
    return booked.start.astimezone(request.clinic.zone).isoformat()


def alternative_documents(alternatives: Sequence[Alternative]) -> list[AlternativeAnswer]:
    """Lay the alternatives out."""
    return [
        {
            "at": f"{one.at:%H:%M}" if one.at else None,
            "weekdays": [WEEKDAYS[weekday] for weekday in one.weekdays],
            "points": points(one.plan.units),
            "plan": plan_document(one.plan, one.request),
        }
        for one in alternatives
    ]


def print_violations(console: Console, violations: Sequence[Violation]) -> None:
    """Print what is wrong with the request itself."""
    for one in violations:
        console.print(Text(f"Cannot be as asked: {rule_in_words(one)}", style="bold red"))


def print_blocked(console: Console, blocked: Blocked, request: PlanRequest) -> None:
    """Print why a plan is incomplete and what would help."""
    console.print(Text("What stands in the way, all of it together:", style="bold"))
    for rule in blocked.rules:
        console.print(Text(f"  - {BLOCKING[rule]}"))
    console.print(Text("What would work, cheapest first:" if blocked.ways else "No single relaxation works.", style="bold"))
    for way in blocked.ways:
        words = way_in_words(way)
        console.print(Text(f"  - {words}: {points(way.plan.units):g} points, used by {_used(way)}"))
    if blocked.proposals:
        console.print(Text("The next session could then be, cheapest first:", style="bold"))
    for proposal in blocked.proposals:
        start = proposal.placed.start.astimezone(request.clinic.zone)
        console.print(Text(f"  - {day_in_words(start.date())} {start:%H:%M %Z}"))
    if blocked.keep_by:
        last = f"; the last usable day is {day_in_words(blocked.last_usable)}" if blocked.last_usable else ""
        console.print(Text(f"To keep the longest gap it must come by {day_in_words(blocked.keep_by)}{last}."))


def _used(way: Way) -> str:
    numbers = [str(use.get("number")) for use in way.uses]
    return f"session{'s' * (len(numbers) > 1)} {', '.join(numbers)}" if numbers else "the course as a whole"


def print_diff(console: Console, diff: Diff, request: PlanRequest) -> None:
    """Print what a re-plan changes."""
    zone = request.clinic.zone
    console.print(Text("What changes:" if not diff.changes_nothing else "Nothing changes.", style="bold"))
    for change in diff.move:
        old, new = change.booked.start.astimezone(zone), change.placed.start.astimezone(zone)
        console.print(Text(f"  move    {_short(old)} to {_short(new)}"))
    for booked in diff.cancel:
        console.print(Text(f"  cancel  {_short(booked.start.astimezone(zone))}"))
    for placed in diff.add:
        console.print(Text(f"  add     {_short(placed.start.astimezone(zone))}"))
    console.print(Text(f"  keep    {len(diff.keep)} of {len(diff.keep) + len(diff.move) + len(diff.cancel)}"))


def _short(local: datetime) -> str:
    return f"{day_in_words(local.date())} {local:%H:%M %Z}"


def print_alternatives(console: Console, alternatives: Sequence[Alternative]) -> None:
    """Print what else there is to choose from."""
    if alternatives:
        console.print(Text("Other plans:", style="bold"))
    for one in alternatives:
        weekdays = " and ".join(WEEKDAYS[day] for day in one.weekdays) or "any weekday"
        wish = f"at {one.at:%H:%M}" if one.at else f"on {weekdays}"
        zone = one.request.clinic.zone
        first, last = (local_day(placed.start, zone) for placed in (one.plan.placed[0], one.plan.placed[-1]))
        console.print(Text(f"  - {wish}: {points(one.plan.units):g} points, {first} to {last}"))
