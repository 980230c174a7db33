"""A patient's calendar over HTTP, and its links at the desk."""

import gzip
import logging
import re
from datetime import date
from hashlib import sha256

import icalendar
import pytest
from sqlalchemy import create_engine

from planner.bootstrap import Parts
from planner.domain.subscribing import Wanted
from planner.services import feeds
from planner.storage.unit_of_work import Store
from webdesk import BASE

CALENDAR_HEADERS = ("ETag", "Cache-Control", "Vary", "X-Robots-Tag", "Referrer-Policy")


@pytest.fixture
def minted(desk):
    """The link of a patient who has a booked course."""
    desk.book(desk.begin("esketamine", date(2027, 3, 2), "Tue Thu"))
    return feeds.create(desk.scheduler, Wanted("phone"), patient_id=desk.patient())


@pytest.fixture
def ask(web, minted):
    """Ask for the calendar as a program without cookies does."""

    def fetch(method="GET", token=minted.token, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.app.test_client().open(f"/calendar/{token}.ics", method=method, base_url=BASE, headers=named)

    return fetch


def test_a_calendar_comes_as_one_without_cookie_or_redirect(ask):
    answer = ask()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "inline"
    assert [answer.headers[name] for name in CALENDAR_HEADERS[1:]] == [
        "private, no-cache", "Accept-Encoding", "noindex", "no-referrer",
    ]  # fmt: skip
    assert "Set-Cookie" not in answer.headers
    assert len(icalendar.Calendar.from_ical(answer.data).walk("VEVENT")) == 40


def test_the_tag_is_strong_and_the_hash_of_the_bytes(ask):
    answer = ask()
    assert answer.headers["ETag"] == f'"{sha256(answer.data).hexdigest()}"'


@pytest.mark.parametrize("given", ["{}", "W/{}", '"x", W/"y", {}', "*"])
def test_who_has_it_already_gets_an_empty_304(ask, given):
    first = ask()
    again = ask(If_None_Match=given.format(first.headers["ETag"]))
    assert (again.status_code, again.data) == (304, b"")
    assert [again.headers[name] for name in CALENDAR_HEADERS] == [first.headers[name] for name in CALENDAR_HEADERS]
    assert "Content-Type" not in again.headers


def test_who_has_another_gets_all_of_it(ask):
    assert ask(If_None_Match='"x", W/"y"').status_code == 200


def test_head_says_what_get_says_and_sends_nothing(ask):
    full, head = ask(), ask("HEAD")
    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers) == dict(full.headers)
    assert ask("HEAD", If_None_Match=full.headers["ETag"]).status_code == 304


def test_it_is_zipped_only_when_asked_under_another_tag(ask):
    plain, zipped = ask(), ask(Accept_Encoding="deflate, gzip;q=0.5")
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert zipped.headers["ETag"] == f'"{sha256(zipped.data).hexdigest()}"' != plain.headers["ETag"]
    for other in ("gzip;q=0", "identity", "br", ""):
        assert "Content-Encoding" not in ask(Accept_Encoding=other).headers


def test_a_tag_holds_for_its_own_form_alone(ask):
    tag = ask(Accept_Encoding="gzip").headers["ETag"]
    assert ask(If_None_Match=tag).status_code == 200
    assert ask(If_None_Match=tag, Accept_Encoding="gzip").status_code == 304


def test_what_is_accepted_is_not_negotiated(ask):
    for accepted in ("text/html", "application/json;q=1", "*/*;q=0"):
        assert ask(Accept=accepted).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_not_possible(ask, method):
    answer = ask(method)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


def test_an_unknown_address_is_not_there_and_says_so_in_plain_text(ask):
    for token in ("x" * 43, "%00", "%ff", "..", "x" * 4000):
        answer = ask(token=token)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (404, False)
    assert ask(token="x" * 43).mimetype == "text/plain"


def test_a_calendar_keeps_to_the_headers_of_a_page(web, ask):
    calendar, page = ask().headers, web.browser().get("/sign-in").headers
    names = ("Content-Security-Policy", "X-Content-Type-Options", "Permissions-Policy", "Cross-Origin-Opener-Policy")
    assert [calendar[name] for name in names] == [page[name] for name in names]


def test_a_calendar_is_not_given_under_a_foreign_name(web, minted):
    answer = web.app.test_client().get(f"/calendar/{minted.token}.ics", base_url="http://elsewhere.example")
    assert (answer.status_code, "VCALENDAR" in answer.text) == (400, False)


@pytest.mark.parametrize("path", ["/calendar/a/b.ics", "/calendar/x", "/calendar.ics", "/calendar/"])
def test_what_only_looks_like_a_calendar_is_a_page_that_is_not_there(web, path):
    answer = web.browser().get(path)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_a_database_that_is_away_is_a_reason_to_come_back(web, desk, ask):
    web.app.extensions["planner"] = Parts(Store(create_engine("sqlite:////nowhere/at/all.db")), desk.clock)
    answer = ask()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_mistake_of_ours_is_written_down_without_the_secret(web, desk, ask, minted, caplog):
    def broken():
        raise ValueError

    web.app.extensions["planner"] = Parts(desk.store, broken)
    assert ask().status_code == 500
    assert "a calendar failed: ValueError" in caplog.text
    assert minted.token not in caplog.text


def test_an_address_asked_for_without_end_is_refused_for_a_while(ask):
    answers = [ask() for _ in range(71)]
    assert {answer.status_code for answer in answers[:70]} == {200}
    assert (answers[70].status_code, answers[70].headers["Retry-After"]) == (429, "60")


def test_a_browser_that_is_signed_in_leaves_no_trace(web, minted):
    answer = web.signed_in().get(f"/calendar/{minted.token}.ics")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["/calendar/{}", "/calendar/{}.ics/", "/calendar//{}.ics", "//calendar/{}.ics", "//my/{}"])
def test_a_private_address_that_is_mistyped_knows_no_sign_in_either(web, minted, path):
    typed = path.format(minted.token)
    answer = web.signed_in().get("/", environ_overrides={"PATH_INFO": typed})
    assert answer.status_code in {308, 404}
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_the_secret_is_in_no_log(ask, minted, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "planner")  # another test may have set it by a start of the whole planner
    ask()
    ask("POST")
    ask(token=f"{minted.token}x")
    assert any("/calendar/<token>.ics" in str(record.__dict__) for record in caplog.records)
    assert not any(minted.token in str(record.__dict__) for record in caplog.records)


def test_importers_that_obey_it_are_kept_from_nothing(web):
    assert web.browser().get("/robots.txt").text == "User-agent: *\nDisallow:\n"


def new_link(browser, patient_id, **more):
    form = {"label": "own phone", "wording": "Visit", "shows_advice": "yes", **more}
    return browser.post(f"/patients/{patient_id}/links", form)


def addresses(page):
    return re.findall(r'value="((?:webcal|http)://[^"]+\.ics)"', page)


def test_the_desk_makes_a_link_and_sees_its_address_once(web, desk):
    desk.book(desk.begin("esketamine", date(2027, 3, 2), "Tue Thu"))
    browser = web.signed_in()
    made = new_link(browser, desk.patient())
    apple, other = addresses(made.text)
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert (apple.partition(":")[0], apple.partition(":")[2]) == ("webcal", other.partition(":")[2])
    assert b"SUMMARY:Visit" in web.browser().get(other).data
    page = browser.get(f"/patients/{desk.patient()}").text
    assert "own phone" in page
    assert "last fetched just now by" in page
    assert addresses(page) == []


def test_a_new_link_is_drawn_for_a_camera_within_the_page_and_never_again(web, desk):
    browser = web.signed_in()
    made = new_link(browser, desk.patient())
    drawing = re.search(r'<svg [^>]*class="qr">.*?</svg>', made.text, re.DOTALL)[0]
    assert not re.search(r"style=|href=|data:", drawing)
    assert 'class="qr"' not in browser.get(f"/patients/{desk.patient()}").text


def test_the_form_of_a_new_link_proposes_neutral_words(web, desk):
    assert 'value="Appointment"' in web.signed_in().get(f"/patients/{desk.patient()}/links/new").text


def test_a_refused_link_says_which_field_and_keeps_the_form(web, desk):
    refused = new_link(web.signed_in(), desk.patient(), wording="Ketamine", label="<b>mine")
    assert refused.status_code == 422
    assert "would tell what the appointment is for" in refused.text
    assert "&lt;b&gt;mine" in refused.text
    assert feeds.list_of(desk.scheduler, patient_id=desk.patient()) == []


@pytest.mark.parametrize("more", [{"id": "x"}, {"shows_advice": "maybe"}, {"label": "x" * 61}, {"label": "a\x00b"}])
def test_a_link_takes_no_field_that_it_does_not_know_and_no_value_that_cannot_be(web, desk, more):
    assert new_link(web.signed_in(), desk.patient(), **more).status_code == 422


def test_the_desk_replaces_a_link_and_switches_it_off(web, desk, minted):
    browser = web.signed_in()
    replaced = browser.post(f"/links/{minted.link.id}/rotate")
    address = addresses(replaced.text)[1]
    assert b"switched off" in web.browser().get(f"/calendar/{minted.token}.ics").data
    (live,) = [link for link in feeds.list_of(desk.scheduler, patient_id=desk.patient()) if link.revoked_at is None]
    assert browser.post(f"/links/{live.id}/revoke").status_code == 303
    assert b"switched off" in web.browser().get(address).data
    assert browser.post(f"/links/{live.id}/revoke").status_code == 409


