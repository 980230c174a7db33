"""The mail server of the soak: it takes letters, is away at times, refuses some, loses answers, and sees workers die."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from planner.notify.transports import Letter, TransportError, mail_of


class Killed(BaseException):
    """The worker dies here, as by kill -9: nothing of what it does after is done."""


@dataclass(frozen=True)
class Taken:
    """A letter that arrived. *noted*: the sender heard that it did; else it will come once more."""

    at: datetime
    notice: UUID
    to: str
    text: str
    noted: bool


class Spells:
    """Stretches of time in which something is away."""

    def __init__(self) -> None:
        self._begins, self._ends = list[datetime](), list[datetime]()

    def add(self, begin: datetime, end: datetime) -> None:
        """Add one that begins after all that are there; it may overlap with the last."""
        self._begins.append(begin)
        self._ends.append(max(end, self._ends[-1]) if self._ends else end)

    def touch(self, begin: datetime, end: datetime) -> bool:
        """Whether one of them has an instant in common with this stretch."""
        last = bisect_right(self._begins, end)
        return last > 0 and self._ends[last - 1] >= begin

    def __len__(self) -> int:
        return len(self._begins)


FAULTS = {"busy": 15, "unheard": 4, "killed after": 2, "killed before": 2}
"""Of a thousand letters so many meet each fault."""


class Post:
    """A transport; *away*: when the server is, *off*: when the worker is; *dead* addresses are always refused for good."""

    def __init__(self, clock, seed: int, dead: set[str]) -> None:
        self.clock, self.random, self.dead, self.away, self.off = clock, Random(f"post {seed}"), dead, Spells(), Spells()
        self.taken = defaultdict[UUID, list[Taken]](list)
        self.failed = defaultdict[UUID, int](int)
        self.met = defaultdict[str, int](int)
        self.meanwhile = None
        """What happens elsewhere while a letter is handed over: called at one letter, once."""

    def deliver(self, letter: Letter) -> None:
        """Take a letter, or not."""
        mail_of(letter)
        now, notice = self.clock(), UUID(letter.message_id.partition("@")[0])
        act, self.meanwhile = self.meanwhile, None
        if act:
            act()
        fault = self._fault(letter, now)
        if fault in {None, "unheard", "killed after"}:
            self.taken[notice].append(Taken(now, notice, letter.to, f"{letter.subject}\n{letter.text}", fault is None))
        if fault:
            self.met[fault] += 1
            self.failed[notice] += 1
            self._raise(fault)

    def _fault(self, letter: Letter, now: datetime) -> str | None:
        if self.away.touch(now, now):
            return "server away"
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
