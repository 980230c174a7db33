"""What every page asks for, kept by a process: the clinic by its version, health for seconds, who drifts for a minute."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from planner.clock import Clock
from planner.domain.clinic import Clinic
from planner.domain.roles import Permission
from planner.services import clinics, drifting, health
from planner.services.context import Context
from planner.services.health import Health
from planner.storage.unit_of_work import Store

_LOOKED_EVERY = timedelta(seconds=5)
_COUNTED_EVERY = timedelta(minutes=1)


class Known:
    """What one process knows of one store; safe to share between threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._clinics: dict[UUID, tuple[int, int, Clinic]] = {}
        self._health: Health | None = None
        self._drifting: dict[UUID, tuple[datetime, int]] = {}

    def clinic(self, ctx: Context, version: int | None) -> Clinic:
        """Give the clinic as it stood at a version, or later."""
        ctx.require(Permission.READ)
        year, kept = ctx.clock().year, self._clinics.get(ctx.actor.clinic_id)
        if version is None or kept is None or kept[:2] != (version, year):
            found = clinics.the_clinic(ctx)
            if version is None:
                return found
            self._clinics[ctx.actor.clinic_id] = kept = (version, year, found)
        return kept[2]

    def drift_count(self, ctx: Context) -> int:
        """Count the courses that drift, as it was within a minute."""
        ctx.require(Permission.READ)
        now, kept = self._clock(), self._drifting.get(ctx.actor.clinic_id)
        if kept is None or not timedelta(0) <= now - kept[0] < _COUNTED_EVERY:
            self._drifting[ctx.actor.clinic_id] = kept = (now, drifting.drift_count(ctx))
        return kept[1]

    def health(self) -> Health:
        """Tell whether all is well, as it was within five seconds; while something is wrong, as it is."""
        now, kept = self._clock(), self._health
        if kept and kept.now and timedelta(0) <= now - kept.now < _LOOKED_EVERY:
            still = replace(kept, now=now)
            if still.ready and not still.late:
                return still
        self._health = found = health.look(self._store, self._clock)
        return found
