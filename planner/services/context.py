"""What a use-case is given: who asks, the store, and the clock."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from planner.clock import Clock
from planner.domain.roles import Actor, Permission, check_allowed
from planner.storage.unit_of_work import Store, UnitOfWork


@dataclass(frozen=True)
class Context:
    """Who acts, on which store, at what time; the only thing that a use-case is injected with."""

    actor: Actor
    store: Store
    clock: Clock

    def require(self, permission: Permission) -> None:
        """Refuse an actor whose role lacks the permission; raises Forbidden."""
        check_allowed(self.actor, permission)

    def begin(self) -> AbstractContextManager[UnitOfWork]:
        """Open the one transaction of a use-case that writes."""
        return self.store.begin(self.actor.clinic_id)

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """Open a snapshot that locks nothing."""
        return self.store.read(self.actor.clinic_id)
