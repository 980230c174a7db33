"""Protocols on their pages: every number with its source, a next version previewed, and no stale page publishes."""

import re
from html import unescape

import pytest

from planner.documents.protocol_form import sections
from planner.documents.protocols import shipped, write_protocol
from planner.domain.roles import Role
from planner.services import clinics

NAME = "spravato-trd"
PATH = f"/settings/protocols/{NAME}"


@pytest.fixture
def clinician(web, desk):
    desk.publish(shipped()[NAME])
    return web.signed_in(Role.CLINICIAN)


def filled(protocol, **changes):
    """The form as it is sent when only these fields were changed."""
    entries = [entry for section in sections(protocol, blanks=True) for entry in section.entries]
    values = {entry.name: entry.value for entry in entries}
    values |= {f"sources.{entry.named}": entry.own for entry in entries if entry.named}
    return {"seen": "1", **values, **changes}


def versions(desk, name=NAME):
    return [one.version for one in clinics.published(desk.clinician, name)]


def latest(desk, name=NAME):
    return clinics.one_published(desk.clinician, name)


def hidden(page, name):
    return unescape(re.search(rf'name="{name}" value="([^"]*)"', page)[1])


def publish(browser, page, path=PATH):
    return browser.post(f"{path}/publish", {"text": hidden(page, "text"), "after": hidden(page, "after")})


def test_every_number_is_shown_with_where_it_is_from(clinician):
    page = unescape(clinician.get(PATH).text)
    for entry in (one for part in sections(shipped()[NAME]) for one in part.entries):
        assert entry.value in page
        assert (entry.own or entry.around or "") in page


def test_a_changed_number_is_previewed_and_published_as_the_next_version(clinician, desk):
    changes = {"phases.0.sessions": "10", "sources.phases.induction.sessions": "Dr Ito, protocol of 2027"}
    page = clinician.post(f"{PATH}/edit", filled(shipped()[NAME], **changes)).text
    assert "phases.induction.sessions" in page
    assert "<del>8</del>" in page
    assert "<ins>10</ins>" in page
    assert versions(desk) == [1]
    response = publish(clinician, page)
    assert (response.status_code, response.location) == (303, PATH)
    assert versions(desk) == [1, 2]
    assert latest(desk).phases[0].sessions == 10
    assert latest(desk).source_of("phases.induction.sessions") == "Dr Ito, protocol of 2027"
    assert "Different from the version before" in clinician.get(f"{PATH}?version=2").text


def test_nothing_changed_is_nothing_to_publish(clinician):
    page = clinician.post(f"{PATH}/edit", filled(shipped()[NAME])).text
    assert "there is nothing to publish" in page
    assert "Publish as version" not in page


def test_a_changed_number_that_claims_the_old_source_is_questioned(clinician):
    page = clinician.post(f"{PATH}/edit", filled(shipped()[NAME], **{"phases.0.sessions": "10"})).text
    assert "the source of the old value: does it say the new one?" in page


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"phases.0.spacing.min_days": "1"}, "sources.phases.induction.spacing.min_days", "is missing: say where"),
        ({"phases.0.sessions": "10", "sources.phases.induction.sessions": ""},
         "sources.phases.induction.sessions", "say where"),
        ({"phases.0.sessions": "many"}, "phases.0.sessions", "must be a whole number"),
        ({"phases.0.sessions": "0"}, "phases.0.sessions", "not between 1 and 100"),
        ({"phases.0.sessions": str(2**65)}, "phases.0.sessions", "must be a whole number"),
        ({"phases.0.weekdays": "Mon Caturday"}, "phases.0.weekdays.1", "must be one of Mon"),
        ({"phases.0.weekdays": ""}, "phases.0.weekdays", "needs its usual weekdays"),
        ({"visits.spravato-56.steps.1.minutes": "7", "sources.visits.spravato-56.steps.vitals.minutes": "assumed"},
         "visits.spravato-56.steps.1.minutes", "not a multiple of 5"),
        ({"driving.after_sleep": "no", "sources.driving.after_sleep": "assumed"},
         "driving.after_sleep", "always forbids driving"),
        ({"title": ""}, "title", "is missing"),
        ({"title": "<b>\u202e"}, "title", "direction of writing"),
        ({"colour": "red"}, "colour", "is not a field of this form"),
        ({"seen": "x"}, "seen", "must be a whole number"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_is_refused_by_its_field_and_kept(clinician, desk, changes, field, words):
    response = clinician.post(f"{PATH}/edit", filled(shipped()[NAME], **changes))
    page = unescape(response.text)
    assert response.status_code == 422
    assert words in page
    assert f"<b>{field}</b>" in page
    assert versions(desk) == [1]


def test_an_added_instruction_is_published_and_an_emptied_one_dropped(clinician, desk):
    old = shipped()[NAME]
    changes = {"instructions.1.text": "", "instructions.1.minutes_before": "", "instructions.4.text": "Bring your glasses."}
    page = clinician.post(f"{PATH}/edit", filled(old, **changes)).text
    publish(clinician, page)
    said = [one.text for one in latest(desk).instructions]
    assert said == [old.instructions[0].text, old.instructions[2].text, old.instructions[3].text, "Bring your glasses."]


def test_a_field_left_out_is_missing(clinician):
    sent = filled(shipped()[NAME])
    del sent["phases.0.sessions"]
    response = clinician.post(f"{PATH}/edit", sent)
    assert response.status_code == 422
    assert "<b>phases.0.sessions</b> is missing" in response.text


def test_a_form_of_an_older_version_is_refused_and_kept(clinician, desk):
    clinics.next_version(desk.clinician, shipped()[NAME])
    changes = {"phases.0.sessions": "10", "sources.phases.induction.sessions": "assumed"}
    response = clinician.post(f"{PATH}/edit", filled(shipped()[NAME], **changes))
    assert response.status_code == 409
    assert 'name="phases.0.sessions" value="10"' in response.text
    assert versions(desk) == [1, 2]


def test_a_preview_of_an_older_version_is_not_published(clinician, desk):
    changes = {"phases.0.sessions": "10", "sources.phases.induction.sessions": "assumed"}
    page = clinician.post(f"{PATH}/edit", filled(shipped()[NAME], **changes)).text
    clinics.next_version(desk.clinician, shipped()[NAME])
    assert publish(clinician, page).status_code == 409
    assert versions(desk) == [1, 2]


def test_a_double_submit_publishes_once(clinician, desk):
    changes = {"phases.0.sessions": "10", "sources.phases.induction.sessions": "assumed"}
    page = clinician.post(f"{PATH}/edit", filled(shipped()[NAME], **changes)).text
    assert [publish(clinician, page).status_code for _ in range(2)] == [303, 409]
    assert versions(desk) == [1, 2]


def test_a_copy_is_published_under_its_own_name(clinician, desk):
    text = clinician.get(f"{PATH}/text?name=our-own").text
    document = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", text, re.DOTALL)[1])
    assert 'name = "our-own"' in document
    page = clinician.post(f"{PATH}/text", {"text": document.replace("sessions = 8", "sessions = 6"), "seen": "1"}).text
    assert "a new protocol" in page
    assert publish(clinician, page).location == "/settings/protocols/our-own"
    assert versions(desk, "our-own") == [1]
    assert versions(desk) == [1]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("min_days = 2", "min_days = 9"), "phases.0.spacing.min_days"),
        (('"phases.induction.per_week" =', '"phases.induction.per_month" ='), "sources.phases.induction.per_month"),
        (('"visits" = "assumed"\n', ""), "visits.spravato-56.steps.vitals.minutes"),
        (("sessions = 8", 'sessions = "eight"'), "phases.0.sessions"),
        (("after_sleep", "after_lunch"), "driving.after_lunch"),
    ],
)
def test_a_file_that_cannot_be_is_refused_by_its_dotted_field_and_kept(clinician, desk, change, field):
    text = write_protocol(shipped()[NAME]).replace('visits = "assumed"', '"visits" = "assumed"')
    assert change[0] in text
    response = clinician.post(f"{PATH}/text", {"text": text.replace(*change), "seen": "1"})
    assert response.status_code == 422
    assert f"<b>{field}</b>" in response.text
    assert change[1] in unescape(response.text)
    assert versions(desk) == [1]


def test_a_file_that_is_no_toml_says_so(clinician):
    response = clinician.post(f"{PATH}/text", {"text": "name = ", "seen": "1"})
    assert response.status_code == 422
    assert "this is no TOML" in response.text


def test_going_on_editing_keeps_what_was_previewed(clinician):
    changes = {"phases.0.sessions": "10", "sources.phases.induction.sessions": "assumed"}
    page = clinician.post(f"{PATH}/edit", filled(shipped()[NAME], **changes)).text
    again = clinician.post(f"{PATH}/revise", {"text": hidden(page, "text"), "seen": "1"}).text
    assert "sessions = 10" in unescape(again)


def test_a_shipped_protocol_is_published_by_one_button(web, desk):
    clinician = web.signed_in(Role.CLINICIAN)
    assert shipped()["iv-twice-weekly"].title in unescape(clinician.get("/settings/protocols").text)
    assert clinician.post("/settings/protocols/publish-shipped", {"name": "iv-twice-weekly"}).status_code == 303
    assert versions(desk, "iv-twice-weekly") == [1]
    assert clinician.post("/settings/protocols/publish-shipped", {"name": "iv-twice-weekly"}).status_code == 409
    assert clinician.post("/settings/protocols/publish-shipped", {"name": "snake-oil"}).status_code == 422


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.ADMIN])
def test_only_clinicians_publish(web, desk, role):
    desk.publish(shipped()[NAME])
    browser = web.signed_in(role)
    text = write_protocol(shipped()[NAME])
    assert browser.get(f"{PATH}/edit").status_code == 403
    assert browser.post(f"{PATH}/publish", {"text": text, "after": "1"}).status_code == 403
    assert browser.post("/settings/protocols/publish-shipped", {"name": "kap"}).status_code == 403
    assert "Edit" not in re.sub(r"<header.*?</header>", "", browser.get(PATH).text, flags=re.DOTALL)
    assert versions(desk) == [1]


@pytest.mark.parametrize("path", ["/settings/protocols/none", f"{PATH}?version=7"])
def test_what_is_not_published_is_not_there(clinician, path):
    assert clinician.get(path).status_code == 404
