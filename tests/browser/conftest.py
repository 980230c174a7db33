"""A real browser before a real server: the clinic's desk on SQLite, served from a thread, the time set by hand.

Without a Chromium these tests are skipped; where TESTS_NO_SKIPS is set they fail instead.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from browsing import DESKTOP, PHONE, Site, fresh_store, open_site, opened, profile, sign_in
from desks import at

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic",
)  # fmt: skip
expect.set_options(timeout=10_000)

WAYS = {
    "desktop with scripts": (DESKTOP, True), "phone with scripts": (PHONE, True), "phone without scripts": (PHONE, False),
}  # fmt: skip
"""Both screens, and scripts on and off; not each with each, since what scripts do does not ask how wide it is."""


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


@pytest.fixture
def site(sqlite_store) -> Iterator[Site]:
    """The desk, served on a free port."""
    with open_site(sqlite_store) as site:
        yield site


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request) -> bool:
    """With JavaScript, and without."""
    return bool(request.param)


@pytest.fixture(params=WAYS)
def page(request, chromium, site) -> Iterator[Page]:
    """A page of a new browser profile; whatever it complains of makes the test fail."""
    viewport, scripts = WAYS[request.param]
    with opened(profile(chromium, site.base, viewport, scripts=scripts)) as page:
        yield page


@dataclass
class Tuesday:
    """A day with two visits that a module shares, and what a browser keeps of a sign-in."""

    site: Site
    state: StorageState

    def context(self, browser: Browser, **more: object) -> BrowserContext:
        """Open the profile of somebody who is signed in, a few minutes before the first visit."""
        self.site.desk.clock.now = at("01-05", "09:50")
        return profile(browser, self.site.base, DESKTOP, storage_state=self.state, **more)


@pytest.fixture(scope="module")
def tuesday(chromium, migrated_sqlite, tmp_path_factory) -> Iterator[Tuesday]:
    """A Tuesday on which Ada comes at ten and Grace at eleven; signing in is slow on purpose, so it is done once."""
    with fresh_store(migrated_sqlite, tmp_path_factory.mktemp("tuesday")) as store, open_site(store) as site:
        site.desk.book(site.desk.begin())
        site.desk.book(site.desk.begin(patient="Grace Hopper", at="11:00"))
        site.desk.clock.now = at("01-05", "09:50")
        with opened(profile(chromium, site.base, DESKTOP)) as page:
            sign_in(page, site)
            state = page.context.storage_state()
        yield Tuesday(site, state)
