"""Every address and every role: what is not in the table is denied, and what another clinic has is not there."""

import re
from dataclasses import replace

import pytest

from desks import induction, open_desk
from planner.domain.roles import ALLOWED, Role
from planner.web.routes import NEEDS
from webdesk import web_desk
from webroutes import address, ask, everything, methods, neighbour, rules

ROLES = (Role.SCHEDULER, Role.CLINICIAN, Role.ADMIN)


def test_every_route_says_what_it_needs(web):
    assert {rule.endpoint for rule in rules(web.app)} == set(NEEDS)


def test_nobody_gets_in_without_signing_in(web):
    browser = web.browser()
    for rule in rules(web.app):
        for method in methods(rule):
            response = ask(browser, rule, method, address(rule))
            assert (response.status_code, response.location.split("?")[0]) == (303, "/sign-in"), (method, rule.rule)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_refused_exactly_what_it_may_not_do(web, role):
    browser = web.signed_in(role)
    for rule in rules(web.app):
        for method in methods(rule):
            refused = ask(browser, rule, method, address(rule)).status_code == 403
            assert refused == (NEEDS[rule.endpoint] not in ALLOWED[role]), (method, rule.rule)


def test_what_another_clinic_has_is_not_there(web, desk, sqlite_store):
    ids = everything(desk, web)
    other = web_desk(open_desk(sqlite_store, site=neighbour()))
    browser = other.signed_in(Role.CLINICIAN)
    admin = web_desk(other.desk).browser()
    admin.sign_in(other.hire(Role.ADMIN, "admin@other.example"))
    for rule in rules(web.app):
        named = [name for name in rule.arguments if name.endswith("_id")]
        if not named:
            continue
        asks = browser if NEEDS[rule.endpoint] in ALLOWED[Role.CLINICIAN] else admin
        for method in methods(rule):
            theirs = ask(asks, rule, method, address(rule, **ids))
            nowhere = ask(asks, rule, method, address(rule))
            assert theirs.status_code == nowhere.status_code == 404, (method, rule.rule, theirs.status_code)
            assert without_tokens(theirs.text) == without_tokens(nowhere.text)


def test_a_protocol_that_another_clinic_has_published_is_not_there(web, desk, sqlite_store):
    desk.publish(replace(induction(), name="only-here"))
    other = web_desk(open_desk(sqlite_store, site=neighbour()))
    browser = other.browser()
    browser.sign_in(other.hire(Role.CLINICIAN, "clinician@other.example"))
    assert web.signed_in(Role.CLINICIAN).get("/settings/protocols/only-here").status_code == 200
    for rule in (one for one in rules(web.app) if "name" in one.arguments):
        for method in methods(rule):
            theirs, nowhere = (ask(browser, rule, method, address(rule, name=name)) for name in ("only-here", "nowhere"))
            assert theirs.status_code == nowhere.status_code == 404, (method, rule.rule, theirs.status_code)
            assert without_tokens(theirs.text) == without_tokens(nowhere.text)


def without_tokens(page):
    return re.sub(r'value="[^"]{40,}"', "", page)
