"""Changes of a clinic as values: what each leaves, and that one which is made already changes nothing."""

from dataclasses import replace
from datetime import date, time

import pytest

from builders import clinic, closure, hours, resources, uid
from planner.domain.clinic import Shift, WeeklyHours
from planner.domain.errors import InvalidValue, NotFound
from planner.domain.hours import anchored_anew, without_weekday
from planner.domain.rescheduling import (
    BeAway,
    CloseClinic,
    KeepHours,
    KeepShifts,
    PlanAgain,
    Retire,
    changed,
)

SITE = clinic()
STRETCH = closure(date(2027, 7, 5)).span
CHAIR, NURSE = uid("chair 1"), uid("nurse 1")
JULY = date(2027, 7, 1)


def test_a_closure_is_added_to_the_others():
    site = replace(SITE, closures=(closure(date(2027, 1, 1)),))
    assert len(changed(site, CloseClinic(STRETCH, "flood")).closures) == 2


@pytest.mark.parametrize(
    "change",
    [CloseClinic(STRETCH, "flood"), BeAway(NURSE, STRETCH, "leave"), KeepHours(hours("Tue-Sat")), KeepShifts(NURSE, None)],
)
def test_a_change_that_is_made_already_changes_nothing(change):
    once = changed(SITE, change)
    assert once != SITE
    assert changed(once, change) == once


def test_an_absence_is_of_one_resource():
    away = changed(SITE, BeAway(NURSE, STRETCH, "leave"))
    assert [one.id for one in away.resources if one.absences] == [NURSE]


def test_what_is_out_of_use_is_gone_and_all_else_stays():
    left = changed(SITE, Retire(CHAIR))
    assert left.resource(CHAIR) is None
    assert len(left.resources) == len(SITE.resources) - 1


def test_planning_again_changes_no_clinic():
    assert changed(SITE, PlanAgain()) is SITE


@pytest.mark.parametrize("change", [BeAway(uid("x"), STRETCH), KeepShifts(uid("x"), None), Retire(uid("x"))])
def test_a_resource_that_is_gone_is_not_there(change):
    with pytest.raises(NotFound):
        changed(clinic(resources("chair", 1)), change)


def test_a_weekday_ends_the_day_before_and_the_others_stay():
    left = without_weekday(hours("Mon-Fri"), 0, JULY)
    assert left.on(date(2027, 6, 28)) == ((time(9), time(17)),)
    assert left.on(date(2027, 7, 5)) == ()
    assert all(left.on(date(2027, 7, day)) for day in (1, 2, 6, 7))


def test_what_was_to_begin_later_on_that_weekday_never_begins_and_other_weekdays_still_change():
    later = tuple(Shift(day, time(8), time(12), first_day=date(2027, 8, 1)) for day in (0, 1))
    until = tuple(replace(one, last_day=date(2027, 7, 31)) for one in hours("Mon Tue").shifts)
    left = without_weekday(WeeklyHours((*until, *later)), 0, JULY)
    assert left.on(date(2027, 8, 2)) == ()
    assert left.on(date(2027, 8, 3)) == ((time(8), time(12)),)


def test_what_has_ended_before_stays_as_it_was():
    past = Shift(0, time(7), time(8), last_day=date(2026, 12, 31))
    left = without_weekday(WeeklyHours((past, *hours("Mon").shifts)), 0, JULY)
    assert past in left.shifts


@pytest.mark.parametrize("weekday", [5, 6])
def test_a_weekday_on_which_nobody_opens_cannot_end(weekday):
    with pytest.raises(InvalidValue, match="not open"):
        without_weekday(hours("Mon-Fri"), weekday, JULY)


MONDAYS_END = without_weekday(hours("Mon-Fri"), 0, JULY)
TO_TUESDAY = [(date(2027, 7, was), date(2027, 7, will)) for was, will in ((5, 6), (12, 13), (19, 21))]


@pytest.mark.parametrize(("asked", "becomes"), [((0,), (1,)), ((0, 3), (1, 3)), ((0, 1), (1,)), ((3,), None), ((), None)])
def test_a_course_asks_for_the_weekday_that_most_of_its_sessions_go_to(asked, becomes):
    assert anchored_anew(asked, MONDAYS_END, TO_TUESDAY) == becomes


def test_a_single_closed_day_is_no_reason_to_ask_for_another_weekday():
    assert anchored_anew((0,), hours("Mon-Fri"), TO_TUESDAY) is None
