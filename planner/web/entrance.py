"""The entrance: a first password by a one-time link, one's own account, and the sign-ins that one can end."""

from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, session, url_for
from flask_security import hash_password
from pydantic import Field
from werkzeug.wrappers import Response

from planner.domain.errors import InvalidValue
from planner.domain.tokens import token_hash
from planner.services import accounts
from planner.web.accounts import member_of_token
from planner.web.asking import Form, context, keep_form, parts, read_form, signed_in

bp = Blueprint("entrance", __name__)


class PasswordForm(Form):
    """A new password, twice."""

    password: str = Field(min_length=12, max_length=200)
    again: str = Field(max_length=200)


@bp.get("/welcome/<token>")
def welcome(token: str) -> str:
    """Ask for a first password."""
    member_of_token(_secret(), token)
    return render_template("entrance/welcome.html", problems=[])


@bp.post("/welcome/<token>")
def set_password(token: str) -> Response:
    """Set the password; all sign-ins of the account end."""
    member = member_of_token(_secret(), token)
    keep_form("entrance/welcome.html")
    form = read_form(PasswordForm)
    if form.password != form.again:
        raise InvalidValue("again", "is not the same password")
    changed = accounts.set_password(parts().store, parts().clock, member, hash_password(form.password))
    accounts.end_others(parts().store, changed, None)
    session.clear()
    return redirect(url_for("security.login"), code=303)


@bp.get("/account")
def account() -> str:
    """Show one's own account and where one is signed in."""
    member = signed_in()
    rows = accounts.sign_ins_of(context(), member.staff.id) if member else []
    return render_template("entrance/account.html", member=member, rows=rows, here=token_hash(str(session.get("sid"))))


@bp.post("/account/sign-ins/<uuid:sign_in_id>/end")
def end_sign_in(sign_in_id: UUID) -> Response:
    """End one sign-in."""
    accounts.end_sign_in(context(), sign_in_id=sign_in_id)
    return redirect(url_for("entrance.account"), code=303)


@bp.post("/account/stay")
def stay() -> Response:
    """Count as activity: whoever is asked whether they are still there says yes."""
    return redirect(url_for("entrance.account"), code=303)


def _secret() -> str:
    return str(current_app.secret_key)
