"""The pages on which links are made, listed and switched off: at the desk, on one's own account, and for all of a clinic."""

import re

import pytest

from builders import uid
from desks import at
from planner.domain.reaching import Audience, Language
from planner.domain.roles import Role
from planner.domain.subscribing import Wanted
from planner.services import accounts, every_link, feeds, page_links
from planner.services.every_link import LinkState, Which
from postroom import enter
from webdesk import PASSWORD, hashed

NURSE, CHAIR = uid("nurse 1"), uid("chair 1")


@pytest.fixture
def browser(web):
    return web.signed_in()


@pytest.fixture
def admin(web):
    return web.signed_in(Role.ADMIN)


@pytest.fixture
def lin(web, desk):
    """A browser in which nurse 1 is signed in."""
    member = accounts.hire(desk.admin, name="Lin", email="lin@clinic.example", role=Role.CLINICIAN, resource_id=NURSE)
    with web.app.app_context():
        accounts.set_password(desk.store, desk.clock, member, hashed(PASSWORD))
    browser = web.browser()
    browser.sign_in("lin@clinic.example")
    return browser


def addresses(page):
    return re.findall(r'value="(http://[^"]+)"', page)


def only_link(desk):
    (link,) = feeds.list_of(desk.scheduler, patient_id=desk.patient())
    return link


def test_a_carers_link_needs_the_patients_agreement_ticked(browser, desk):
    form = {"label": "Mum’s phone", "audience": "carer", "wording": "Appointment", "shows_place": "yes"}
    refused = browser.post(f"/patients/{desk.patient()}/links", form)
    assert refused.status_code == 422
    assert 'aria-describedby="h-agreed"' in refused.text
    assert "Mum’s phone" in refused.text
    made = browser.post(f"/patients/{desk.patient()}/links", form | {"agreed": "yes", "alarm_minutes": "60"})
    assert made.status_code == 201
    assert "when to pick the patient up, with the street address, alarm 1 hour before" in made.text
    link = only_link(desk)
    assert (link.audience, link.shows_place, link.alarm_minutes) == (Audience.CARER, True, 60)
    assert "for a carer, agreed" in browser.get(f"/patients/{desk.patient()}").text


def test_a_link_in_another_language_is_called_by_its_word(browser, desk):
    browser.post(f"/patients/{desk.patient()}/links", {"label": "own phone", "wording": "", "language": "es"})
    assert (only_link(desk).wording, only_link(desk).language) == ("Cita", Language.SPANISH)


@pytest.mark.parametrize("more", [{"alarm_minutes": "7"}, {"audience": "room"}, {"language": "fr"}, {"agreed": "maybe"}])
def test_a_link_is_only_what_the_form_offers(browser, desk, more):
    form = {"label": "own phone", **more}
    assert browser.post(f"/patients/{desk.patient()}/links", form).status_code == 422
    assert feeds.list_of(desk.scheduler, patient_id=desk.patient()) == []


def test_the_page_of_a_patient_gets_a_link_that_is_shown_once_and_can_be_printed(browser, desk, web):
    patient = desk.patient()
    made = browser.post(f"/patients/{patient}/page-links", {"label": "own phone"})
    (address,) = addresses(made.text)
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert f'<p class="print-only own-address">{address}</p>' in made.text
    assert 'class="qr"' in made.text
    assert web.browser().get(address).status_code == 200
    page = browser.get(f"/patients/{patient}").text
    assert "own phone" in page
    assert "last opened just now by" in page
    assert address.rpartition("/")[2] not in page


def test_the_desk_replaces_the_link_of_a_page_and_switches_it_off(browser, desk, web):
    made = page_links.create(desk.scheduler, patient_id=desk.patient(), label="own phone")
    (address,) = addresses(browser.post(f"/page-links/{made.link.id}/rotate").text)
    assert web.browser().get(f"/my/{made.token}").status_code == 404
    (on,) = [one for one in page_links.list_of(desk.scheduler, patient_id=desk.patient()) if one.revoked_at is None]
    assert browser.post(f"/page-links/{on.id}/revoke").status_code == 303
    assert web.browser().get(address).status_code == 404
    assert browser.post(f"/page-links/{on.id}/revoke").status_code == 409


def test_a_page_link_without_a_usable_label_is_refused_on_the_patients_page(browser, desk):
    refused = browser.post(f"/patients/{desk.patient()}/page-links", {"label": "Ketamine phone"})
    assert refused.status_code == 422
    assert 'aria-describedby="h-label" aria-invalid="true"' in refused.text
    assert 'value="Ketamine phone"' in refused.text


def test_a_link_goes_by_mail_to_whoever_has_an_address_and_only_once_at_a_time(browser, desk):
    assert "Send a link by mail" not in browser.get(f"/patients/{desk.patient()}").text
    grace = enter(desk, "Grace Hopper")
    assert "Send a link by mail" in browser.get(f"/patients/{grace}").text
    answer = browser.post(f"/patients/{grace}/page-links/send")
    assert (answer.status_code, answer.location) == (303, f"/patients/{grace}")
    assert "Link to the patient’s own page" in browser.get(f"/patients/{grace}").text
    again = browser.post(f"/patients/{grace}/page-links/send")
    assert again.status_code == 409
    assert "on its way already" in again.text


def test_a_clinician_makes_a_link_of_their_own_calendar_from_their_account(lin, desk, web):
    desk.book(desk.begin(start=at("01-05").date()))
    assert f"/settings/resources/{NURSE}/links/new" in lin.get("/account").text
    made = lin.post(f"/settings/resources/{NURSE}/links", {"label": "own phone", "alarm_minutes": "15"})
    assert made.status_code == 201
    assert "visits, by initials and place, alarm 15 minutes before" in made.text
    (link,) = feeds.list_of_resource(desk.admin, resource_id=NURSE)
    assert lin.get("/account").text.count("own phone") >= 1
    replaced = lin.post(f"/links/{link.id}/rotate")
    (address,) = addresses(replaced.text)
    assert b"BEGIN:VCALENDAR" in web.browser().get(address).data
    live = feeds.list_of_resource(desk.admin, resource_id=NURSE)[-1]
    ended = lin.post(f"/links/{live.id}/revoke")
    assert (ended.status_code, ended.location) == (303, "/account")


def test_a_clinician_makes_no_link_of_anything_else(lin, desk):
    assert lin.post(f"/settings/resources/{CHAIR}/links", {"label": "x"}).status_code == 403
    assert "New link" not in lin.get(f"/settings/resources/{CHAIR}").text
    assert feeds.list_of_resource(desk.admin, resource_id=CHAIR) == []


def test_an_administrator_makes_a_link_of_a_chair_on_its_page(admin, desk):
    assert f"/settings/resources/{CHAIR}/links/new" in admin.get(f"/settings/resources/{CHAIR}").text
    made = admin.post(f"/settings/resources/{CHAIR}/links", {"label": "screen in the corridor"})
    assert "shows when it is taken" in made.text
    (link,) = feeds.list_of_resource(desk.admin, resource_id=CHAIR)
    assert "screen in the corridor" in admin.get(f"/settings/resources/{CHAIR}").text
    ended = admin.post(f"/links/{link.id}/revoke")
    assert ended.location == f"/settings/resources/{CHAIR}"


def filled(desk):
    feeds.create(desk.scheduler, Wanted("own phone"), patient_id=desk.patient())
    feeds.create(desk.scheduler, Wanted("tablet"), patient_id=desk.patient("Grace Hopper"))
    page_links.create(desk.scheduler, patient_id=desk.patient(), label="own page")
    feeds.create_for_resource(desk.admin, Wanted("screen"), resource_id=CHAIR)


def labels(page):
    known = ("own phone", "tablet", "own page", "screen")
    return [label for label in known if f"<td>{label}</td>" in page]


def test_an_administrator_finds_all_links_by_words_in_the_address(admin, desk):
    filled(desk)
    assert labels(admin.get("/settings/links").text) == ["own phone", "tablet", "own page", "screen"]
    assert labels(admin.get("/settings/links?kind=page").text) == ["own page"]
    assert labels(admin.get(f"/settings/links?patient={desk.patient()}").text) == ["own phone", "own page"]
    assert labels(admin.get(f"/settings/links?resource={CHAIR}").text) == ["screen"]
    assert labels(admin.get("/settings/links?state=off").text) == []
    for wrong in ("kind=other", "state=maybe", "patient=x", "more=1", "page=0"):
        assert admin.get(f"/settings/links?{wrong}").status_code == 422


def test_links_of_a_kind_or_of_somebody_are_switched_off_once_their_number_is_confirmed(admin, desk):
    filled(desk)
    asked = admin.get("/settings/links/revoke?kind=patient").text
    assert "Switch off 2 links?" in asked
    assert "own phone" in admin.get("/settings/links").text
    done = admin.post("/settings/links/revoke", {"kind": "patient"})
    assert (done.status_code, done.location) == (303, "/settings/links")
    page = admin.get("/settings/links").text
    assert "2 links are switched off." in page
    assert labels(page) == ["own page", "screen"]
    asked = admin.get(f"/settings/links/revoke?patient={desk.patient()}").text
    assert "Switch off 1 link?" in asked
    assert f'name="patient" value="{desk.patient()}"' in asked
    admin.post("/settings/links/revoke", {"patient": str(desk.patient())})
    assert labels(admin.get("/settings/links").text) == ["screen"]
    admin.post("/settings/links/revoke")
    assert every_link.all_links(desk.admin, Which(state=LinkState.ON)) == []
    assert "None of these is on" in admin.get("/settings/links/revoke").text


def test_one_link_is_switched_off_from_the_list(admin, desk):
    filled(desk)
    (line,) = every_link.all_links(desk.admin, Which(resource_id=CHAIR))
    assert f"/links/{line.link.id}/revoke" in admin.get("/settings/links").text
    admin.post(f"/links/{line.link.id}/revoke")
    assert labels(admin.get("/settings/links").text) == ["own phone", "tablet", "own page"]
    assert labels(admin.get("/settings/links?state=off").text) == ["screen"]


def test_a_long_list_has_pages(admin, desk, monkeypatch):
    monkeypatch.setattr("planner.web.every_link.PER_PAGE", 3)
    filled(desk)
    first = admin.get("/settings/links").text
    assert len(labels(first)) == 3
    assert "/settings/links?page=2" in first
    assert len(labels(admin.get("/settings/links?page=2").text)) == 1


def test_the_list_is_in_the_settings_of_an_administrator_alone(admin, browser):
    assert 'href="/settings/links"' in admin.get("/settings").text
    assert 'href="/settings/links"' not in browser.get("/settings").text
