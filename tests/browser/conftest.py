"""A real browser before a real server: the clinic's desk on SQLite, served from a thread, the time set by hand.

Without a Chromium these tests are skipped; where TESTS_NO_SKIPS is set they fail instead.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from desks import open_desk
from planner.app import create_app
from planner.bootstrap import Parts
from planner.config import Settings
from planner.domain.roles import Role
from webdesk import PASSWORD, SECRET, WebDesk

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic",
)  # fmt: skip
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and os.environ.get("TESTS_NO_SKIPS"):
        pytest.fail("no Chromium is found, and nothing may be skipped here")
    if path is None:
        pytest.skip("no Chromium is found")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@dataclass
class Site(WebDesk):
    """The desk behind pages that a browser can reach."""

    base: str = ""


@pytest.fixture
def site(sqlite_store) -> Iterator[Site]:
    """The desk, served on a free port."""
    desk = open_desk(sqlite_store)
    server = make_server("127.0.0.1", 0, Flask("waiting"), threaded=True)
    base = f"http://127.0.0.1:{server.server_port}"
    app = create_app(replace(Settings(secret_key=SECRET), base_url=base), Parts(sqlite_store, desk.clock))
    server.app = app
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(desk, app, base)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["desktop", "phone"])
def viewport(request):
    """A desk's screen, and a phone's."""
    return DESKTOP if request.param == "desktop" else PHONE


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request) -> bool:
    """With JavaScript, and without."""
    return bool(request.param)


@pytest.fixture
def page(chromium, site, viewport, scripts) -> Iterator[Page]:
    """A page of a new browser profile; whatever it writes to its console as an error makes the test fail."""
    context = chromium.new_context(viewport=viewport, java_script_enabled=scripts, base_url=site.base)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(10_000)
    yield page
    context.close()
    assert [one for one in complaints if "status of 4" not in one] == []


def sign_in(page: Page, site: Site, role: Role = Role.SCHEDULER) -> None:
    """Sign in as a person of a role, by the form."""
    address = site.hire(role)
    page.goto("/sign-in")
    page.get_by_label("Mail address").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
