"""Refusals in the words of a page: one table of status codes; a form that was refused is shown again with its problems."""

import logging
from collections.abc import Sequence
from contextlib import suppress

from flask import Flask, Response, g, make_response, render_template, request
from flask_security.core import AnonymousUser
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from planner.documents import edge as documents
from planner.domain.errors import (
    Conflict,
    Forbidden,
    InvalidMove,
    InvalidValue,
    NotFound,
    PlannerError,
    RuleViolated,
    Unavailable,
)
from planner.services.bearing import TooOften
from planner.web.asking import InvalidForm
from planner.web.private_refusals import refusal
from planner.web.security import is_private

log = logging.getLogger(__name__)
_STATUS: Sequence[tuple[type[PlannerError], int]] = (
    (NotFound, 404), (TooOften, 429), (Forbidden, 403), (Conflict, 409), (InvalidMove, 409), (Unavailable, 503),
    (InvalidForm, 422), (InvalidValue, 422), (RuleViolated, 422), (PlannerError, 422),
)  # fmt: skip
_TITLES = {
    400: "That could not be read", 403: "You may not do that", 404: "There is no such page",
    405: "That is not possible here", 409: "Somebody was faster", 413: "That is too large", 415: "That is not a form",
    422: "That cannot be",
    429: "Too many tries",
    500: "Something went wrong", 503: "The planner is busy",
}  # fmt: skip
_WORDS = {
    400: "The request was not what this page expects. Go back, load the page again, and try once more.",
    403: "Your role does not allow it: schedulers and clinicians book, administrators set the clinic up. "
    "An administrator can give you another role.",
    404: "Nothing here has this address, or it is not yours to see.",
    405: "This address does not take that kind of request.",
    413: "Send less at a time.",
    415: "This page reads forms only.",
    429: "Wait some minutes, then try again.",
    500: "It has been written down. Nothing was stored. Try again, or tell whoever runs the planner.",
    503: "The database cannot be reached at the moment. Nothing was stored. Try again in some seconds.",
}  # fmt: skip


def register(app: Flask) -> None:
    """Answer every refusal with a page."""
    app.register_error_handler(PlannerError, refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def refused(error: PlannerError) -> Response:
    """Answer a refusal of the domain: with the kept form and its problems, or with a page of its own.

    A form that cannot be shown again, since what is wrong with it is wrong with its page as well, gets that page too.
    """
    status = next(code for kind, code in _STATUS if isinstance(error, kind))
    if is_private():
        return page_of(status, problems_of(error) if status in {409, 422} else [])
    kept = getattr(g, "kept_form", None)
    if kept and status in {409, 422}:
        template, values = kept
        said = {"problems": problems_of(error), "refusal": error, "sent": request.form}
        with suppress(PlannerError):
            return make_response(render_template(template, **values, **said), status)
    return page_of(status, problems_of(error) if status in {409, 422} else [])


def problems_of(error: PlannerError) -> list[InvalidValue]:
    """List what is wrong, field by field."""
    if isinstance(error, InvalidForm):
        return error.problems
    if isinstance(error, InvalidValue):
        return list(documents.problems_of(error))
    return [InvalidValue("", str(error))]


def page_of(status: int, problems: Sequence[InvalidValue] = ()) -> Response:
    """Give the page of a status code; a page that is not there looks the same whatever the reason.

    Where the database is away, that is said instead of all else.
    """
    try:
        return _page(status, problems)
    except Unavailable:
        return _page(503, ())


def _page(status: int, problems: Sequence[InvalidValue]) -> Response:
    if is_private():
        return refusal(status, problems)
    title = _TITLES.get(status, "That did not work")
    if status == 409 and request.method == "GET":  # who only looked was not raced by anybody
        title = "That is not possible now"
    if status >= 500:  # such a page asks the database nothing, not even who is signed in
        g.bare = True
        g.setdefault("_login_user", AnonymousUser())  # type: ignore[no-untyped-call]
    page = render_template("refused.html", title=title, words=_WORDS.get(status, ""), problems=problems)
    response = make_response(page, status)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _csrf(_: CSRFError) -> Response:
    return page_of(400)


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    code = error.code or 500
    if code < 400:
        return make_response(error.get_response())
    if isinstance(error, SecurityError):  # a foreign host: no address can be built for a page
        return Response("This server does not answer to that name.\n", 400, mimetype="text/plain")
    response = page_of(code)
    for name in ("Allow", "Retry-After"):
        if name in (headers := dict(error.get_headers())):
            response.headers[name] = headers[name]
    return response


def _unexpected(error: Exception) -> Response:
    log.error("a page failed: %s at %s", type(error).__name__, request.url_rule, exc_info=error)
    return page_of(500)
