"""In which clinic a command acts, and as whom."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from planner.bootstrap import assemble
from planner.config import Settings
from planner.domain.errors import NotFound
from planner.domain.roles import Actor, Role
from planner.services.context import Context

COMMAND_LINE = UUID("00000000-0000-4000-8000-000000000001")
"""Who did what is done by a command, in the audit."""


@contextmanager
def in_clinic(wanted: str | None, settings: Settings | None = None) -> Iterator[Context]:
    """Act in the clinic of that name or id, or in the only one there is; raises NotFound."""
    parts = assemble(settings or Settings.from_env(os.environ))
    try:
        known = parts.store.clinics()
        named = [clinic for clinic in known if wanted in {None, clinic.name, str(clinic.id)}]
        if len(named) != 1:
            there_is = ", ".join(clinic.name for clinic in known) or "none; see: planner clinic open"
            raise NotFound(f"name one clinic with --clinic; there is: {there_is}")
        yield Context(Actor(COMMAND_LINE, Role.SYSTEM, named[0].id), parts.store, parts.clock)
    finally:
        parts.store.close()
