"""Tasks: listed by when they are due, ticked off with what was done."""

from datetime import timedelta
from uuid import uuid4

from desks import NOW, SITE_ID
from planner.domain.roles import Role
from planner.storage.records import Task


def owe(desk, kind="phone-no-driving", **more):
    task = Task(uuid4(), kind, NOW - timedelta(minutes=5), NOW, **more)
    with desk.store.begin(SITE_ID) as uow:
        uow.tasks.add(task)
    return task


def test_a_task_says_what_for_whom_and_how_late(web, desk):
    owe(desk, patient_id=desk.patient("Ada Lovelace"))
    page = web.signed_in().get("/tasks").text
    for words in ("Phone about not driving", "Ada Lovelace", "5 minutes over"):
        assert words in page


def test_whom_to_phone_about_driving_comes_before_what_has_been_due_for_longer(web, desk):
    with desk.store.begin(SITE_ID) as uow:
        uow.tasks.add(Task(uuid4(), "ride-unconfirmed", NOW - timedelta(days=1), NOW))
    owe(desk)
    page = web.signed_in().get("/tasks").text
    assert page.index("Phone about not driving") < page.index("Phone about the ride home")


def test_a_task_says_of_which_appointment_it_is(web, desk):
    first = desk.book(desk.begin()).appointments[0]
    owe(desk, "ride-unconfirmed", appointment_id=first.id)
    assert 'Appointment of <span class="nowrap">Tue 5 January 2027, 10:00 EST</span>' in web.signed_in().get("/tasks").text


def test_a_message_that_was_parked_says_which_and_when_it_was_due(web, desk):
    facts = {"notice": str(uuid4()), "kind": "moved", "due": (NOW - timedelta(hours=3)).isoformat()}
    owe(desk, "parked-message", patient_id=desk.patient("Ada Lovelace"), facts=facts)
    page = web.signed_in().get("/tasks").text
    for words in ("Ask whether a message arrived", "Appointment moved", "due Mon 4 January 2027, 04:00 EST", "Ada Lovelace"):
        assert words in page


def test_what_was_lost_with_a_database_is_to_be_entered_again(web, desk):
    owe(desk, "restored", facts={"since": (NOW - timedelta(hours=9)).isoformat(), "until": NOW.isoformat()})
    page = " ".join(web.signed_in().get("/tasks").text.split())
    assert "Enter again what was done since the backup" in page
    assert 'from <span class="nowrap">Sun 3 January 2027, 22:00 EST</span> to' in page


def test_ticking_off_says_what_was_done(web, desk):
    task, browser = owe(desk), web.signed_in()
    assert browser.post(f"/tasks/{task.id}/done", {"reason": "phoned, will be fetched"}).status_code == 303
    assert "Nothing is waiting" in browser.get("/tasks").text
    assert [entry.reason for entry in desk.audit("finish")] == ["phoned, will be fetched"]


def test_a_task_is_ticked_off_once(web, desk):
    task, browser = owe(desk), web.signed_in()
    browser.post(f"/tasks/{task.id}/done", {"reason": "phoned"})
    assert browser.post(f"/tasks/{task.id}/done", {"reason": "phoned"}).status_code == 409


def test_ticking_off_needs_words(web, desk):
    task = owe(desk)
    assert web.signed_in().post(f"/tasks/{task.id}/done", {"reason": " "}).status_code == 422
    assert len(desk.tasks("phone-no-driving")) == 1


def test_who_may_only_look_cannot_tick_off(web, desk):
    task = owe(desk)
    assert web.signed_in(Role.ADMIN).post(f"/tasks/{task.id}/done", {"reason": "phoned"}).status_code == 403


def test_of_what_is_due_later_the_first_are_shown_and_all_are_one_step_away(web, desk):
    for number in range(21):
        task = Task(uuid4(), "restored", NOW + timedelta(days=2, minutes=number), NOW)
        with desk.store.begin(SITE_ID) as uow:
            uow.tasks.add(task)
    browser = web.signed_in()
    few, whole = (browser.get(address).text.count("Enter again what was done") for address in ("/tasks", "/tasks?later=all"))
    assert (few // 2, whole // 2) == (20, 21)
    assert "Show all 21" in browser.get("/tasks").text
