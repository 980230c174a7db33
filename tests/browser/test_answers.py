"""Answering by a link from a message, on a phone, with scripts off; and the look of those pages."""

from contextlib import closing
from datetime import date, timedelta

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from answering import present, token_for
from browsing import BROKEN, PHONE, SIDEWAYS, listen, opened, profile, worth_saying
from desks import at
from planner.domain.clinic import SelfService
from planner.domain.reaching import Purpose
from planner.domain.replies import ReplyKind
from planner.services import policies, replying

NARROW = {"width": 320, "height": 640}
"""The narrowest screen that WCAG asks for, and a phone's at more than 200 %."""
PURPOSES = (Purpose.COME, Purpose.RIDE, Purpose.CHANGE, Purpose.OPEN)


@pytest.fixture
def one(site):
    """Ada's session of Tuesday 12 January, in a clinic whose patients may take another time at once."""
    policies.set_self_service(site.desk.admin, policy=SelfService(moves=True))
    course = site.desk.begin(start=date(2027, 1, 12))
    site.desk.book(course)
    return site.desk.live(course)[0]


def address(site, one, purpose):
    return f"/answer/{token_for(site.desk, one, purpose)}"


def test_a_patient_answers_on_a_phone_without_scripts(chromium, site, one):
    with opened(profile(chromium, site.base, PHONE, scripts=False)) as page:
        page.goto(address(site, one, Purpose.COME))
        page.get_by_role("button", name="I will come").click()
        expect(page.get_by_text("You said that you will come")).to_be_visible()
        page.goto(address(site, one, Purpose.RIDE))
        page.get_by_label("Their name").fill("Maria Delgado")
        page.get_by_role("button", name="I have a ride").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Their phone number").fill("555-0123")
        page.get_by_role("button", name="I have a ride").click()
        expect(page.get_by_text("Maria Delgado")).to_be_visible()
        page.goto(address(site, one, Purpose.OPEN))
        page.get_by_role("button", name="Get my page").click()
        expect(page.get_by_role("link", name="Open my page")).to_be_visible()
    with site.desk.store.read(site.desk.clinic_id) as uow:
        assert set(replying.replies_of(uow, [one])[one.id]) == {ReplyKind.COME, ReplyKind.RIDE}


def test_a_patient_takes_another_time_on_a_phone_without_scripts(chromium, site, one):
    with opened(profile(chromium, site.base, PHONE, scripts=False)) as page:
        page.goto(address(site, one, Purpose.CHANGE))
        page.get_by_label("10:15").check()
        page.get_by_role("button", name="Take this time").click()
        expect(page.get_by_text("this is the new time")).to_be_visible()
    assert present(site.desk, one.id).start_at == at("01-12", "10:15")


def test_the_pages_are_for_everybody_on_every_phone(chromium, site, one):
    wrong = {}
    with closing(profile(chromium, site.base, PHONE)) as context:
        page = context.new_page()
        complaints = listen(page)
        for purpose in PURPOSES:
            page.goto(address(site, one, purpose))
            page.evaluate(AXE_SCRIPT)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                wrong[f"{purpose} {scheme}"] = page.evaluate(BROKEN, [])
            page.set_viewport_size(NARROW)
            wrong[f"{purpose} wide"] = page.evaluate(SIDEWAYS)
            page.set_viewport_size(PHONE)
        wrong["complaints"] = worth_saying(complaints)
    assert {name: what for name, what in wrong.items() if what} == {}


def test_near_an_appointment_there_is_a_number_to_call(chromium, site, one):
    with opened(profile(chromium, site.base, PHONE, scripts=False)) as page:
        link = address(site, one, Purpose.CHANGE)
        site.desk.clock.now = one.start_at - timedelta(hours=2)
        page.goto(link)
        expect(page.get_by_role("main").get_by_role("link", name="Call +1 212 555 0100")).to_be_visible()
