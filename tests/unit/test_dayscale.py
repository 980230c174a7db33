"""A day to scale: columns of five minutes from a whole hour, on days on which the clocks change as well."""

from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from builders import clinic, closure, hours, minutes, resources, wall
from planner.domain.clinic import Absence, Holiday, Shift, WeeklyHours
from planner.domain.dayscale import Quarter, Stretch, closed_because, next_open, open_lane, quarters, scale_of, there_lane
from planner.domain.span import Span

TUESDAY = date(2027, 1, 5)
SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)
NIGHT = WeeklyHours((Shift(6, time(0), time(6)),))


def scale(day=TUESDAY, site=None, spans=()):
    site = site or clinic()
    return scale_of(day, site.zone, open_lane(site, day), spans)


def test_the_axis_shows_the_opening_hours():
    shown = scale()
    assert (shown.instant(0), shown.columns) == (wall(TUESDAY, "09:00"), 96)


def test_the_axis_begins_at_a_whole_hour_before_an_early_check_in():
    shown = scale(spans=[(wall(TUESDAY, "08:45"), wall(TUESDAY, "17:10"))])
    assert (shown.instant(0), shown.columns) == (wall(TUESDAY, "08:00"), 120)


def test_a_stretch_is_cut_where_the_axis_ends():
    assert scale().stretch(wall(TUESDAY, "08:30"), wall(TUESDAY, "09:10")) == Stretch(0, 2)
    assert scale().stretch(wall(TUESDAY, "07:00"), wall(TUESDAY, "08:00")) is None


@pytest.mark.parametrize(("day", "columns", "hour_marks"), [(SPRING, 60, 5), (AUTUMN, 84, 7)])
def test_the_night_on_which_the_clocks_change_is_as_long_as_it_is(day, columns, hour_marks):
    shown = scale(day, clinic(opening=NIGHT))
    assert (shown.columns, len(shown.hours)) == (columns, hour_marks)


def test_an_hour_is_found_behind_the_change_of_the_clocks():
    shown = scale(SPRING, clinic(opening=NIGHT))
    assert shown.column(wall(SPRING, "03:00")) == 24


def test_half_an_hour_of_change_keeps_the_hours_of_the_wall():
    zone = ZoneInfo("Australia/Lord_Howe")
    shown = scale(date(2027, 4, 4), clinic(opening=NIGHT, zone=zone))
    assert [f"{shown.instant(column).astimezone(zone):%M}" for column in shown.hours] == ["00"] * len(shown.hours)


def test_a_closure_is_taken_out_of_the_day():
    site = clinic(closures=(closure(TUESDAY, "12:00", "13:00", "training"),))
    assert scale(site=site).stretches(open_lane(site, TUESDAY)) == (Stretch(0, 36), Stretch(48, 48))
    assert closed_because(site, TUESDAY) == ("training",)


def test_a_holiday_closes_the_day_and_says_its_name():
    site = clinic(holidays=(Holiday(TUESDAY, "Twelfth Night"),))
    assert (open_lane(site, TUESDAY), closed_because(site, TUESDAY)) == (0, ("Twelfth Night",))


def test_the_next_open_day_skips_weekends_and_holidays():
    site = clinic(holidays=(Holiday(date(2027, 1, 11), "Monday off"),))
    assert next_open(site, date(2027, 1, 8), 1) == date(2027, 1, 12)
    assert next_open(site, date(2027, 1, 12), -1) == date(2027, 1, 8)


def test_a_clinic_without_hours_has_no_next_open_day():
    assert next_open(clinic(opening=WeeklyHours(())), TUESDAY, 1) is None


def test_units_are_counted_by_quarter_hours():
    site = clinic()
    (one, other) = resources("nurse", 2, 4, hours())
    late = replace(other, hours=hours(start="09:15"))
    people = [(person, there_lane(site, person, TUESDAY, open_lane(site, TUESDAY))) for person in (one, late)]
    taken = [(minutes(wall(TUESDAY, begin)), minutes(wall(TUESDAY, end))) for begin, end in
             [("09:00", "09:20"), ("09:10", "09:15"), ("09:15", "10:00")]]  # fmt: skip
    found = quarters(scale(), people, taken)
    assert found[:4] == (Quarter(0, 2, 4), Quarter(3, 2, 8), Quarter(6, 1, 8), Quarter(9, 1, 8))


def test_an_absence_takes_a_persons_units_off_duty():
    away = Absence(Span(wall(TUESDAY, "10:00"), wall(TUESDAY, "11:00")))
    person = replace(resources("nurse", 1, 4, hours())[0], absences=(away,))
    site = clinic((person,))
    lane = there_lane(site, person, TUESDAY, open_lane(site, TUESDAY))
    assert scale(site=site).stretches(lane) == (Stretch(0, 12), Stretch(24, 72))
