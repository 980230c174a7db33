"""Words for facts: what a rule forbids, and why a session is not where it was wished, in plain English for a terminal."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from planner.documents.answers import PlanAnswer, Reasons
from planner.domain.clinic import WEEKDAYS
from planner.domain.errors import Code, Fact, Violation
from planner.domain.explaining import Because, Reason
from planner.domain.plan import CostCode
from planner.domain.relaxing import Rule, Way

_RULES = {
    Code.OFF_GRID: "visits start every {grid_minutes} minutes",
    Code.CLOSED: "closed on {day}",
    Code.OUTSIDE_HOURS: "open {opens} to {closes} on {day}, and the visit would end at {ends}",
    Code.ENDS_NEXT_DAY: "the visit would end on the next day",
    Code.RESOURCE: "no {kind} free {start} to {end}",
    Code.PATIENT_BUSY: "the patient is busy then",
    Code.PATIENT_AWAY: "the patient cannot come on {day}",
    Code.MIN_DAYS: "{gap_days} from {neighbour}; the plan needs {min_days}",
    Code.OTHER_COURSE: "{gap_days} from another course's dose on {neighbour}; it needs {min_days}",
    Code.WEEK_CAP: "session {sessions} of a week that holds {per_week}",
    Code.GAP_OVERRUN: "{gap_days} from {neighbour}; at most {at_most} days are allowed",
    Code.FIRST_TOO_LATE: "the first session lies within {within_days} of the start asked for",
    Code.BEFORE_START: "before the start asked for",
    Code.LINK_WINDOW: "outside the window of its linked visit",
    Code.GATE: "{gate} is not met",
    Code.PATTERN_CLOSED: "the clinic is closed on {weekday}",
    Code.PATTERN_TOO_DENSE: "{weekdays} are {gap_days} apart; the plan needs {min_days}",
    Code.STRANDS: "only {placed} of {wanted} sessions would have a date then",
    Code.UNSUPPORTED: "this cannot be planned exactly",
}
_WISHES = {
    CostCode.OFF_PATTERN: "{came} instead of {wished}",
    CostCode.PASSED_OVER: "pattern days passed over: {days}, from {wished}",
    CostCode.INTERVAL: "{gap_days} instead of {target_days}",
    CostCode.OFF_WEEKDAY: "{came} instead of {wished}",
    CostCode.BEYOND_MAX: "{over_days} beyond the longest gap of {max_days}",
    CostCode.TIME_OF_DAY: "{time} was asked for",
    CostCode.OTHER_CLINICIAN: "another clinician than the one named",
    CostCode.TOLD: "the patient was told otherwise",
}
_TRADES = {
    Because.SPACING: "the gaps around it would not fit",
    Because.NO_ROOM: "no room left that day",
    Because.CHEAPER: "the course as a whole works out better",
}
COSTS = {
    CostCode.OFF_PATTERN: "not on a pattern day",
    CostCode.PASSED_OVER: "a pattern day passed over",
    CostCode.INTERVAL: "not at the usual interval",
    CostCode.OFF_WEEKDAY: "not on a weekday asked for",
    CostCode.BEYOND_MAX: "a gap beyond its maximum",
    CostCode.TIME_OF_DAY: "not at the time asked for",
    CostCode.OTHER_CLINICIAN: "another clinician",
    CostCode.TOLD: "the patient was told otherwise",
}
"""What a cost is for."""
BLOCKING = {
    Rule.MIN_DAYS: "the least days between sessions",
    Rule.WEEK_CAP: "the most sessions in a week",
    Rule.OVERRUN: "the longest gap, and the latest first session",
    Rule.OTHER_COURSE: "the distance to another course's doses",
    Rule.GATES: "something that must be met before booking",
    Rule.AVAILABILITY: "when the patient can come",
    Rule.BOOKED: "what is booked already",
    Rule.HOURS: "opening hours, closures and shifts",
}
"""What stands in the way of a whole course, by the rule that does."""
_WAYS = {
    "availability": "let the patient come outside the times given",
    "min_days": "allow {amount} fewer days between sessions",
    "per_week": "allow {amount} more sessions in a week",
    "hours_minutes": "stay open {amount} minutes longer at both ends",
    "overrun_days": "allow {amount} days more than the longest gap",
}
_DAYS = {"day", "neighbour", "week_from"}


def cost_items(answer: PlanAnswer) -> dict[CostCode, list[tuple[int, float]]]:
    """Gather the cost item by item: of each kind, the sessions that have it and their points."""
    items: dict[CostCode, list[tuple[int, float]]] = {}
    for session in answer["sessions"]:
        linked = session["linked"]["costs"] if session["linked"] else []
        for cost in (*session["costs"], *linked):
            items.setdefault(CostCode(cost["code"]), []).append((session["number"], cost["points"]))
    return items


def way_in_words(way: Way) -> str:
    """Say what would have to be allowed."""
    return _WAYS[way.kind].format(amount=way.amount)


class _Facts(dict[str, str]):
    """Facts to fill a sentence with; one that is missing stays a question mark rather than an error."""

    def __missing__(self, key: str) -> str:
        return "?"


def rule_in_words(violation: Violation) -> str:
    """Say which rule stands in the way, with its numbers."""
    if violation.code is Code.RESOURCE and violation.facts.get("have") == 0:
        return f"the clinic has no {violation.facts.get('kind')}"
    told = _RULES[violation.code].format_map(_worded(violation.facts))
    reason = violation.facts.get("reason")
    return f"{told} ({reason})" if reason else told


def reasons_in_words(reasons: Mapping[int, Sequence[Reason]]) -> Reasons:
    """Say of each session what was wished and what stood in the way, by session number."""
    return {number: [reason_in_words(reason) for reason in some] for number, some in reasons.items()}


def reason_in_words(reason: Reason) -> str:
    """Say what was wished and what stood in the way: "Fri instead of Thu 18 March: closed (Training day)"."""
    facts = _worded(reason.wished) | _worded(reason.cost.facts)
    wish = "{off_days} after the start asked for" if _is_first(reason) else _WISHES[reason.cost.code]
    facts |= {"wished": facts.get("day", "?"), "came": _weekday_come(reason)}
    told = wish.format_map(_Facts(facts))
    if reason.violation:
        rule, same = rule_in_words(reason.violation), f" on {facts['wished']}"
        return f"{told}: {rule.replace(same, '') if facts['wished'] in told else rule}"
    return f"{told}: {_TRADES[reason.because]}" if reason.because else told


def day_in_words(day: date) -> str:
    """Write a day as Thu 18 March."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {day:%B}"


def _is_first(reason: Reason) -> bool:
    return reason.cost.code is CostCode.INTERVAL and reason.cost.facts.get("gap_days") is None


def _weekday_come(reason: Reason) -> str:
    """Name the weekday that the session came to lie on."""
    weekday, off, wished = reason.cost.facts.get("weekday"), reason.cost.facts.get("off_days"), reason.wished.get("day")
    if isinstance(weekday, int):
        return WEEKDAYS[weekday]
    if isinstance(off, int) and isinstance(wished, str):
        return WEEKDAYS[(date.fromisoformat(wished) + timedelta(days=off)).weekday()]
    return "another day"


def _worded(facts: Mapping[str, Fact]) -> _Facts:
    return _Facts({name: _fact(name, value) for name, value in facts.items()})


def _fact(name: str, value: Fact) -> str:
    if name in _DAYS and isinstance(value, str):
        return day_in_words(date.fromisoformat(value))
    if name.endswith("_days"):
        return "1 day" if value == 1 else f"{value} days"
    return str(value)
