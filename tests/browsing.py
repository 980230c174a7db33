"""What tests do in a real browser: profiles, signing in, complaints, pictures; and pages on a port of their own."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

from desks import open_desk
from planner.app import create_app
from planner.bootstrap import Parts, assemble
from planner.config import Settings
from planner.domain.roles import Role
from planner.services.letterhead import change_letterhead
from planner.storage.unit_of_work import Store
from webdesk import PASSWORD, SECRET, WebDesk, hasty

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LETTERHEAD = {"public_name": "Harbor Street", "sender": "desk@harbor.example", "phone": "+1 212 555 0100"}
SIDEWAYS = """() => {
  const page = document.scrollingElement, limit = page.clientWidth;
  if (page.scrollWidth <= limit) return "";
  const framed = (one) => getComputedStyle(one).overflowX !== "visible";
  const apart = (one) => one !== document.body && (framed(one) || apart(one.parentElement));
  const wide = [...document.body.querySelectorAll("*")].filter(
    (one) => one.getBoundingClientRect().right > limit + 1 && !apart(one.parentElement));
  return `${page.scrollWidth}: ` + wide.slice(-3).map((one) => one.outerHTML.slice(0, 120)).join(" | ");
}"""
"""What makes a page scroll sideways as a whole; tables and drawings that scroll in a frame of their own are fine."""
BROKEN = """(rules) => axe.run(
  document, {resultTypes: ["violations"], preload: false, ...(rules.length && {runOnly: rules})}
).then(
  (found) => found.violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 160)} ${one.nodes[0].failureSummary}`)
)"""
"""What axe finds: the rule, the first element that breaks it, and why; it need not fetch sounds and films beforehand."""


@dataclass
class Site(WebDesk):
    """The desk behind pages that a browser can reach."""

    base: str = ""


class Quiet(WSGIRequestHandler):
    """No request is worth a line."""

    def log(self, *_: object) -> None:
        return


def whole(app: WSGIApplication) -> WSGIApplication:
    """Answer in one piece, and close what the answer came from first: a browser that hangs up keeps the server from it."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        parts, status, headers = run_wsgi_app(app, environ, buffered=True)
        start_response(status, headers.to_wsgi_list())
        return list(parts)

    return answer


@contextmanager
def at_a_port(parts: Parts) -> Iterator[tuple[Flask, str]]:
    """Serve pages on a free port, until the block ends."""
    server = make_server("127.0.0.1", 0, Flask("waiting"), threaded=True, request_handler=Quiet)
    base = f"http://127.0.0.1:{server.server_port}"
    app = hasty(create_app(replace(Settings(secret_key=SECRET), base_url=base), parts))
    server.app = whole(app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield app, base
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def open_site(store: Store) -> Iterator[Site]:
    """Open a desk from which messages can go out, with its pages."""
    desk = open_desk(store)
    change_letterhead(desk.admin, **LETTERHEAD, version=None)
    with at_a_port(Parts(store, desk.clock)) as (app, base):
        yield Site(desk, app, base)


@contextmanager
def fresh_store(template: Path, folder: Path) -> Iterator[Store]:
    """Open a copy of a migrated SQLite file, until the block ends."""
    shutil.copy(template, folder / "planner.db")
    store = assemble(Settings(database_url=f"sqlite:///{folder / 'planner.db'}")).store
    try:
        yield store
    finally:
        store.close()


def profile(
    browser: Browser, base: str, viewport: dict[str, int], *, scripts: bool = True, **more: object
) -> BrowserContext:  # fmt: skip
    """Make a new browser profile; a small screen has fingers before it."""
    context = browser.new_context(
        viewport=viewport, java_script_enabled=scripts, base_url=base, has_touch=viewport == PHONE, reduced_motion="reduce",
        **more,
    )  # fmt: skip
    context.set_default_timeout(10_000)
    return context


@contextmanager
def opened(context: BrowserContext) -> Iterator[Page]:
    """Open a page of a profile; whatever it complains of fails the test when the block ends."""
    page = context.new_page()
    complaints = listen(page)
    yield page
    context.close()
    assert worth_saying(complaints) == []


def worth_saying(complaints: list[str]) -> list[str]:
    """Leave out that a page was answered with a refusal: tests ask for those."""
    return [one for one in complaints if "status of 4" not in one]


def listen(page: Page) -> list[str]:
    """Collect what a page complains of: errors of scripts, reports of the content policy, dialogs nobody asked for."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    return complaints


def sign_in(page: Page, site: Site, role: Role = Role.SCHEDULER) -> None:
    """Sign in as a person of a role, by the form."""
    enter(page, site.hire(role), PASSWORD)


def enter(page: Page, address: str, password: str) -> None:
    """Fill the sign-in's form in, and wait until somebody is in."""
    page.goto("/sign-in")
    page.get_by_label("Mail address").fill(address)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def shot(page: Page, name: str, **options: object) -> None:
    """Keep a picture of the page, where TESTS_SCREENSHOTS names a folder."""
    if folder := os.environ.get("TESTS_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", **options)
