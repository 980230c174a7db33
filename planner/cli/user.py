"""`planner clinic` and `planner user`: the first clinic and the people who sign in, before there is anybody to ask."""

import os
from uuid import uuid4

import click

from planner.bootstrap import assemble
from planner.cli.acting import COMMAND_LINE, in_clinic
from planner.config import InvalidSettings, Settings
from planner.documents.protocols import shipped
from planner.domain.clinic import WEEKDAYS, Clinic, Shift, WeeklyHours
from planner.domain.contact import clean
from planner.domain.errors import Conflict, InvalidValue
from planner.domain.hours import read_openings
from planner.domain.roles import STAFF_ROLES, Actor, Role
from planner.domain.span import zone_named
from planner.services import accounts, clinics
from planner.services.context import Context
from planner.services.settings import HolidayCalendar
from planner.web.accounts import WELCOME_LASTS, welcome_token

_ROLES = click.Choice([role.value for role in STAFF_ROLES])


@click.group()
def clinic() -> None:
    """Open a clinic, and list those that there are."""


@clinic.command("open")
@click.option("--name", required=True, help="What the clinic's own people call it.")
@click.option("--zone", required=True, help="Its time zone, such as America/New_York.")
@click.option("--days", default="Mon-Fri", show_default=True, help="The weekdays on which it is open: Mon-Fri, or Mon,Wed.")
@click.option("--hours", default="09:00-17:00", show_default=True, help="Its hours on those days: 09:00-12:30,13:00-17:00.")
@click.option("--country", help="Whose public holidays it keeps, such as US.")
@click.option("--subdivision", help="Their region, such as NY.")
def open_clinic(
    name: str, zone: str, days: str, hours: str, country: str | None, subdivision: str | None
) -> None:
    """Open a clinic with its hours, and publish the protocols that come with planner. The rest is set on its pages."""
    if subdivision and not country:
        raise InvalidValue("--subdivision", "needs a --country")
    week = _week(days, hours)
    made = Clinic(uuid4(), clean(name, "--name"), zone_named(zone.strip(), "--zone"), week)
    calendar = HolidayCalendar(country.upper(), subdivision) if country else None
    parts = assemble(Settings.from_env(os.environ))
    try:
        if any(one.name.casefold() == made.name.casefold() for one in parts.store.clinics()):
            raise Conflict(f"there is a clinic named {made.name} already; choose another --name")
        clinics.open_clinic(parts.store, made, calendar)
        ctx = Context(Actor(COMMAND_LINE, Role.SYSTEM, made.id), parts.store, parts.clock)
        for protocol in shipped().values():
            clinics.publish(ctx, protocol)
    finally:
        parts.store.close()
    click.echo(f"{made.name} is open: {made.id}")
    click.echo('Next: planner user add --role admin --name "..." --email ...')


def _week(days: str, hours: str) -> WeeklyHours:
    openings = read_openings(hours, "--hours")
    if not openings:
        raise InvalidValue("--hours", "must be like 09:00-17:00")
    return WeeklyHours(tuple(Shift(weekday, *opening) for weekday in _weekdays(days) for opening in openings))


def _weekdays(days: str) -> list[int]:
    found: set[int] = set()
    for part in days.split(","):
        first, _, last = part.strip().title().partition("-")
        known = first in WEEKDAYS and (last or first) in WEEKDAYS
        some = range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1) if known else range(0)
        if not some:
            raise InvalidValue("--days", f"must be like Mon-Fri or Mon,Wed, of {', '.join(WEEKDAYS)}")
        found.update(some)
    return sorted(found)


@clinic.command("list")
def list_clinics() -> None:
    """List the clinics of the database."""
    parts = assemble(Settings.from_env(os.environ))
    try:
        for one in parts.store.clinics():
            click.echo(f"{one.id}  {one.name}")
    finally:
        parts.store.close()


@click.group()
def user() -> None:
    """Add people who sign in, and list them."""


@user.command("add")
@click.option("--clinic", "clinic_name", help="Whose account, by name or id; needed where there are several clinics.")
@click.option("--email", required=True, help="The mail address with which they sign in.")
@click.option("--name", required=True, help="Their name.")
@click.option("--role", type=_ROLES, required=True, help="What they may do.")
def add_user(clinic_name: str | None, email: str, name: str, role: str) -> None:
    """Make an account, and print the one-time link with which its owner sets a password."""
    settings = Settings.from_env(os.environ)
    if not settings.secret_key:
        raise InvalidSettings(["PLANNER_SECRET_KEY: is missing; it signs the link, and the server must have the same"])
    with in_clinic(clinic_name, settings) as ctx:
        member = accounts.hire(ctx, name=name, email=email, role=Role(role))
    click.echo(f"{member.staff.name} may sign in as {role} once a password is set, within {WELCOME_LASTS.days} days, at")
    click.echo(f"{settings.base_url}/welcome/{welcome_token(settings.secret_key, member)}")


@user.command("list")
@click.option("--clinic", "clinic_name", help="Whose accounts, by name or id; needed where there are several clinics.")
def list_users(clinic_name: str | None) -> None:
    """List the accounts of a clinic."""
    with in_clinic(clinic_name) as ctx:
        for one in accounts.staff(ctx):
            state = "closed" if not one.active else "open" if one.password else "no password yet"
            click.echo(f"{one.role:<10} {state:<16} {one.email or '-':<32} {one.name}")
