"""The almanac: public holidays by country and region, from the holidays library, named in English."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import holidays
from holidays.registry import COUNTRIES

from planner.domain.clinic import Holiday
from planner.domain.errors import InvalidValue

_AROUND = 12
"""Years on either side in which a holiday is looked for by name: some come only every few years."""


class Country(NamedTuple):
    """A country whose public holidays are known, with the codes of its regions."""

    code: str
    name: str
    subdivisions: tuple[str, ...]


@lru_cache(maxsize=1)
def countries() -> tuple[Country, ...]:
    """List the countries whose public holidays are known, by name."""
    names = {entry[1]: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", entry[0]) for entry in COUNTRIES.values()}
    known = holidays.list_supported_countries(include_aliases=False)
    return tuple(sorted((Country(code, names.get(code, code), tuple(known[code])) for code in known), key=lambda c: c.name))


def holiday_names(country: str, subdivision: str | None, years: Iterable[int]) -> dict[str, list[date]]:
    """Give the public holidays of some years by name, each with its days; raises InvalidValue for an unknown country."""
    found: dict[str, list[date]] = {}
    for holiday in _days(country, subdivision, sorted(set(years))):
        for name in _names(holiday):
            found.setdefault(re.sub(r" \(observed\)$", "", name), []).append(holiday.day)
    return found


def public_holidays(
    country: str, subdivision: str | None, years: Iterable[int], open_on: Sequence[str] = ()
) -> tuple[Holiday, ...]:
    """List the public holidays of the local years by day, without those (*open_on*) on which the clinic works anyway.

    A name in *open_on* covers the day on which the holiday is observed, too; a day that has another name stays closed.
    Raises InvalidValue for an unknown country, subdivision or holiday.
    """
    wanted = sorted(set(years))
    days = _days(country, subdivision, wanted)
    opened = {name.casefold() for name in open_on}
    if wanted and (unknown := opened - {_bare(name) for holiday in days for name in _names(holiday)}):
        _check_known(unknown, country, subdivision, wanted, open_on)
    return tuple(day for day in days if not all(_bare(name) in opened for name in _names(day)))


def _days(country: str, subdivision: str | None, years: Sequence[int]) -> list[Holiday]:
    regions = holidays.list_supported_countries()
    if country not in regions:
        raise InvalidValue("country", f"{country!r} is no code of a country whose holidays are known, such as US")
    if subdivision and subdivision not in regions[country]:
        known = ", ".join(regions[country]) or "it has none"
        raise InvalidValue("subdivision", f"{subdivision!r} is none of {country}'s: {known}")
    if not years:
        return []
    calendar = holidays.country_holidays(country, subdiv=subdivision, years=years, language="en_US")
    return [Holiday(day, name) for day, name in sorted(calendar.items()) if day.year in years]


def _names(holiday: Holiday) -> Iterator[str]:
    return (name.strip() for name in holiday.name.split(";"))


def _bare(name: str) -> str:
    return name.casefold().removesuffix(" (observed)")


def _check_known(
    unknown: set[str], country: str, subdivision: str | None, years: Sequence[int], open_on: Sequence[str]
) -> None:
    around = range(years[0] - _AROUND, years[-1] + _AROUND + 1)
    known = {_bare(name) for holiday in _days(country, subdivision, around) for name in _names(holiday)}
    for index, name in enumerate(open_on):
        if name.casefold() in unknown - known:
            raise InvalidValue(f"open_on.{index}", f"{name!r} is no public holiday there")
