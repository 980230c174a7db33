"""A calendar at its private address: for programs, so without sign-in, cookie, redirect or negotiation.

Calendars are asked for more often than anything else, and need nothing of what a page needs: they are answered before
Flask begins. Hosts, headers and the log are the pages' own.
"""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple, cast

from flask import Blueprint, Flask
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.exceptions import SecurityError
from werkzeug.http import parse_accept_header, parse_etags
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_host

from planner.bootstrap import Parts
from planner.domain.errors import NotFound, Unavailable
from planner.feeds.kept import Kept, Rendered
from planner.services import fetching
from planner.services.fetching import TooOften
from planner.web.security import note_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)
bp = Blueprint("feeds", __name__)
_BEFORE, _AFTER = "/calendar/", ".ics"
_RULE = f"{_BEFORE}<token>{_AFTER}"
_NOWHERE = {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
_HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding", **_NOWHERE}
_ZIPPED = ("Content-Encoding", "gzip")
_CALENDAR = (("Content-Type", "text/calendar; charset=utf-8"), ("Content-Disposition", "inline"))
_REFUSED = {"Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8", **_NOWHERE}


class Answer(NamedTuple):
    """What goes back to whoever asks."""

    status: HTTPStatus
    headers: list[tuple[str, str]]
    body: bytes = b""


class WrongMethod(Exception):
    """A calendar can only be read."""


class Refusal(NamedTuple):
    """What somebody is told who gets no calendar, and what their program is."""

    status: HTTPStatus
    words: str
    headers: Mapping[str, str] = {}


_FAILED = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong.")
_REFUSALS: Mapping[type[Exception], Refusal] = {
    SecurityError: Refusal(HTTPStatus.BAD_REQUEST, "This server does not answer to that name."),
    WrongMethod: Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "A calendar can only be read.", {"Allow": "GET, HEAD"}),
    NotFound: Refusal(HTTPStatus.NOT_FOUND, "There is no such calendar."),
    TooOften: Refusal(HTTPStatus.TOO_MANY_REQUESTS, "Too often; once an hour is enough.", {"Retry-After": "60"}),
    Unavailable: Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The calendar cannot be read now.", {"Retry-After": "5"}),
}


class Calendars:
    """Calendars before the pages: all other addresses are passed on."""

    def __init__(self, app: Flask) -> None:
        self._app, self._pages, self._kept = app, app.wsgi_app, Kept()
        standing: dict[str, str] = app.config["PLANNER_HEADERS"]
        self._headers, self._refused = list({**standing, **_HEADERS}.items()), {**standing, **_REFUSED}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a calendar, and write down that it was asked for."""
        path: str = environ.get("PATH_INFO", "")
        token = path[len(_BEFORE) : -len(_AFTER)]
        if not (path.startswith(_BEFORE) and path.endswith(_AFTER)) or "/" in token:
            return self._pages(environ, start_response)
        began = perf_counter()
        status, headers, body = self._answer(environ, token)
        start_response(f"{status.value} {status.phrase}", headers)
        note_request(environ["REQUEST_METHOD"], _RULE, status, began)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, environ: "WSGIEnvironment", token: str) -> Answer:
        try:
            return self._found(environ, self._asked(environ, token))
        except tuple(_REFUSALS) as error:
            return self._refusal(next(said for kind, said in _REFUSALS.items() if isinstance(error, kind)))
        except Exception as error:  # or the server would write it down, with the address
            log.exception("a calendar failed: %s", type(error).__name__)
            return self._refusal(_FAILED)

    def _asked(self, environ: "WSGIEnvironment", token: str) -> Rendered:
        get_host(environ, self._app.config["TRUSTED_HOSTS"])
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            raise WrongMethod
        parts = cast("Parts", self._app.extensions["planner"])
        return fetching.fetch(parts.store, parts.clock, self._kept, token, environ.get("HTTP_USER_AGENT", ""))

    def _found(self, environ: "WSGIEnvironment", page: Rendered) -> Answer:
        """Give the calendar, or say that it is as it was."""
        zipped = _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        body, tag = (page.zipped, page.zipped_tag) if zipped else (page.body, page.tag)
        headers = [*self._headers, ("ETag", f'"{tag}"')]
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and parse_etags(known).contains_weak(tag):
            return Answer(HTTPStatus.NOT_MODIFIED, headers)
        headers += (*_CALENDAR, ("Content-Length", str(len(body))))
        return Answer(HTTPStatus.OK, [*headers, _ZIPPED] if zipped else headers, body)

    def _refusal(self, refusal: Refusal) -> Answer:
        body = f"{refusal.words}\n".encode()
        headers = {**self._refused, **refusal.headers, "Content-Length": str(len(body))}
        return Answer(refusal.status, list(headers.items()), body)


def _takes_gzip(accepted: str) -> bool:
    return bool(accepted) and any(
        coding.lower() == "gzip" and quality > 0 for coding, quality in parse_accept_header(accepted)
    )


@bp.record_once
def _prepare(setup: BlueprintSetupState) -> None:
    app = cast("Flask", setup.app)
    app.add_url_rule(_RULE, "feeds.calendar", build_only=True)
    app.wsgi_app = Calendars(app)  # type: ignore[method-assign]


@bp.get("/robots.txt")
def robots() -> Response:
    """Let everything be fetched: an importer of calendars that obeys this file would otherwise stay away."""
    return Response("User-agent: *\nDisallow:\n", mimetype="text/plain")
