"""What every answer and every request keeps to: trusted hosts, sizes, CSRF, headers, and a log without names or tokens."""

import logging
from time import perf_counter
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from planner.config import Settings

log = logging.getLogger("planner.access")
LARGEST_BODY = 256 * 1024
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
csrf = CSRFProtect()


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
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    csrf.init_app(app)
    app.before_request(_began)
    app.after_request(_finished)
    if base.scheme == "https":
        app.after_request(_strict_transport)


def _began() -> None:
    g.began = perf_counter()


def _finished(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    taken = (perf_counter() - g.began) * 1000 if "began" in g else 0.0
    where = request.url_rule.rule if request.url_rule else "(no such address)"  # the rule: an address may hold a token
    facts = {"method": request.method, "rule": where, "status": response.status_code, "ms": round(taken, 1)}
    log.info("request", extra=facts)
    return response


def _strict_transport(response: Response) -> Response:
    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response
