"""Days, times and instructions in a letter's words: weekday and month spelled out, a time always with its zone."""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from planner.domain.errors import InvalidValue
from planner.domain.neutral import check_neutral
from planner.domain.protocol import Instruction
from planner.domain.reaching import Language
from planner.domain.visit import VisitProfile
from planner.languages.speech import Speech, anywhere


def day_in_words(day: date, zone: ZoneInfo, language: Language = Language.ENGLISH) -> str:
    """Spell a day out: "Tuesday, March 2, 2027", "martes, 2 de marzo de 2027"."""
    return Speech(language, zone).day(day)


def hour_in_words(instant: datetime, zone: ZoneInfo, language: Language = Language.ENGLISH) -> str:
    """Give a wall time without its zone, beside one that has it: "10:00 am"."""
    return Speech(language, zone).time(instant)


def time_in_words(instant: datetime, zone: ZoneInfo, language: Language = Language.ENGLISH) -> str:
    """Give a wall time with its zone: "10:00 am, New York time (EST)"."""
    return f"{hour_in_words(instant, zone, language)}, {Speech(language, zone).zone_name(instant)}"


def instant_in_words(instant: datetime, zone: ZoneInfo, language: Language = Language.ENGLISH) -> str:
    """Give day, wall time and zone: "Tuesday, March 2, 2027, 10:00 am, New York time (EST)"."""
    return Speech(language, zone).moment(instant)


def wall_in_words(wall_start: str, zone: ZoneInfo, language: Language = Language.ENGLISH) -> str:
    """Give a promised local time, such as 2027-03-02T10:00, as `instant_in_words` does."""
    return instant_in_words(datetime.fromisoformat(wall_start).replace(tzinfo=zone), zone, language)


def former_in_words(wall_start: str, zone: ZoneInfo, language: Language = Language.ENGLISH) -> str:
    """Give it beside one that names the zone: "Tuesday, March 2, 2027, 10:00 am"."""
    wall = datetime.fromisoformat(wall_start).replace(tzinfo=zone)
    return f"{day_in_words(wall.date(), zone, language)}, {hour_in_words(wall, zone, language)}"


def provisional_in_words(day: date | None, zone: ZoneInfo, language: Language = Language.ENGLISH) -> str:
    """Explain a provisional date: decided after a visit on a local day, where that is still to come."""
    say = anywhere(language).say
    if day is None:
        return say("Provisional: not confirmed yet, your clinician has not decided yet. You will hear from us.")
    return say(
        "Provisional: not confirmed yet, your clinician decides after your visit on %(day)s. You will hear from us.",
        day=day_in_words(day, zone, language),
    )  # fmt: skip


def near_day_in_words(day: date, today: date, zone: ZoneInfo, language: Language = Language.ENGLISH) -> str:
    """Spell a day out, and say so where it is today or tomorrow."""
    say, words = anywhere(language).say, day_in_words(day, zone, language)
    if day == today:
        return say("today, %(day)s", day=words)
    return say("tomorrow, %(day)s", day=words) if day == today + timedelta(days=1) else words


def instructions_in_words(instructions: Iterable[Instruction], language: Language = Language.ENGLISH) -> list[str]:
    """Say what to do before a visit, the earliest first; of what would tell too much, that there is more."""
    ordered = sorted(instructions, key=lambda one: -(one.minutes_before or 0))
    neutral = (one for one in ordered if is_neutral(one_line(one.text)))
    found = [words for one in neutral if is_neutral(words := _instruction_in_words(one, language))]
    more = "There is more to do before this appointment than a mail may say. Ask the clinic."
    return found if len(found) == len(ordered) else [*found, anywhere(language).say(more)]


def _instruction_in_words(instruction: Instruction, language: Language) -> str:
    say, text = anywhere(language).say, one_line(instruction.text)
    text = one_line(say(text))
    if not instruction.minutes_before:
        return text
    length = _length_in_words(instruction.minutes_before, language)
    return say("%(what)s, from %(length)s before you arrive.", what=text.rstrip("."), length=length)


def arrival_in_words(visits: Iterable[VisitProfile], language: Language = Language.ENGLISH) -> str:
    """Say how early to come, where there is a check-in: the times in a letter are those at which the visits begin."""
    early = max((one.lead_minutes for one in visits), default=0)
    length = _length_in_words(early, language)
    return anywhere(language).say("Please arrive %(length)s early, to check in.", length=length) if early else ""


def _length_in_words(minutes: int, language: Language) -> str:
    say = anywhere(language).say
    if minutes % 60:
        return say("%(minutes)s minutes", minutes=minutes)
    return say("1 hour") if minutes == 60 else say("%(hours)s hours", hours=minutes // 60)


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
