"""Health: whether this process lives, and whether it can serve and messages go out.

What probes and scrapes asks each process by its number, not by the public name: here every name is as good.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Flask
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from planner.services import health
from planner.web.asking import parts

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

bp = Blueprint("health", __name__)
ASKED_BY_NUMBER = frozenset({"/health", "/ready", "/metrics"})


@bp.get("/health")
def alive() -> Response:
    """Answer: this process lives."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/ready")
def ready() -> Response:
    """Say whether the database answers and a worker is alive; 503 where not, in one line that names no secret."""
    state = health.look(parts().store, parts().clock)
    return Response(f"{state.words}\n", status=200 if state.ready else 503, mimetype="text/plain")


class AnyName:
    """Hands on what is asked by whatever name as if it had been by the public one, where that makes no difference."""

    def __init__(self, pages: "WSGIApplication", name: str) -> None:
        self._pages, self._name = pages, name

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        if environ.get("PATH_INFO") in ASKED_BY_NUMBER:
            environ["HTTP_HOST"] = self._name
        return self._pages(environ, start_response)


@bp.record_once
def _prepare(setup: BlueprintSetupState) -> None:
    app = cast("Flask", setup.app)
    app.wsgi_app = AnyName(app.wsgi_app, app.config["TRUSTED_HOSTS"][0])  # type: ignore[method-assign]
