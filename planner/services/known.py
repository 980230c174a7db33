"""What every page asks for, kept by a process while it is right: the clinic by its version, health for some seconds."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from planner.clock import Clock
from planner.domain.clinic import Clinic
from planner.domain.roles import Permission
from planner.services import clinics, health
from planner.services.context import Context
from planner.services.health import Health
from planner.storage.unit_of_work import Store

_LOOKED_EVERY = timedelta(seconds=5)


class Known:
    """What one process knows of one store; safe to share between threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._clinics: dict[UUID, tuple[int, int, Clinic]] = {}
        self._health: Health | None = None

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

    def health(self) -> Health:
        """Tell whether all is well, as it was within five seconds; while something is wrong, as it is."""
        now, kept = self._clock(), self._health
        if kept and kept.now and timedelta(0) <= now - kept.now < _LOOKED_EVERY:
            still = replace(kept, now=now)
            if still.ready and not still.late:
                return still
        self._health = found = health.look(self._store, self._clock)
        return found
