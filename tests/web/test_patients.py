"""Patients: entered, found, corrected, seen; and what a form refuses."""

import re
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from desks import SITE_ID
from planner.domain.attendance import MarkKind
from planner.domain.roles import Role
from planner.services import attendance, patients
from planner.storage.records import Task
from planner.storage.unit_of_work import Store

NAME = "<img src=x onerror=alert(1)>"
ENTERED = {
    "name": "José Muñoz", "record_number": "20417", "phone": "+1 555-0100", "email": "jose@example.org",
    "birth_date": "1979-05-04",
}  # fmt: skip


def known(store: Store) -> list[object]:
    with store.read(SITE_ID) as uow:
        return uow.people.all()


def enter(browser, **fields):
    response = browser.post("/patients/new", {**ENTERED, **fields})
    assert response.status_code == 303, response.text
    return response.location


def test_a_patient_is_entered_and_shown(web, desk):
    browser = web.signed_in()
    page = browser.get(enter(browser)).text
    assert "José Muñoz" in page
    assert "record 20417" in page
    (patient,) = known(desk.store)
    assert (patient.phone, patient.email, patient.birth_date) == ("+1 555-0100", "jose@example.org", date(1979, 5, 4))


@pytest.mark.parametrize("term", ["munoz", "jos", "0100", "20417", "MUÑOZ jose"])
def test_a_patient_is_found_by_name_phone_tail_and_record_number(web, term):
    browser = web.signed_in()
    enter(browser)
    enter(browser, name="Ada Lovelace", record_number="1", phone="", email="")
    page = browser.post("/patients/search", {"term": term}).text
    assert "José Muñoz" in page
    assert "Ada Lovelace" not in page


def test_what_is_searched_for_is_in_no_address(web):
    browser = web.signed_in()
    assert browser.get("/patients?term=munoz").status_code == 422
    assert browser.post("/patients/search", {"term": "munoz"}).location is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "a\x00b"), ("name", "a\u202eb"), ("name", "x" * 201), ("name", "two\nlines"),
        ("record_number", "x" * 201), ("phone", "call me"), ("phone", "1"), ("email", "no address"),
        ("email", "a@example.org\r\nBcc: b@example.org"), ("email", "a@example.org, b@example.org"),
        ("birth_date", "0"), ("birth_date", "2027-02-30"), ("birth_date", "3000-01-01"), ("birth_date", "1800-01-01"),
        ("birth_date", "18446744073709551616"), ("clinic_id", "1"), ("role", "admin"), ("id", "1"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_named_and_nothing_is_stored(web, desk, field, value):
    response = web.signed_in().post("/patients/new", {**ENTERED, field: value})
    assert response.status_code == 422
    assert re.search(rf'id="h-{field}"|<b>{field}</b>', response.text)
    assert known(desk.store) == []


def test_a_refused_form_stays_filled_in(web):
    page = web.signed_in().post("/patients/new", {**ENTERED, "email": "wrong"}).text
    assert 'value="José Muñoz"' in page
    assert 'value="wrong"' in page


def test_a_form_that_is_sent_twice_makes_one_patient(web, desk):
    browser, sent = web.signed_in(), {"name": "Ada Lovelace", "birth_date": "1979-05-04"}
    assert [browser.post("/patients/new", sent).status_code for _ in range(2)] == [303, 422]
    assert len(known(desk.store)) == 1


@pytest.mark.parametrize(("field", "value"), [("birth_date", "1980-05-04"), ("phone", "555-0199"), ("email", "b@x.example")])
def test_two_people_of_one_name_are_told_apart_by_anything(web, desk, field, value):
    browser, sent = web.signed_in(), {"name": "Ada Lovelace", "birth_date": "1979-05-04"}
    browser.post("/patients/new", sent)
    assert browser.post("/patients/new", {**sent, field: value}).status_code == 303
    assert len(known(desk.store)) == 2


def test_a_record_number_belongs_to_one_patient(web, desk):
    browser = web.signed_in()
    enter(browser)
    response = browser.post("/patients/new", {**ENTERED, "name": "Another"})
    assert response.status_code == 422
    assert "another patient" in response.text
    assert len(known(desk.store)) == 1


def test_a_correction_is_kept_and_a_stale_one_is_refused(web, desk):
    browser = web.signed_in()
    page = enter(browser)
    corrected = {**ENTERED, "name": "José María Muñoz", "version": "1"}
    assert browser.post(f"{page}/edit", corrected).status_code == 303
    again = browser.post(f"{page}/edit", {**corrected, "name": "Stale"})
    assert again.status_code == 409
    assert 'value="Stale"' in again.text
    assert [patient.name for patient in known(desk.store)] == ["José María Muñoz"]


def test_a_name_of_markup_is_inert(web):
    browser = web.signed_in()
    page = enter(browser, name=NAME)
    for text in (browser.get(page).text, browser.get("/patients").text, browser.get(f"{page}/edit").text):
        assert NAME not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_reading_a_patients_page_leaves_a_trace(web, desk):
    browser = web.signed_in()
    browser.get(enter(browser))
    assert len(desk.audit("read")) == 1


def test_a_patient_of_nobody_is_not_there(web, desk):
    unknown = "00000000-0000-4000-8000-000000000000"
    browser = web.signed_in()
    assert browser.get(f"/patients/{unknown}").status_code == 404
    assert browser.get("/patients/18446744073709551616").status_code == 404


def test_the_list_goes_by_pages_of_fifty(web, desk):
    browser = web.signed_in(Role.ADMIN)
    for number in range(51):
        patients.register(desk.scheduler, patients.NewPatient(f"P{number:02}"))
    assert "?page=2" in browser.get("/patients").text
    assert "P50" in browser.get("/patients?page=2").text
    assert browser.get("/patients?page=0").status_code == 422


def test_a_late_cancellation_of_which_the_patient_was_not_told_stays_on_the_page(web, desk):
    first = desk.book(desk.begin(), told=False).appointments[0]
    desk.clock.now = first.start_at
    late = MarkKind.LATE_CANCEL
    attendance.record(desk.scheduler, appointment_id=first.id, kind=late, version=first.version)
    assert f"/appointments/{first.id}" in web.signed_in().get(f"/patients/{first.patient_id}").text


def test_what_is_to_be_done_for_a_patient_leads_to_the_task(web, desk):
    task = Task(uuid4(), "ride-unconfirmed", desk.clock(), desk.clock(), patient_id=desk.patient("Ada Lovelace"))
    with desk.store.begin(desk.clinic_id) as uow:
        uow.tasks.add(task)
    browser = web.signed_in()
    assert f'href="/tasks#t-{task.id}"' in browser.get(f"/patients/{task.patient_id}").text
    assert f'id="t-{task.id}"' in browser.get("/tasks").text


def test_reminders_of_months_to_come_do_not_hide_what_was_sent(web, desk):
    with desk.store.begin(desk.clinic_id) as uow:
        uow.calendar.lock(desk.clock())
        uow.clinics.save(replace(uow.clinics.get(desk.clock()), reminds=True))
    course = desk.begin()
    desk.book(course)
    shown = web.signed_in().get(f"/patients/{course.patient_id}").text
    messages = shown[shown.index("Messages</h2>") :]
    first, folded, rest = messages.partition("<details>")
    assert "Appointments booked" in first
    assert "How to prepare" not in first
    assert "Reminders to come (" in folded + rest
