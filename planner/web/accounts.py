"""Signing in: Flask-Security's views over plain values. Rows stay in storage; a sign-in is a row that the server can end.

A sign-in is a cookie with its row and nothing else: the library's own tokens, which no sign-out ends, open no page.
Permissions are not asked here: use-cases ask them. Second factors and passkeys get their columns in Staff and their fields
in Account; the library's views then serve them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any
from unicodedata import normalize
from urllib.parse import urlsplit

from flask import Flask, Request, current_app, g, redirect, request, session, url_for
from flask_login import user_logged_out
from flask_security import RoleMixin, Security, UserDatastore, UserMixin, current_user, password_changed, user_authenticated
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from planner.domain.errors import InvalidMove, NotFound
from planner.domain.tokens import token_hash
from planner.services import accounts
from planner.services.accounts import ABSOLUTE, Member
from planner.web.asking import parts
from planner.web.errors import page_of

PUBLIC = frozenset(
    {"static", "security.static", "security.login", "security.logout", "entrance.welcome", "entrance.set_password",
     "feeds.calendar", "feeds.robots", "health.alive", "health.ready", "webhook.sms", "metrics.scrape"}
)  # fmt: skip
"""The endpoints that ask nobody to sign in; all others do."""
LINKED = frozenset({"mine", "own_calendar", "own_messages", "answers"})
"""The blueprints whose pages are opened by a private link: it says who asks, and there is no sign-in."""
_LIBRARY_KEYS = {"_user_id", "_fresh", "_id", "fs_cc", "fs_paa", "_permanent", "csrf_token"}
_LIMITED = {"security.login", "security.change_password", "entrance.set_password"}
_TRIES, _WINDOW = 10, timedelta(minutes=5)
_TRIES_OF_ONE_ADDRESS = 60
WELCOME_LASTS = timedelta(days=3)


@dataclass
class Account(UserMixin):
    """A member as the library knows them; it assigns to its fields, so it cannot be frozen."""

    member: Member | None = None
    fs_uniquifier: str = ""
    email: str = ""
    password: str | None = None
    active: bool = True
    roles: list[Any] = field(default_factory=list)
    id: str = ""  # type: ignore[assignment] # ours are UUIDs

    @classmethod
    def of(cls, member: Member) -> "Account":
        """Show a member to the library."""
        staff = member.staff
        return cls(member, staff.uniquifier or "", staff.email or "", staff.password, staff.active, [], str(staff.id))


class Accounts(UserDatastore):
    """The library's way to our accounts: it finds through use-cases, and what it changes is written by one."""

    def __init__(self) -> None:
        super().__init__(Account, RoleMixin)

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> Account | None:  # noqa: ARG002, FBT001, FBT002
        """Find an account by its address or its uniquifier; one object for each in a request."""
        ((name, value),) = wanted.items()
        find = {"email": accounts.member_by_email, "fs_uniquifier": accounts.member_by_uniquifier}[name]
        known: dict[str, Account] = g.setdefault("accounts", {})
        if name == "fs_uniquifier" and value in known:
            return known[value]
        member = find(parts().store, str(value)) if isinstance(value, str) and value else None
        if member is None or not member.staff.uniquifier:
            return None
        return known.setdefault(member.staff.uniquifier, Account.of(member))

    def find_role(self, role: str) -> None:  # noqa: ARG002
        """Give nothing: permissions live in the use-cases."""
        return

    def put(self, model: Account) -> Account:
        """Remember what has changed until it is committed."""
        g.setdefault("changed_accounts", []).append(model)
        return model

    def delete(self, model: Account) -> None:  # noqa: ARG002
        """Refuse: an account is closed, never deleted."""
        raise InvalidMove("an account is closed, never deleted")

    def commit(self) -> None:
        """Write what was changed; when that fails, nobody is signed in: the library fills the session first."""
        try:
            for account in g.pop("changed_accounts", []):
                _write(account)
        except Exception:
            session.clear()
            raise


def _write(account: Account) -> None:
    member, password = account.member, account.password
    if member and password and (password, account.fs_uniquifier) != (member.staff.password, member.staff.uniquifier):
        store, clock = parts().store, parts().clock
        account.member = accounts.set_password(store, clock, member, password, account.fs_uniquifier)


def register(app: Flask) -> None:
    """Install sign-in. Our check comes before the library's: its own hook would load the user of an ended sign-in."""
    app.before_request(_refuse_strange)
    app.before_request(_check_sign_in)
    app.before_request(_count_tries)
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of a method
        SECURITY_PASSWORD_SCHEMES=["argon2"], SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_LENGTH_MIN=12, SECURITY_RETURN_GENERIC_RESPONSES=True, SECURITY_REGISTERABLE=False,
        SECURITY_CHANGEABLE=True, SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False, SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out", SECURITY_CHANGE_URL="/account/password", SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/", SECURITY_POST_LOGOUT_VIEW="/sign-in", SECURITY_POST_CHANGE_VIEW="/account",
        SECURITY_API_ENABLED_METHODS=["session"], SECURITY_DATETIME_FACTORY=_clock, SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False, "test_environment": True},
        SECURITY_REDIRECT_ALLOW_SUBDOMAINS=False, SECURITY_MSG_LOGIN=("", "info"), PERMANENT_SESSION_LIFETIME=ABSOLUTE,
        SECURITY_FRESHNESS=timedelta(-1),  # no page asks for the password once more, so there is none that takes it
        SECURITY_CACHE_CONTROL=None,  # it writes "no-store=True", which means nothing: ours is set on every page
    )  # fmt: skip
    Security(app, Accounts())
    app.login_manager.request_loader(_nobody)  # type: ignore[attr-defined] # Flask-Login puts it there
    app.before_request(_ask_to_sign_in)
    user_authenticated.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    password_changed.connect(_password_changed, app)


def _clock() -> datetime:
    return parts().clock()


def _nobody(_: Request) -> None:
    """Find nobody in a header, a parameter or a body: only a cookie is a sign-in."""
    return


def _refuse_strange() -> Response | None:
    """Refuse, at the library's pages, what is no form (it would be read past the count of tries) or leads to no address."""
    if not (request.endpoint or "").startswith("security."):
        return None
    if request.is_json:
        return page_of(415)
    wanted = [*request.args.getlist("next"), *request.form.getlist("next")]
    return None if all(_is_address(one) for one in wanted) else page_of(400)


def _is_address(text: str) -> bool:
    """Whether it can be taken apart as one: the library asks no more politely, and with slashes either way."""
    try:
        return all(urlsplit(one) is not None for one in (text, text.replace("\\", "/")))
    except ValueError:
        return False


def _check_sign_in() -> None:
    if request.endpoint == "static":
        return
    user, token = session.get("_user_id"), session.get("sid")
    if not user:
        return
    member = accounts.who_entered(parts().store, parts().clock, str(token), str(user)) if token else None
    if member is None:
        session.clear()
    else:
        g.accounts = {str(user): Account.of(member)}


def _count_tries() -> Response | None:
    if request.method != "POST" or request.endpoint not in _LIMITED:
        return None
    address, account = network(request.remote_addr or ""), _account()
    store, clock = parts().store, parts().clock
    often = accounts.is_too_often(store, clock, f"address {address}", _TRIES_OF_ONE_ADDRESS, _WINDOW)
    if account and accounts.is_too_often(store, clock, f"account {address} {account}", _TRIES, _WINDOW):
        often = True
    return page_of(429) if often else None


def network(address: str) -> str:
    """Give what tries are counted by: an address, or the network that one subscriber has of the longer kind."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return found.exploded[:19] if isinstance(found, IPv6Address) else address


def _account() -> str:
    """Give whose password is tried, however the address is written: the library reads other letters as plain ones."""
    written = request.form.get("email", "")[:254] or str(session.get("_user_id", ""))
    return "".join(letter for letter in normalize("NFKC", written).lower() if letter.isascii()).strip()


def asks_nobody(endpoint: str) -> bool:
    """Whether an endpoint asks nobody to sign in."""
    public = PUBLIC | current_app.config["PLANNER_PUBLIC"]
    return endpoint in public or endpoint.partition(".")[0] in LINKED


def _ask_to_sign_in() -> Response | None:
    if request.endpoint is None or asks_nobody(request.endpoint) or current_user.is_authenticated:
        return None
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("security.login", next=here if here != "/" else None), code=303)


def _signed_in(_: Flask, user: Account, **__: Any) -> None:
    if user.member is None:
        raise AssertionError("only a member can sign in")
    for key in [key for key in session if key not in _LIBRARY_KEYS]:
        del session[key]
    agent = request.user_agent.string
    session.permanent = True
    session["sid"] = accounts.sign_in(parts().store, parts().clock, user.member, request.remote_addr or "", agent)


def _signed_out(_: Flask, **__: Any) -> None:
    if token := session.pop("sid", None):
        accounts.sign_out(parts().store, str(token))


def _password_changed(_: Flask, user: Account, **__: Any) -> None:
    if user.member:
        accounts.end_others(parts().store, user.member, session.get("sid"))


def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="planner-welcome")


def welcome_token(secret: str, member: Member) -> str:
    """Make the one-time token with which a member sets a password; setting one, or another, makes it void."""
    return _serializer(secret).dumps([member.staff.uniquifier, token_hash(member.staff.password or "")])


def member_of_token(secret: str, token: str) -> Member:
    """Find whose one-time token this is; raises NotFound for one that is unknown, used or older than three days."""
    try:
        uniquifier, seen = _serializer(secret).loads(token, max_age=int(WELCOME_LASTS.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        raise NotFound("no such link") from None
    member = accounts.member_by_uniquifier(parts().store, str(uniquifier))
    if member is None or not member.staff.active or token_hash(member.staff.password or "") != seen:
        raise NotFound("no such link")
    return member
