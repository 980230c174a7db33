"""What speaks against a freed time before any rule is looked at, and whose turn it is."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from builders import NEW_YORK, wall
from planner.domain.span import Span
from planner.domain.waitlist import Unsuited, Waits, in_turn, unsuited

NOW = wall(date(2027, 1, 4), "08:00")
THREE_HOURS = timedelta(hours=3)


def span(day, at="10:00"):
    start = wall(date(2027, 1, day), at)
    return Span(start, start + THREE_HOURS)


def waits(number=1, **more):
    given = {"span": span(12), "notice_hours": 24, "since": NOW - timedelta(days=1), **more}
    return Waits(UUID(int=number), **given)


def against(slot, **more):
    return unsuited(waits(**more), slot, NOW, NEW_YORK)


def test_nothing_speaks_against_a_sooner_time():
    assert against(span(7)) == ()


@pytest.mark.parametrize("slot", [span(12), span(12, "11:00"), span(13)])
def test_a_time_that_is_no_sooner_is_none(slot):
    assert against(slot) == (Unsuited.NOT_SOONER,)


def test_a_time_that_runs_into_their_own_is_left_to_a_move():
    assert against(span(12, "08:00")) == (Unsuited.OVERLAPS,)
    assert against(span(12, "07:00")) == ()


def test_notice_counts_to_the_start_by_the_hour():
    slot = span(5, "08:00")
    assert against(slot, notice_hours=24) == ()
    assert against(slot, notice_hours=25) == (Unsuited.NOTICE,)


@pytest.mark.parametrize(
    ("first", "last", "suits"),
    [(7, None, True), (8, None, False), (None, 7, True), (None, 6, False), (6, 8, True)],
)
def test_the_days_asked_for_include_both_ends(first, last, suits):
    found = against(
        span(7), from_day=first and date(2027, 1, first), until_day=last and date(2027, 1, last)
    )
    assert (found == ()) is suits


def test_days_are_the_clinics():
    late = wall(date(2027, 1, 7), "23:00")
    assert late.date() == date(2027, 1, 8)
    assert against(Span(late, late + THREE_HOURS), until_day=date(2027, 1, 7)) == ()


def test_all_that_speaks_against_it_is_listed():
    found = against(span(13), notice_hours=1000, until_day=date(2027, 1, 5))
    assert found == (Unsuited.NOT_SOONER, Unsuited.NOTICE, Unsuited.DAYS)


def turn(*given):
    return [one.id.int for one in in_turn(given)]


def ago(days):
    return NOW - timedelta(days=days)


def test_the_earliest_deadline_comes_first_and_none_last():
    due = [waits(1), waits(2, deadline=date(2027, 1, 20)), waits(3, deadline=date(2027, 1, 15))]
    assert turn(*due) == [3, 2, 1]


def test_of_two_with_one_deadline_who_waited_longer_comes_first():
    assert turn(waits(1, since=ago(1)), waits(2, since=ago(3)), waits(3, since=ago(2))) == [2, 3, 1]


def test_who_did_not_answer_comes_after_all_others():
    assert turn(waits(1, tried=True, deadline=date(2027, 1, 5)), waits(2)) == [2, 1]


def test_the_order_does_not_depend_on_the_order_asked():
    same: list[Waits] = [waits(number) for number in (3, 1, 2)]
    assert turn(*same) == turn(*reversed(same)) == [1, 2, 3]
