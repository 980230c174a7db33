"""By which way a message reaches somebody: channels in the patient's order, consent, and hours in which it is quiet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
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

    def holds_at(self, instant: datetime, zone: ZoneInfo) -> bool:
        """Whether it is quiet on the clinic's wall."""
        wall = instant.astimezone(zone).time()
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """Give the instant itself, or where it is quiet then the end of that: always on the clinic's wall."""
        if not self.holds_at(instant, zone):
            return instant
        began = self._began_on(instant, zone)
        ends = _meant(began if self.start < self.end else began + DAY, self.end, zone)
        return self.after(next(one for one in ends if one > instant), zone)  # the clocks may skip what was free

    def before(self, instant: datetime, margin: timedelta, zone: ZoneInfo) -> datetime:
        """Give a *margin* before the quiet hours began in which an instant lies; all that was free, where that is less.

        It is the instant itself where nothing was free.
        """
        begins = _meant(self._began_on(instant, zone), self.start, zone)[0]
        free = self.after(begins - margin, zone)
        return free if free < begins else instant

    def _began_on(self, instant: datetime, zone: ZoneInfo) -> date:
        day = local_day(instant, zone)
        return day if instant.astimezone(zone).time() >= self.start else day - DAY


@dataclass(frozen=True)
class MessagePolicy:
    """What a clinic sets for its messages.

    *quiet*: hours without messages, where a patient has set none; 21:00 to 08:00 is ASSUMED. *safety_in_quiet*: whether the
    no-driving reminders come all the same.
    """

    quiet: Quiet | None = Quiet(time(21), time(8))
    safety_in_quiet: bool = True

    def quiet_for(self, own: Quiet | None) -> Quiet | None:
        """Give the quiet hours that hold for a patient: their *own*, or the clinic's where they have set none."""
        return own or self.quiet


def _meant(day: date, wall: time, zone: ZoneInfo) -> list[datetime]:
    """List what a wall time can mean; one that is skipped by the clocks on either side of that."""
    return sorted(at_wall(day, wall.replace(fold=fold), zone) for fold in (0, 1))


STANDARD_MESSAGING = MessagePolicy()
DEFAULT_CHANNELS = (Channel.MAIL, Channel.SMS)


def route(wanted: Sequence[Channel], usable: Collection[Channel]) -> tuple[Channel, ...]:
    """Give the channels to try, in order: those wanted that are *usable* (address, consent, a server), then one by hand."""
    tried = [one for one in dict.fromkeys(wanted) if one in usable and not one.by_hand]
    by_hand = next((one for one in wanted if one.by_hand), Channel.PHONE)
    return (*tried, by_hand)
