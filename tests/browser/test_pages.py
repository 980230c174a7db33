"""Every kind of page in a real browser: nothing that axe finds, nothing that runs by itself, nothing wider than the screen.

All pages are walked through once, some at a time; each test then asks one thing of them, and names the pages that fail.
"""

from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from browsing import BROKEN, DESKTOP, PHONE, SIDEWAYS, fresh_store, listen, open_site, profile, sign_in, worth_saying
from busyclinic import EVIL, busy
from everypage import addresses, addresses_of_admin, forms_of_courses, forms_of_patients, welcome
from planner.domain.roles import Role

OTHERS = (320, 720)
"""The narrowest screen that WCAG asks for, and a desk's at 200 %."""
OF_THE_LAYOUT = ["color-contrast", "scrollable-region-focusable", "link-in-text-block", "aria-hidden-focus"]
"""What can differ on a phone: all other rules ask for the markup, which is the same."""

NAMING = {"board", "patient", "course", "appointment", "attendance", "plan that is blocked"}
"""Pages that say the name of that patient."""


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


def walks(clinic):
    """All walks: as nobody, as an administrator, and as a clinician, a few pages at a time."""
    admins, clinicians = addresses_of_admin(clinic), addresses(clinic)
    yield "nobody", None, {"sign-in": "/sign-in", "welcome": welcome(clinic)}, no_forms
    for number in range(2):
        yield f"admin {number}", Role.ADMIN, dict(list(admins.items())[number::2]), no_forms
    for number in range(6):
        yield f"clinician {number}", Role.CLINICIAN, dict(list(clinicians.items())[number::6]), no_forms
    yield "forms of patients", Role.CLINICIAN, {}, forms_of_patients
    yield "forms of courses", Role.CLINICIAN, {}, forms_of_courses


WALKS = (
    "nobody", "admin 0", "admin 1", *(f"clinician {number}" for number in range(6)), "forms of patients", "forms of courses",
)  # fmt: skip


def no_forms(clinic, page):
    return iter(())


@pytest.fixture(scope="module")
def clinic(migrated_sqlite, tmp_path_factory):
    """The busy clinic, with its pages."""
    with fresh_store(migrated_sqlite, tmp_path_factory.mktemp("pages")) as store, open_site(store) as site:
        yield busy(site)


@pytest.fixture(scope="module")
def states(chromium, clinic):
    """What a browser keeps of each role's sign-in."""
    found = {None: None}
    for role in (Role.ADMIN, Role.CLINICIAN):
        with closing(profile(chromium, clinic.site.base, DESKTOP)) as context:
            sign_in(context.new_page(), clinic.site, role)
            found[role] = context.storage_state()
    return found


@pytest.fixture(scope="module", params=WALKS)
def findings(request, chromium, clinic, states):
    """What one walk has found; the forms come last, since they change what the other pages show."""
    role, wanted, forms = next(rest for name, *rest in walks(clinic) if name == request.param)
    found = Findings()
    with closing(profile(chromium, clinic.site.base, DESKTOP, storage_state=states[role])) as context:
        context.add_init_script(AXE_SCRIPT)
        page = context.new_page()
        complaints = listen(page)
        for name, address in wanted.items():
            page.goto(address)
            found.look(name, page, complaints)
        for name in forms(clinic, page):
            found.look(name, page, complaints)
    assert len(found.seen) == len(set(found.seen)) >= max(len(wanted), 2)
    return found


def check_nothing(found):
    assert not found, "\n".join(f"{page}: {what}" for page, what in found.items())


def test_the_walks_lead_to_every_page(clinic):
    every = {**addresses(clinic), **addresses_of_admin(clinic)}
    led = [name for _, role, wanted, _ in walks(clinic) for name in wanted if role]
    assert sorted(led) == sorted(every)
    assert len(led) > 55
    assert tuple(name for name, *_ in walks(clinic)) == WALKS
    assert set(every) > NAMING


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
    assert NAMING & set(findings.seen) <= set(findings.by["says"])


def test_a_script_that_got_into_a_page_would_not_run_and_would_be_heard_of(chromium, tuesday):
    with closing(tuesday.context(chromium)) as context:
        page = context.new_page()
        complaints = listen(page)
        page.goto("/")
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = true'}))")
        assert page.evaluate("window.ran") is None
        assert "Content Security Policy" in " ".join(complaints)
