"""What is said to patients, on pages and in letters: their language, the clinic's wall, and an instant with its zone."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_location

from planner.domain.reaching import Language
from planner.languages import phrases

_AMERICAN = ("America/", "US/", "Canada/", "Pacific/Honolulu")
_LOCALES = {
    (Language.ENGLISH, True): ("en_US", "EEEE, MMMM d"), (Language.ENGLISH, False): ("en_GB", "EEEE, d MMMM"),
    (Language.SPANISH, True): ("es_US", "EEEE, d 'de' MMMM"), (Language.SPANISH, False): ("es", "EEEE, d 'de' MMMM"),
}  # fmt: skip
"""By language, and whether the zone is American: which locale, and how it writes a day without its year."""

_BRIEF = {
    (Language.ENGLISH, True): "EEE, MMM d", (Language.ENGLISH, False): "EEE d MMM",
    (Language.SPANISH, True): "EEE d MMM", (Language.SPANISH, False): "EEE d MMM",
}  # fmt: skip
"""How each writes a day in a text message."""

_BEFORE_ONE = re.compile(r"\b([Ll]a)s(?=\s0?1:)")
_BEFORE_A_DAY = re.compile(r"(\s)las(?=\s(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo)\b)")
"""A Spanish article before what it does not agree with: "las 1:20", "las jueves, 4 de marzo, 7:45"."""


@dataclass(frozen=True)
class Speech:
    """A language on a clinic's wall. English phrases are what its catalogue is looked up by."""

    language: Language
    zone: ZoneInfo

    def say(self, english: str, **values: object) -> str:
        """Say an English phrase in the language; `%(name)s` in it is filled with what is given.

        A sentence that ends in an abbreviation (10:00 a.m.) has one full stop. In Spanish one o'clock is singular.
        """
        words = phrases(self.language).gettext(english)
        filled = words % values if values else words
        if self.language is Language.SPANISH and values:
            filled = _BEFORE_ONE.sub(r"\1", _BEFORE_A_DAY.sub(r"\1el", filled))
        return filled[:-1] if filled.endswith("..") and not filled.endswith("...") else filled

    def day(self, day: date) -> str:
        """Spell a day out: "Friday, March 19, 2027", "viernes, 19 de marzo de 2027"."""
        return format_date(day, "full", locale=self._locale)

    def long_date(self, day: date) -> str:
        """Spell a day out without its day of the week: "March 19, 2027", "19 de marzo de 2027"."""
        return format_date(day, "long", locale=self._locale)

    def near(self, day: date) -> str:
        """Spell a day out without its year: "Friday, March 19"."""
        return format_date(day, _LOCALES[self.language, self._american][1], locale=self._locale)

    def weekday(self, day: date) -> str:
        """Name a day of the week: "Friday", "viernes"."""
        return format_date(day, "EEEE", locale=self._locale)

    def local_day(self, instant: datetime) -> date:
        """Give the day of an instant on the clinic's wall."""
        return instant.astimezone(self.zone).date()

    def time(self, instant: datetime) -> str:
        """Give a wall time: "10:00 am" in American zones, "10:00" in others."""
        pattern = "h:mm a" if self._american else "HH:mm"
        words = format_time(instant, pattern, tzinfo=self.zone, locale=self._locale)
        return words.lower().replace("\u202f", "\N{NO-BREAK SPACE}").replace(" ", "\N{NO-BREAK SPACE}")

    def zone_name(self, instant: datetime) -> str:
        """Name the zone as it is at an instant: "New York time (EDT)", "hora de Nueva York (EDT)"."""
        short = f"{instant.astimezone(self.zone):%Z}"
        known = not short.startswith(("+", "-"))
        city = self._city
        if not city:
            return short if known else f"UTC{short}"
        named = self.say("%(city)s time", city=city)
        return f"{named} ({short if known else f'UTC{short}'})"

    def moment(self, instant: datetime) -> str:
        """Give day, wall time and zone: "Friday, March 19, 2027, 10:00 am, New York time (EDT)"."""
        return f"{self.day(self.local_day(instant))}, {self.time(instant)}, {self.zone_name(instant)}"

    def brief(self, instant: datetime) -> str:
        """Give day, wall time and zone in as few letters as there are: "Fri, Mar 19, 10:00 am EDT"."""
        day, clock, zone = self.brief_parts(instant)
        return f"{day}, {clock} {zone}"

    def brief_parts(self, instant: datetime) -> tuple[str, str, str]:
        """Give the same three apart: "Fri, Mar 19", "10:00 am", "EDT"."""
        day = format_date(self.local_day(instant), _BRIEF[self.language, self._american], locale=self._locale)
        short = f"{instant.astimezone(self.zone):%Z}"
        return day, self.time(instant), f"UTC{short}" if short.startswith(("+", "-")) else short

    def iso(self, instant: datetime) -> str:
        """Write an instant for a machine, with its offset."""
        return instant.astimezone(self.zone).isoformat(timespec="minutes")

    @cached_property
    def _american(self) -> bool:
        return self.zone.key.startswith(_AMERICAN)

    @property
    def _locale(self) -> Locale:
        return _locale_named(_LOCALES[self.language, self._american][0])

    @cached_property
    def _city(self) -> str:
        """Name the zone's city; empty for a zone that is no place."""
        area, _, place = self.zone.key.partition("/")
        if not place or area == "Etc":
            return ""
        return get_timezone_location(self.zone, locale=self._locale, return_city=True).rpartition("/")[2]


@cache
def _locale_named(name: str) -> Locale:
    return Locale.parse(name)


def anywhere(language: Language) -> Speech:
    """Give a language where no clinic is known: it has no wall, so only phrases are said."""
    return Speech(language, ZoneInfo("UTC"))
