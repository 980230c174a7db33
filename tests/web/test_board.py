"""The board, the week, the list and the day sheet as pages: what they show, their filters, and what they refuse."""

import re

import pytest

from builders import uid
from desks import at
from planner.domain.attendance import MarkKind
from planner.domain.roles import Role
from planner.domain.span import Span
from planner.services import attendance, booking, calendar


@pytest.fixture
def first(desk):
    """The first session of a course, on Tuesday at ten."""
    return desk.book(desk.begin()).appointments[0]


@pytest.fixture
def browser(web, desk):
    """A scheduler's browser, on Tuesday morning."""
    desk.clock.now = at("01-05", "09:50")
    return web.signed_in()


def spoken(page):
    """What the page says of each visit, for whoever hears it."""
    return re.findall(r'<li class="sess[^>]*><a[^>]*><span class="vh">([^<]*)</span>', page)


def test_the_board_of_today_says_who_is_where_and_when(first, browser):
    page = browser.get("/").text
    assert spoken(page) == ["Ada Lovelace, Esketamine, session 1 of 4, chair 1, 10:00 to 12:35: Due 09:45"]
    assert "New York time (EST)" in page


def test_what_is_due_next_has_one_action(first, browser):
    page = browser.get("/").text
    aside = page[page.index("<aside") : page.index("</aside>")]
    assert re.findall(r"<b>([^<]+)</b>", aside) == ["Check-in"]
    assert "5 min over" in aside
    assert len(re.findall(r"<button", aside)) == 1


def test_a_day_to_come_offers_no_action(first, browser):
    page = browser.get("/?day=2027-01-07").text
    assert "Nothing is due yet. The first check-in is at 09:45." in page
    assert "/marks" not in page


def test_links_lead_to_the_open_days_before_and_after(first, browser):
    page = browser.get("/?day=2027-01-08").text
    assert re.search(r'id="day-before" href="/\?day=2027-01-07"', page)
    assert re.search(r'id="day-after" href="/\?day=2027-01-11"', page)


def test_filters_stay_with_the_links(first, browser):
    page = browser.get("/?day=2027-01-05&modality=esketamine").text
    assert "/?modality=esketamine&amp;day=2027-01-05&amp;state=due" in page or (
        "/?day=2027-01-05&amp;modality=esketamine&amp;state=due" in page
    )


def test_a_state_narrows_the_board(first, browser):
    assert spoken(browser.get("/?state=left").text) == []
    assert "No visit of this day is like that." in browser.get("/?state=left").text


def test_initials_are_chosen_once_and_stay(first, browser):
    for path in ("/", "/day-sheet", "/list"):
        response = browser.get(f"{path}?names=off")
        assert (response.status_code, response.location) == (303, path)
        assert '<body class="names-off"' in browser.get(path).text
        assert spoken(browser.get("/").text)[0].startswith("A.L.,")
        browser.get(f"{path}?names=on")
        assert '<body class="names-off"' not in browser.get(path).text


BAD = {
    "/?day=yesterday": "day", "/?day=0001-01-01": "day", "/?state=asleep": "state", "/?clinician=1": "clinician",
    "/?names=maybe": "names", "/?page=2": "page", "/?day=2027-01-05&day=2027-01-06": "day",
    "/week?day=2027-02-30": "day", "/list?first=2027-01-05&last=2027-01-04": "last", "/week?day=2200-01-01": "day",
    "/list?first=2027-01-05&last=2029-01-04": "last", "/day-sheet?day=9": "day", "/?modality=%00": "modality",
    "/list?first=2199-12-30": "last", "/list?first=9999-12-31": "first", "/week?state=due": "state",
}  # fmt: skip


def test_a_bad_address_names_the_field(browser):
    answers = {address: browser.get(address) for address in BAD}
    named = {address: re.findall(r"<li><b>(\w+)</b>", answer.text) for address, answer in answers.items()}
    assert named == {address: [field] for address, field in BAD.items()}
    assert {answer.status_code for answer in answers.values()} == {422}


def test_the_first_and_the_last_day_of_all_never_fail(browser):
    addresses = [f"{path}day={day}" for path in ("/?", "/week?", "/day-sheet?") for day in ("2000-01-01", "2199-12-31")]
    assert {browser.get(address).status_code for address in addresses} <= {200, 422}


def test_a_closed_day_without_visits_says_the_next_step(browser):
    page = browser.get("/?day=2027-01-09").text
    assert "The clinic is closed, and nobody is booked." in page
    assert 'href="/?day=2027-01-11"' in page


def test_a_closed_day_with_visits_still_shows_them(desk, first, browser):
    calendar.close(desk.scheduler, span=Span(at("01-05", "00:00"), at("01-06", "00:00")), reason="snow")
    page = browser.get("/").text
    assert "Closed: snow." in page
    assert len(spoken(page)) == 1


def test_an_open_day_without_visits_offers_to_begin_a_course(browser):
    assert "Nobody is booked for this day." in browser.get("/").text


def test_a_cancelled_visit_is_struck_through(desk, first, browser):
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="ill")
    assert 'class="sess is-off' in browser.get("/").text
    assert re.search(r'<del><span class="full">Ada Lovelace', browser.get("/list").text)


def test_the_board_carries_no_inline_style(first, browser):
    for path in ("/", "/week", "/list", "/day-sheet"):
        assert not re.search(r"<[^>]+\sstyle=|<style|\son\w+=", browser.get(path).text)


def test_a_name_is_only_text(desk, browser):
    desk.book(desk.begin(patient="<img src=x onerror=1>"))
    for path in ("/", "/week", "/list", "/day-sheet"):
        page = browser.get(path).text
        assert "<img" not in page
        assert "&lt;img src=x onerror=1&gt;" in page


def test_the_week_says_how_full_its_chairs_are(first, browser):
    page = browser.get("/week").text
    assert page.count("1 visit</span>") == 2
    assert "chairs 17 %" in page


def test_the_day_sheet_leaves_cells_to_fill_in(first, browser):
    page = browser.get("/day-sheet").text
    assert page.count('class="write"') == 3
    assert "Day sheet, Tuesday 5 January 2027" in page


def test_the_list_says_times_with_their_zone(first, browser):
    assert "10:00 EST" in browser.get("/list").text


def test_whoever_may_not_record_gets_no_button(web, desk, first):
    desk.clock.now = at("01-05", "09:50")
    page = web.signed_in(Role.ADMIN).get("/").text
    assert "/marks" not in page
    assert "Look<span" in page


def test_the_state_of_a_visit_is_a_shape_and_a_word(desk, first, browser):
    attendance.record(desk.scheduler, appointment_id=first.id, kind=MarkKind.ARRIVED, version=first.version)
    page = browser.get("/").text
    assert re.search(r"icons\.svg\?v=\w+#i-arrived", page)
    assert "Arrived 09:50" in page


def test_a_clinician_who_is_not_ours_filters_everything_away(first, browser):
    assert spoken(browser.get(f"/?clinician={uid('nobody')}").text) == []


def test_the_board_of_yesterday_keeps_what_nobody_closed(web, desk, first):
    desk.clock.now = at("01-06", "09:00")
    page = web.signed_in().get("/?day=2027-01-05").text
    assert "No outcome, ended 12:35" in page
    assert "1 overdue" in page
