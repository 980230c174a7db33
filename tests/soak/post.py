"""What carries messages in the soak: it takes some, is away at times, refuses some, loses answers, and sees workers die."""

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from planner.domain.channels import Channel
from planner.notify.transports import Letter, TransportError, mail_of
from soak.spells import Spells

SENDING = (Channel.MAIL, Channel.SMS)
MINUTE = timedelta(minutes=1)
STEP, TICK = timedelta(seconds=70), timedelta(seconds=4)
"""Within what time as many leave as may in a minute, where more wait; and how late each of them does."""
GAP = 10
"""How many minutes without a message may lie between those that a full minute put off."""


class Killed(BaseException):
    """The worker dies here, as by kill -9: nothing of what it does after is done."""


@dataclass(frozen=True)
class Taken:
    """A message that arrived. *noted*: the sender heard that it did, in time; else it will come once more.

    *heard*: when it did, if that took a while. *name*: its Message-ID. *back*: when the sender heard that it did not arrive
    after all, and why (*status*). *calendar*: what a calendar program reads of it.
    """

    at: datetime
    notice: UUID
    to: str
    text: str
    noted: bool = True
    channel: Channel = Channel.MAIL
    heard: datetime | None = None
    name: str = ""
    calendar: str = ""
    back: datetime | None = None
    status: str = ""

    def is_settled(self, at: datetime) -> bool:
        """Whether the sender can have written at an instant that it was sent."""
        return at in {self.at, self.heard}


FAULTS = {"busy": 15, "unheard": 4, "killed after": 2, "killed before": 2}
"""Of a thousand messages so many meet each fault."""


@dataclass
class Traffic:
    """What became of messages on their way, by channel; what the reckoning knows of the post."""

    away: dict[Channel, Spells] = field(default_factory=lambda: {one: Spells() for one in SENDING})
    off: Spells = field(default_factory=Spells)
    """When no worker runs."""
    dead: set[str] = field(default_factory=set)
    """The addresses and numbers that are always refused for good."""
    limits: dict[Channel, int] = field(default_factory=dict)
    taken: defaultdict[UUID, list[Taken]] = field(default_factory=lambda: defaultdict(list))
    failed: Counter[UUID] = field(default_factory=Counter)
    handed: Counter[tuple[Channel, datetime]] = field(default_factory=Counter)
    """How many were handed over in each minute, taken or not."""
    named: defaultdict[Channel, list[tuple[datetime, UUID]]] = field(default_factory=lambda: defaultdict(list))

    def hand(self, channel: Channel, at: datetime, notice: UUID) -> None:
        """Count one more."""
        minute = at.replace(second=0, microsecond=0)
        self.handed[channel, minute] += 1
        insort(self.named[channel], (at, notice), key=_at)

    def within(self, channel: Channel, begin: datetime, end: datetime) -> list[UUID]:
        """List what was handed over after an instant, and not after another."""
        named = self.named[channel]
        return [one for _, one in named[bisect_right(named, begin, key=_at) : bisect_right(named, end, key=_at)]]

    def room(self, channel: Channel, at: datetime) -> datetime:
        """Give the instant itself, or where as many went as may in a minute the end of the traffic that follows.

        What is too much comes back one after the other, in an order that is not seen here: gaps are left. Who comes while
        others do stands behind them.
        """
        limit, minute = self.limits.get(channel), at.replace(second=0, microsecond=0)
        if not limit or not self._is_full(channel, at, limit):
            return at
        while after := [ahead for ahead in range(1, GAP) if self.handed[channel, minute + ahead * MINUTE]]:
            minute += after[-1] * MINUTE
        return minute + 2 * MINUTE

    def _is_full(self, channel: Channel, at: datetime, limit: int) -> bool:
        """Whether as many went as may, up to a place in the line before an instant, or from no more than one after it.

        A place before it that nobody needed any more goes by unseen.
        """
        named, place = self.named[channel], STEP / limit + TICK
        near = named[bisect_right(named, at - STEP - place, key=_at) : bisect_right(named, at + place, key=_at)]
        begins = (begin for begin, _ in near)
        return any(len(self.within(channel, begin - TICK / 4, begin + STEP)) >= limit for begin in begins)


def _at(handed: tuple[datetime, UUID]) -> datetime:
    return handed[0]


class Post(Traffic):
    """Both carriers; *clock* says when, *seed* what befalls a message."""

    def __init__(self, clock, seed: int, dead: set[str], limits: dict[Channel, int]) -> None:
        super().__init__(dead=dead, limits=limits)
        self.clock, self.random, self.met = clock, Random(f"post {seed}"), Counter[str]()
        self.reader = None
        """Who reads what has come: called with it."""
        self.interrupt = lambda: None
        """Lets whoever sends hang for a while: called when a message is taken."""
        self.meanwhile = None
        """What happens elsewhere while a message is handed over: called at one, once."""

    def known(self) -> Traffic:
        """Give what the reckoning may know."""
        return Traffic(**{one.name: getattr(self, one.name) for one in fields(Traffic)})

    def carrier(self, channel: Channel) -> "Carrier":
        """Give what takes the messages of a channel."""
        return Carrier(self, channel)

    def deliver(self, letter: Letter, channel: Channel) -> None:
        """Take a message, or not."""
        if channel is Channel.MAIL:
            mail_of(letter)
        now, notice = self.clock(), UUID(letter.message_id.partition("@")[0])
        self.hand(channel, now, notice)
        act, self.meanwhile = self.meanwhile, None
        if act:
            act()
        fault = self._fault(letter, now, channel)
        if fault in {None, "unheard", "killed after"}:
            text = f"{letter.subject}\n{letter.text}"
            named = {"name": letter.message_id, "calendar": letter.calendar.decode()}
            self._take(Taken(now, notice, letter.to, text, fault is None, channel, **named))
        if fault:
            self.met[f"{channel} {fault}"] += 1
            self.failed[notice] += 1
            self._raise(fault)

    def _take(self, copy: Taken) -> None:
        copies = self.taken[copy.notice]
        copies.append(copy)
        if self.reader:
            self.reader(copy)
        if not copy.noted:
            return
        place = len(copies) - 1
        copies[place] = replace(copy, noted=False)  # until it comes to, or for ever
        too_late = self.interrupt()
        copies[place] = replace(copy, noted=not too_late, heard=self.clock())

    def _fault(self, letter: Letter, now: datetime, channel: Channel) -> str | None:
        if self.away[channel].touch(now, now):
            return "away"
        if letter.to in self.dead:
            return "refused"
        drawn = self.random.randrange(1000)
        for fault, share in FAULTS.items():
            if drawn < share:
                return fault
            drawn -= share
        return None

    @staticmethod
    def _raise(fault: str) -> None:
        if fault.startswith("killed"):
            raise Killed(fault)
        answer = {"refused": "550", "busy": "451"}.get(fault, "no-answer")
        raise TransportError(answer, permanent=answer == "550")


@dataclass(frozen=True)
class Carrier:
    """A transport: the mail server, or the gateway of texts."""

    post: Post
    channel: Channel

    def deliver(self, letter: Letter) -> None:
        """Take a message, or not."""
        self.post.deliver(letter, self.channel)
