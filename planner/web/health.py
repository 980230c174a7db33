"""Health: whether this process lives, and whether it can serve and messages go out."""


from flask import Blueprint
from werkzeug.wrappers import Response

from planner.services import health
from planner.web.asking import parts

bp = Blueprint("health", __name__)


@bp.get("/health")
def alive() -> Response:
    """Answer: this process lives."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/ready")
def ready() -> Response:
    """Say whether the database answers and a worker is alive; 503 where not, in one line that names no secret."""
    state = health.look(parts().store, parts().clock)
    return Response(f"{state.words}\n", status=200 if state.ready else 503, mimetype="text/plain")
