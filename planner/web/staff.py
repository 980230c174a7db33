"""Accounts: who may sign in and as what, one-time links, and the browsers in which people are signed in."""

from typing import Annotated
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from planner.domain.roles import Role
from planner.services import accounts, clinics
from planner.services.accounts import Member
from planner.services.resources import PEOPLE
from planner.web.accounts import WELCOME_LASTS, welcome_token
from planner.web.asking import Blank, Form, Line, Version, context, keep_form, read_form

bp = Blueprint("staff", __name__, url_prefix="/settings/staff")
ROLES = (Role.SCHEDULER, Role.CLINICIAN, Role.ADMIN)


class HireForm(Form):
    """A new account."""

    name: Line
    email: Line
    role: Role
    resource_id: Annotated[UUID | None, Blank] = None


class AccountForm(Form):
    """What somebody may do, and whether the account is open (*active* is sent only where it is)."""

    role: Role
    active: Annotated[bool, Blank] = False
    version: Version


class SeenForm(Form):
    """Which version of the account was seen."""

    version: Version


@bp.get("")
def listing() -> str:
    """List the accounts."""
    return render_template("settings/staff.html", sent={}, **_listed())


@bp.post("")
def hire() -> str:
    """Make an account, and show its one-time link this once."""
    keep_form("settings/staff.html", **_listed())
    form = read_form(HireForm)
    member = accounts.hire(context(), name=form.name, email=form.email, role=form.role, resource_id=form.resource_id)
    return _with_link(member)


def _listed() -> dict[str, object]:
    people = [one for one in clinics.the_clinic(context()).resources if one.kind in PEOPLE]
    return {"rows": accounts.staff(context()), "roles": ROLES, "people": people}


def _with_link(member: Member) -> str:
    token = welcome_token(str(current_app.secret_key), member)
    link = url_for("entrance.welcome", token=token, _external=True)
    return render_template("settings/link.html", member=member, link=link, days=WELCOME_LASTS.days)


@bp.get("/<uuid:staff_id>")
def one(staff_id: UUID) -> str:
    """Show an account and the browsers in which it is signed in."""
    return render_template("settings/account.html", sent={}, **_one(staff_id))


@bp.post("/<uuid:staff_id>")
def change(staff_id: UUID) -> Response:
    """Change what somebody may do, close the account, or open it again."""
    keep_form("settings/account.html", **_one(staff_id))
    form = read_form(AccountForm)
    accounts.change_account(context(), staff_id=staff_id, version=form.version, role=form.role, active=form.active)
    flash("Saved.")
    return redirect(url_for("staff.one", staff_id=staff_id), code=303)


@bp.post("/<uuid:staff_id>/link")
def renew(staff_id: UUID) -> str:
    """Make a new one-time link, and show it this once; earlier links and all sign-ins end."""
    keep_form("settings/account.html", **_one(staff_id))
    form = read_form(SeenForm)
    return _with_link(accounts.renew(context(), staff_id=staff_id, version=form.version))


@bp.post("/<uuid:staff_id>/sign-ins/<uuid:sign_in_id>/end")
def end_sign_in(staff_id: UUID, sign_in_id: UUID) -> Response:
    """End one sign-in."""
    accounts.end_sign_in(context(), sign_in_id=sign_in_id)
    flash("That browser is signed out.")
    return redirect(url_for("staff.one", staff_id=staff_id), code=303)


def _one(staff_id: UUID) -> dict[str, object]:
    found = accounts.member(context(), staff_id).staff
    return {"account": found, "rows": accounts.sign_ins_of(context(), staff_id), "roles": ROLES}
