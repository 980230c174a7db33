"""A clinic's desk behind its pages: the application on a real database, and a browser's session for each role."""

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from itsdangerous import URLSafeTimedSerializer
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import create_engine
from werkzeug.test import TestResponse

from desks import Desk
from planner.app import create_app
from planner.bootstrap import Parts
from planner.clock import system_clock
from planner.config import Settings
from planner.domain.roles import Actor, Role
from planner.services import accounts
from planner.services.context import Context
from planner.storage.unit_of_work import Store

BASE = "http://127.0.0.1:8000"
SECRET = "a-secret-of-the-tests-0123456789abcdef"
PASSWORD = "correct horse battery"


@lru_cache
def hashed(password: str) -> str:
    """Hash a password once for all tests."""
    return str(hash_password(password))


def hasty(app: Flask) -> Flask:
    """Let an application hash passwords as before, but with little effort: the usual one is slow on purpose."""
    context = app.extensions["security"].pwd_context
    context.update(argon2__time_cost=1, argon2__memory_cost=8, argon2__parallelism=1)
    return app


class Browser:
    """A browser at the desk: it keeps cookies, and sends each form with its token."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: object) -> TestResponse:
        return self.client.get(path, base_url=BASE, **options)

    def post(self, path: str, data: object = None, **options: object) -> TestResponse:
        token = self.token()
        sent = {**(data or {}), "csrf_token": token}
        return self.client.post(path, data=sent, base_url=BASE, headers={"Referer": BASE}, **options)

    def token(self) -> str:
        """Give the token of this browser's forms; the first comes from a page."""
        with self.client.session_transaction(base_url=BASE) as cookie:
            kept = cookie.get("csrf_token")
        if kept:
            return str(URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token").dumps(kept))
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/sign-in").text)
        assert found
        return unescape(found[1])

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", {"email": email, "password": password})


@dataclass
class WebDesk:
    """The desk of a test, and its pages."""

    desk: Desk
    app: Flask

    def browser(self) -> Browser:
        """Open a browser in which nobody is signed in."""
        return Browser(self.app.test_client())

    def hire(self, role: Role, email: str | None = None) -> str:
        """Give the address of a person of this role, with a password."""
        desk, address = self.desk, email or f"{role}@clinic.example"
        if accounts.member_by_email(desk.store, address) is None:
            ctx = Context(Actor(desk.admin.actor.id, Role.ADMIN, desk.clinic_id), desk.store, desk.clock)
            member = accounts.hire(ctx, name=f"{role} person".title(), email=address, role=role)
            with self.app.app_context():
                accounts.set_password(desk.store, desk.clock, member, hashed(PASSWORD))
        return address

    def signed_in(self, role: Role = Role.SCHEDULER) -> Browser:
        """Open a browser in which a person of this role is signed in; the form is left to the tests of signing in."""
        browser, member = self.browser(), accounts.member_by_email(self.desk.store, self.hire(role))
        assert member
        token = accounts.sign_in(self.desk.store, self.desk.clock, member, "127.0.0.1", "a test")
        with browser.client.session_transaction(base_url=BASE) as cookie:
            cookie.update({"_user_id": member.staff.uniquifier, "_fresh": True, "fs_cc": "set", "sid": token})
            cookie["csrf_token"] = "0" * 40
            cookie.permanent = True
        return browser


class Compiled(BytecodeCache):
    """Templates compiled once for all tests: each makes an application of its own."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@lru_cache
def _application() -> Flask:
    """Make the application once for all tests: it keeps nothing but its parts, and its compiled templates."""
    unopened = create_engine("sqlite://")
    app = hasty(create_app(Settings(secret_key=SECRET), Parts(Store(unopened), system_clock)))
    app.testing = True
    return app


def web_desk(desk: Desk) -> WebDesk:
    """Put pages before a desk."""
    app = _application()
    app.extensions["planner"] = Parts(desk.store, desk.clock)
    return WebDesk(desk, app)
