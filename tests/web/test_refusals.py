"""What cannot be answered as asked: a database that is away, and a form that cannot be shown again."""

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from planner.domain.roles import Role
from webdesk import BASE
from webroutes import address, everything, methods, rules


@pytest.fixture
def away(desk, monkeypatch):
    """Take the database away from here on, when called."""

    def refuse(*_, **__):
        raise OperationalError("SELECT name FROM patient", {}, sqlite3.OperationalError("disk I/O error"))

    return lambda: monkeypatch.setattr(desk.store.engine.pool, "connect", refuse)


def test_every_page_says_that_the_database_is_away_and_when_to_come_back(web, desk, away):
    ids, browser = everything(desk, web), web.signed_in(Role.CLINICIAN)
    token = browser.token()
    away()
    for rule in rules(web.app):
        for method in methods(rule):
            sent = {"data": {"csrf_token": token}} if method == "POST" else {}
            answer = browser.client.open(address(rule, **ids), method=method, base_url=BASE, **sent)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), (method, rule.rule)
            assert "SELECT" not in answer.text


@pytest.mark.parametrize("path", ["/nowhere", "/static/nowhere", "/account"])
def test_so_does_a_page_that_is_not_there(web, away, path):
    browser = web.signed_in()
    away()
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "database cannot be reached" in answer.text


def test_whoever_is_not_signed_in_still_sees_the_entrance(web, away):
    away()
    assert web.browser().get("/sign-in").status_code == 200


def test_a_form_whose_page_cannot_be_shown_gets_a_page_with_its_problems(web, desk):
    course = desk.begin()
    sent = {"number": "1", "day": "2027-01-07", "time": "10:00", "pin": "2-999999999"}
    answer = web.signed_in().post(f"/courses/{course.id}/plan/row", sent)
    assert answer.status_code == 422
    assert "pinned.2" in answer.text


def test_a_form_of_thousands_of_fields_is_refused_in_few_words(web):
    answer = web.signed_in().post("/patients/new", {"name": "Ada"} | {f"field{number}": "1" for number in range(5000)})
    assert answer.status_code == 422
    assert len(answer.text) < 50_000
