"""What a clinic may say of itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time

import pytest

from builders import clinic, hours, resources, uid
from planner.domain.clinic import Costs, Holiday, Resource, Shift, WeeklyHours
from planner.domain.errors import InvalidValue

NINE, FIVE = time(9), time(17)


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda: Shift(7, NINE, FIVE), "weekday"),
        (lambda: Shift(-1, NINE, FIVE), "weekday"),
        (lambda: Shift(0, NINE, NINE), "end"),
        (lambda: Shift(0, NINE, FIVE, first_day=date(1999, 1, 1)), "first_day"),
        (lambda: Shift(0, NINE, FIVE, last_day=date(2200, 1, 1)), "last_day"),
        (lambda: Shift(0, NINE, FIVE, date(2027, 3, 2), date(2027, 3, 1)), "last_day"),
        (lambda: WeeklyHours((Shift(0, NINE, FIVE), Shift(0, time(16), time(18)))), "1"),
        (lambda: Resource(uid("x"), "x", "chair", 0), "capacity"),
        (lambda: Resource(uid("x"), "x", "chair", 101), "capacity"),
        (lambda: Costs(told=-1), "told"),
        (lambda: Costs(passed_over=1001), "passed_over"),
        (lambda: clinic(grid_minutes=7), "grid_minutes"),
        (lambda: clinic(overrun_days=61), "overrun_days"),
        (lambda: clinic(first_within_days=-1), "first_within_days"),
        (lambda: clinic(horizon_days=367), "horizon_days"),
        (lambda: clinic(resources("chair", 1), resources("chair", 1)), "resources"),
    ],
)
def test_what_no_clinic_can_be_is_refused_by_its_field(make: Callable[[], object], path: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        make()
    assert refused.value.path == path


def test_a_shift_holds_on_its_weekday_between_its_effective_days_both_included() -> None:
    shift = Shift(0, NINE, FIVE, date(2027, 3, 1), date(2027, 3, 8))
    days = [date(2027, 2, 22), date(2027, 3, 1), date(2027, 3, 2), date(2027, 3, 8), date(2027, 3, 15)]
    assert [shift.holds_on(day) for day in days] == [False, True, False, True, False]


def test_new_hours_may_follow_old_ones_on_the_same_weekday() -> None:
    old, new = Shift(0, NINE, FIVE, last_day=date(2027, 3, 7)), Shift(0, NINE, time(19), first_day=date(2027, 3, 8))
    assert WeeklyHours((old, new)).on(date(2027, 3, 8)) == ((NINE, time(19)),)


def test_openings_that_touch_are_no_clash() -> None:
    lunch = WeeklyHours((Shift(0, time(12), FIVE), Shift(0, NINE, time(12))))
    assert lunch.on(date(2027, 3, 1)) == ((NINE, time(12)), (time(12), FIVE))


def test_resources_of_a_kind_come_in_rank_order() -> None:
    site = clinic(resources("chair", 1), resources("nurse", 2), resources("prescriber", 1))
    assert [one.name for one in site.of_kind("nurse")] == ["nurse 1", "nurse 2"]


def test_a_resource_that_is_not_there_is_not_found() -> None:
    assert clinic().resource(uid("nobody")) is None


def test_a_holiday_is_found_by_its_day() -> None:
    site = replace(clinic(), holidays=(Holiday(date(2027, 7, 5), "Independence Day"),))
    assert [site.holiday_on(day) is None for day in (date(2027, 7, 4), date(2027, 7, 5))] == [True, False]


def test_a_minute_off_the_preferred_time_is_one_unit_by_default() -> None:
    site = clinic(opening=hours())
    assert (site.costs.time_per_4h, site.costs.time_most, site.costs.told) == (1, 2, 20)
