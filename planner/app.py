"""The Flask application: settings in, pages out."""

import socket
from collections.abc import Iterable
from importlib import import_module

from flask import Flask

from planner.bootstrap import Parts, assemble
from planner.config import InvalidSettings, Settings
from planner.documents.templates import templates_directory
from planner.domain.errors import PlannerError
from planner.web import accounts, errors, render, routes, security

BLUEPRINTS = (
    "board",
    "attendance",
    "entrance",
    "patients",
    "tasks",
    "messages",
    "settings",
    "wordings",
    "closures",
    "rescheduling",
    "resources",
    "staff",
    "protocols",
    "feeds",
    "links",
    "page_links",
    "every_link",
    "correspondence",
    "enrolling",
    "series",
    "courses",
    "drift",
    "waitlist",
    "scores",
    "orders",
    "appointments",
    "missing",
    "replies",
    "reviews",
    "health",
    "metrics",
    "mine",
    "own_calendar",
    "answers",
    "consents",
    "own_messages",
    "webhook",
)


class PortTaken(PlannerError):
    """Something else listens on the port, or nobody may."""


def check_port(host: str, port: int) -> None:
    """Refuse a port that cannot be listened on; raises PortTaken, with what to do."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = (error.strerror or "it cannot be used").lower()
            raise PortTaken(f"cannot listen on {host}, port {port}: {reason}; choose another with --port") from None


def create_app(settings: Settings, parts: Parts | None = None, public: Iterable[str] = ()) -> Flask:
    """Make the application on an assembled planner; raises InvalidSettings without a secret key.

    *public*: endpoints, beside the application's own, that ask nobody to sign in.
    """
    if not settings.secret_key:
        raise InvalidSettings(["PLANNER_SECRET_KEY: is missing; any 32 random characters will do, and keep them secret"])
    app = Flask("planner", template_folder=str(templates_directory()), static_folder="web/static")
    app.secret_key = settings.secret_key
    app.config["PLANNER_METRICS_TOKEN"] = settings.metrics_token
    app.config["PLANNER_PUBLIC"] = frozenset(public)
    app.extensions["planner"] = parts or assemble(settings)
    security.secure(app, settings)
    errors.register(app)
    accounts.register(app)
    routes.register(app)
    render.register(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"planner.web.{name}").bp)
    security.trust_proxies(app, settings)
    return app
