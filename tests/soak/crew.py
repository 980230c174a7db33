"""The workers of the soak: two on one database, which take turns at random, are in the midst of things, hang, and die."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from random import Random
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import text

from planner.bootstrap import Parts
from planner.domain.channels import Channel
from planner.notify.dispatcher import LEASE
from planner.storage.unit_of_work import Store
from planner.worker.ticks import Tick, Worker
from planner.worker.watch import ClockWatch
from soak.post import Killed, Post

SIZE = 2
RESTS = (2, 10, 60, 600, 9000)
"""After how many seconds one that was killed comes back."""
HANGS = {0: 10, 4: 8, 150: 4, 330: 4}
"""For how many seconds, of a thousand messages, a worker hangs in so many while the world goes on.

Long enough for its lease to run out, or so short that what it has in hand is not late for it.
"""
NEXT_DUE = """
    SELECT min(next_attempt_at) FROM notice WHERE sent_at IS NULL AND given_up_at IS NULL AND withdrawn_at IS NULL"""


@dataclass
class Crew:
    """All workers that live, those who have nothing in hand, and the world that goes on while one hangs."""

    store: Store
    post: Post
    clock: Any
    world: Any
    """The year: *then* and *run*."""
    random: Random
    living: list[Worker] = field(default_factory=list)
    free: list[Worker] = field(default_factory=list)
    kills: int = 0
    hangs: int = 0
    _hung: bool = False
    _nights: dict[UUID, date] = field(default_factory=dict)
    """The nights that are done, which a worker tells the next one: doing them again takes long and changes nothing."""

    def start(self) -> None:
        """Start workers that know nothing of those before; each looks after what was left."""
        while len(self.living) < SIZE:
            self._hire()

    def _hire(self) -> None:
        watch = ClockWatch(self.clock, lambda: self.clock().timestamp())
        mail, texts = (self.post.carrier(one) for one in (Channel.MAIL, Channel.SMS))
        parts = Parts(self.store, self.clock, mail, transports={Channel.SMS: texts}, per_minute=self.post.limits)
        worker = Worker(parts, "soak", watch, Event(), self._nights)
        self.living.append(worker)
        self.free.append(worker)
        worker.sweep()
        worker.night()

    def stop(self, rest: timedelta) -> None:
        """Let no worker run for a while; who hangs never comes to."""
        self.living.clear()
        self.free.clear()
        self.post.off.add(self.clock.now, self.clock.now + rest)
        self.store.close()
        self._back_after(rest)

    def _back_after(self, rest: timedelta) -> None:
        self.world.then(self.clock.now + rest, self._back)

    def _back(self) -> None:
        soon = self.clock.now + timedelta(seconds=1)
        if self.living or not self.post.off.touch(soon, soon):
            self.start()

    # ------------------------------------------------------------------ sending

    def work_until(self, end: datetime) -> None:
        """Send what falls due until then, at the ticks of two seconds."""
        last = None
        while self.free and (due := self._next_due()) is not None:
            at = due.replace(microsecond=0) + timedelta(seconds=2 * ceil((due.second % 2 * 1e6 + due.microsecond) / 2e6))
            at = max(at, self.clock.now, last + timedelta(seconds=2) if last else at)
            if at > end:
                return
            self.clock.now = last = at
            self._send(self.random.choice(self.free))

    def _send(self, worker: Worker) -> None:
        self.free.remove(worker)
        self._hung = False
        try:
            worker.run(Tick("send", 2, worker.send))
        except Killed:
            self._bury(worker)
        else:
            self.free.append(worker)

    def _bury(self, worker: Worker) -> None:
        if worker not in self.living:  # all were stopped while it hung
            return
        self.kills += 1
        self.living.remove(worker)
        rest = timedelta(seconds=self.random.choice(RESTS))
        if self.free:
            self._back_after(rest)
        else:
            self.stop(rest)

    def _next_due(self) -> datetime | None:
        with self.store.engine.connect() as connection:
            found = connection.execute(text(NEXT_DUE)).scalar()
        return datetime.fromisoformat(found).replace(tzinfo=self.clock.now.tzinfo) if isinstance(found, str) else found

    # ------------------------------------------------------------------ hanging

    def interrupt(self) -> bool | None:
        """Let the other worker go on, and at times the whole world, while one waits for the answer to its message.

        Gives whether its lease has run out by then; None where nothing happened. Raises Killed where all were stopped.
        """
        if self._hung or not self.free or not (seconds := self._drawn()):
            return None
        self._hung, self.hangs = True, self.hangs + 1
        hanging = [one for one in self.living if one not in self.free]
        self.world.run(self.clock.now + timedelta(seconds=seconds[0]))
        self._hung = True
        if any(one not in self.living for one in hanging):
            raise Killed("killed after")
        return timedelta(seconds=seconds[0]) >= LEASE

    def _drawn(self) -> list[int]:
        drawn = self.random.randrange(1000)
        for seconds, share in HANGS.items():
            if drawn < share:
                return [seconds]
            drawn -= share
        return []
