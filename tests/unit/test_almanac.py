"""Public holidays by country and region."""

from datetime import date

import pytest

from planner.almanac import public_holidays
from planner.domain.clinic import Holiday
from planner.domain.errors import InvalidValue


def test_memorial_day_2027_is_a_holiday_in_colorado():
    assert Holiday(date(2027, 5, 31), "Memorial Day") in public_holidays("US", "CO", [2027])


def test_holidays_come_in_order_of_their_days():
    found = public_holidays("US", "NY", [2028, 2027])
    assert list(found) == sorted(found)


def test_no_holiday_lies_outside_the_years_asked_for():
    assert {holiday.day.year for holiday in public_holidays("US", "NY", [2028])} == {2028}


def test_the_same_year_twice_gives_each_holiday_once():
    assert public_holidays("US", "NY", [2027, 2027]) == public_holidays("US", "NY", [2027])


def test_a_holiday_of_one_region_is_none_in_another():
    days = {region: {one.day for one in public_holidays("DE", region, [2027])} for region in ("BY", "BE")}
    assert date(2027, 1, 6) in days["BY"] - days["BE"]


def test_german_holidays_are_named_in_english():
    assert "Christmas Day" in {holiday.name for holiday in public_holidays("DE", "BY", [2027])}


def test_a_country_whose_holidays_have_one_language_only_works_too():
    assert Holiday(date(2027, 2, 6), "Waitangi Day") in public_holidays("NZ", None, [2027])


def test_the_clinic_works_on_a_holiday_it_names():
    names = {holiday.name for holiday in public_holidays("US", "NY", [2027], open_on=["Columbus Day"])}
    assert "Columbus Day" not in names
    assert "Memorial Day" in names


def test_a_named_holiday_is_worked_on_the_day_it_is_observed_as_well():
    kept = public_holidays("US", "NY", [2027], open_on=["Independence Day"])
    assert not {date(2027, 7, 4), date(2027, 7, 5)} & {holiday.day for holiday in kept}


def test_a_day_with_a_second_name_stays_closed():
    kept = public_holidays("US", "NY", [2027], open_on=["Washington's Birthday"])
    assert date(2027, 2, 15) in {holiday.day for holiday in kept}


def test_a_holiday_that_falls_in_another_year_may_be_named():
    inaugural = public_holidays("US", "DC", [2027], open_on=["Inauguration Day"])
    assert inaugural == public_holidays("US", "DC", [2027])


def test_an_unknown_country_is_refused():
    with pytest.raises(InvalidValue, match="country: 'XX'"):
        public_holidays("XX", None, [2027])


def test_an_unknown_subdivision_is_refused():
    with pytest.raises(InvalidValue, match="subdivision: 'ZZ'"):
        public_holidays("US", "ZZ", [2027])


def test_an_unknown_holiday_is_refused():
    with pytest.raises(InvalidValue, match=r"open_on\.1: 'Columbs Day'"):
        public_holidays("US", "NY", [2027], open_on=["Memorial Day", "Columbs Day"])


def test_no_years_give_no_holidays():
    assert public_holidays("US", "NY", [], open_on=["Columbus Day"]) == ()
