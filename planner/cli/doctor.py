"""`planner doctor`: one look at everything that an operator can have wrong."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from urllib.parse import urlsplit

import click

from planner.bootstrap import Parts, assemble
from planner.cli.acting import COMMAND_LINE
from planner.config import InvalidSettings, Settings
from planner.domain.errors import PlannerError
from planner.domain.roles import Actor, Role
from planner.notify.texting import ANSWERS_UNREAD, is_installed
from planner.notify.transports import SmtpTransport, TransportError
from planner.services import diagnosing, health
from planner.services.context import Context
from planner.services.diagnosing import Finding, Level
from planner.services.restoring import last_sign
from planner.storage.inspection import damage, inspect, sqlite_file

_GREETING = 10.0
"""Seconds that the mail server has to answer."""


@click.command()
@click.option("--no-network", is_flag=True, help="Do not ask the mail server.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(no_network: bool, as_json: bool) -> None:  # noqa: FBT001 -- click passes flags so
    """Look at settings, database, disk, clock, worker, messages and mail server, a line each. Nothing is changed or sent.

    Exit code 0: all is well, or there are only warnings; 1: something is wrong, and its line says what to do.
    """
    findings = list(_findings(no_network=no_network))
    wrong = diagnosing.problems(findings)
    if as_json:
        click.echo(json.dumps({"problems": wrong, "checks": [asdict(one) for one in findings]}, indent=2))
    else:
        for one in findings:
            click.echo(f"{one.level:<8} {one.name}: {one.words}" + (f" -> {one.remedy}" if one.remedy else ""))
    sys.exit(1 if wrong else 0)


def _findings(*, no_network: bool) -> Iterator[Finding]:
    try:
        settings = Settings.from_env(os.environ)
    except InvalidSettings as error:
        for problem in error.problems:
            yield Finding("settings", Level.PROBLEM, problem, "mend this variable; nothing else was looked at")
        return
    yield from diagnosing.of_settings(settings)
    if settings.sms_url:
        yield _text_service(settings.sms_url)
    if not settings.sms_url or is_installed():
        yield from _database(settings)
    yield _mail_server(settings, no_network=no_network)


def _text_service(url: str) -> Finding:
    if not is_installed():
        remedy = "where planner's source lies: pip install '.[sms]'; the database was not looked at"
        return Finding("text messages", Level.PROBLEM, "their library is missing", remedy)
    if urlsplit(url).scheme in ANSWERS_UNREAD:
        words = "what this service refuses counts as sent: its answers are not read"
        return Finding("text messages", Level.WARNING, words, "watch its own log of messages, or use another service")
    return Finding("text messages", Level.OK, "a service is set; it was not asked")


def _database(settings: Settings) -> Iterator[Finding]:
    if file := sqlite_file(settings):
        yield diagnosing.of_disk(file)
        if found := damage(file):
            words, remedy = f"{file} is damaged: {found}", "end all that uses it, then: planner restore FILE"
            yield Finding("database", Level.PROBLEM, words, remedy)
            return
    try:
        parts = assemble(settings)
    except PlannerError as error:
        yield diagnosing.refusal("database", error, "see that PLANNER_DATABASE_URL names the right one, and that it runs")
    else:
        yield from _of_parts(parts)


def _of_parts(parts: Parts) -> Iterator[Finding]:
    try:
        inspected = inspect(parts.store.engine)
        yield from diagnosing.of_database(inspected)
        yield diagnosing.of_clock(parts.clock(), inspected.clock, last_sign(parts.store))
        yield from diagnosing.of_health(health.look(parts.store, parts.clock))
        clinics = parts.store.clinics()
        for one in clinics:
            ctx = Context(Actor(COMMAND_LINE, Role.SYSTEM, one.id), parts.store, parts.clock)
            yield from diagnosing.of_clinic(ctx, one.name)
        if not clinics:
            yield Finding("clinic", Level.PROBLEM, "there is none yet", "run: planner clinic open")
    except PlannerError as error:
        yield diagnosing.refusal("database", error, "see that it runs, and that its disk is not full")
    finally:
        parts.store.close()


def _mail_server(settings: Settings, *, no_network: bool) -> Finding:
    if not settings.smtp_url:
        return Finding("mail server", Level.PROBLEM, "none is set: messages wait", "set PLANNER_SMTP_URL")
    if no_network:
        return Finding("mail server", Level.OK, "one is set; it was not asked")
    try:
        SmtpTransport(settings.smtp_url, _GREETING).greet()
    except TransportError as error:
        said = "it does not answer" if error.answer == "no-answer" else f"it answers {error.answer}"
        return Finding("mail server", Level.PROBLEM, said, "see that PLANNER_SMTP_URL is right, and that the server runs")
    return Finding("mail server", Level.OK, "it answers")
