"""A real browser before a real server: the clinic's desk on SQLite, served from a thread, the time set by hand.

Without a Chromium these tests are skipped; where TESTS_NO_SKIPS is set they fail instead.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from browsing import DESKTOP, PHONE, Site, listen, open_site, profile

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic",
)  # fmt: skip


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
    """A page of a new browser profile; whatever it complains of makes the test fail."""
    context = profile(chromium, site.base, viewport, scripts=scripts)
    page = context.new_page()
    complaints = listen(page)
    yield page
    context.close()
    assert [one for one in complaints if "status of 4" not in one] == []
