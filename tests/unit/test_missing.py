"""A missed session of an induction: what can be booked in its place, and why not; no other date ever moves."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import busy, clinic, closure, esketamine, hours, request, resources, uid, wall
from planner.domain.clinic import MissedPolicy
from planner.domain.course import Away, Booked, Given, SpacingException
from planner.domain.errors import Code
from planner.domain.missing import Choice, Miss, close_misses, lacking, proposed, remedies, remedy
from planner.domain.occupancy import Occupancy
from planner.domain.protocol import SpacingRule

TUESDAY = date(2027, 3, 2)


def day(text):
    return date.fromisoformat(f"2027-{text}")


def daily(**more):
    """A clinic that is open, with one chair and its people there, every day of the week."""
    always = hours("Mon-Sun")
    people = (resources("nurse", 2, 4, always), resources("prescriber", 1, 1, always))
    return clinic(resources("chair", 1), *people, opening=always, **more)


def booked(text, phase="induction", at="10:00", told=True):
    return Booked(uid(text), phase, wall(day(text), at), told=told)


def missed(site=None, *, given=("03-02", "03-04"), miss="03-09", ahead=("03-11", "03-16", "03-18", "03-23", "03-25"),
           later=(), now=None, **more):  # fmt: skip
    """An induction of eight on Tuesdays and Thursdays of which one session was missed, looked at that evening."""
    site = site or clinic()
    standing = tuple(booked(one) for one in ahead) + tuple(booked(one, "weekly") for one in later)
    asked = request(
        site, esketamine(), day(now or miss), at="10:00", given=tuple(Given("induction", day(one)) for one in given),
        standing=standing, not_before=wall(day(now or miss), "16:30"), **more,
    )  # fmt: skip
    return asked, Miss("induction", wall(day(miss), "10:00"))


def both(asked, miss, site=None, taken=()):
    found = remedies(asked, Occupancy(site or asked.clinic, taken), miss)
    return {one.choice: one for one in found}


def starts(found, asked):
    return {
        choice: f"{one.fit.placed.start.astimezone(asked.clinic.zone):%a %m-%d %H:%M}" if one.fit else None
        for choice, one in found.items()
    }


def test_a_miss_in_an_open_week_is_not_squeezed_between_neighbours_that_are_too_near():
    asked, miss = missed()
    found = both(asked, miss)
    assert starts(found, asked) == {Choice.MAKE_UP: None, Choice.APPEND: "Tue 03-30 10:00"}


def test_each_day_of_the_week_says_what_is_in_its_way():
    asked, miss = missed()
    tried = both(asked, miss)[Choice.MAKE_UP].tried
    said = {f"{one.start.astimezone(asked.clinic.zone):%m-%d}": {each.code for each in one.violations} for one in tried}
    assert said["03-10"] == {Code.MIN_DAYS}
    assert Code.WEEK_CAP not in said["03-12"]
    assert set(said) == {"03-09", "03-10", "03-12", "03-13", "03-14", "03-15"}


def test_a_late_miss_is_made_up_in_its_week_where_both_gaps_allow():
    asked, miss = missed(daily(), given=("03-02", "03-04", "03-09"), miss="03-11",
                         ahead=("03-16", "03-18", "03-23", "03-25"))  # fmt: skip
    found = both(asked, miss)
    assert starts(found, asked)[Choice.MAKE_UP] == "Fri 03-12 10:00"
    fit = found[Choice.MAKE_UP].fit
    assert (fit.placed.gap_days, fit.gap_after, fit.placed.number) == (3, 4, 4)


def test_the_other_sessions_are_pinned_where_they_are():
    asked, miss = missed()
    one = both(asked, miss)[Choice.APPEND]
    assert sorted(one.request.pinned.values()) == [each.start for each in asked.standing]
    assert one.fit.placed.number == 8


def test_the_weeks_cap_is_kept():
    site = daily()
    protocol = esketamine()
    rows = replace(protocol.phases[0], spacing=SpacingRule(1, 3, 5))
    asked, miss = missed(site, given=("03-02", "03-04", "03-09"), miss="03-11", ahead=("03-14", "03-16", "03-18"))
    asked = replace(asked, protocol=replace(protocol, phases=(rows, *protocol.phases[1:])))
    one = both(asked, miss)[Choice.MAKE_UP]
    assert one.fit is None
    assert all(Code.WEEK_CAP in {each.code for each in tried.violations} for tried in one.tried)


def test_a_closed_week_is_no_place_to_make_up_and_says_so():
    site = daily(closures=tuple(closure(day(f"03-{n}")) for n in (12, 13, 14, 15)))
    asked, miss = missed(site, given=("03-02", "03-04", "03-09"), miss="03-11", ahead=("03-16", "03-18"))
    one = both(asked, miss)[Choice.MAKE_UP]
    assert one.fit is None
    assert {each.code for tried in one.tried for each in tried.violations if tried.start > wall(day("03-12"), "00:00")} == {
        Code.CLOSED,
    }  # fmt: skip


def test_a_patient_who_is_away_all_week_is_asked_to_come_at_the_end():
    asked, miss = missed(daily(), given=("03-02", "03-04", "03-09"), miss="03-11",
                         ahead=("03-16", "03-18"))  # fmt: skip
    away = replace(asked.preferences, away=(Away(day("03-12"), day("03-15")),))
    found = starts(both(replace(asked, preferences=away), miss), asked)
    assert (found[Choice.MAKE_UP], found[Choice.APPEND]) == (None, "Tue 03-23 10:00")


def test_a_full_chair_moves_the_make_up_within_its_day():
    site = daily()
    asked, miss = missed(site, given=("03-02", "03-04", "03-09"), miss="03-11", ahead=("03-16", "03-18"))
    full = [busy("chair 1", day(one), "09:00", "17:15") for one in ("03-12", "03-14")]
    taken = [*full, busy("chair 1", day("03-13"), "09:00", "12:00")]
    assert starts(both(asked, miss, taken=taken), asked)[Choice.MAKE_UP] == "Sat 03-13 12:00"


def test_a_week_that_is_behind_leaves_only_the_end():
    asked, miss = missed(now="03-18", ahead=("03-23", "03-25"), given=("03-02", "03-04", "03-11", "03-16"))
    one = both(asked, miss)[Choice.MAKE_UP]
    assert (one.fit, one.tried) == (None, ())


def test_the_end_of_an_induction_that_the_next_phase_follows_closely_names_what_is_in_the_way():
    asked, miss = missed(later=("03-30", "04-06"))
    one = both(asked, miss)[Choice.APPEND]
    assert (one.fit, one.blocker.start, one.free_from) == (None, wall(day("03-30"), "10:00"), day("04-04"))


def test_the_end_of_an_induction_with_room_before_the_next_phase_takes_it():
    asked, miss = missed(later=("04-06", "04-13"))
    found = both(asked, miss)
    assert starts(found, asked)[Choice.APPEND] == "Tue 03-30 10:00"
    assert found[Choice.APPEND].fit.gap_after == 7


def test_a_spacing_that_was_overruled_for_one_session_goes_along_when_its_number_rises():
    site = daily()
    asked, miss = missed(site, given=("03-02", "03-04", "03-09"), miss="03-11", ahead=("03-16", "03-18"))
    asked = replace(asked, exceptions={4: SpacingException(uid("03-16"), SpacingRule(5, 6, 7))})
    assert starts(both(asked, miss), asked)[Choice.MAKE_UP] is None


def test_one_start_and_no_other_can_be_asked_for():
    asked, miss = missed(daily(), given=("03-02", "03-04", "03-09"), miss="03-11",
                         ahead=("03-16", "03-18"))  # fmt: skip
    empty = Occupancy(asked.clinic)
    fits = {text: remedy(asked, empty, miss, Choice.MAKE_UP, wall(day(text), "11:00")).fit
            for text in ("03-12", "03-13", "03-14", "03-16")}  # fmt: skip
    assert {text for text, fit in fits.items() if fit} == {"03-12", "03-13", "03-14"}
    assert fits["03-12"].placed.start == wall(day("03-12"), "11:00")


@pytest.mark.parametrize(
    ("policy", "possible", "expected"),
    [
        (MissedPolicy.MAKE_UP, {Choice.MAKE_UP, Choice.APPEND}, Choice.MAKE_UP),
        (MissedPolicy.MAKE_UP, {Choice.APPEND}, Choice.APPEND),
        (MissedPolicy.MAKE_UP, set(), None),
        (MissedPolicy.APPEND, {Choice.MAKE_UP, Choice.APPEND}, Choice.APPEND),
        (MissedPolicy.APPEND, {Choice.MAKE_UP}, None),
        (MissedPolicy.ASK, {Choice.MAKE_UP, Choice.APPEND}, None),
    ],
)
def test_the_policy_proposes_what_is_possible_and_a_clinician_is_asked_for_the_rest(policy, possible, expected):
    asked, miss = missed(daily(), given=("03-02", "03-04", "03-09"), miss="03-11",
                         ahead=("03-16", "03-18"))  # fmt: skip
    found = [replace(one, fit=one.fit if one.choice in possible else None) for one in both(asked, miss).values()]
    assert proposed(policy, found) is expected


def test_a_session_that_was_made_up_is_not_lacking_any_more():
    asked, _ = missed()
    assert lacking(asked, "induction") == 1
    assert lacking(replace(asked, standing=(*asked.standing, booked("03-30"))), "induction") == 0
    assert lacking(asked, "fortnightly") == 8
    assert lacking(asked, "gone") == 0


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (("03-02",), ()),
        (("03-02", "03-15"), ("03-02", "03-15")),
        (("03-02", "03-16"), ()),
        (("03-23", "03-02", "03-11"), ("03-11", "03-23")),
    ],
)
def test_two_misses_within_fourteen_days_are_close(days, expected):
    assert close_misses(day(one) for one in days) == tuple(day(one) for one in expected)


def test_a_gap_that_counts_from_the_day_of_resuming_is_kept():
    asked, miss = missed(given=("03-02",), miss="03-04", ahead=("04-01", "04-06"), now="03-29", resumes_on=day("03-29"))
    assert starts(both(asked, miss), asked)[Choice.APPEND] == "Thu 04-08 10:00"
    assert timedelta(days=2) <= wall(day("04-08"), "10:00") - asked.standing[-1].start
