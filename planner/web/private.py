"""Pages that a private link opens: who came by it, and answers in the look and the language of the patient's page.

They know no session: no cookie is read or set (`security.PageSessions`), and what is sent needs no token of ours, since
the address itself is the secret that a foreign page lacks. A refusal looks the same whether a link once existed or not.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request

from planner.services import own_page
from planner.services.bearing import Bearer, bearer_of
from planner.services.own_page import Reader
from planner.web.asking import parts
from planner.web.security import csrf
from planner.web.speaking import Speech

__all__ = ["Bearer", "Reader", "bearer", "private_blueprint", "reader", "shown", "speech"]

_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow",
}  # fmt: skip


def private_blueprint(name: str, module: str) -> Blueprint:
    """Make a blueprint of private pages; name it in `accounts.LINKED` and its addresses in `security.PRIVATE`."""
    made = Blueprint(name, module)
    csrf.exempt(made)
    return made


def bearer(token: str) -> Bearer:
    """Find who came by the link of this request; raises NotFound, TooOften."""
    found: Bearer = bearer_of(parts().store, parts().clock, token, request.user_agent.string)
    g.bearer, g.token = found, token
    return found


def reader(found: Bearer) -> Reader:
    """Give who reads, found once in a request."""
    if "reader" not in g:
        g.reader = own_page.reader_of(found)
    kept: Reader = g.reader
    return kept


def speech(found: Bearer) -> Speech:
    """Give the language of whoever reads, on the clinic's wall."""
    known = reader(found)
    return Speech(known.language, known.zone)


def shown(template: str, found: Bearer, status: int = 200, **values: Any) -> Response:
    """Show a page. Templates extend `mine/base.html` and have: speech, say, reader, token, link, and *values*."""
    said = speech(found)
    standing = {"speech": said, "say": said.say, "reader": reader(found), "token": g.token, "link": found.link}
    return with_headers(make_response(render_template(template, **{**standing, **values}), status))


def with_headers(response: Response) -> Response:
    """Keep an answer out of caches, search engines and other sites' logs."""
    response.headers.update(_HEADERS)
    return response
