"""A clinician's order by keyboard alone, with scripts and without: from the course to the difference, and saved."""

import pytest
from playwright.sync_api import expect

from browsing import DESKTOP, opened, profile, sign_in
from planner.domain.roles import Role

MOST_TABS = 60


@pytest.fixture
def page(chromium, site, scripts):
    """A page of a clinician who is signed in."""
    with opened(profile(chromium, site.base, DESKTOP, scripts=scripts)) as page:
        sign_in(page, site, Role.CLINICIAN)
        yield page


def reach(page, wanted):
    """Press Tab until something has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
    pytest.fail(f"no Tab leads to {wanted}")


def test_an_interval_is_changed_by_keyboard_alone(page, site):
    desk = site.desk
    course = desk.begin("esketamine", days="Tue Thu")
    desk.book(course)
    before = desk.walls(course)
    page.goto(f"/courses/{course.id}")
    reach(page, page.get_by_role("link", name="Change the interval"))
    page.keyboard.press("Enter")
    reach(page, page.get_by_label("Every"))
    page.keyboard.press("Control+A")
    page.keyboard.type("5")
    reach(page, page.get_by_label("Least days"))
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table")).to_contain_text("Cancel")
    assert desk.walls(course) == before
    shown = page.get_by_role("row").filter(has_not_text="Cancel").count() - 1
    reach(page, page.get_by_label("Reason"))
    page.keyboard.type("fewer visits")
    reach(page, page.get_by_role("button", name="Save order"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Order saved")).to_be_visible()
    expect(page.get_by_text("Reason: fewer visits")).to_be_visible()
    assert desk.walls(course) != before
    assert len(desk.walls(course)) == shown
