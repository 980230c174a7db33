"""Words of messages at the desk: the list, the preview, what is refused, and back to the shipped words."""

from html import unescape

import pytest

from planner.domain.roles import Role
from planner.services import own_words
from planner.services.letterhead import change_letterhead

PAGE = "/settings/words/no-driving/en/mail"
SENT = {"subject": "From {name}", "body": "Good evening.\n\n{rule}\n\n{emergency}", "seen": "0"}


@pytest.fixture
def admin(web, desk):
    change_letterhead(
        desk.admin, public_name="Harbor Rooms", sender="hello@harbor.example", phone="+1 212 555 0100", version=None
    )  # fmt: skip
    return web.signed_in(Role.ADMIN)


def test_the_list_says_which_words_are_the_clinics_own(admin):
    assert admin.get("/settings/words").text.count("your own<") == 0
    admin.post(PAGE, SENT)
    assert admin.get("/settings/words").text.count("your own<") == 1


def test_saved_words_are_shown_as_they_read(admin):
    assert admin.post(PAGE, SENT).status_code == 303
    page = unescape(admin.get(PAGE).text)
    assert "<b>From Harbor Rooms</b>" in page
    assert "Good evening.\n\nDo not drive, cycle or use machinery before tomorrow" in page


def test_a_preview_keeps_nothing_and_keeps_the_form_filled_in(admin, desk):
    page = unescape(admin.post(f"{PAGE}/preview", SENT).text)
    assert "<b>From Harbor Rooms</b>" in page
    assert ">Good evening.\n\n{rule}\n\n{emergency}</textarea>" in page
    assert own_words.listing(desk.admin) == {}


@pytest.mark.parametrize("where", [PAGE, f"{PAGE}/preview"])
@pytest.mark.parametrize(("field", "wrong", "says"), [
    ("body", "Drive as you like. {emergency}", "must hold {rule}"), ("subject", "Your infusion", "would tell"),
    ("body", "{rule} {emergency} {x}", "{x} is not known here"),
])  # fmt: skip
def test_what_may_not_be_said_is_refused_with_the_form_still_filled_in(admin, where, field, wrong, says):
    refused = admin.post(where, SENT | {field: wrong})
    page = unescape(refused.text)
    assert (refused.status_code, says in page, wrong in page) == (422, True, True)


def test_a_stale_page_is_refused(admin):
    admin.post(PAGE, SENT)
    assert admin.post(PAGE, SENT).status_code == 409


def test_the_shipped_words_come_back(admin):
    admin.post(PAGE, SENT)
    assert admin.post(f"{PAGE}/restore", {"seen": "1"}).status_code == 303
    page = admin.get(PAGE).text
    assert "A reminder from Harbor Rooms" in page
    assert "back to the shipped words" in page


@pytest.mark.parametrize("path", ["none/en/mail", "booked/fr/mail", "booked/en/phone", "invitation/en/mail"])
def test_words_that_cannot_be_are_not_there(admin, path):
    assert admin.get(f"/settings/words/{path}").status_code == 404
    assert admin.post(f"/settings/words/{path}", SENT).status_code == 404


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.CLINICIAN])
def test_who_may_not_change_words_reads_them(web, role):
    browser = web.signed_in(role)
    page = browser.get("/settings/words/ride/es/sms")
    assert (page.status_code, "<textarea" in page.text) == (200, False)
    assert "Responda ALTO" in page.text
