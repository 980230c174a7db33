"""What an operator can have wrong, looked at once: each finding says how it is, and where it is wrong what to do."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from planner.config import Settings
from planner.domain.errors import PlannerError
from planner.domain.notices import PHONE_TASK
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.health import Health
from planner.services.restoring import PARKED_TASK
from planner.storage.inspection import Inspected

_HERE = {"127.0.0.1", "::1", "localhost"}
_LATE = timedelta(minutes=30)
_MEGABYTE = 1_000_000
_SCARCE, _SOME = 200 * _MEGABYTE, 1_000 * _MEGABYTE
_DIFFERS, _WRONG = timedelta(seconds=5), timedelta(minutes=1)


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do where it is not well."""

    name: str
    level: Level
    words: str
    remedy: str = ""


def of_settings(settings: Settings) -> Iterator[Finding]:
    """Look at what a server needs beyond its database."""
    if settings.secret_key:
        yield Finding("secret key", Level.OK, "it is set")
    else:
        remedy = "set PLANNER_SECRET_KEY to at least 32 random characters, the same for every process"
        yield Finding("secret key", Level.PROBLEM, "there is none: planner serve does not start", remedy)
    parts, https = urlsplit(settings.base_url), "set PLANNER_BASE_URL to the https:// address that browsers use"
    if parts.scheme == "https":
        yield Finding("web address", Level.OK, settings.base_url)
    elif parts.hostname in _HERE:
        yield Finding("web address", Level.WARNING, f"{settings.base_url} can be reached from this machine only", https)
    else:
        yield Finding("web address", Level.PROBLEM, f"{settings.base_url} is not encrypted: anybody between can read", https)


def of_disk(database: Path) -> Finding:
    """Look how much room is left where a SQLite database lies, for it and for a copy of it."""
    size = database.stat().st_size if database.is_file() else 0
    try:
        free = shutil.disk_usage(database.parent).free
    except OSError as error:
        return Finding("disk", Level.PROBLEM, f"{database.parent} cannot be read: {error.strerror}", "mend it")
    words = f"{free // _MEGABYTE} MB are free, the database has {size // _MEGABYTE} MB"
    if free < max(_SCARCE, size // 10):
        return Finding("disk", Level.PROBLEM, words, "make room at once: nothing can be booked on a full disk")
    enough = free >= max(_SOME, 2 * size)
    return Finding("disk", Level.OK, words) if enough else Finding("disk", Level.WARNING, words, "make room")


def of_database(found: Inspected) -> Iterator[Finding]:
    """Say what is wrong with a database that can be reached and is migrated."""
    for words in found.wrong:
        yield Finding("database", Level.PROBLEM, words, "keep it on a local disk, unchanged by hand; restore a backup")
    if not found.wrong:
        yield Finding("database", Level.OK, "it answers, is migrated, and has its guards")


def of_clock(now: datetime, database: datetime | None, last: datetime | None) -> Finding:
    """Compare this machine's clock with the database's own, and with the last thing that was written (UTC)."""
    apart = abs(now - database) if database else timedelta(0)
    remedy = "let both machines set their clocks by the network"
    if apart > _DIFFERS:
        level = Level.PROBLEM if apart > _WRONG else Level.WARNING
        return Finding("clock", level, f"it differs from the database's by {apart.total_seconds():.0f} s", remedy)
    if last and last - now > _WRONG:
        ahead = (last - now).total_seconds()
        return Finding("clock", Level.PROBLEM, f"something was written {ahead:.0f} s ahead of it: a clock is wrong", remedy)
    return Finding("clock", Level.OK, "it agrees with what the database says")


def of_health(health: Health) -> Iterator[Finding]:
    """Look whether a worker is alive, and whether messages are late."""
    start = "start planner worker, and look into its log"
    if health.now is None:
        return
    if health.silent and health.set_back:
        words = "a clock was set back: messages wait until it is trusted"
        yield Finding("worker", Level.PROBLEM, words, "set the clock right")
    elif health.last_beat is None:
        yield Finding("worker", Level.PROBLEM, "none has ever run: messages wait", start)
    elif health.silent:
        silence = _long(health.now - health.last_beat)
        yield Finding("worker", Level.PROBLEM, f"last alive {silence} ago: messages wait", start)
    else:
        yield Finding("worker", Level.OK, "alive")
    if health.oldest_due and health.late:
        waits = health.now - health.oldest_due
        level = Level.PROBLEM if health.silent or waits > _LATE else Level.WARNING
        look = "look into the worker's log; phone anyone who must hear today"
        yield Finding("messages", level, f"the first of them has been due for {_long(waits)}", look)
    else:
        yield Finding("messages", Level.OK, "none is late")


def of_clinic(ctx: Context, name: str) -> Iterator[Finding]:
    """Look whether a clinic's letters can go out, and whether somebody must be phoned."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        kinds = [task.kind for task in uow.tasks.open()]
        lettered = uow.letterheads.get() is not None
    where = f"clinic {name}"
    if not lettered:
        yield Finding(where, Level.PROBLEM, "it has no letterhead: none of its messages goes out", "enter it under Settings")
    if calls := kinds.count(PHONE_TASK):
        words = f"{calls} no-driving message{'s' if calls > 1 else ''} did not arrive"
        yield Finding(where, Level.PROBLEM, words, "phone these patients now, and tick off the tasks")
    if parked := kinds.count(PARKED_TASK):
        words = f"{parked} message{'s' if parked > 1 else ''} from before a backup was restored may not have arrived"
        yield Finding(where, Level.WARNING, words, "ask these patients, and tick off the tasks")
    if lettered and not calls and not parked:
        yield Finding(where, Level.OK, "its messages can go out, and nobody has to be phoned")


def refusal(name: str, error: PlannerError, remedy: str) -> Finding:
    """Make a problem of a refusal, in its own words."""
    return Finding(name, Level.PROBLEM, str(error), remedy)


def problems(findings: Iterable[Finding]) -> int:
    """Count the problems."""
    return sum(one.level is Level.PROBLEM for one in findings)


def _long(span: timedelta) -> str:
    minutes = int(span / timedelta(minutes=1))
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"
