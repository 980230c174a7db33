"""What somebody wants of a calendar link: for whom, what it shows, and how the device that has it is called."""

from dataclasses import dataclass, replace

from planner.domain.contact import clean
from planner.domain.errors import InvalidValue
from planner.domain.neutral import check_neutral
from planner.domain.reaching import Audience, Language

LONGEST_LINE = 60
MOST_LINKS = 20
"""How many links of one patient, person or room may be on at once."""
ALARMS = (15, 30, 60, 120, 1440)
"""The minutes before, of which one may be chosen for a courtesy alarm."""


@dataclass(frozen=True)
class Wanted:
    """A calendar link as it is asked for; the audience of a person's or a room's is what the resource is.

    *label*: whose device it is. *wording*: the title of what it shows; None for the word for an appointment in its
    *language*. *alarm_minutes*: None for no alarm.
    """

    label: str
    audience: Audience = Audience.PATIENT
    wording: str | None = None
    shows_advice: bool = True
    shows_place: bool = False
    alarm_minutes: int | None = None
    language: Language = Language.ENGLISH

    def checked(self) -> "Wanted":
        """Give it without spaces around its lines; raises InvalidValue (*label*, *wording*, *alarm_minutes*)."""
        if self.alarm_minutes not in {None, *ALARMS}:
            raise InvalidValue("alarm_minutes", f"must be one of {', '.join(map(str, ALARMS))}")
        wording = None if self.wording is None else neutral_line(self.wording, "wording")
        return replace(self, label=neutral_line(self.label, "label"), wording=wording)


def neutral_line(text: str, path: str) -> str:
    """Give one short printable line that anybody may read; raises InvalidValue."""
    line = clean(text, path)
    if len(line) > LONGEST_LINE:
        raise InvalidValue(path, f"must be 1 to {LONGEST_LINE} characters")
    return check_neutral(line, path)
