"""By which way a message reaches somebody: channels in the patient's order, consent, and hours in which it is quiet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from planner.domain.errors import InvalidValue
from planner.domain.span import DAY, at_wall, local_day


class Channel(StrEnum):
    """A way of reaching a patient. *phone* and *print* are done by a person: they become tasks."""

    MAIL = "mail"
    SMS = "sms"
    PHONE = "phone"
    PRINT = "print"

    @property
    def by_hand(self) -> bool:
        """Whether a person does it."""
        return self in {Channel.PHONE, Channel.PRINT}


class Recipient(StrEnum):
    """Whom a message is for. *escort*: who takes the patient home, told when to pick up and where, and nothing else."""

    PATIENT = "patient"
    ESCORT = "escort"


@dataclass(frozen=True)
class Quiet:
    """Hours of wall time in which nobody is written to, from *start* until *end*, which may lie on the next day."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise InvalidValue("end", "must not be the start")

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Give the instant itself, or where it is quiet then the end of that: always on the clinic's wall."""
        wall, day = instant.astimezone(zone).time(), local_day(instant, zone)
        if self.start < self.end:
            return at_wall(day, self.end, zone) if self.start <= wall < self.end else instant
        if wall >= self.start:
            return at_wall(day + DAY, self.end, zone)
        return at_wall(day, self.end, zone) if wall < self.end else instant


@dataclass(frozen=True)
class MessagePolicy:
    """What a clinic sets for its messages.

    *quiet*: hours without messages, where a patient has set none; 21:00 to 08:00 is ASSUMED. *safety_in_quiet*: whether the
    no-driving reminders come all the same.
    """

    quiet: Quiet | None = Quiet(time(21), time(8))
    safety_in_quiet: bool = True


STANDARD_MESSAGING = MessagePolicy()
DEFAULT_CHANNELS = (Channel.MAIL, Channel.SMS)


def route(wanted: Sequence[Channel], usable: Collection[Channel]) -> tuple[Channel, ...]:
    """Give the channels to try, in order: those wanted that are *usable* (address, consent, a server), then one by hand."""
    tried = [one for one in dict.fromkeys(wanted) if one in usable and not one.by_hand]
    by_hand = next((one for one in wanted if one.by_hand), Channel.PHONE)
    return (*tried, by_hand)
