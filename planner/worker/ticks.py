"""The table of what a worker does, and how often. Every tick may run in any number of workers at once."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import cached_property
from threading import Event
from uuid import UUID

from planner.bootstrap import Parts
from planner.domain.errors import PlannerError
from planner.domain.roles import Actor, Role
from planner.notify.dispatcher import dispatch
from planner.notify.writing import Books
from planner.services import waitlist
from planner.services.context import Context
from planner.services.extending import extend
from planner.services.foretelling import catch_up
from planner.services.rescheduling import LEASE, compute_waiting
from planner.services.scores import owe_scores
from planner.services.sweeping import sweep
from planner.worker.watch import ClockWatch

log = logging.getLogger(__name__)

WORKER = UUID("00000000-0000-4000-8000-000000000002")
"""Who acts, in the audit, when a tick does."""
NIGHT = time(2)
"""The local wall time from which on a clinic's night's work is done: after any change of its clocks."""
_BATCH = 20
_WINDOWS_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Tick:
    """Something done every so many seconds."""

    name: str
    seconds: float
    act: Callable[[], object]


@dataclass(frozen=True)
class Worker:
    """One worker at work: its parts, its name for the heartbeat, what it trusts, and what tells it to stop."""

    parts: Parts
    name: str
    watch: ClockWatch
    stop: Event
    nights: dict[UUID, date] = field(default_factory=dict)
    """The last local day whose night's work this worker has done, by clinic."""

    @cached_property
    def books(self) -> Books:
        """What became of messages: it is kept until it is written."""
        return Books(self.parts.store)

    def ticks(self) -> tuple[Tick, ...]:
        """List what is done, and how often."""
        return (
            Tick("send", 2, self.send),
            Tick("beat", 10, self.beat),
            Tick("sweep", 30, self.sweep),
            Tick("replan", 2, self.replan),
            Tick("forget", 600, self.forget),
            Tick("expire", 60, self.expire),
            Tick("night", 600, self.night),
        )

    def run(self, tick: Tick) -> None:
        """Run a tick, unless the worker stops or the clock is out of step; what goes wrong is tried again at the next."""
        if self._halted():
            return
        try:
            tick.act()
        except PlannerError as refusal:
            log.warning("tick %s: %s", tick.name, refusal)
        except Exception:  # the worker lives on
            log.exception("tick %s failed", tick.name)

    def send(self) -> None:
        """Send all that is due, batch by batch."""
        parts, full = self.parts, True
        while full and not self._halted():
            done = dispatch(
                parts.store, parts.clock, parts.post, limit=_BATCH, lease=parts.lease, stopping=self._halted,
                books=self.books,
            )  # fmt: skip
            full = done.leased >= _BATCH and not done.given_back

    def beat(self) -> None:
        """Say that this worker lives."""
        with self.parts.store.begin_installation() as installation:
            installation.beat(self.name, self.parts.clock())

    def end(self) -> None:
        """Write what waits, and that this worker has ended as it should; a database that is away is not waited for."""
        try:
            self.books.flush()
            with self.parts.store.begin_installation() as installation:
                installation.end(self.name, self.parts.clock())
        except PlannerError as refusal:
            log.warning("the end of worker %s is not written down: %s", self.name, refusal)

    def sweep(self) -> None:
        """Look after the visits that nobody has closed, clinic by clinic: one that fails does not stop the others."""
        self._in_each_clinic("sweep", sweep)

    def replan(self) -> None:
        """Plan the courses of large changes, clinic by clinic; told to stop, it ends between two courses."""
        for clinic in self.parts.store.clinics():
            ctx = Context(Actor(WORKER, Role.SYSTEM, clinic.id), self.parts.store, self.parts.clock)
            try:
                compute_waiting(ctx, self._halted, min(LEASE, self.parts.lease))
            except PlannerError as refusal:
                log.warning("re-plans of clinic %s: %s", clinic.id, refusal)

    def expire(self) -> None:
        """Close the offers of freed times that have run out, clinic by clinic."""
        self._in_each_clinic("expire", waitlist.settle)

    def night(self) -> None:
        """Do each clinic's work of the night once in it, or as soon after as a worker runs; doing it again is harmless."""
        self._in_each_clinic("night", self._night_of)

    def _night_of(self, ctx: Context) -> None:
        with ctx.read() as uow:
            now = ctx.clock()
            wall = now.astimezone(uow.clinics.get(now).zone)
        if wall.time() >= NIGHT and self.nights.get(ctx.actor.clinic_id) != wall.date():
            done = extend(ctx)
            owe_scores(ctx)
            catch_up(ctx)
            log.info("night of clinic %s: %s", ctx.actor.clinic_id, done)
            self.nights[ctx.actor.clinic_id] = wall.date()

    def _in_each_clinic(self, name: str, act: Callable[[Context], object]) -> None:
        for clinic in self.parts.store.clinics():
            try:
                act(Context(Actor(WORKER, Role.SYSTEM, clinic.id), self.parts.store, self.parts.clock))
            except PlannerError as refusal:
                log.warning("%s of clinic %s: %s", name, clinic.id, refusal)

    def forget(self) -> None:
        """Drop the counts of tries that nobody asks for any more."""
        with self.parts.store.begin_installation() as installation:
            installation.forget_hits(int((self.parts.clock() - _WINDOWS_KEPT).timestamp()))

    def _halted(self) -> bool:
        return self.stop.is_set() or not self.watch.trusted()
