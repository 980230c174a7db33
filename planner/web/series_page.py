"""The page of a shown plan: rows, drawing, cards to choose from, ways out, the patient's letter, and what has changed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from uuid import UUID

from planner.documents.strip import Drawn, Strip, strip_of
from planner.documents.wording import BLOCKING, day_in_words, rule_in_words, way_in_words
from planner.domain.clinic import WEEKDAYS, Clinic
from planner.domain.course import CourseStatus
from planner.domain.errors import PlannerError, RuleViolated
from planner.domain.plan import Plan, PlanRequest
from planner.domain.protocol import Protocol
from planner.domain.relaxing import Blocked, Way
from planner.domain.visit import Mode
from planner.services.booking import PlanChanged
from planner.services.courses import Preview, Wish
from planner.services.drafts import Draft
from planner.web.refusals import joined
from planner.web.series_forms import address_of
from planner.web.series_letter import letter_of
from planner.web.series_rows import Rows, local_days, points_of, rows_of, sentence
from planner.web.series_shown import ShownPlan


@dataclass(frozen=True)
class Card:
    """A whole plan to choose: what is asked for in it, its cost, and what to know; *choice* says which it is."""

    choice: str
    title: str
    points: str
    why: str


@dataclass(frozen=True)
class WayOut:
    """A relaxation that makes the plan whole: in words, its points, whose it is to give, and the address of its plan."""

    words: str
    points: str
    whose: str
    uses: str
    relax: Sequence[str]


@dataclass(frozen=True)
class Difference:
    """A session as it was shown and as it would be now: keep, move, cancel or add, and what was in the way."""

    number: int
    was: datetime | None
    now: datetime | None
    kind: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanPage:
    """All that the page shows; without *preview* the course is booked or given up already."""

    draft: Draft
    preview: Preview | None = None
    rows: Rows | None = None
    strip: Strip | None = None
    cards: tuple[Card, ...] = ()
    rules: tuple[str, ...] = ()
    ways: tuple[WayOut, ...] = ()
    notes: tuple[str, ...] = ()
    wish: Wish = field(default_factory=Wish)
    address: Mapping[str, Sequence[str]] = field(default_factory=dict)
    signed: str = ""
    letter: str = field(default="", repr=False)
    differences: tuple[Difference, ...] = ()
    still: Mapping[str, Sequence[str]] = field(default_factory=dict)
    refused: tuple[tuple[str, str, datetime | None], ...] = ()
    nearest: datetime | None = None


def plan_page(draft: Draft, preview: Preview, wish: Wish, secret: str) -> PlanPage:
    """Lay the page of a draft out."""
    rows = rows_of(preview)
    status = {row.session["number"]: row.status for group in rows.groups for row in group.rows}
    placed = zip(local_days(preview), preview.plan.placed, strict=True)
    blocked = preview.blocked
    return PlanPage(
        draft=draft,
        preview=preview,
        rows=rows,
        strip=strip_of(preview.request.clinic, [Drawn(day, one.number, status[one.number]) for day, one in placed]),
        cards=tuple(_cards(preview)),
        rules=tuple(BLOCKING[rule] for rule in blocked.rules) if blocked else (),
        ways=tuple(_way(way) for way in blocked.ways) if blocked else (),
        notes=tuple(rule_in_words(one) for one in preview.violations),
        wish=wish,
        address=address_of(wish),
        signed=ShownPlan.of(preview, wish).signed(secret),
        letter=letter_of(draft, preview),
    )


def is_draft(draft: Draft) -> bool:
    """Whether the course can still be planned anew."""
    return draft.course.status is CourseStatus.DRAFT


def _cards(preview: Preview) -> Iterator[Card]:
    """Give the plan that is shown, then the alternatives."""
    yield _card("", preview.request, preview.plan)
    for one in preview.alternatives:
        yield _card(choice_of(one.at, one.weekdays), one.request, one.plan)


def choice_of(at: time | None, weekdays: Sequence[int]) -> str:
    """Name an alternative by what it changes: a time, weekdays, or the weekdays left free."""
    return f"{at:%H:%M}" if at else " ".join(WEEKDAYS[day] for day in weekdays) or "free"


def _card(choice: str, request: PlanRequest, plan: Plan) -> Card:
    asked, phase = request.preferences, request.protocol.phases[0]
    weekdays = asked.phase_weekdays.get(phase.name) or asked.weekdays or phase.weekdays
    starts = [placed.start.astimezone(request.clinic.zone) for placed in plan.placed]
    times = Counter(f"{start:%H:%M}" for start in starts)
    common, often = times.most_common(1)[0] if times else ("", 0)
    if asked.at:
        common, often = f"{asked.at:%H:%M}", times[f"{asked.at:%H:%M}"]
    days = " and ".join(WEEKDAYS[day] for day in sorted(weekdays)) or "Any weekday"
    said = ["Same time at each visit." if often == len(starts) else f"{often} of {len(starts)} visits at {common}."]
    if choice == "free":
        said.append("Later phases on any weekday.")
    if odd := sum(placed.units > 0 for placed in plan.placed):
        said.append(f"{odd} {'sessions' if odd > 1 else 'session'} not as asked.")
    if not plan.complete:
        said.append(f"Session {len(request.given) + len(plan.placed) + 1} has no date.")
    elif starts:
        said.append(f"Ends {day_in_words(starts[-1].date())}.")
    return Card(choice, f"{days}, {common}" if common else days, points_of(plan.units), " ".join(said))


_WHOSE = {
    "availability": "ask the patient", "min_days": "a clinician decides", "per_week": "a clinician decides",
    "overrun_days": "a clinician decides", "hours_minutes": "change the hours first, in the settings",
}  # fmt: skip


def _way(way: Way) -> WayOut:
    numbers = ", ".join(str(use.get("number")) for use in way.uses)
    relax = address_of(Wish(relaxation=way.relaxation)).get("relax", [])
    return WayOut(sentence(way_in_words(way)), points_of(way.plan.units), _WHOSE[way.kind], numbers, relax)


def differences(shown: ShownPlan, fresh: Plan, refusal: PlannerError | None) -> tuple[Difference, ...]:
    """Compare what was shown with the plan of now, session by session."""
    was = {one.number: one.start for one in shown.sessions}
    now = {one.number: one.start for one in fresh.placed}
    broken = refusal.broken if isinstance(refusal, PlanChanged) else {}
    found = []
    for number in sorted(was | now):
        kind = "add" if number not in was else "cancel" if number not in now else "move"
        kind = "keep" if was.get(number) == now.get(number) else kind
        why = dict.fromkeys(rule_in_words(one) for one in broken.get(number, ()))
        found.append(Difference(number, was.get(number), now.get(number), kind, tuple(why)))
    return tuple(found)


def still_standing(shown: ShownPlan, refusal: PlannerError | None) -> Mapping[str, Sequence[str]]:
    """Give the address of the plan that keeps every row as shown but those that no longer fit."""
    if not isinstance(refusal, PlanChanged):
        return {}
    kept = {one.number: one.start for one in shown.sessions if one.number not in refusal.broken}
    return address_of(replace(shown.wish, pinned=kept))


def refused_rules(refusal: PlannerError | None) -> tuple[tuple[str, str, datetime | None], ...]:
    """Word each broken rule of a refused start: the rule with its number, whose it is, the nearest start that keeps it."""
    if not isinstance(refusal, RuleViolated):
        return ()
    whose = {"clinic": "the clinic", "patient": "the patient"}
    broken = joined(refusal.violations)
    return tuple((sentence(rule_in_words(one)), whose.get(one.author, one.author), one.nearest) for one in broken)


def people_of(clinic: Clinic, protocol: Protocol) -> list[tuple[UUID, str]]:
    """List whom a course may keep to: people of the protocol's clinician kind, else those who must be on site."""
    kinds = {protocol.clinician} if protocol.clinician else {
        need.kind for visit in protocol.visits.values() for need in visit.requirements if need.mode is Mode.PRESENCE
    }  # fmt: skip
    return [(one.id, one.name) for one in clinic.resources if one.kind in kinds]


def first_proposals(blocked: Blocked | None) -> list[datetime]:
    """Give the starts that the first session without a date could have under the cheapest relaxation."""
    return [one.placed.start for one in blocked.proposals] if blocked else []
