"""What the small script adds at a desk: keys, a now-line, a warning before the sign-in ends, an undo that counts."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from browsing import opened

SOON = timedelta(minutes=13, seconds=30)


@pytest.fixture
def board(chromium, tuesday):
    """The board, a few minutes before the first visit."""
    with opened(tuesday.context(chromium)) as page:
        page.goto("/")
        yield page


@pytest.fixture
def clock(board, tuesday):
    """The browser's clock and the server's, which go on together."""
    board.clock.install()

    def pass_time(passed):
        tuesday.site.desk.clock.now += passed
        board.clock.fast_forward(int(passed.total_seconds() * 1000))

    return pass_time


def heading(page):
    return page.get_by_role("heading", level=1)


def press(page, key):
    """Press a key once the page listens: its script runs when all of it is there."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def test_the_first_key_leads_past_the_navigation(board):
    press(board, "Tab")
    expect(board.get_by_role("link", name="Skip to content")).to_be_focused()
    press(board, "Enter")
    expect(board.get_by_role("main")).to_be_focused()


def test_keys_go_from_day_to_day_and_from_view_to_view(board):
    found = []
    for key in "jjktwdn":
        with board.expect_navigation():
            press(board, key)
        found.append(heading(board).inner_text())
    assert found == [
        "Wednesday 6 January", "Thursday 7 January", "Wednesday 6 January", "Tuesday 5 January", "4 to 10 Jan 2027",
        "Tuesday 5 January", "New course",
    ]  # fmt: skip


def test_no_key_is_taken_from_whoever_types(board):
    press(board, "/")
    search = board.get_by_label("Search patients")
    expect(search).to_be_focused()
    board.keyboard.type("jkwdtn?/")
    expect(search).to_have_value("jkwdtn?/")
    press(board, "Escape")
    expect(search).not_to_be_focused()
    expect(heading(board)).to_contain_text("Tuesday 5")


def test_no_key_is_taken_from_the_browser(board):
    board.evaluate("addEventListener('keydown', (one) => { document.title += ` ${one.key} ${one.defaultPrevented}`; })")
    for held in ("Control", "Meta", "Alt"):
        press(board, f"{held}+j")
    expect(board).to_have_title(re.compile("Control false j false Meta false j false Alt false j false$"))
    expect(heading(board)).to_contain_text("Tuesday 5")


def test_the_keys_are_listed_until_escape(board):
    press(board, "?")
    dialog = board.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("search patients")
    press(board, "Escape")
    expect(dialog).to_have_count(0)


def test_the_now_line_moves_with_the_clock(board):
    board.clock.install()
    board.reload()
    line = board.locator(".now b")
    expect(line).to_have_text("09:50")
    board.clock.run_for("10:00")
    expect(line).to_have_text("10:00")


def test_whoever_is_warned_in_time_and_stays_loses_nothing(board, clock):
    board.goto("/patients/new")
    board.get_by_label("Name", exact=True).fill("Nadia Brightwater")
    clock(SOON)
    dialog = board.get_by_role("dialog", name="Are you still there?")
    expect(dialog).to_contain_text("signed out in 2 min")
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_have_count(0)
    clock(SOON)
    board.get_by_role("dialog").get_by_role("button", name="Stay signed in").click()
    board.get_by_role("button", name="Enter patient").click()
    expect(heading(board)).to_contain_text("Nadia Brightwater")


def test_whoever_comes_back_too_late_is_told_that_nothing_is_lost_yet(board, clock):
    board.goto("/patients/new")
    clock(timedelta(hours=1))
    dialog = board.get_by_role("dialog", name="Are you still there?")
    expect(dialog).to_contain_text("You have been signed out")
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_contain_text("That did not work")


def cancel(page, name):
    """Cancel a visit of the board, so that it can be undone."""
    page.get_by_role("region", name="Visits by chair").get_by_role("link", name=name).click()
    page.get_by_label("Reason", exact=True).fill("on holiday")
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def test_one_key_undoes(board):
    cancel(board, "Ada Lovelace")
    press(board, "z")
    expect(board.get_by_role("status").filter(has_text="Undone.")).to_be_visible()


def test_the_undo_counts_down_and_goes_when_its_time_is_over(board, clock):
    cancel(board, "Grace Hopper")
    undo = board.get_by_role("button", name="Undo")
    expect(undo).to_contain_text("(10)")
    clock(timedelta(seconds=4))
    expect(undo).to_contain_text("(6)")
    clock(timedelta(seconds=7))
    expect(undo).to_have_count(0)
