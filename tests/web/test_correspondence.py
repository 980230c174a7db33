"""The page on which the desk writes down how a patient wants to be written to."""

import pytest

from planner.domain.reaching import Delivery, Language
from planner.services import correspondence
from postroom import enter

SENT = {"language": "es", "delivery": "invitations", "wording": "Yoga", "version": "0"}


@pytest.fixture
def browser(web):
    return web.signed_in()


@pytest.fixture
def page(desk):
    return f"/patients/{enter(desk, 'Ada Lovelace')}/correspondence"


def chosen(desk):
    return correspondence.chosen_for(desk.scheduler, desk.patient())


def test_what_is_chosen_is_kept_and_shown_with_the_patient(browser, desk, page):
    answer = browser.post(page, SENT)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/patients/{desk.patient()}")
    found = chosen(desk)
    assert (found.language, found.delivery, found.wording) == (Language.SPANISH, Delivery.INVITATIONS, "Yoga")
    shown = browser.get(f"/patients/{desk.patient()}").text
    assert "<dd>Spanish</dd>" in shown
    assert "by invitations, as “Yoga”" in shown


def test_that_invitations_say_where_is_chosen_and_taken_back(browser, desk, page):
    browser.post(page, SENT | {"shows_place": "yes"})
    assert chosen(desk).shows_place
    assert 'name="shows_place" value="yes" checked' in browser.get(page).text
    browser.post(page, SENT | {"version": "1"})
    assert not chosen(desk).shows_place


def test_what_tells_or_cannot_be_is_refused_beside_its_field_and_stays_filled_in(browser, desk, page):
    answer = browser.post(page, SENT | {"wording": "Ketamine"})
    assert answer.status_code == 422
    assert 'value="Ketamine"' in answer.text
    assert "would tell what the appointment is for" in answer.text
    assert 'value="invitations" checked' in answer.text
    assert chosen(desk).version == 0


def test_invitations_without_a_mail_address_are_refused_beside_the_choice(browser, desk):
    answer = browser.post(f"/patients/{desk.patient('Grace Hopper')}/correspondence", SENT)
    assert answer.status_code == 422
    assert 'aria-describedby="h-delivery"' in answer.text
    assert "invitations need a mail address" in answer.text


def test_a_page_that_is_stale_is_refused(browser, desk, page):
    browser.post(page, SENT)
    assert browser.post(page, SENT | {"delivery": "feed"}).status_code == 409
    assert chosen(desk).delivery is Delivery.INVITATIONS


def test_a_new_link_says_what_it_takes_the_place_of(browser, desk, page):
    assert "takes the place" not in browser.get(f"/patients/{desk.patient()}/links/new").text
    browser.post(page, SENT)
    assert "the invitations are withdrawn by mail" in browser.get(f"/patients/{desk.patient()}/links/new").text


def test_a_way_that_there_is_not_is_refused(browser, desk, page):
    assert browser.post(page, SENT | {"delivery": "pigeon"}).status_code == 422
    assert chosen(desk).version == 0
