"""A plan as a table for the terminal: one row a session, one heading a phase, nothing wider than the window."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from planner.documents.answers import NO_REASONS, CostAnswer, PlanAnswer, Reasons, SessionAnswer, VisitAnswer, plan_document
from planner.documents.wording import COSTS, cost_items
from planner.domain.plan import CostCode, Plan, PlanRequest
from planner.domain.protocol import Phase

_HEADS = ("No.", "Date", "Day", "Time", "Place", "Staff", "Days since", "Points", "Why")
_DATE, _GAP, _GUTTER, _LEAST = 10, 5, 2, 6
_PLACE, _STAFF, _WHY = 4, 5, 8
_RIGHT = {0, 6, 7}
Row = tuple[str, ...]


WIDE, NARROW = 110, 100


def console() -> Console:
    """Make the console of a command: a pipe or a file is wide enough for whole names."""
    return Console(width=None if Console().is_terminal else WIDE)


def print_plan(console: Console, plan: Plan, request: PlanRequest, reasons: Reasons = NO_REASONS) -> None:
    """Print a plan within the console's width. Names are printed as they are, never read as markup."""
    answer = plan_document(plan, request, reasons)
    if console.width < NARROW:
        answer = _with_short_names(answer)
    console.print(Text(request.protocol.title, style="bold"))
    console.print(Text(f"{answer['clinic']}, times in {answer['zone']}"))
    rows = {phase.name: _rows_of(phase, answer) for phase in request.protocol.phases}
    widths = _widths([row for some in rows.values() for row in some], console.width)
    if answer["sessions"]:
        console.print()
        console.print(_table([], widths, header=True))
    for phase in request.protocol.phases:
        if rows[phase.name]:
            console.print(_heading(phase))
            console.print(_table(rows[phase.name], widths))
            _print_reviews(console, phase, answer)
    console.print()
    _print_total(console, answer)


def _with_short_names(answer: PlanAnswer) -> PlanAnswer:
    """Call people by their last name only, for a narrow window."""
    for session in answer["sessions"]:
        for visit in (session, session["linked"]):
            if visit:
                visit["clinician"] = visit["clinician"] and visit["clinician"].split()[-1]
                for one in visit["staff"]:
                    one["name"] = one["name"] if one["kind"] == "pump" else one["name"].split()[-1]
    return answer


def _rows_of(phase: Phase, answer: PlanAnswer) -> list[Row]:
    return [row for session in answer["sessions"] if session["phase"] == phase.name for row in _rows(session)]


def _rows(session: SessionAnswer) -> Iterator[Row]:
    linked, gap = session["linked"], session["gap_days"]
    own = session["points"] - (linked["points"] if linked else 0)
    why = session["reasons"] or [_worded(cost) for cost in session["costs"]]
    yield (str(session["number"]), *_when(session), "" if gap is None else str(gap), _points(own), "; ".join(why))
    if linked:
        told = [linked["title"], *(_worded(cost) for cost in linked["costs"])]
        yield ("", *_when(linked), "", _points(linked["points"]), "; ".join(told))


def _when(visit: VisitAnswer) -> Row:
    named = [visit["clinician"], *(one["name"] for one in visit["staff"])]
    staff = ", ".join(dict.fromkeys(name for name in named if name))
    return (visit["date"], visit["weekday"], f"{visit['time']} {visit['zone']}", visit["place"] or "", staff)


def _widths(rows: Iterable[Row], width: int) -> list[int]:
    """Share the window out: numbers and times as wide as they are, the rest to place, staff and reasons."""
    columns = list(zip(*rows, strict=True)) or [()] * len(_HEADS)
    widths = [max([len(cell) for cell in column] + [3]) for column in columns]
    widths[1], widths[6], widths[7] = _DATE, _GAP, max(widths[7], len(_HEADS[7]))
    shared = (_PLACE, _STAFF, _WHY)
    fixed = sum(width for index, width in enumerate(widths) if index not in shared)
    room = max(width - fixed - _GUTTER * (len(_HEADS) - 1), 4 * _LEAST)
    words = max(_LEAST, min(widths[_WHY], room // 2))
    widths[_PLACE] = min(max(widths[_PLACE], len(_HEADS[_PLACE])), room // 4)
    longest = max((len(word) for cell in columns[_STAFF] for word in cell.split()), default=_LEAST)
    staff = max(room - widths[_PLACE] - words, min(longest, room // 3))
    widths[_STAFF] = min(max(widths[_STAFF], len(_HEADS[_STAFF])), staff)
    widths[_WHY] = room - widths[_PLACE] - widths[_STAFF]
    return widths


def _table(rows: Iterable[Row], widths: list[int], *, header: bool = False) -> Table:
    table = Table(box=None, show_header=header, padding=(0, _GUTTER, 0, 0), pad_edge=False)
    for index, (head, width) in enumerate(zip(_HEADS, widths, strict=True)):
        table.add_column(head, width=width, justify="right" if index in _RIGHT else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _heading(phase: Phase) -> Text:
    rule = phase.spacing
    apart = f" ({rule.min_days} to {rule.max_days} days apart)"
    return Text(phase.title or phase.name, style="bold").append(apart, style="dim")


def _print_reviews(console: Console, phase: Phase, answer: PlanAnswer) -> None:
    for review in answer["reviews"]:
        if review["phase"] == phase.name:
            after = f"Decision after session {review['after_session']}: {review['title']}, by {review['due']}"
            console.print(Text(after, style="italic"))


def _print_total(console: Console, answer: PlanAnswer) -> None:
    style = "bold" if answer["complete"] else "bold red"
    placed = f"{answer['placed']} of {answer['wanted']} sessions placed, {_points(answer['points'])} points"
    console.print(Text(placed, style=style))
    for code, items in cost_items(answer).items():
        sessions = f"session{'s' * (len(items) > 1)} {', '.join(str(number) for number, _ in items)}"
        console.print(Text(f"{_points(sum(points for _, points in items)):>7}  {COSTS[code]}: {sessions}"))
    for change in answer["changes"]:
        console.print(Text(f"{_points(change['points']):>7}  {_worded(change)}: {change['facts']['start']}"))


def _worded(cost: CostAnswer) -> str:
    return COSTS[CostCode(cost["code"])]


def _points(points: float) -> str:
    return f"{round(points, 2):g}"
