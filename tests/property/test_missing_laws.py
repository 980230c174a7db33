"""A make-up breaks no gap and moves no other date, and is the cheapest of all starts that there are."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import busy, clinic, closure, esketamine, hours, request, resources, uid, wall
from planner.domain.assembling import price
from planner.domain.course import Booked, Given
from planner.domain.inserting import as_booked, sessions
from planner.domain.missing import Choice, Miss, remedies
from planner.domain.occupancy import Occupancy
from planner.domain.plan import Placed, PlanRequest
from planner.domain.rules import Around, check_slot
from planner.domain.spacing import bounds_of, is_legal, wanted_sessions, week_anchor
from planner.domain.span import local_day

MONDAY = date(2027, 3, 1)
DAILY = hours("Mon-Sun", "09:00", "14:00")


@st.composite
def missed(draw):
    """A course of up to eight sessions, then weekly ones, of which one was missed; chairs and days are taken at random."""
    gaps = draw(st.lists(st.integers(2, 5), min_size=2, max_size=7))
    days = [MONDAY]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    gone = draw(st.integers(0, len(days) - 1))
    weekly = [days[-1] + timedelta(days=draw(st.integers(5, 12)))] if draw(st.booleans()) else []
    shut = draw(st.lists(st.integers(0, 30), max_size=6, unique=True))
    site = clinic(
        resources("chair", 1), resources("nurse", 1, 4, DAILY), resources("prescriber", 1, 1, DAILY), opening=DAILY,
        closures=tuple(closure(MONDAY + timedelta(days=day)) for day in shut),
    )  # fmt: skip
    full = draw(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["09:00", "10:30", "11:00"])), max_size=8))
    taken = [busy("chair 1", MONDAY + timedelta(days=day), start, "14:15") for day, start in full]
    ahead = [(day, "induction") for day in days[gone + 1 :]] + [(day, "weekly") for day in weekly]
    standing = tuple(Booked(uid(f"{day}"), name, wall(day, "10:00")) for day, name in ahead)
    protocol = esketamine()
    counted = replace(protocol.phases[0], sessions=len(days), per_week=draw(st.sampled_from([2, 3])))
    asked = request(
        site, replace(protocol, phases=(counted, *protocol.phases[1:])), max(days[gone], MONDAY), at="10:00",
        given=tuple(Given("induction", day) for day in days[:gone]), standing=standing,
        not_before=wall(days[gone], "13:00"),
    )  # fmt: skip
    return asked, Occupancy(site, taken), Miss("induction", wall(days[gone], "10:00"))


def starts_of(asked: PlanRequest, first: date, last: date) -> list[datetime]:
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    return [wall(day, f"{hour:02}:{minute:02}") for day in days for hour in range(8, 15) for minute in (0, 15, 30, 45)]


def brute(asked: PlanRequest, occupancy: Occupancy, miss: Miss, choice: Choice) -> tuple[bool, int] | None:
    """Go through every start of six weeks: is it smooth, and what does the whole course then cost, priced as a plan?"""
    zone, booked = asked.clinic.zone, sessions(asked)
    ranks = []
    for start in starts_of(asked, MONDAY, MONDAY + timedelta(days=50)):
        index = sum(one.start < start for one in booked)
        ends = sum(one.phase == "induction" for one in booked)
        if index > ends or (choice is Choice.APPEND and index != ends) or not in_week(asked, miss, start, choice):
            continue
        whole = as_booked(asked, "induction", index)
        wanted = wanted_sessions(whole, 0)
        days = [local_day(one.start, zone).toordinal() for one in booked]
        before = days[index - 1] if index else (asked.given[-1].day.toordinal() if asked.given else None)
        after = (days[index], wanted[index + 1]) if index < len(booked) else None
        others = (*days, *(one.day.toordinal() for one in asked.given))
        if check_slot(whole, occupancy, wanted[index], start, Around(before, after, others)):
            continue
        ranks.append(rank(whole, occupancy, wanted, index, start, before, after))
    return min(ranks, default=None)


def in_week(asked, miss, start, choice):
    anchor, zone = week_anchor(asked), asked.clinic.zone
    weeks = [(local_day(one, zone).toordinal() - anchor) // 7 for one in (start, miss.start)]
    return choice is Choice.APPEND or weeks[0] == weeks[1]


def rank(whole, occupancy, wanted, index, start, before, after):
    zone = whole.clinic.zone
    at = [one.start for one in sessions(whole)]
    at.insert(index, start)
    whom = zip(wanted, at, strict=True)
    placed = [Placed(one.number, one.phase.name, one.visit, when, when, None, (), ()) for one, when in whom]
    day, bounds = local_day(start, zone).toordinal(), bounds_of(whole)
    smooth = before is None or is_legal(wanted[index].pace, before, day, bounds)
    smooth = smooth and (after is None or is_legal(after[1].pace, day, after[0], bounds))
    return not smooth, price(whole, occupancy, placed, len(placed)).units


@settings(max_examples=60)
@given(missed())
def test_a_make_up_breaks_no_gap_and_moves_nobody(made):
    asked, occupancy, miss = made
    zone, booked = asked.clinic.zone, sessions(asked)
    for one in remedies(asked, occupancy, miss):
        if one.fit is None:
            continue
        assert sorted(one.request.pinned.values()) == [each.start for each in booked]
        day = local_day(one.fit.placed.start, zone)
        days = [*(each.day for each in asked.given), *(local_day(each.start, zone) for each in booked)]
        assert all(abs((day - other).days) >= 2 for other in days)
        later = [(local_day(each.start, zone) - day).days for each in booked if each.phase == "weekly"]
        assert all(gap >= 5 for gap in later)
        assert one.fit.placed.start >= asked.not_before


@settings(max_examples=10)
@given(missed())
def test_each_choice_is_the_cheapest_of_all_starts_that_break_no_rule(made):
    asked, occupancy, miss = made
    for one in remedies(asked, occupancy, miss):
        expected = brute(asked, occupancy, miss, one.choice)
        if one.fit is None:
            assert expected is None
            continue
        whole, fit = one.request, one.fit
        wanted = wanted_sessions(whole, 0)
        index = fit.placed.number - len(asked.given) - 1
        booked = sessions(asked)
        zone = asked.clinic.zone
        after = (local_day(booked[index].start, zone).toordinal(), wanted[index + 1]) if index < len(booked) else None
        previous = local_day(booked[index - 1].start, zone) if index else (asked.given[-1].day if asked.given else None)
        before = previous.toordinal() if previous else None
        assert rank(whole, occupancy, wanted, index, fit.placed.start, before, after) == expected
