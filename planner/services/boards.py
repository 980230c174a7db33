"""The day by chair, the week and the list: each one reading transaction of a few statements, given out as frozen values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from planner.domain.clinic import Clinic, Resource
from planner.domain.dayscale import (
    Quarter,
    Scale,
    Stretch,
    closed_because,
    next_open,
    open_lane,
    quarters,
    scale_of,
    there_lane,
)
from planner.domain.errors import InvalidValue
from planner.domain.occupancy import STARTER_SEAT
from planner.domain.progress import State
from planner.domain.roles import Permission
from planner.domain.span import DAY, check_day, day_start, local_day, minute_of
from planner.domain.visit import SLOT
from planner.services.board_cards import Card, Filters, cards_of, counts_of, due_next, matches
from planner.services.board_lanes import PLACES, Lane, lanes_of
from planner.services.calling import Call, calls_of
from planner.services.context import Context
from planner.storage.boards import TakenRow, VisitRow
from planner.storage.unit_of_work import UnitOfWork

CLINICIANS = ("prescriber", "therapist")
"""The kinds of people whose patients the desk asks for."""
LONGEST_LIST = 92
"""Days that a list shows at most."""


@dataclass(frozen=True)
class OnSite:
    """A prescriber, and when they are on site."""

    name: str
    at: tuple[Stretch, ...]


@dataclass(frozen=True)
class DayBoard:
    """A local day by chair. *now*: the present column, if it is on the axis; *total*: visits before the state's filter.

    *calls*: whom to phone about driving, whatever the day and the filters, until somebody has.
    """

    day: date
    scale: Scale
    lanes: tuple[Lane, ...]
    on_site: tuple[OnSite, ...]
    nurses: tuple[Quarter, ...]
    due: tuple[Card, ...]
    counts: Mapping[State, int]
    clinicians: tuple[Resource, ...]
    courses: Mapping[str, str]
    modalities: tuple[str, ...]
    is_open: bool
    reasons: tuple[str, ...]
    previous_open: date | None
    next_open: date | None
    now: int | None
    total: int
    cards: tuple[Card, ...]
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class WeekDay:
    """A local day of a week: its visits by start, the share of its open chair time that is taken, why it is closed."""

    day: date
    is_open: bool
    reasons: tuple[str, ...]
    cards: tuple[Card, ...]
    used: float | None


@dataclass(frozen=True)
class WeekBoard:
    """Seven local days from a Monday."""

    first: date
    days: tuple[WeekDay, ...]


@dataclass(frozen=True)
class Listing:
    """The visits of some local days, first and last included, by start."""

    first: date
    last: date
    cards: tuple[Card, ...]
    clinicians: tuple[Resource, ...]
    courses: Mapping[str, str]
    modalities: tuple[str, ...]


def day(ctx: Context, *, day: date, filters: Filters | None = None) -> DayBoard:
    """Show a local day by chair, as it stands now; raises InvalidValue for a day that no clinic plans."""
    ctx.require(Permission.READ)
    check_day(day, "day")
    with ctx.read() as uow:
        now = ctx.clock()
        clinic = uow.clinics.get(now)
        rows, taken = _read(uow, day, day, clinic)
        cards = cards_of(uow, [row for row in rows if matches(row, filters or Filters())], taken, clinic, now)
        calls = calls_of(uow)
    state = filters.state if filters else None
    opening = open_lane(clinic, day)
    ends = ((row.start_at - timedelta(minutes=row.profile.lead_minutes), _held_end(row)) for row in rows)
    scale = scale_of(day, clinic.zone, opening, ends)
    lanes, placed = lanes_of(clinic, scale, opening, cards, state)
    return DayBoard(
        day, scale, lanes, _on_site(clinic, day, opening, scale), _nurses(clinic, day, opening, scale, taken),
        due_next(placed), counts_of(placed), _clinicians(clinic), _courses(rows), _modalities(rows), bool(opening),
        closed_because(clinic, day), next_open(clinic, day, -1), next_open(clinic, day, 1),
        scale.column(now) if local_day(now, clinic.zone) == day else None, len(placed),
        tuple(one for one in placed if state in {None, one.state}), calls,
    )  # fmt: skip


def week(ctx: Context, *, first: date) -> WeekBoard:
    """Show the seven days of the week in which a local day lies."""
    ctx.require(Permission.READ)
    check_day(first, "day")
    monday = first - timedelta(days=first.weekday())
    with ctx.read() as uow:
        now = ctx.clock()
        clinic = uow.clinics.get(now)
        rows, taken = _read(uow, monday, monday + timedelta(days=6), clinic)
        cards = cards_of(uow, [row for row in rows if matches(row, Filters())], taken, clinic, now)
    days = (monday + timedelta(days=ahead) for ahead in range(7))
    return WeekBoard(monday, tuple(_week_day(clinic, one, cards, taken) for one in days))


def listing(ctx: Context, *, first: date, last: date, filters: Filters | None = None) -> Listing:
    """List the visits of some local days; raises InvalidValue for too many days, or none."""
    ctx.require(Permission.READ)
    check_day(first, "first")
    check_day(last, "last")
    if not 0 <= (last - first).days < LONGEST_LIST:
        raise InvalidValue("last", f"must be between the first day and {LONGEST_LIST - 1} days after it")
    wanted = filters or Filters()
    with ctx.read() as uow:
        now = ctx.clock()
        clinic = uow.clinics.get(now)
        rows, taken = _read(uow, first, last, clinic)
        cards = cards_of(uow, [row for row in rows if matches(row, wanted)], taken, clinic, now)
    shown = tuple(one for one in cards if wanted.state in {None, one.state})
    return Listing(first, last, shown, _clinicians(clinic), _courses(rows), _modalities(rows))


def _read(uow: UnitOfWork, first: date, last: date, clinic: Clinic) -> tuple[Sequence[VisitRow], Sequence[TakenRow]]:
    begin, end = day_start(first, clinic.zone), day_start(last + DAY, clinic.zone)
    return uow.boards.visits(begin, end), uow.boards.taken(minute_of(begin), minute_of(end))


def _held_end(row: VisitRow) -> datetime:
    return row.start_at + timedelta(minutes=row.profile.held_minutes)


def _on_site(clinic: Clinic, day: date, opening: int, scale: Scale) -> tuple[OnSite, ...]:
    if not opening:
        return ()
    people = ((one.name, scale.stretches(there_lane(clinic, one, day, opening))) for one in clinic.of_kind("prescriber"))
    return tuple(OnSite(name, at) for name, at in people if at)


def _nurses(clinic: Clinic, day: date, opening: int, scale: Scale, taken: Iterable[TakenRow]) -> tuple[Quarter, ...]:
    people = [(one, there_lane(clinic, one, day, opening)) for one in clinic.of_kind("nurse")]
    theirs = {one.id for one, _ in people}
    held = [(row.start, row.end) for row in taken if row.seat != STARTER_SEAT and row.subject_id in theirs]
    return quarters(scale, people, held) if opening or held else ()


def _clinicians(clinic: Clinic) -> tuple[Resource, ...]:
    return tuple(one for kind in CLINICIANS for one in clinic.of_kind(kind))


def _courses(rows: Iterable[VisitRow]) -> Mapping[str, str]:
    return dict(sorted({row.protocol.name: row.protocol.title for row in rows if row.protocol}.items()))


def _modalities(rows: Iterable[VisitRow]) -> tuple[str, ...]:
    return tuple(sorted({row.protocol.modality for row in rows if row.protocol}))


def _week_day(clinic: Clinic, day: date, cards: Iterable[Card], taken: Iterable[TakenRow]) -> WeekDay:
    opening, zone = open_lane(clinic, day), clinic.zone
    mine = tuple(one for one in cards if local_day(one.start, zone) == day)
    chairs = {one.id for one in clinic.resources if one.kind in PLACES}
    first, last = minute_of(day_start(day, zone)), minute_of(day_start(day + DAY, zone))
    minutes = sum(row.end - row.start for row in taken if row.subject_id in chairs and first <= row.start < last)
    possible = opening.bit_count() * SLOT * len(chairs)
    return WeekDay(day, bool(opening), closed_because(clinic, day), mine, minutes / possible if possible else None)
