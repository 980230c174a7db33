"""Putting the parts together for a process: settings in, store and clock out."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from planner.clock import Clock, system_clock
from planner.config import Settings
from planner.domain.errors import PlannerError
from planner.notify.dispatcher import LEASE
from planner.notify.transports import SmtpTransport, Transport
from planner.storage.engine import open_engine
from planner.storage.schema import check_migrated, init
from planner.storage.unit_of_work import Store


@dataclass(frozen=True)
class Parts:
    """What a process works with; without a *transport* messages wait. *lease*: how long a dead worker keeps what it took.

    *base_url*: where the links in messages lead to.
    """

    store: Store
    clock: Clock
    transport: Transport | None = None
    lease: timedelta = LEASE
    base_url: str = Settings.base_url


def assemble(settings: Settings, clock: Clock = system_clock) -> Parts:
    """Open the settings' database for work; raises SchemaOutdated where it is missing, foreign, older or newer."""
    logging.getLogger("planner").setLevel(settings.log_level)
    engine = open_engine(settings)
    try:
        check_migrated(engine)
    except PlannerError:
        engine.dispose()
        raise
    transport = SmtpTransport(settings.smtp_url) if settings.smtp_url else None
    return Parts(Store(engine), clock, transport, timedelta(seconds=settings.lease_seconds), settings.base_url)


def init_database(settings: Settings) -> None:
    """Make the tables of the settings' database, or bring them up to date; raises SchemaOutdated for a foreign one."""
    engine = open_engine(settings)
    try:
        init(engine)
    finally:
        engine.dispose()
