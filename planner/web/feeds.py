"""A patient's calendar at its private address: for programs, so without sign-in, cookie, redirect or negotiation."""

from typing import cast

from flask import Blueprint, Flask, Request, current_app, g, request
from flask.sansio.blueprints import BlueprintSetupState
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_security.core import AnonymousUser
from werkzeug.wrappers import Response

from planner.domain.errors import NotFound
from planner.feeds.kept import Kept
from planner.services import fetching
from planner.services.fetching import TooOften
from planner.web.asking import parts

bp = Blueprint("feeds", __name__)
_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Vary": "Accept-Encoding",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
}


class CookielessCalendars(SecureCookieSessionInterface):
    """Sessions for all but calendars: those read no cookie and set none, whoever is signed in beside them."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Open the session of a page; a calendar has none."""
        return None if request.path.startswith("/calendar/") else super().open_session(app, request)


def _nobody() -> None:
    """Say that nobody is signed in, before the sign-in library looks for somebody in every header and field."""
    if request.endpoint == "feeds.calendar":
        g.setdefault("_login_user", AnonymousUser())  # type: ignore[no-untyped-call]


@bp.record_once
def _prepare(setup: BlueprintSetupState) -> None:
    setup.app.extensions["planner.feeds"] = Kept()
    cast("Flask", setup.app).session_interface = CookielessCalendars()
    setup.app.before_request_funcs.setdefault(None, []).insert(0, _nobody)


@bp.route("/calendar/<token>.ics", methods=["GET"], provide_automatic_options=False)
def calendar(token: str) -> Response:
    """Give the calendar, or say that it is as it was."""
    kept: Kept = current_app.extensions["planner.feeds"]
    page = fetching.fetch(parts().store, parts().clock, kept, token, request.user_agent.string)
    zipped = any(coding.lower() == "gzip" and quality > 0 for coding, quality in request.accept_encodings)
    body, tag = (page.zipped, page.zipped_tag) if zipped else (page.body, page.tag)
    if request.if_none_match.contains_weak(tag):
        response = Response(status=304, headers=_HEADERS)
        del response.headers["Content-Type"]
    else:
        response = Response(body, content_type="text/calendar; charset=utf-8", headers=_HEADERS)
        response.headers["Content-Disposition"] = "inline"
        if zipped:
            response.headers["Content-Encoding"] = "gzip"
    response.headers["ETag"] = f'"{tag}"'
    return response


@bp.errorhandler(NotFound)
def _unknown(_: NotFound) -> Response:
    return Response("There is no such calendar.\n", 404, mimetype="text/plain")


@bp.errorhandler(TooOften)
def _too_often(_: TooOften) -> Response:
    return Response("Too often; once an hour is enough.\n", 429, {"Retry-After": "60"}, mimetype="text/plain")


@bp.get("/robots.txt")
def robots() -> Response:
    """Let everything be fetched: an importer of calendars that obeys this file would otherwise stay away."""
    return Response("User-agent: *\nDisallow:\n", mimetype="text/plain")
