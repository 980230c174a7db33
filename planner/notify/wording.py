"""Days, times and instructions in a letter's words: weekday and month spelled out, a time always with its zone."""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from planner.domain.errors import InvalidValue
from planner.domain.neutral import check_neutral
from planner.domain.protocol import Instruction
from planner.domain.visit import VisitProfile


def day_in_words(day: date) -> str:
    """Spell a day out: "Tuesday 2 March 2027"."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def time_in_words(instant: datetime, zone: ZoneInfo) -> str:
    """Give a wall time with its zone: "10:00 (EST, New York time)"."""
    return f"{instant.astimezone(zone):%H:%M} ({_zone_in_words(instant, zone)})"


def instant_in_words(instant: datetime, zone: ZoneInfo) -> str:
    """Give day, wall time and zone: "Tuesday 2 March 2027, 10:00 (EST, New York time)"."""
    return f"{day_in_words(instant.astimezone(zone).date())}, {time_in_words(instant, zone)}"


def wall_in_words(wall_start: str, zone: ZoneInfo | None = None) -> str:
    """Give a promised local time, such as 2027-03-02T10:00, as "Tuesday 2 March 2027, 10:00"; with its *zone* if given."""
    wall = datetime.fromisoformat(wall_start)
    words = f"{day_in_words(wall.date())}, {wall:%H:%M}"
    return f"{words} ({_zone_in_words(wall.replace(tzinfo=zone), zone)})" if zone else words


def provisional_in_words(day: date | None) -> str:
    """Explain a provisional date: decided after a visit on a local day, where that is still to come."""
    when = f"your clinician decides after your visit on {day_in_words(day)}" if day else "your clinician has not decided yet"
    return f"Provisional: not confirmed yet, {when}. You will hear from us."


def near_day_in_words(day: date, today: date) -> str:
    """Spell a day out, and say so where it is today or tomorrow."""
    near = {today: "today, ", today + timedelta(days=1): "tomorrow, "}
    return near.get(day, "") + day_in_words(day)


def _zone_in_words(instant: datetime, zone: ZoneInfo) -> str:
    short = f"{instant.astimezone(zone):%Z}"
    abbreviation = f"UTC{short}" if short.startswith(("+", "-")) else short
    area, _, place = zone.key.rpartition("/")
    return f"{abbreviation}, {place.replace('_', ' ')} time" if area and area != "Etc" else abbreviation


def instructions_in_words(instructions: Iterable[Instruction]) -> list[str]:
    """Say what to do before a visit, the earliest first; what would tell too much is left out."""
    ordered = sorted(instructions, key=lambda one: -(one.minutes_before or 0))
    return [words for words in map(_instruction_in_words, ordered) if is_neutral(words)]


def _instruction_in_words(instruction: Instruction) -> str:
    text = one_line(instruction.text)
    if not instruction.minutes_before:
        return text
    return f"{text.rstrip('.')}, from {_length_in_words(instruction.minutes_before)} before you arrive."


def arrival_in_words(visits: Iterable[VisitProfile]) -> str:
    """Say how early to come, where there is a check-in: the times in a letter are those at which the visits begin."""
    early = max((one.lead_minutes for one in visits), default=0)
    return f"Please arrive {_length_in_words(early)} early, to check in." if early else ""


def _length_in_words(minutes: int) -> str:
    if minutes % 60:
        return f"{minutes} minutes"
    return "1 hour" if minutes == 60 else f"{minutes // 60} hours"


def is_neutral(text: str) -> bool:
    """Whether a text holds none of the words that would tell what the clinic does."""
    try:
        check_neutral(text, "text")
    except InvalidValue:
        return False
    return True


def one_line(text: str) -> str:
    """Make one plain line: controls, line ends and direction marks become spaces, runs of spaces one."""
    return " ".join("".join(_plain(character) for character in text).split())


def _plain(character: str) -> str:
    """Keep what is printed (a joiner within a word, too); C is Unicode's family of what is not, Zl and Zp end lines."""
    return " " if unicodedata.category(character)[0] == "C" or unicodedata.category(character) in {"Zl", "Zp"} else character
