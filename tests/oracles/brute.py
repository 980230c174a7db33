"""The best course by trying every list of dates: slow, plain, and the yardstick for small requests."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from oracles.course import Before, Choice, Rules, Wanted, candidates, last_given, wanted
from oracles.scan import Scan
from planner.domain.clinic import Resource
from planner.domain.plan import PlanRequest


@dataclass(frozen=True)
class Best:
    """The best course found: how many sessions, what they and broken promises cost, when they are."""

    placed: int
    units: int
    dates: tuple[date, ...]
    starts: tuple[int, ...]
    linked: tuple[int | None, ...]
    wanted: int
    named: Resource | None = None

    @property
    def rank(self) -> tuple:
        """What plans are compared by: the greatest wins."""
        later = tuple(day.toordinal() for day in self.dates)
        return self.placed, -self.units, later, tuple(-start for start in self.starts)


def best(request: PlanRequest, rows: Iterable, *, most_lists: int | None = None) -> Best:
    """Find the best course; raises OverflowError after *most_lists* lists of dates."""
    scan = Scan(request, rows)
    return _best_with(request, scan, open_ended(request, scan, most_lists), most_lists)


def _best_with(request: PlanRequest, scan: Scan, repeats: int, most_lists: int | None) -> Best:
    """Find the best course with so many sessions of the open-ended phase, over all clinicians it may keep to."""
    sessions = wanted(request, repeats)
    found = [_search(Rules(request, scan, named), sessions, most_lists) for named in candidates(request)]
    return max(found, key=lambda plan: plan.rank)  # of equals max() keeps the first, the lowest in rank


def open_ended(request: PlanRequest, scan: Scan, most_lists: int | None = None) -> int:
    """How many sessions of an open-ended phase fit into the horizon; none where those before it cannot be placed.

    Where no horizon is asked for, as many as are booked are kept.
    """
    phase = request.protocol.phases[-1]
    if phase.sessions is not None:
        return 0
    last = request.given[-1].day if request.given else request.preferences.start
    if wanted(request, 0):
        earlier = _best_with(replace(request, standing=()), scan, 0, most_lists)  # promises do not change how many
        if earlier.placed < earlier.wanted:
            return 0
        last = earlier.dates[-1]
    horizon = request.horizon or request.preferences.start + timedelta(request.clinic.horizon_days)
    booked = sum(one.phase == phase.name and not one.linked for one in request.standing)
    return max(0 if request.horizon else booked, (horizon - last).days // phase.spacing.target_days)


def _search(rules: Rules, sessions: list[Wanted], most_lists: int | None) -> Best:
    best: Best | None = None
    lists = 0

    def consider(dates: tuple[date, ...], choices: tuple[Choice, ...], units: int) -> None:
        nonlocal best, lists
        lists += 1
        if most_lists is not None and lists > most_lists:
            raise OverflowError
        starts, linked = tuple(c.start for c in choices), tuple(c.linked for c in choices)
        plan = Best(len(dates), units, dates, starts, linked, len(sessions), rules.named)
        if best is None or plan.rank > best.rank:
            best = plan

    def extend(dates: tuple[date, ...], choices: tuple[Choice, ...], units: int, before: Before | None) -> None:
        consider(dates, choices, units)
        if len(dates) == len(sessions):
            return
        session = sessions[len(dates)]
        for day in rules.window(session, before):
            choice = rules.choice(session, day)
            if choice is None or not rules.successive(session, day, before) or _over_cap(rules, sessions, dates, day):
                continue
            more = choice.units + rules.day_units(session, day, before)
            extend((*dates, day), (*choices, choice), units + more, Before(day, session.phase))

    extend((), (), rules.told_units, last_given(rules.request))
    assert best
    return best


def _over_cap(rules: Rules, sessions: list[Wanted], dates: tuple[date, ...], day: date) -> bool:
    """Whether a next session on *day* is one too many of its class in its treatment week."""
    session, week = sessions[len(dates)], rules.week(day)
    cap, dosing = rules.cap(session), session.visit.dosing
    if cap is None:
        return False
    planned = sum(
        rules.week(earlier) == week and other.visit.dosing is dosing for earlier, other in zip(dates, sessions, strict=False)
    )
    return rules.given_in_week(week, dosing=dosing) + planned + 1 > cap
