"""Every kind of page in a real browser: nothing that axe finds, nothing that runs by itself, nothing wider than the screen.

All pages are walked through once; each test then asks one thing of all of them, and names the pages that fail.
"""

from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from browsing import BROKEN, DESKTOP, PHONE, SIDEWAYS, fresh_store, listen, open_site, profile, sign_in, worth_saying
from everypage import EVIL, addresses, addresses_of_admin, busy, steps, welcome
from planner.domain.roles import Role

OTHERS = (320, 720)
"""The narrowest screen that WCAG asks for, and a desk's at 200 %."""
OF_THE_LAYOUT = ["color-contrast", "scrollable-region-focusable", "link-in-text-block", "aria-hidden-focus"]
"""What can differ on a phone: all other rules ask for the markup, which is the same."""

pytestmark = pytest.mark.timeout(900)  # the whole walk is one fixture


@dataclass
class Findings:
    """What is wrong, by the test that asks and the page that was seen; and which pages were seen."""

    seen: list[str] = field(default_factory=list)
    by: dict[str, dict[str, object]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, kind, page, what):
        if what:
            self.by[kind][page] = what

    def look(self, name, page, complaints):
        """Look at a page from all sides, and put it back as it was."""
        self.seen.append(name)
        self.note("complaints", name, worth_saying(complaints))
        complaints.clear()
        self.note("images", name, page.evaluate("document.images.length"))
        self.note("says", name, EVIL in page.locator("body").inner_text())
        self.note("light desktop", name, page.evaluate(BROKEN, []))
        page.emulate_media(color_scheme="dark")
        self.note("dark desktop", name, page.evaluate(BROKEN, ["color-contrast"]))
        page.set_viewport_size(PHONE)
        self.note("dark phone", name, page.evaluate(BROKEN, ["color-contrast"]))
        page.emulate_media(color_scheme="light")
        self.note("light phone", name, page.evaluate(BROKEN, OF_THE_LAYOUT))
        self.note(f"wide {PHONE['width']}", name, page.evaluate(SIDEWAYS))
        for width in OTHERS:
            page.set_viewport_size({"width": width, "height": 844})
            self.note(f"wide {width}", name, page.evaluate(SIDEWAYS))
        page.set_viewport_size(DESKTOP)


@pytest.fixture(scope="module")
def findings(chromium, migrated_sqlite, tmp_path_factory):
    """All pages, walked through as nobody, as an administrator, and as a clinician."""
    found = Findings()
    with fresh_store(migrated_sqlite, tmp_path_factory.mktemp("pages")) as store, open_site(store) as site:
        clinic = busy(site)
        walks = (
            (None, {"sign-in": "/sign-in", "welcome": welcome(clinic)}, no_steps),
            (Role.ADMIN, addresses_of_admin(clinic), no_steps),
            (Role.CLINICIAN, addresses(clinic), steps),
        )
        for role, wanted, further in walks:
            with closing(profile(chromium, site.base, DESKTOP)) as context:
                context.add_init_script(AXE_SCRIPT)
                page = context.new_page()
                complaints = listen(page)
                if role:
                    sign_in(page, site, role)
                for name, address in wanted.items():
                    page.goto(address)
                    found.look(name, page, complaints)
                for name in further(clinic, page):
                    found.look(name, page, complaints)
    return found


def no_steps(clinic, page):
    return iter(())


def check_nothing(found):
    assert not found, "\n".join(f"{page}: {what}" for page, what in found.items())


def test_every_page_is_seen(findings):
    assert len(findings.seen) == len(set(findings.seen)) > 55


@pytest.mark.parametrize("screen", ["desktop", "phone"])
@pytest.mark.parametrize("light", ["light", "dark"])
def test_axe_finds_nothing(findings, screen, light):
    check_nothing(findings.by[f"{light} {screen}"])


@pytest.mark.parametrize("width", [PHONE["width"], *OTHERS])
def test_no_page_is_wider_than_the_screen(findings, width):
    check_nothing(findings.by[f"wide {width}"])


def test_no_page_breaks_the_content_policy_or_its_scripts(findings):
    check_nothing(findings.by["complaints"])


def test_a_name_that_looks_like_markup_is_only_text(findings):
    check_nothing(findings.by["images"])
    assert {"board", "patient", "course", "appointment", "attendance", "plan that is blocked"} <= set(findings.by["says"])


def test_a_script_that_got_into_a_page_would_not_run_and_would_be_heard_of(chromium, tuesday):
    with closing(tuesday.context(chromium)) as context:
        page = context.new_page()
        complaints = listen(page)
        page.goto("/")
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = true'}))")
        assert page.evaluate("window.ran") is None
        assert "Content Security Policy" in " ".join(complaints)
