"""What each address needs of a role: one table, deny by default. The use-cases ask again; this answers before a form is read.

So a role that may not do something learns nothing of the form, and an id of another clinic is not there, whatever was sent.
"""

from collections.abc import Mapping

from flask import Flask, current_app, request

from planner.domain.roles import Permission
from planner.services.access import check_named
from planner.web.accounts import PUBLIC
from planner.web.asking import context, signed_in

READ, REGISTER, BOOK, ATTEND = Permission.READ, Permission.REGISTER, Permission.BOOK, Permission.ATTEND
CLOSE, PUBLISH, CONFIGURE = Permission.CLOSE, Permission.PUBLISH, Permission.CONFIGURE
NEEDS: Mapping[str, Permission] = {
    "security.verify": READ,
    "security.change_password": READ,
    "entrance.account": READ,
    "entrance.end_sign_in": READ,
    "entrance.stay": READ,
    "patients.listing": READ,
    "patients.search": READ,
    "patients.one": READ,
    "patients.new": REGISTER,
    "patients.register": REGISTER,
    "patients.edit": REGISTER,
    "patients.correct": REGISTER,
    "tasks.worklist": READ,
    "tasks.finish": ATTEND,
}


def register(app: Flask) -> None:
    """Ask, before each view, whether the role may and whether what the address names is there."""
    app.before_request(_check)


def _check() -> None:
    endpoint = request.endpoint
    if endpoint is None or endpoint in PUBLIC or endpoint in current_app.config["PLANNER_PUBLIC"] or signed_in() is None:
        return
    ctx = context()
    ctx.require(NEEDS.get(endpoint, CONFIGURE))
    check_named(ctx, request.view_args or {})
