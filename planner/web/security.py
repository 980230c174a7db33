"""What every answer and every request keeps to: trusted hosts, sizes, CSRF, headers, and a log without names or tokens."""

import logging
from datetime import timedelta
from time import perf_counter
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from planner.config import Settings

log = logging.getLogger("planner.access")
LARGEST_BODY = 256 * 1024
_STATIC = "/static/"
PRIVATE = ("/my/", "/answer/", "/calendar/")
"""Below these is what a private link opens, and what is mistyped of its address: none of it knows a session."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
_STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
csrf = CSRFProtect()


def is_private() -> bool:
    """Whether the request is for a page that a private link opens, be it there or not."""
    return request.path.startswith(PRIVATE)


class PageSessions(SecureCookieSessionInterface):
    """Sessions whose cookie goes out with pages only: a proxy may keep a static file, and would hand the cookie on.

    A private page has no session at all: who opens it is nobody but the holder of its link, whoever is signed in.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Open what the cookie says; an empty one for a private page."""
        return self.session_class() if request.path.startswith(PRIVATE) else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie; a private page sends none, and depends on none."""
        if not is_private():
            super().save_session(app, session, response)

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Whether this answer carries the cookie."""
        return not request.path.startswith(_STATIC) and super().should_set_cookie(app, session)


def secure(app: Flask, settings: Settings) -> None:
    """Set the limits and headers of the whole application."""
    base = urlsplit(settings.base_url)
    app.config.update(
        TRUSTED_HOSTS=[base.hostname, f"{base.hostname}:{base.port}"] if base.port else [base.hostname],
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME="planner",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=base.scheme == "https",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # it wants a Referer, which our pages ask browsers not to send: the token is the guard
        PREFERRED_URL_SCHEME=base.scheme,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),  # the address of a static file changes with its content
    )
    app.config["PLANNER_WEBHOOK_SECRET"] = settings.webhook_secret
    app.config["PLANNER_WEBHOOK_KIND"] = settings.webhook_kind
    app.config["PLANNER_WEBHOOK_URL"] = f"{settings.base_url}/webhook/sms"
    app.config["PLANNER_HEADERS"] = _HEADERS | (_STRICT_TRANSPORT if base.scheme == "https" else {})
    app.session_interface = PageSessions()
    csrf.init_app(app)
    app.before_request(_began)
    app.after_request(_finished)


def trust_proxies(app: Flask, settings: Settings) -> None:
    """Believe the proxies before us who asks, and for what; comes last, around all that answers."""
    if hops := settings.proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _began() -> None:
    g.began = perf_counter()


def _finished(response: Response) -> Response:
    for name, value in current_app.config["PLANNER_HEADERS"].items():
        response.headers.setdefault(name, value)
    if not request.path.startswith(_STATIC):
        response.headers.setdefault("Cache-Control", "no-store")
    where = request.url_rule.rule if request.url_rule else "(no such address)"
    note_request(request.method, where, response.status_code, g.get("began"))
    return response


def note_request(method: str, rule: str, status: int, began: float | None) -> None:
    """Write down what was asked for and how it went; by its *rule*, since an address may hold a token."""
    taken = 0.0 if began is None else (perf_counter() - began) * 1000
    log.info("request", extra={"method": method, "rule": rule, "status": int(status), "ms": round(taken, 1)})
