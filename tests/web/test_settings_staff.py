"""Accounts on their pages: a link that is shown once, roles, closed accounts, and sign-ins that end."""

import re
from urllib.parse import urlsplit

import pytest

from builders import uid
from desks import SITE_ID
from planner.domain.roles import Role
from planner.services import accounts

NEW = {"name": "Lin Okafor", "email": "Lin@clinic.example", "role": "scheduler", "resource_id": ""}
PASSWORD = "a long enough password"


@pytest.fixture
def admin(web):
    return web.signed_in(Role.ADMIN)


def person(desk, email="lin@clinic.example"):
    return next(one for one in accounts.staff(desk.admin) if one.email == email)


def link_in(page):
    return urlsplit(re.search(r'value="(http[^"]+/welcome/[^"]+)"', page)[1]).path


def hired(admin, desk):
    link = link_in(admin.post("/settings/staff", NEW).text)
    return link, person(desk)


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.CLINICIAN])
def test_only_administrators_see_accounts(web, role):
    browser = web.signed_in(role)
    assert browser.get("/settings/staff").status_code == 403
    assert browser.post("/settings/staff", NEW).status_code == 403
    assert "/settings/staff" not in browser.get("/settings").text


def test_a_new_account_gets_a_link_that_is_shown_once_and_works_once(admin, desk, web):
    link, lin = hired(admin, desk)
    assert link not in admin.get("/settings/staff").text
    assert link not in admin.get(f"/settings/staff/{lin.id}").text
    other = web.browser()
    assert other.post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 303
    assert other.get(link).status_code == 404
    assert other.sign_in("lin@clinic.example", PASSWORD).status_code == 302


def test_an_account_can_be_tied_to_whom_visits_need(admin, desk):
    admin.post("/settings/staff", NEW | {"resource_id": str(uid("nurse 1"))})
    assert person(desk).resource_id == uid("nurse 1")


@pytest.mark.parametrize(
    ("change", "field"),
    [({"name": " "}, "name"), ({"email": "lin"}, "email"), ({"role": "king"}, "role"), ({"role": "system"}, "role"),
     ({"resource_id": str(SITE_ID)}, "resource_id"), ({"resource_id": "x"}, "resource_id"), ({"password": "x"}, "password")],
)  # fmt: skip
def test_an_account_that_cannot_be_is_refused_and_nothing_is_stored(admin, desk, change, field):
    before = len(accounts.staff(desk.admin))
    response = admin.post("/settings/staff", NEW | change)
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert field in response.text
    assert len(accounts.staff(desk.admin)) == before


def test_an_address_in_use_is_refused_and_the_form_kept(admin, desk):
    hired(admin, desk)
    response = admin.post("/settings/staff", NEW | {"name": "Another Lin"})
    assert response.status_code == 409
    assert 'value="Another Lin"' in response.text


def test_another_role_ends_the_sign_ins(admin, desk, web):
    scheduler = web.signed_in(Role.SCHEDULER)
    one = person(desk, "scheduler@clinic.example")
    sent = {"role": "clinician", "active": "yes", "version": str(one.version)}
    assert admin.post(f"/settings/staff/{one.id}", sent).status_code == 303
    assert person(desk, "scheduler@clinic.example").role is Role.CLINICIAN
    assert scheduler.get("/account").status_code == 303


def test_a_closed_account_is_out_and_can_be_opened_again(admin, desk, web):
    web.signed_in(Role.SCHEDULER)
    one = person(desk, "scheduler@clinic.example")
    admin.post(f"/settings/staff/{one.id}", {"role": "scheduler", "version": str(one.version)})
    assert not person(desk, "scheduler@clinic.example").active
    assert web.browser().sign_in("scheduler@clinic.example").status_code == 200
    admin.post(f"/settings/staff/{one.id}", {"role": "scheduler", "active": "yes", "version": str(one.version + 1)})
    assert web.browser().sign_in("scheduler@clinic.example").status_code == 302


def test_a_stale_account_page_is_refused(admin, desk):
    _, lin = hired(admin, desk)
    sent = {"role": "clinician", "active": "yes", "version": str(lin.version)}
    assert admin.post(f"/settings/staff/{lin.id}", sent).status_code == 303
    assert admin.post(f"/settings/staff/{lin.id}", sent | {"role": "admin"}).status_code == 409
    assert person(desk).role is Role.CLINICIAN


def test_nobody_closes_their_own_account(admin, desk):
    me = person(desk, "admin@clinic.example")
    assert admin.post(f"/settings/staff/{me.id}", {"role": "admin", "version": str(me.version)}).status_code == 422
    assert person(desk, "admin@clinic.example").active


def test_a_new_link_ends_the_old_one(admin, desk, web):
    old, lin = hired(admin, desk)
    new = link_in(admin.post(f"/settings/staff/{lin.id}/link", {"version": str(lin.version)}).text)
    assert web.browser().get(old).status_code == 404
    assert web.browser().get(new).status_code == 200


def test_an_administrator_ends_somebodys_sign_in(admin, desk, web):
    scheduler = web.signed_in(Role.SCHEDULER)
    one = person(desk, "scheduler@clinic.example")
    page = admin.get(f"/settings/staff/{one.id}").text
    (path,) = re.findall(r'action="(/settings/staff/[^"]+/end)"', page)
    assert admin.post(path).status_code == 303
    assert scheduler.get("/account").status_code == 303
