"""The outbox's pages, and the metrics: what they show, what they refuse, and what they never say."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from prometheus_client.parser import text_string_to_metric_families

from desks import SITE_ID
from planner.domain.channels import Channel
from planner.domain.roles import Role
from planner.notify.routing import turn_of
from planner.services import clinics, consents, outbox, wishes
from planner.services.letterhead import change_letterhead
from planner.storage.records import Task
from webdesk import SECRET

LETTERHEAD = {"public_name": "Harbor Street", "sender": "desk@harbor.example", "phone": "+1 212 555 0100"}


@pytest.fixture
def notice(desk):
    """A message that is owed about a course booked just now."""
    change_letterhead(desk.admin, **LETTERHEAD, version=None)
    (made,) = clinics.register_patients(desk.scheduler, [clinics.NewPatient("Ada Lovelace", email="ada@mail.example")])
    desk.people["Ada Lovelace"] = made.id
    desk.book(desk.begin())
    with desk.store.read(SITE_ID) as uow:
        return uow.notices.of_patient(desk.patient())[0]


@pytest.fixture
def metrics(web):
    """The metrics, with a token to be brought."""
    web.app.config["PLANNER_METRICS_TOKEN"] = SECRET
    yield lambda token=SECRET: web.browser().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    web.app.config["PLANNER_METRICS_TOKEN"] = None


def test_the_list_is_of_what_is_owed_with_links_to_each_history(web, desk, notice):
    page = web.signed_in().get("/messages").text
    for words in ("Ada Lovelace", "Appointments booked", f"/messages/{notice.id}", f"patient={desk.patient()}"):
        assert words in page
    assert "There is none" in web.signed_in().get("/messages?state=sent").text


@pytest.mark.parametrize(("query", "chosen"), [("", "owed"), ("?state=sent", "sent"), ("?state=all", "all")])
def test_the_list_says_which_messages_it_is_of(web, notice, query, chosen):
    assert f'<option value="{chosen}" selected>' in web.signed_in().get(f"/messages{query}").text


def test_what_is_owed_goes_on_with_what_is_due_later(web, desk, notice, monkeypatch):
    monkeypatch.setattr(outbox, "PER_PAGE", 1)
    desk.book(desk.begin(patient="Grace Hopper"))
    page = web.signed_in().get("/messages").text
    assert "Later ones" in page
    assert "Earlier ones" not in page


def test_what_is_owed_goes_by_the_way_that_the_patient_chose_and_agreed_to(web, desk, monkeypatch):
    sends = partial(turn_of, configured={Channel.MAIL, Channel.SMS})
    monkeypatch.setattr("planner.web.messages._turn", lambda: sends)
    entered = clinics.NewPatient("Ada", email="ada@mail.example", phone="+12125550100")
    (ada,) = clinics.register_patients(desk.scheduler, [entered])
    desk.people["Ada"], texts_first = ada.id, (Channel.SMS, Channel.MAIL, Channel.PHONE)
    wishes.wish_for(desk.scheduler, ada.id, wishes.Wish(texts_first, None, reminders=True, version=0))
    desk.book(desk.begin(patient="Ada"))
    by = '<span class="stack-word">by </span>'
    assert f"{by}mail" in web.signed_in().get("/messages").text
    consents.say(desk.scheduler, ada.id, Channel.SMS, True, "on paper")
    assert f"{by}SMS" in web.signed_in().get("/messages").text


@pytest.mark.parametrize("query", ["state=lost", "kind=x", "channel=pigeon", "day=soon", "page=0", "patient=1", "x=1"])
def test_a_question_that_cannot_be_is_refused(web, query):
    assert web.signed_in().get(f"/messages?{query}").status_code == 422


def test_a_patient_of_another_clinic_is_not_there(web):
    assert web.signed_in().get(f"/messages?patient={UUID(int=1)}").status_code == 404


def test_taking_back_needs_a_reason_and_shows_the_form_again(web, notice):
    browser = web.signed_in()
    refused = browser.post(f"/messages/{notice.id}/withdraw", {"reason": " "})
    assert (refused.status_code, "Withdraw the message" in refused.text) == (422, True)
    assert browser.post(f"/messages/{notice.id}/withdraw", {"reason": "told at the desk"}).status_code == 303
    page = browser.get(f"/messages/{notice.id}").text
    assert "told at the desk" in page
    assert "Send it again" in page
    again = browser.post(f"/messages/{notice.id}/resend")
    assert again.status_code == 303
    assert "sent again by hand" in browser.get(again.location).text


def test_what_is_still_owed_is_not_sent_again(web, notice):
    assert web.signed_in().post(f"/messages/{notice.id}/resend").status_code == 409


def test_who_may_only_look_is_offered_nothing_to_do(web, notice):
    page = web.signed_in(Role.ADMIN).get(f"/messages/{notice.id}").text
    assert "Its text" in page
    assert "Withdraw the message" not in page


def test_a_task_leads_to_its_message_and_the_board_to_the_task(web, desk, notice):
    task = Task(UUID(int=7), "phone-no-driving", desk.clock.now, desk.clock.now, {"notice": str(notice.id)})
    with desk.store.begin(SITE_ID) as uow:
        uow.tasks.add(task)
    browser = web.signed_in()
    assert f"/messages/{notice.id}" in browser.get("/tasks").text
    assert all(address in browser.get("/").text for address in (f"/tasks#r-{task.id}", f"/messages/{notice.id}"))


def test_a_patients_page_says_in_words_what_became_of_a_message_and_leads_to_it(web, desk, notice):
    with desk.store.begin(SITE_ID) as uow:
        uow.notices.withdraw([notice.id], desk.clock.now, "taken-back")
    page = web.signed_in().get(f"/patients/{desk.patient()}").text
    assert "withdrawn: taken back at the desk" in page
    assert f'href="/messages/{notice.id}"' in page


def test_staff_are_told_which_messages_are_late_only_while_a_worker_is_alive(web, desk, notice):
    desk.clock.now = notice.due_at + timedelta(minutes=7)
    browser = web.signed_in()
    silent = browser.get("/tasks").text
    with desk.store.begin_installation() as installation:
        installation.beat("one", desk.clock.now)
    late = browser.get("/tasks").text
    assert ("No message goes out" in silent, "Messages are late" in silent) == (True, False)
    assert 'The first of them was due 7 minutes ago: <a href="/messages">see which</a>' in late


def test_without_a_token_that_is_set_there_are_no_metrics(web):
    assert web.browser().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("token", ["", "wrong", SECRET[:-1], "é"])
def test_the_metrics_want_the_right_token(metrics, token):
    answer = metrics(token.encode().decode("latin-1"))
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_the_metrics_are_read_by_prometheus_and_name_nobody(metrics, desk, notice):
    desk.clock.now = notice.due_at + timedelta(seconds=90)
    answer = metrics()
    found = {sample.name: sample for family in text_string_to_metric_families(answer.text) for sample in family.samples}
    assert (found["planner_messages_owed"].labels, found["planner_messages_owed"].value) == ({"kind": "booked"}, 1)
    assert found["planner_oldest_due_seconds"].value == 90
    assert found["planner_heartbeat_age_seconds"].value == float("inf")
    assert not [word for word in ("Ada", "Lovelace", "Clinic", str(SITE_ID)) if word in answer.text]


def test_each_look_at_the_metrics_counts_anew(metrics, desk, notice):
    first = metrics().text
    with desk.store.begin(SITE_ID) as uow:
        uow.notices.withdraw([notice.id], desk.clock.now, "replaced")
    second = metrics().text
    assert 'planner_messages_owed{kind="booked"} 1.0' in first
    assert 'planner_messages_owed{kind="booked"}' not in second
    assert 'planner_messages_withdrawn_total{kind="booked"} 1.0' in second
