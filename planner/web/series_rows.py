"""The rows of a shown plan: one a session, under its phase, with what happens between them, and the cost item by item."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from planner.documents.answers import PlanAnswer, SessionAnswer, VisitAnswer, plan_document, points
from planner.documents.wording import COSTS, cost_items, reason_in_words, reasons_in_words, rule_in_words
from planner.domain.plan import CostCode, PlanRequest
from planner.domain.protocol import Phase
from planner.domain.spacing import wanted_sessions
from planner.domain.span import local_day
from planner.services.courses import Preview

WORDS = {"ok": "OK", "note": "Adjusted", "warn": "Check", "stop": "Blocked"}


@dataclass(frozen=True)
class Row:
    """A session with its date: *status* is ok, note (not as asked) or warn (a person should look)."""

    session: SessionAnswer
    day: date
    status: str
    why: tuple[str, ...]
    by_hand: bool
    staff: str
    linked: "Follow | None" = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Follow:
    """The visit that follows a session."""

    visit: VisitAnswer
    day: date
    staff: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """A phase with its rule in words and its rows; *missing*: the numbers of its sessions without a date."""

    phase: Phase
    rule: str
    rows: tuple[Row, ...]
    missing: tuple[int, ...] = ()


@dataclass(frozen=True)
class CostLine:
    """One kind of cost: what it is for, which sessions have it, and its points."""

    words: str
    numbers: tuple[int, ...]
    points: float


@dataclass(frozen=True)
class Rows:
    """A plan laid out: by phase, with how many rows there are of each status and what all of it costs."""

    answer: PlanAnswer
    groups: tuple[Group, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    costs: tuple[CostLine, ...] = ()


def rows_of(preview: Preview) -> Rows:
    """Lay a preview out."""
    request = preview.request
    answer = plan_document(preview.plan, request, reasons_in_words(preview.reasons))
    rows = list(_rows(preview, answer))
    missing = wanted_sessions(request, preview.plan.wanted)[len(preview.plan.placed) : preview.plan.wanted]
    groups = []
    for phase in request.protocol.phases:
        own = tuple(row for row in rows if row.session["phase"] == phase.name)
        lacking = tuple(one.number for one in missing if one.phase.name == phase.name)
        if own or lacking:
            groups.append(Group(phase, rule_of(phase), own, lacking))
    counts = {status: sum(row.status == status for row in rows) for status in ("ok", "note", "warn")}
    return Rows(answer, tuple(groups), {**counts, "stop": len(missing)}, tuple(_costs(answer)))


def rule_of(phase: Phase) -> str:
    """Say how far apart the sessions of a phase are."""
    rule = phase.spacing
    days = f"{rule.min_days} to {rule.max_days}" if rule.min_days < rule.max_days else f"{rule.min_days}"
    return f"{days} days apart, at most {phase.per_week} a week" if phase.per_week else f"{days} days apart"


def _rows(preview: Preview, answer: PlanAnswer) -> Iterator[Row]:
    zone, previous = preview.request.clinic.zone, _last_given(preview.request)
    reviews = {one["after_session"]: one for one in answer["reviews"]}
    for session in answer["sessions"]:
        day = date.fromisoformat(session["date"])
        status, why = _judged(preview, session)
        review = reviews.get(session["number"])
        after = [f"Decision after session {session['number']}: {review['title']}."] if review else []
        yield Row(
            session=session,
            day=day,
            status=status,
            why=tuple(why),
            by_hand=session["number"] in preview.request.pinned,
            staff=_staff(session),
            linked=_follow(session["linked"]),
            before=tuple(clock_changes(previous, day, session["time"], zone)) if previous else (),
            after=tuple(after),
        )
        previous = day


def _last_given(request: PlanRequest) -> date | None:
    return request.given[-1].day if request.given else None


def _judged(preview: Preview, session: SessionAnswer) -> tuple[str, list[str]]:
    """Say whether a session is as asked, and why not."""
    beyond = [f"{rule_in_words(one)} ({one.author})" for one in preview.beyond.get(session["number"], ())]
    told = session["reasons"]
    if session["number"] in preview.request.pinned:  # somebody chose it: what stood in the way of the wish is no reason
        own = preview.reasons.get(session["number"], ())
        told = [reason_in_words(replace(one, violation=None, because=None)) for one in own]
    why = [*beyond, *told]
    over = any(cost["code"] == CostCode.BEYOND_MAX for cost in session["costs"])
    return "warn" if beyond or over else "note" if session["points"] else "ok", [sentence(one) for one in why]


def sentence(text: str) -> str:
    """Begin with a capital letter."""
    return text[:1].upper() + text[1:]


def _follow(visit: VisitAnswer | None) -> Follow | None:
    if visit is None:
        return None
    why = tuple(sentence(COSTS[CostCode(cost["code"])]) for cost in visit["costs"])
    return Follow(visit, date.fromisoformat(visit["date"]), _staff(visit), why)


def _staff(visit: VisitAnswer) -> str:
    """Name the clinician, or else whoever serves the visit."""
    named = [visit["clinician"]] if visit["clinician"] else [one["name"] for one in visit["staff"] if one["kind"] != "pump"]
    return ", ".join(dict.fromkeys(name for name in named if name))


def clock_changes(before: date, day: date, at: str, zone: ZoneInfo) -> Iterator[str]:
    """Say where the clocks change between two days; the promise is the time on the wall."""
    if _offset(before, zone) == _offset(day, zone):
        return
    for ahead in range(1, (day - before).days + 1):
        today = before + timedelta(days=ahead)
        gone = _offset(today, zone) - _offset(today - timedelta(days=1), zone)
        if gone:
            way = "forward" if gone > timedelta() else "back"
            yield f"Clocks go {way} on {today:%A} {today.day} {today:%B}. The time on the wall stays {at}."


def _offset(day: date, zone: ZoneInfo) -> timedelta:
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone).utcoffset() or timedelta()


def _costs(answer: PlanAnswer) -> Iterator[CostLine]:
    for code, items in cost_items(answer).items():
        yield CostLine(COSTS[code], tuple(number for number, _ in items), round(sum(points for _, points in items), 2))
    for change in answer["changes"]:
        yield CostLine(COSTS[CostCode(change["code"])], (), change["points"])


def local_days(preview: Preview) -> Sequence[date]:
    """Give the local days of a plan's sessions, in order."""
    return [local_day(placed.start, preview.request.clinic.zone) for placed in preview.plan.placed]


def points_of(units: int) -> str:
    """Write a cost in points: 4.2."""
    return f"{round(points(units), 2):g}"
