"""Sign-in: revocable rows behind the cookie, the same answer for everybody unknown, and limits that hold."""

import re
from datetime import timedelta

import pytest
from argon2 import Type, extract_parameters
from flask_security import hash_password

from planner.app import create_app
from planner.bootstrap import Parts
from planner.config import Settings
from planner.domain.roles import Role
from planner.services import accounts
from planner.web.accounts import Account
from webdesk import BASE, PASSWORD, SECRET


def test_the_right_password_opens_the_desk(web):
    browser = web.browser()
    assert browser.sign_in(web.hire(Role.SCHEDULER)).status_code == 302
    assert browser.get("/account").status_code == 200


def test_a_password_is_kept_so_that_guessing_it_is_slow(desk):
    """The other tests hash with less effort; OWASP asks for Argon2id with 19 MiB and two passes at least."""
    with create_app(Settings(secret_key=SECRET), Parts(desk.store, desk.clock)).app_context():
        kept = extract_parameters(hash_password(PASSWORD))
    assert (kept.type, kept.memory_cost >= 19 * 1024, kept.time_cost >= 2) == (Type.ID, True, True)


def test_whoever_is_not_signed_in_is_asked_to(web):
    response = web.browser().get("/account")
    assert (response.status_code, response.location) == (303, "/sign-in?next=/account")


@pytest.mark.parametrize("address", ["scheduler@clinic.example", "nobody@clinic.example"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_page(web, address):
    web.hire(Role.SCHEDULER)
    response = web.browser().sign_in(address, "not the password")
    assert response.status_code == 200
    assert "The address or the password is not right." in response.text


def test_signing_out_kills_a_copy_of_the_cookie(web):
    browser = web.signed_in()
    copied = browser.client.get_cookie("planner", "127.0.0.1").value
    browser.post("/sign-out")
    thief = web.browser()
    thief.client.set_cookie("planner", copied, domain="127.0.0.1")
    assert thief.get("/account").status_code == 303


def test_a_quarter_of_an_hour_without_a_page_ends_a_sign_in(web, desk):
    browser = web.signed_in()
    desk.clock.now += timedelta(minutes=14)
    assert browser.get("/account").status_code == 200
    desk.clock.now += timedelta(minutes=15)
    assert browser.get("/account").status_code == 303


def test_twelve_hours_end_a_sign_in_however_busy(web, desk):
    browser = web.signed_in()
    for _ in range(12 * 6 - 1):
        desk.clock.now += timedelta(minutes=10)
        assert browser.get("/account").status_code == 200
    desk.clock.now += timedelta(minutes=10)
    assert browser.get("/account").status_code == 303


def test_one_of_two_sign_ins_can_be_ended(web):
    mine, other = web.signed_in(), web.signed_in()
    page = mine.get("/account").text
    (path,) = [line.split('action="')[1].split('"')[0] for line in page.splitlines() if "/end" in line]
    assert mine.post(path).status_code == 303
    assert other.get("/account").status_code == 303
    assert mine.get("/account").status_code == 200


def test_another_password_ends_the_other_sign_ins(web):
    mine, other = web.signed_in(), web.signed_in()
    new = "another horse battery"
    mine.post("/account/password", {"password": PASSWORD, "new_password": new, "new_password_confirm": new})
    assert (mine.get("/account").status_code, other.get("/account").status_code) == (200, 303)
    assert web.browser().sign_in("scheduler@clinic.example", new).status_code == 302


def test_too_many_tries_are_refused_until_the_window_has_passed(web, desk):
    browser, address = web.browser(), web.hire(Role.SCHEDULER)
    answers = [browser.sign_in(address, "guess").status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert browser.sign_in(address).status_code == 429
    desk.clock.now += timedelta(minutes=5)
    assert browser.sign_in(address).status_code == 302


def test_a_form_without_its_token_is_refused(web):
    response = web.browser().client.post("/sign-in", base_url=BASE, data={"email": "a@b.example", "password": "x"})
    assert response.status_code == 400


def test_a_foreign_host_is_refused(web):
    assert web.app.test_client().get("/sign-in", base_url="http://evil.example").status_code == 400


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "//[", "http://[x"])
def test_nobody_is_sent_to_a_foreign_page_after_signing_in(web, target):
    browser, address = web.browser(), web.hire(Role.SCHEDULER)
    response = browser.post("/sign-in", {"email": address, "password": PASSWORD, "next": target})
    assert response.status_code < 500
    assert (response.location or "/").startswith("/")
    assert not (response.location or "/").startswith(("//", "/\\"))


def test_a_closed_account_is_out_at_once(web, desk):
    browser = web.signed_in()
    (person,) = [one for one in accounts.staff(desk.admin) if one.role is Role.SCHEDULER]
    accounts.change_account(desk.admin, staff_id=person.id, version=person.version, role=person.role, active=False)
    assert browser.get("/account").status_code == 303
    assert web.browser().sign_in("scheduler@clinic.example").status_code == 200


def test_the_session_cookie_is_out_of_scripts_and_other_sites_reach(web):
    response = web.browser().sign_in(web.hire(Role.SCHEDULER))
    cookie = next(value for value in response.headers.getlist("Set-Cookie") if value.startswith("planner="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_every_page_forbids_inline_scripts_and_frames(web):
    policy = web.browser().get("/sign-in").headers["Content-Security-Policy"]
    for rule in ("script-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy


def test_a_form_needs_no_referer_behind_tls_either(web):
    web.hire(Role.SCHEDULER)
    client, base = web.app.test_client(), BASE.replace("http:", "https:")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in", base_url=base).text)[1]
    sent = {"email": "scheduler@clinic.example", "password": PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", base_url=base, data=sent).status_code == 302


def test_a_token_of_the_library_opens_no_page(web):
    address = web.hire(Role.SCHEDULER)
    member = accounts.member_by_email(web.desk.store, address)
    with web.app.test_request_context(base_url=BASE):
        token = Account.of(member).get_auth_token()
    stranger = web.browser()
    assert stranger.get("/account", headers={"Authentication-Token": token}).status_code == 303
    assert stranger.get(f"/account?auth_token={token}").status_code == 303
    assert stranger.get("/account", json={"auth_token": token}).status_code == 303


def test_a_sign_in_that_is_no_form_is_refused_before_the_password_is_looked_at(web):
    browser = web.browser()
    sent = {"email": web.hire(Role.SCHEDULER), "password": PASSWORD}
    headers = {"X-CSRFToken": browser.token()}
    assert browser.client.post("/sign-in", json=sent, base_url=BASE, headers=headers).status_code == 415
    assert browser.get("/account").status_code == 303


@pytest.mark.parametrize(
    "written", ["SCHEDULER@clinic.example", "scheduler@\uff43linic.example", "scheduler@cli\u00adnic.example"]
)
def test_an_address_written_otherwise_has_no_tries_of_its_own(web, written):
    browser, address = web.browser(), web.hire(Role.SCHEDULER)
    for _ in range(10):
        browser.sign_in(address, "guess")
    assert browser.sign_in(written, "guess").status_code == 429


@pytest.mark.parametrize(("other", "status"), [("2001:db8:1:2:3::9", 429), ("2001:db8:1:3::1", 200)])
def test_the_addresses_of_one_network_share_their_tries(web, other, status):
    browser, address = web.browser(), web.hire(Role.SCHEDULER)

    def guess(remote):
        return browser.post(
            "/sign-in", {"email": address, "password": "guess"}, environ_overrides={"REMOTE_ADDR": remote}
        ).status_code

    for number in range(10):
        guess(f"2001:db8:1:2::{number:x}")
    assert guess(other) == status


def test_the_tries_of_somebody_signed_in_are_counted_too(web):
    browser, new = web.signed_in(), "another horse battery"
    sent = {"password": "guess", "new_password": new, "new_password_confirm": new}
    assert [browser.post("/account/password", sent).status_code for _ in range(11)] == [200] * 10 + [429]


@pytest.mark.parametrize("path", ["/sign-in", "/account/password", "/account", "/nowhere"])
def test_no_page_is_kept_by_a_browser_or_a_proxy(web, path):
    assert web.signed_in().get(path).headers["Cache-Control"] == "no-store"
    assert web.browser().get(path).headers["Cache-Control"] == "no-store"


def test_a_file_that_a_proxy_may_keep_carries_no_cookie(web):
    browser = web.signed_in()
    assert "Set-Cookie" in browser.get("/account").headers
    with browser.get("/static/app.css") as file:
        assert "Set-Cookie" not in file.headers


def test_a_page_says_how_long_it_may_be_left_alone(web):
    assert f'data-idle-seconds="{accounts.IDLE.total_seconds():.0f}"' in web.signed_in().get("/tasks").text


def test_a_browser_keeps_a_static_file_whose_address_changes_with_it(web):
    page = web.browser().get("/sign-in").text
    address = re.search(r'href="(/static/app\.css\?v=[0-9a-f]{12})"', page)[1]
    with web.browser().get(address) as file:
        assert file.cache_control.max_age == 365 * 24 * 3600
        assert file.cache_control.public
