"""The Flask application: settings in, pages out."""

from collections.abc import Iterable
from importlib import import_module

from flask import Flask

from planner.bootstrap import Parts, assemble
from planner.config import InvalidSettings, Settings
from planner.documents.templates import templates_directory
from planner.web import accounts, errors, render, routes, security

BLUEPRINTS = (
    "entrance",
    "patients",
    "tasks",
    "feeds",
    "links",
    "health",
)


def create_app(settings: Settings, parts: Parts | None = None, public: Iterable[str] = ()) -> Flask:
    """Make the application on an assembled planner; raises InvalidSettings without a secret key.

    *public*: endpoints, beside the application's own, that ask nobody to sign in.
    """
    if not settings.secret_key:
        raise InvalidSettings(["PLANNER_SECRET_KEY: is missing; any 32 random characters will do, and keep them secret"])
    app = Flask("planner", template_folder=str(templates_directory()), static_folder="web/static")
    app.secret_key = settings.secret_key
    app.config["PLANNER_PUBLIC"] = frozenset(public)
    app.extensions["planner"] = parts or assemble(settings)
    security.secure(app, settings)
    errors.register(app)
    accounts.register(app)
    routes.register(app)
    render.register(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"planner.web.{name}").bp)
    return app
