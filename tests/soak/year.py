"""A year that is played through: random acts by the desk and the patients, workers that are killed and restarted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from planner.domain.attendance import MarkKind
from planner.domain.course import AppointmentStatus
from planner.domain.roles import Role
from planner.services.sweeping import sweep
from soak.answering import Answer
from soak.crew import Crew
from soak.post import Post
from soak.speaking import speak
from soak.town import MINUTE, Office
from soak.wishes import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Year:
    """All that is to happen, by when, and the workers."""

    town: list[Office]
    post: Post
    clock: Any
    until: datetime
    random: Random
    world: World
    crew: Crew = field(init=False)
    _events: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _count: Any = field(default_factory=count)

    def then(self, at: datetime, act: Callable[..., Any], *given: Any, **more: Any) -> None:
        """Let something happen at an instant, if it is within the year."""
        if at <= self.until:
            heappush(self._events, (max(at, self.clock.now), next(self._count), lambda: act(*given, **more)))

    def play(self) -> None:
        """Let it all happen, and the workers work in between."""
        self.crew = Crew(self.town[0].desk.store, self.post, self.clock, self, Random(f"crew {self.random.random()}"))
        self.post.interrupt = self.crew.interrupt
        self.crew.start()
        self.run(self.until)

    def run(self, end: datetime) -> None:
        """Let all happen until an instant."""
        while self._events and (at := self._events[0][0]) <= end:
            self.crew.work_until(at)
            if not self._events or self._events[0][0] != at:  # a worker died, and comes back before; or one hung for long
                continue
            self.clock.now = max(self.clock.now, at)
            heappop(self._events)[2]()
        self.crew.work_until(end)
        self.clock.now = max(self.clock.now, end)

    # ------------------------------------------------------------------ the workers' other work

    def stop(self, rest: timedelta) -> None:
        """Let no worker run for a while."""
        self.crew.stop(rest)

    def night(self) -> None:
        """Do the night's work, if a worker is there, and forget how many messages went in each minute of the day before."""
        for worker in self.crew.free[:1]:
            worker.night()
            worker.forget()

    def tick(self, office: Office) -> None:
        """Sweep one clinic, if a worker is there: the next one that starts sweeps them all."""
        for _ in self.crew.free[: self.random.choice((1, 1, 1, 2))]:
            sweep(office.desk.acting(Role.SYSTEM))

    # ------------------------------------------------------------------ the patients

    def meet(self, office: Office, name: str, tries: int = 4) -> None:
        """A patient books, another time where the rules refuse it, and lets all follow that may."""
        visits = office.attempt(office.book, name, self.random)
        if visits is None and tries > 1:
            self.then(self.clock.now + self.random.randint(1, 30) * HOUR, self.meet, office, name, tries - 1)
        for one in visits or ():
            self._before(office, one)
            self.then(one.start_at, self.visit, office, one.id, one.start_at)
        if visits:
            speak(self, office, name, visits)

    def _before(self, office: Office, one: Any) -> None:
        ahead, draw = one.start_at - self.clock.now, self.random.random
        if draw() < 0.2:
            self.then(self.some(ahead), self._change, office, office.move, one.id, self.random)
        if draw() < 0.07:
            self.then(self.some(ahead), self._change, office, office.cancel, one.id)
        if draw() < 0.25:
            self.then(self.some(ahead), office.attempt, Answer(office, one.id).come)

    def some(self, ahead: timedelta) -> datetime:
        """Give an instant within so long."""
        return self.clock.now + timedelta(seconds=int(ahead.total_seconds() * self.random.random()))

    def _change(self, office: Office, act: Callable[..., Any], *given: Any) -> None:
        """Change something; at times while a letter is under way, at times to be undone at once."""
        if self.random.random() < 0.05:
            self.post.meanwhile = lambda: self._changed(office, act, *given)
        else:
            self._changed(office, act, *given)

    def _changed(self, office: Office, act: Callable[..., Any], *given: Any) -> None:
        undo_id = office.attempt(act, *given)
        key = given[0]
        if undo_id and self.random.random() < 0.3:
            self.then(self.clock.now + timedelta(seconds=5), office.attempt, office.undo, undo_id)
        if undo_id:
            self.then(self.clock.now + timedelta(seconds=6), self._again, office, key)

    def _again(self, office: Office, key: Any) -> None:
        start = office.current(key).start_at
        self.then(start, self.visit, office, key, start)

    # ------------------------------------------------------------------ the visits

    def visit(self, office: Office, key: Any, start: datetime) -> None:
        """Let a visit take place, if it is still at this time: as a rule it does, as a rule somebody writes it down."""
        one = office.current(key)
        if one.start_at != start or one.arrived_at or one.outcome or one.status is AppointmentStatus.CANCELLED:
            return
        drawn, late = self.random.random(), timedelta(minutes=self.random.choice((0, 0, 0, 5, 40, 300)))
        if drawn < 0.04:
            self.then(start + 20 * MINUTE, office.attempt, office.mark, key, MarkKind.NO_SHOW)
            return
        if drawn < 0.07:
            self.then(one.end_at + 14 * HOUR, self._afterwards, office, one)
            self._sweeps(office, one)
            return
        office.attempt(office.mark, key, MarkKind.ARRIVED)
        if drawn < 0.10:
            self.then(start + 25 * MINUTE, office.attempt, office.mark, key, MarkKind.NOTHING_GIVEN)
        elif drawn < 0.14:
            self._sweeps(office, one)
            self.then(one.end_at + 2 * HOUR, office.attempt, office.mark, key, MarkKind.DOSED, start + 20 * MINUTE)
        else:
            self.then(start + 30 * MINUTE, office.attempt, office.mark, key, MarkKind.DOSED)
            if drawn < 0.16:
                self.then(start + 45 * MINUTE, office.attempt, office.take_back_the_dose, key)
            elif drawn < 0.96:
                self.then(one.end_at + late, office.attempt, office.mark, key, MarkKind.DISCHARGED)

    def _afterwards(self, office: Office, one: Any) -> None:
        """The next morning somebody writes down what nobody had."""
        for kind, at in ((MarkKind.ARRIVED, one.start_at), (MarkKind.DOSED, one.start_at + 30 * MINUTE)):
            office.attempt(office.mark, one.id, kind, at)

    def _sweeps(self, office: Office, one: Any) -> None:
        for minutes in (0.5, 31):
            self.then(one.end_at + minutes * MINUTE, self.tick, office)
