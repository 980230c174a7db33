"""Weekly hours as they are written, and another week from some day on."""

from datetime import date, time

import pytest

from builders import hours
from planner.domain.clinic import Shift, WeeklyHours
from planner.domain.errors import InvalidValue
from planner.domain.hours import Stretch, changed_from, read_openings, stretches, write_openings

TODAY, LATER = date(2027, 1, 4), date(2027, 2, 1)
OFF = ((),) * 5
NINE_TO_FIVE = ((time(9), time(17)),)
WEEKDAYS_OPEN = (NINE_TO_FIVE,) * 5 + ((), ())
MONDAYS_ONLY = (((time(10), time(14)),), *((),) * 6)


@pytest.mark.parametrize("text", ["09:00-12:30, 13:00-17:00", " 13:00 – 17:00,9:00-12:30 "])
def test_openings_are_read_in_any_order_and_written_in_one(text):
    assert write_openings(read_openings(text, "mon")) == "09:00-12:30, 13:00-17:00"


def test_an_empty_line_is_a_day_off():
    assert read_openings(" ", "mon") == ()


@pytest.mark.parametrize(
    "text", ["9-17", "25:00-26:00", "17:00-09:00", "09:00-12:00, 11:00-13:00", "09:00", "٠٩:00-17:00", "1:00-2:00," * 9]
)
def test_what_is_no_opening_is_refused_by_its_weekday(text):
    with pytest.raises(InvalidValue) as refused:
        read_openings(text, "tue")
    assert refused.value.path == "tue"


def test_another_week_holds_from_its_day_on_and_the_old_one_until_the_day_before():
    changed = changed_from(hours(), LATER, MONDAYS_ONLY)
    assert changed.on(date(2027, 1, 29)) == NINE_TO_FIVE
    assert changed.on(LATER) == ((time(10), time(14)),)
    assert changed.on(date(2027, 2, 2)) == ()


def test_the_weeks_to_come_are_laid_out_with_their_first_days():
    changed = changed_from(hours(), LATER, MONDAYS_ONLY)
    assert stretches(changed, TODAY) == [Stretch(None, WEEKDAYS_OPEN), Stretch(LATER, MONDAYS_ONLY)]
    assert stretches(changed, date(2027, 2, 3)) == [Stretch(LATER, MONDAYS_ONLY)]


def test_a_second_change_for_the_same_day_replaces_the_first():
    changed = changed_from(changed_from(hours(), LATER, MONDAYS_ONLY), LATER, WEEKDAYS_OPEN)
    assert stretches(changed, TODAY) == [Stretch(None, WEEKDAYS_OPEN)]


def test_a_change_drops_what_was_meant_to_begin_after_it():
    changed = changed_from(changed_from(hours(), LATER, MONDAYS_ONLY), TODAY, WEEKDAYS_OPEN)
    assert stretches(changed, TODAY) == [Stretch(TODAY, WEEKDAYS_OPEN)]


def test_what_ended_before_stays_as_it_was():
    past = Shift(0, time(8), time(9), last_day=date(2026, 6, 1))
    assert past in changed_from(WeeklyHours((past,)), LATER, MONDAYS_ONLY).shifts


def test_who_was_there_at_any_time_is_so_until_the_first_shift():
    changed = changed_from(None, LATER, MONDAYS_ONLY)
    assert changed.on(date(2027, 1, 31)) == ((time(0), time(23, 59)),)
    assert changed.on(date(2027, 2, 2)) == ()
