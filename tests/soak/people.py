"""The patients of the soak: how each wants to be reached, and what they said of it since, and when."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from planner.domain.channels import Channel

T = TypeVar("T")
DAY = timedelta(days=1)
Hours = tuple[time, time]
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Timeline(Generic[T]):
    """Something that changes: what it is since when."""

    def __init__(self, first: T, since: datetime = LONG_AGO) -> None:
        self._since, self._values = [since], [first]

    def note(self, at: datetime, value: T) -> None:
        """Write down what it is from an instant on, the last that is known."""
        self._since.append(at)
        self._values.append(value)

    def at(self, instant: datetime) -> T:
        """Give what it is at an instant."""
        return self._values[max(0, bisect_right(self._since, instant) - 1)]

    def around(self, instant: datetime) -> list[T]:
        """Give what it is at an instant and was just before: both count for what is under way at that moment."""
        return self._values[max(0, bisect_left(self._since, instant) - 1) : max(1, bisect_right(self._since, instant))]

    def first(self, value: T, begin: datetime, end: datetime) -> datetime | None:
        """Find when it first is something, between two instants."""
        return next((at for at, one in self.changes() if begin < at < end and one == value), None)

    def changed(self, begin: datetime, end: datetime) -> bool:
        """Whether it changed after one instant, and not after another."""
        return any(begin < at <= end for at, _ in self.changes())

    def changes(self) -> Iterator[tuple[datetime, T]]:
        """Go through what it is, since when."""
        return zip(self._since, self._values, strict=True)

    @property
    def now(self) -> T:
        """What it is in the end."""
        return self._values[-1]


class Person:
    """A patient; what is said of them has its time. *mail*: an address that does not change; None: none."""

    def __init__(
        self, name: str, mail: str | None, number: str | None = None,
        channels: tuple[Channel, ...] = (Channel.MAIL, Channel.SMS), quiet: Hours | None = None, *,
        texts: bool = False, spanish: bool = False,
    ) -> None:  # fmt: skip
        self.name, self.mail = name, mail
        self.number = Timeline(number)
        self.channels = Timeline(channels)
        self.quiet = Timeline(quiet)
        self.texts, self.mails = Timeline(texts), Timeline(True)
        self.reminders, self.spanish = Timeline(True), Timeline(spanish)
        self.invites = Timeline(False)
        """Whether they want each visit in their own calendar, by a mail that puts it there."""
        self.agreed = self.spoke = texts
        """Whether texts were ever agreed to; whether anything was ever said of them."""
        self.stopped_by_text = False

    def agree(self, at: datetime, *, texts: bool) -> None:
        """Note what the desk was told about texts."""
        self.texts.note(at, texts)
        self.agreed, self.spoke, self.stopped_by_text = self.agreed or texts, True, False

    def hear(self, at: datetime, *, stop: bool) -> None:
        """Note a text of theirs: STOP, or START, which takes back a STOP alone, and only where there was consent once."""
        if stop and (self.texts.now or not self.spoke):
            self.spoke = self.stopped_by_text = True
            self.texts.note(at, value=False)
        elif not stop and self.stopped_by_text and self.agreed:
            self.stopped_by_text = False
            self.texts.note(at, value=True)

    def has(self, to: str) -> bool:
        """Whether an address or a number is theirs, or was."""
        return to == self.mail or any(to == dialled(number) for _, number in self.number.changes())

    def address(self, channel: Channel, at: datetime) -> str | None:
        """Give where a channel reaches them at an instant, if they agreed to it."""
        if channel is Channel.MAIL:
            return self.mail if self.mails.at(at) else None
        return dialled(self.number.at(at)) if self.texts.at(at) else None

    def ways(self, at: datetime) -> list[Channel]:
        """List what may send to them at an instant, in their order."""
        sending = (one for one in self.channels.at(at) if not one.by_hand)
        return [one for one in sending if self.address(one, at)]


def dialled(number: str | None) -> str | None:
    """Write a number as it is dialled from anywhere; None for one without its country."""
    plain = "".join(one for one in number or "" if one not in " -().")
    return plain if plain.startswith("+") else None


def quiet_until(hours: Hours | None, at: datetime, zone: ZoneInfo) -> datetime:
    """Give the instant itself, or where it is quiet on the wall then the end of that."""
    if hours is None:
        return at
    (begin, end), wall = hours, at.astimezone(zone)
    over_night = begin > end
    if not (begin <= wall.time() < end or (over_night and (wall.time() >= begin or wall.time() < end))):
        return at
    day = wall.date() + DAY if over_night and wall.time() >= begin else wall.date()
    return datetime.combine(day, end, zone).astimezone(UTC)


def quiet_since(hours: Hours | None, at: datetime, zone: ZoneInfo) -> datetime:
    """Give the instant itself, or where it is quiet on the wall then the beginning of that."""
    if hours is None or quiet_until(hours, at, zone) == at:
        return at
    begin, wall = hours[0], at.astimezone(zone)
    day = wall.date() if wall.time() >= begin else wall.date() - DAY
    return datetime.combine(day, begin, zone).astimezone(UTC)


KINDS = {"mail": 34, "texts first": 26, "texts only": 12, "mail, then texts": 14, "never asked": 8, "by a person": 6}
"""Of a hundred patients so many want to be reached in each way."""
QUIET: tuple[Hours, ...] = (
    (time(22), time(7)), (time(20, 30), time(9, 30)), (time(12), time(14)), (time(18), time(6)), (time(8), time(10)),
    (time(19), time(8)),
)  # fmt: skip


def draw_person(number: int, seed: int) -> Person:
    """Draw a patient."""
    random = Random(f"patient {number} of {seed}")
    person = _draw(number, random)
    if person.mail and random.random() < 0.15:
        person.invites = Timeline(True)
    return person


def _draw(number: int, random: Random) -> Person:
    name, phone = f"Ada Lovelace{number}", f"+1 212 {2_000_000 + number}"
    mail = f"patient.{number}@mail.example"
    quiet = random.choice(QUIET) if random.random() < 0.15 else None
    last = random.choice((Channel.PHONE, Channel.PRINT))
    kind = random.choices(tuple(KINDS), tuple(KINDS.values()))[0]
    spanish = random.random() < 0.2
    texts_first, mail_first = (Channel.SMS, Channel.MAIL, last), (Channel.MAIL, Channel.SMS)
    match kind:
        case "texts first":
            return Person(name, mail, phone, texts_first, quiet, texts=True, spanish=spanish)
        case "texts only":
            return Person(name, None, phone, (Channel.SMS, last), quiet, texts=True, spanish=spanish)
        case "mail, then texts":
            return Person(name, mail, phone, (*mail_first, last), quiet, texts=True, spanish=spanish)
        case "never asked":
            return Person(name, mail, phone, texts_first, quiet, spanish=spanish)
        case "by a person":
            order = random.choice(((last,), mail_first))
            return Person(name, None, random.choice((phone, "212 5550")), order, spanish=spanish)
    return Person(name, mail, random.choice((phone, None)), mail_first, quiet, spanish=spanish)
