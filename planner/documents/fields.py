"""The fields of documents: names that can be seen, days and wall times that are never numbers."""

import unicodedata
from contextlib import suppress
from datetime import date, datetime, time
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf

from planner.domain.clinic import WEEKDAYS
from planner.domain.errors import InvalidValue
from planner.domain.span import check_day

_JOINERS = {"\u200c", "\u200d"}
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def check_text(text: str) -> str:
    """Refuse what cannot be seen (control and direction characters, half characters) and blanks at the ends."""
    hidden = next((c for c in text if unicodedata.category(c) in _HIDDEN and c not in _JOINERS), None)
    if hidden is not None:
        raise InvalidValue("", f"holds the hidden character U+{ord(hidden):04X}")
    if not text or text != text.strip():
        raise InvalidValue("", "must not be empty, nor begin or end with a blank")
    return text


def read_day(given: object) -> date:
    """Read a day such as 2027-03-18, as text or as TOML's own; a number is never a day."""
    if isinstance(given, str):
        with suppress(ValueError):
            given = datetime.strptime(given, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    if not isinstance(given, date) or isinstance(given, datetime):
        raise InvalidValue("", "must be a day such as 2027-03-18")
    return check_day(given, "")


def read_clock(given: object) -> time:
    """Read a time of day such as 09:00, to the minute."""
    if isinstance(given, str) and len(given) == 5:
        with suppress(ValueError):
            given = datetime.strptime(given, "%H:%M").time()  # noqa: DTZ007 - a wall clock has no zone
    if not isinstance(given, time) or given.tzinfo or given.second or given.microsecond:
        raise InvalidValue("", "must be a time of day such as 09:00")
    return given


def read_wall(given: object) -> datetime:
    """Read a wall time such as 2027-03-18T12:00: naive, for the clinic's zone is the only one."""
    if isinstance(given, str) and len(given) == 16:
        with suppress(ValueError):
            given = datetime.strptime(given.replace(" ", "T"), "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - the clinic's wall
    if not isinstance(given, datetime) or given.tzinfo or given.second or given.microsecond:
        raise InvalidValue("", "must be a time on the clinic's wall such as 2027-03-18T12:00, without zone or seconds")
    check_day(given.date(), "")
    return given


def read_moment(given: object) -> date:
    """Read a whole day or a wall time, whichever is given."""
    whole = isinstance(given, str) and len(given) <= 10
    whole = whole or (isinstance(given, date) and not isinstance(given, datetime))
    if whole:
        return read_day(given)
    if not isinstance(given, str | datetime):
        raise InvalidValue("", "must be a day such as 2027-03-18 or a wall time such as 2027-03-18T12:00")
    return read_wall(given)


def read_weekday(given: object) -> int:
    """Read Mon, Tue, ... as 0, 1, ..."""
    if not isinstance(given, str) or given not in WEEKDAYS:
        raise InvalidValue("", f"must be one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(given)


Name = Annotated[str, Field(max_length=200), AfterValidator(check_text)]
Text = Annotated[str, Field(max_length=500), AfterValidator(check_text)]
Slug = Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Day = Annotated[date, BeforeValidator(read_day)]
ClockTime = Annotated[time, BeforeValidator(read_clock)]
WallTime = Annotated[datetime, BeforeValidator(read_wall)]
Moment = Annotated[InstanceOf[date], BeforeValidator(read_moment)]
Weekday = Annotated[int, BeforeValidator(read_weekday)]
