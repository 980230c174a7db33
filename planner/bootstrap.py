"""Putting the parts together for a process: settings in, store and clock out."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from planner.clock import Clock, system_clock
from planner.config import InvalidSettings, Settings
from planner.domain.channels import Channel
from planner.domain.errors import PlannerError
from planner.notify.dispatcher import LEASE
from planner.notify.post import Post
from planner.notify.texting import TextTransport, is_installed
from planner.notify.transports import SmtpTransport, Transport
from planner.storage.engine import open_engine
from planner.storage.schema import check_migrated, init
from planner.storage.unit_of_work import Store


@dataclass(frozen=True)
class Parts:
    """What a process works with; without a *transport*, the mail server, mails wait.

    *lease*: how long a dead worker keeps what it took. *base_url*: where the links in messages lead to. *transports*: what
    sends by other channels; *per_minute*: how many messages of a channel may go in a minute, from all workers together.
    """

    store: Store
    clock: Clock
    transport: Transport | None = None
    lease: timedelta = LEASE
    base_url: str = Settings.base_url
    transports: Mapping[Channel, Transport] = field(default_factory=dict)
    per_minute: Mapping[Channel, int] = field(default_factory=dict)

    @property
    def post(self) -> Post:
        """What messages leave by."""
        mail = {Channel.MAIL: self.transport} if self.transport else {}
        return Post({**self.transports, **mail}, self.per_minute, self.base_url)


def assemble(settings: Settings, clock: Clock = system_clock) -> Parts:
    """Open the settings' database for work.

    Raises SchemaOutdated where it is missing, foreign, older or newer, and InvalidSettings where a library is missing.
    """
    logging.getLogger("planner").setLevel(settings.log_level)
    others = _others(settings)
    engine = open_engine(settings)
    try:
        check_migrated(engine)
    except PlannerError:
        engine.dispose()
        raise
    transport = SmtpTransport(settings.smtp_url) if settings.smtp_url else None
    limits = {Channel.MAIL: settings.mail_per_minute, Channel.SMS: settings.sms_per_minute}
    lease = timedelta(seconds=settings.lease_seconds)
    return Parts(Store(engine), clock, transport, lease, settings.base_url, others, limits)


def _others(settings: Settings) -> Mapping[Channel, Transport]:
    """Make what sends by other channels than mail; raises InvalidSettings where its library is missing."""
    if settings.sms_url and not is_installed():
        raise InvalidSettings(["PLANNER_SMS_URL: needs the extra sms; where planner's source lies: pip install '.[sms]'"])
    return {Channel.SMS: TextTransport(settings.sms_url)} if settings.sms_url else {}


def init_database(settings: Settings) -> None:
    """Make the tables of the settings' database, or bring them up to date; raises SchemaOutdated for a foreign one."""
    engine = open_engine(settings)
    try:
        init(engine)
    finally:
        engine.dispose()
