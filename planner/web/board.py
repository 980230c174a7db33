"""The day by chair, the week, the list and the day sheet. Filters stay in the address, as ids and words of the interface."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from planner.domain.progress import State
from planner.domain.span import check_day
from planner.services import boards
from planner.services.board_cards import Filters
from planner.web import board_marks
from planner.web.asking import Blank, Day, Form, Line, context, read_query
from planner.web.board_words import FILTERS, GLOBALS
from planner.web.render import today

bp = Blueprint("board", __name__)
_MOST_UNITS = 12
_YEAR = 365 * 24 * 3600


class FilterQuery(Form):
    """What of the visits is wanted; *names*: show names (on) or initials (off) from now on."""

    modality: Annotated[Line | None, Blank] = None
    protocol: Annotated[Line | None, Blank] = None
    clinician: Annotated[UUID | None, Blank] = None
    state: Annotated[State | None, Blank] = None
    names: Literal["on", "off"] | None = None

    def filters(self) -> Filters:
        """Give them to the use-case."""
        return Filters(self.modality, self.protocol, self.clinician, self.state)


class DayQuery(FilterQuery):
    """A day, today unless it says another."""

    day: Annotated[Day | None, Blank] = None


class WeekQuery(Form):
    """Any day of the week that is wanted."""

    day: Annotated[Day | None, Blank] = None


class ListQuery(FilterQuery):
    """The first and the last day of a list: a week from today unless it says otherwise."""

    first: Annotated[Day | None, Blank] = None
    last: Annotated[Day | None, Blank] = None


@bp.record_once
def _words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.filters.update(FILTERS)
    state.app.jinja_env.globals.update(GLOBALS)
    state.app.jinja_env.globals.update(board_marks.GLOBALS)


@bp.get("/")
def day() -> str | Response:
    """Show a day by chair, and what is due next."""
    query = read_query(DayQuery)
    if query.names:
        return _names_set(query.names)
    board = boards.day(context(), day=query.day or today(), filters=query.filters())
    return render_template("board/day.html", board=board, query=query, kept=_kept(), units=_units(board))


@bp.get("/day-sheet")
def day_sheet() -> str | Response:
    """Show a day as a sheet to print and to fill in by hand."""
    query = read_query(DayQuery)
    if query.names:
        return _names_set(query.names)
    board = boards.day(context(), day=query.day or today(), filters=query.filters())
    return render_template("board/sheet.html", board=board, query=query)


@bp.get("/week")
def week() -> str:
    """Show a week: each day's visits, how full its chairs are, and why it is closed."""
    query = read_query(WeekQuery)
    shown = boards.week(context(), first=query.day or today())
    return render_template("board/week.html", week=shown, at=_page_of(shown.first), step=timedelta(days=7))


@bp.get("/list")
def listing() -> str | Response:
    """List the visits of some days."""
    query = read_query(ListQuery)
    if query.names:
        return _names_set(query.names)
    first = check_day(query.first or query.last or today(), "first")
    last = query.last or first + timedelta(days=6)
    shown = boards.listing(context(), first=first, last=last, filters=query.filters())
    return render_template("board/list.html", listing=shown, query=query, kept=_kept())


def _names_set(names: str) -> Response:
    """Remember in this browser whether names are shown, and go back to the page without the switch."""
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "names" and value}
    response = redirect(url_for(str(request.endpoint), **kept), code=303)
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    if names == "on":
        response.delete_cookie("names", secure=secure, httponly=True, samesite="Lax")
    else:
        response.set_cookie("names", "off", max_age=_YEAR, secure=secure, httponly=True, samesite="Lax")
    return response


def _kept() -> dict[str, str]:
    """Give the filters of the address but for the state's, for links that change one thing."""
    return {name: value for name, value in request.args.items() if value and name not in {"state", "names"}}


def _page_of(monday: date) -> date:
    """Give the day on which the week's link to the board lands: today, or its Monday."""
    present = today()
    return present if monday <= present < monday + timedelta(days=7) else monday


def _units(board: boards.DayBoard) -> dict[str, Any]:
    """Say how tall one unit of staff is drawn: there are classes for twelve."""
    most = max([one.on_duty for one in board.nurses] + [one.used for one in board.nurses], default=0)
    return {"most": most, "tall": (lambda count: count) if most <= _MOST_UNITS else lambda count: round(count * 12 / most)}
