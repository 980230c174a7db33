"""The patient's own page on a phone: readable, pressable and printable without a script, by day and by night.

Where TESTS_SCREENSHOTS names a folder, pictures of it are kept there.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from browsing import BROKEN, PHONE, SIDEWAYS, Site, fresh_store, open_site, opened, profile, shot
from desks import at
from patientpage import give, open_course, send_all
from planner.domain.reaching import Delivery, Language
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.services import booking, correspondence, page_links, replying
from planner.services.bearing import bearer_of

NARROW = {"width": 320, "height": 640}
GIVEN = at("01-05", "13:30")
PARTS = ("", "/hand-out", "/stop", "/messages")


@dataclass
class Nadia:
    """A patient in the middle of a course, and her page."""

    site: Site
    path: str

    def at(self, moment):
        self.site.desk.clock.now = moment
        return self


@pytest.fixture(scope="module")
def nadia(migrated_sqlite, tmp_path_factory):
    """A patient with twenty visits: the first given, one moved, one called off, the next answered."""
    with fresh_store(migrated_sqlite, tmp_path_factory.mktemp("nadia")) as store, open_site(store) as site:
        desk = site.desk
        course = open_course(desk)
        send_all(desk)
        first, second, third, fourth = desk.live(course)[:4]
        later = third.start_at + timedelta(hours=1)
        booking.move(desk.scheduler, appointment_id=third.id, start=later, version=third.version, told=True)
        booking.cancel(desk.scheduler, appointment_id=fourth.id, version=fourth.version, reason="away", told=True)
        made = page_links.create(desk.scheduler, patient_id=course.patient_id, label="phone")
        bearer, ride = bearer_of(store, desk.clock, made.token), Ride(RideKind.ADULT, "Sam Lee", "555-0199")
        replying.reply(bearer, appointment_id=second.id, kind=ReplyKind.RIDE, ride=ride)
        give(desk, first, left=True)
        yield Nadia(site, f"/my/{made.token}")


@pytest.fixture
def page(chromium, nadia):
    """A phone without scripts, on the page as it is two days before the next appointment."""
    nadia.at(at("01-07", "07:00"))
    with opened(profile(chromium, nadia.site.base, PHONE, scripts=False)) as page:
        page.goto(nadia.path)
        yield page


@pytest.fixture
def seen(chromium, nadia):
    """A phone with scripts, so that a test can ask the page."""
    nadia.at(at("01-07", "07:00"))
    with opened(profile(chromium, nadia.site.base, PHONE)) as page:
        page.goto(nadia.path)
        yield page


def unfold(page: Page):
    """Open all that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def test_what_matters_is_on_the_first_screen_of_a_phone(page):
    shot(page, "patient-phone")
    shot(page, "patient-phone-whole", full_page=True)
    for words in ("Thursday,", "January 7, 2027", "10:00 am", "You leave at about"):
        expect(page.get_by_text(words).first).to_be_in_viewport()
    for role, name in (("button", "I will come"), ("link", "Change my ride"), ("link", "I need to change")):
        expect(page.get_by_role(role, name=name, exact=True).first).to_be_in_viewport()


def test_the_advice_of_today_comes_before_all_else(page, nadia):
    nadia.at(GIVEN)
    page.reload()
    shot(page, "patient-today")
    expect(page.get_by_role("heading", level=1)).to_have_text("Do not drive")
    expect(page.get_by_text("only after a restful night’s sleep").first).to_be_in_viewport()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("moment", [at("01-07", "07:00"), GIVEN])
def test_axe_finds_nothing(seen, nadia, part, moment):
    nadia.at(moment)
    seen.goto(nadia.path + part)
    unfold(seen)
    seen.evaluate(AXE_SCRIPT)
    assert seen.evaluate(BROKEN, []) == []
    seen.emulate_media(color_scheme="dark")
    assert seen.evaluate(BROKEN, ["color-contrast"]) == []


@pytest.mark.parametrize("width", [390, 320, 195])
@pytest.mark.parametrize("part", PARTS)
def test_nothing_scrolls_sideways_even_at_twice_the_size(seen, nadia, part, width):
    seen.set_viewport_size({"width": width, "height": 844})
    seen.goto(nadia.path + part)
    unfold(seen)
    shot(seen, f"patient-{part.strip('/') or 'page'}-{width}", full_page=True)
    assert seen.evaluate(SIDEWAYS) == ""


def test_everything_to_press_is_large_enough_for_a_thumb(seen):
    unfold(seen)
    small = seen.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")].filter((one) => {
          const size = one.getBoundingClientRect();
          return size.height < 24 || size.width < 24;
        }).map((one) => one.outerHTML.slice(0, 100))"""
    )
    assert small == []


def test_the_page_is_dark_at_night(seen):
    seen.emulate_media(color_scheme="dark")
    shot(seen, "patient-dark", full_page=True)
    assert seen.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 23, 25)"


def test_a_calendar_link_is_made_and_stopped_without_a_script(page):
    page.get_by_label("Whose device is it?").first.fill("my phone")
    page.get_by_role("button", name="Apple and other calendars").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Calendar link for my phone")
    shot(page, "patient-link-made", full_page=True)
    expect(page.get_by_role("link", name="Open in your calendar")).to_have_attribute("href", re.compile("^webcal://"))
    page.get_by_role("link", name="Back to your page").click()
    shot(page, "patient-links", full_page=True)
    page.get_by_role("button", name="Stop my phone").click()
    expect(page.get_by_text("my phone", exact=True)).to_have_count(0)


def test_a_code_to_scan_is_drawn_in_the_page(page):
    page.get_by_label("Whose device is it?").first.fill("tablet")
    page.get_by_role("button", name="Scan a code").first.click()
    shot(page, "patient-code", full_page=True)
    expect(page.get_by_role("img", name="The address as a code to scan")).to_be_visible()


def test_i_will_come_is_one_button(page):
    page.get_by_role("button", name="I will come").first.click()
    expect(page.get_by_text("You said that you will come.").first).to_be_visible()


def test_the_page_speaks_spanish(chromium, nadia):
    made = page_links.create(nadia.site.desk.scheduler, patient_id=nadia.site.desk.people["Nadia Rahman"], label="es")
    bearer = bearer_of(nadia.site.desk.store, nadia.site.desk.clock, made.token)
    before = correspondence.chosen(bearer)
    wish = {"delivery": Delivery.FEED, "wording": ""}
    after = correspondence.choose(bearer, language=Language.SPANISH, version=before.version, **wish)
    nadia.at(at("01-07", "07:00"))
    with opened(profile(chromium, nadia.site.base, PHONE)) as page:
        page.goto(f"/my/{made.token}")
        unfold(page)
        shot(page, "patient-spanish", full_page=True)
        expect(page.get_by_role("heading", level=1)).to_have_text("Su cita de hoy")
        expect(page.get_by_text("7 de enero de 2027")).to_be_visible()
        page.goto(f"/my/{made.token}/hand-out")
        shot(page, "patient-spanish-sheet", full_page=True)
    correspondence.choose(bearer, language=Language.ENGLISH, version=after.version, **wish)


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_hand_out_is_one_page_and_holds_nothing_to_press(page, nadia, paper):
    page.goto(nadia.path + "/hand-out")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1020})
    shot(page, f"patient-sheet-{paper}", full_page=True)
    expect(page.get_by_role("link")).to_have_count(0)
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper, prefer_css_page_size=False))) == 1
