"""Nothing that comes in makes a page fail: any address, any field, any value, by anybody who is signed in."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from planner.domain.roles import Role
from planner.web.asking import Form
from planner.web.security import LARGEST_BODY
from webdesk import BASE
from webroutes import address, everything, methods

NASTY = (
    "", " ", "0", "-1", "1", "2", "18446744073709551616", "1e400", "nan", "null", "[]", "{}", "true", "2027-01-05",
    "2027-02-30", "9999-12-31", "0001-01-01", "10:00", "25:61", "00:00", "24:00", "2027-01-05T10:00",
    "<img src=x onerror=alert(1)>", "a\x00b", "a\u202eb", "\ud800", "A\r\nBcc: e@x", "' OR 1=1 --", "%s%n",
    "../../etc/passwd", "{{ 7*7 }}", "é" * 300, "x" * 5000, "٣", "America/New_York", "Nowhere/Zone", "mon", "one",
    "arrived", "dosed", "on",
)  # fmt: skip
values = st.sampled_from(NASTY) | st.text(max_size=30)


def subclasses(kind):
    return {kind, *(deeper for one in kind.__subclasses__() for deeper in subclasses(one))}


@pytest.fixture
def fields(web):
    """The names of all fields of all forms."""
    return sorted({name for form in subclasses(Form) for name in form.model_fields})


@pytest.fixture
def known(web, desk):
    """A clinic with one of everything, and a clinician and an administrator who are signed in."""
    ids = everything(desk, web)
    asking = {}
    for role in (Role.CLINICIAN, Role.ADMIN):
        browser = web.signed_in(role)
        asking[role] = (browser, browser.token())
    return ids, asking


def encodable(text):
    return text.encode("utf-8", "replace").decode()


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_no_request_makes_a_page_fail(web, known, fields, data):
    ids, asking = known
    rule = data.draw(st.sampled_from(sorted(web.app.url_map.iter_rules(), key=lambda one: one.rule)))
    if rule.endpoint in {"security.logout", "static", "security.static", "security.change_password", "health.ready"}:
        return
    method = data.draw(st.sampled_from(methods(rule) or ["GET"]))
    browser, token = asking[data.draw(st.sampled_from(sorted(asking)))]
    named = {name: ids[name] for name in rule.arguments if name in ids and data.draw(st.integers(0, 4))}
    path = address(rule, **named)
    names = data.draw(st.lists(st.sampled_from(fields) | st.text(min_size=1, max_size=8), max_size=8))
    some = st.lists(values, min_size=1, max_size=2)
    sent = {encodable(name): [encodable(one) for one in data.draw(some)] for name in names}
    if method == "POST":
        response = browser.client.post(path, data={**sent, "csrf_token": token}, base_url=BASE, headers={"Referer": BASE})
    else:
        response = browser.client.get(path, query_string=sent, base_url=BASE)
    assert response.status_code < 500, (method, path, sent)
    assert response.status_code != 400, (method, path, sent)


@given(tail=st.text(max_size=40))
@example("/%00")
@example("/patients/%2e%2e/")
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_address_makes_a_page_fail(web, tail):
    path = quote(f"/{encodable(tail)}", safe="%/?&=#")  # the test's own client fails over a lone bracket
    assert web.browser().client.get(path, base_url=BASE).status_code < 500


def test_a_huge_body_is_refused_before_it_is_read(web):
    browser = web.signed_in()
    response = browser.post("/patients/new", {"name": "x" * (LARGEST_BODY + 1)})
    assert response.status_code == 413
