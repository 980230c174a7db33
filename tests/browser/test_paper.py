"""The day on paper, and names that not everybody may read."""

import re

import pytest
from playwright.sync_api import expect

from browsing import opened


@pytest.fixture
def day(chromium, tuesday):
    """A browser without scripts, before somebody who is signed in."""
    with opened(tuesday.context(chromium, scripts=False)) as page:
        yield page


@pytest.mark.parametrize("address", ["/", "/day-sheet"])
def test_paper_holds_nothing_to_press(day, address):
    day.goto(address)
    day.emulate_media(media="print")
    expect(day.get_by_role("main").get_by_text("Ada Lovelace").filter(visible=True).first).to_be_visible()
    for control in ("navigation", "search", "button", "textbox"):
        expect(day.get_by_role(control)).to_have_count(0)


def test_the_day_sheet_holds_one_row_for_each_visit(day):
    day.goto("/day-sheet")
    day.emulate_media(media="print")
    rows = day.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Ada Lovelace")


def test_a_quiet_day_is_printed_on_one_sheet(day):
    day.goto("/day-sheet")
    paper = day.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


@pytest.mark.parametrize("address", ["/", "/list", "/day-sheet"])
def test_initials_take_the_place_of_names(day, address):
    day.goto("/")
    day.get_by_label("Show").select_option("Initials")
    day.get_by_role("button", name="Apply").click()
    day.goto(address)
    shown = day.get_by_role("main")
    expect(shown.get_by_text("G.H.").filter(visible=True).first).to_be_visible()
    expect(shown.get_by_text("Hopper").filter(visible=True)).to_have_count(0)


def test_names_come_back(day):
    day.goto("/day-sheet?names=off")
    day.get_by_role("link", name="Show names").click()
    expect(day.get_by_role("table").get_by_text("Grace Hopper")).to_be_visible()
