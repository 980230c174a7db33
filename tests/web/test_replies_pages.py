"""What patients said, at the desk: seen where it is needed, written down by phone, and a wish taken in one step."""

import re
from datetime import date, timedelta

import pytest

from answering import bearer_for, present, wishes
from desks import at
from planner.domain.attendance import MarkKind
from planner.domain.clinic import SelfService
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.domain.roles import Role
from planner.services import attendance, changing, policies, replying
from planner.services.letterhead import change_letterhead

MARIA = Ride(RideKind.ADULT, "Maria Delgado", "555-0123")
BY_PHONE = {"said": "ride", "kind": "adult", "name": "Maria Delgado", "phone": "555-0123", "sequence": 0}


@pytest.fixture
def one(desk):
    """Ada's session of Tuesday 12 January."""
    course = desk.begin(start=date(2027, 1, 12))
    desk.book(course)
    return desk.live(course)[0]


@pytest.fixture
def told(desk, one):
    """Ada will come, and Maria takes her home."""
    ada = bearer_for(desk, one)
    replying.reply(ada, appointment_id=one.id, kind=ReplyKind.COME)
    replying.reply(ada, appointment_id=one.id, kind=ReplyKind.RIDE, ride=MARIA)


@pytest.fixture
def wish(desk, one):
    """Ada would come at eleven instead."""
    changing.change(bearer_for(desk, one), appointment_id=one.id, start=at("01-12", "11:00"), version=one.version)
    return wishes(desk)[0]


def said(desk, one):
    with desk.store.read(desk.clinic_id) as uow:
        return replying.replies_of(uow, [present(desk, one.id)])[one.id]


@pytest.mark.parametrize("page", ["/appointments/{}", "/appointments/{}/attendance"])
def test_a_page_of_the_visit_says_what_was_said_and_when(web, told, one, page):
    text = web.signed_in().get(page.format(one.id)).text
    for words in ("Will come", "an adult", "Maria Delgado", "555-0123", "said Mon 4 January 2027, 07:00 EST"):
        assert words in text


def test_the_name_of_a_ride_can_be_hidden(web, told, one):
    text = web.signed_in().get(f"/appointments/{one.id}").text
    assert '<span class="full">Maria Delgado</span><span class="ini">M.D.</span>' in text


def test_a_card_of_the_board_says_what_was_said(web, told):
    text = web.signed_in().get("/?day=2027-01-12").text
    assert "will come; ride: an adult, Maria Delgado, 555-0123" in text


def test_a_card_says_initials_where_names_are_hidden(web, told):
    browser = web.signed_in()
    browser.client.set_cookie("names", "off", domain="127.0.0.1")
    assert "ride: an adult, M.D., 555-0123" in browser.get("/?day=2027-01-12").text


def test_the_day_sheet_says_who_comes_for_whom(web, told):
    assert "Maria Delgado" in web.signed_in().get("/day-sheet?day=2027-01-12").text


def test_a_discharge_offers_the_ride_that_was_named(web, desk, told, one):
    browser = leaving(web, desk, one)
    assert 'value="Maria Delgado, 555-0123"' in browser.get(f"/appointments/{one.id}/attendance").text


def test_with_whom_a_patient_left_is_kept_and_not_in_the_audit(web, desk, told, one):
    browser, version = leaving(web, desk, one), present(desk, one.id).version
    sent = {"kind": "discharged", "version": version, "facts.left_with": "Maria Delgado, 555-0123"}
    assert browser.post(f"/appointments/{one.id}/marks", sent).status_code == 303
    assert "left with" in browser.get(f"/appointments/{one.id}/attendance").text
    assert "Maria" not in str(desk.audit("attend"))


def leaving(web, desk, one):
    """A browser at the desk, when the patient is ready to leave."""
    for kind, minutes in ((MarkKind.ARRIVED, 0), (MarkKind.DOSED, 20)):
        desk.clock.now = one.start_at + timedelta(minutes=minutes)
        attendance.record(desk.scheduler, appointment_id=one.id, kind=kind, version=present(desk, one.id).version)
    desk.clock.now = one.end_at
    return web.signed_in()


def test_a_ride_is_confirmed_by_phone(web, desk, one):
    assert web.signed_in().post(f"/appointments/{one.id}/replies", BY_PHONE).status_code == 303
    assert said(desk, one)[ReplyKind.RIDE].ride == MARIA


def test_that_a_patient_comes_is_written_down_by_phone(web, desk, one):
    web.signed_in().post(f"/appointments/{one.id}/replies", {"said": "come", "sequence": 0})
    assert ReplyKind.COME in said(desk, one)


def test_a_ride_without_a_number_is_refused_in_the_form_as_it_was(web, desk, one):
    answer = web.signed_in().post(f"/appointments/{one.id}/replies", {**BY_PHONE, "phone": ""})
    assert answer.status_code == 422
    assert 'value="Maria Delgado"' in answer.text
    assert said(desk, one) == {}


def test_who_may_not_attend_writes_nothing_down(web, desk, one):
    assert web.signed_in(Role.ADMIN).post(f"/appointments/{one.id}/replies", BY_PHONE).status_code == 403


def test_a_wish_is_a_task_with_both_times(web, wish):
    text = web.signed_in().get("/tasks").text
    for words in ("Another time is asked for", "Tue 12 January 2027, 10:00 EST", "wants Tue 12 January 2027, 11:00 EST"):
        assert words in text


def test_a_wish_is_taken_in_one_step(web, desk, one, wish):
    browser = web.signed_in()
    page = browser.get("/tasks").text
    sent = {"version": one.version, "tell": "yes", "at": re.search(r'name="at" value="([^"]+)"', page)[1]}
    assert browser.post(f"/appointments/{one.id}/move", sent).status_code == 303
    assert present(desk, one.id).start_at == at("01-12", "11:00")
    assert wishes(desk) == []


def test_a_wish_is_closed_with_a_reason(web, desk, wish):
    web.signed_in().post(f"/tasks/{wish.id}/done", {"reason": "stays, agreed by phone"})
    assert wishes(desk) == []


def test_who_asks_to_be_called_has_no_time_to_take(web, desk, one):
    changing.change(bearer_for(desk, one), appointment_id=one.id, start=None, version=one.version)
    text = web.signed_in().get("/tasks").text
    assert "wants to be called" in text
    assert "Move it there" not in text


def test_who_sets_the_clinic_up_says_what_patients_may_do(web, desk):
    browser = web.signed_in(Role.ADMIN)
    sent = {"moves": "yes", "notice_hours": "48", "version": 1}
    assert browser.post("/settings/self-service", sent).status_code == 303
    with desk.store.read(desk.clinic_id) as uow:
        policy = uow.clinics.get(desk.clock()).self_service
    assert (policy.moves, policy.notice_hours) == (True, 48)
    (entry,) = desk.audit("set-self-service")
    assert (entry.facts["from"], entry.facts["to"]) == ("False 24", "True 48")


@pytest.mark.parametrize(
    ("role", "changed", "status"),
    [(Role.ADMIN, {"version": 99}, 409), (Role.ADMIN, {"notice_hours": 400}, 422), (Role.ADMIN, {"moves": "maybe"}, 422),
     (Role.SCHEDULER, {}, 403)],
)  # fmt: skip
def test_what_cannot_be_set_is_refused(web, role, changed, status):
    sent = {"moves": "yes", "notice_hours": "48", "version": 1, **changed}
    assert web.signed_in(role).post("/settings/self-service", sent).status_code == status


def test_the_history_of_a_course_says_that_it_was_the_patient(web, desk, one, told):
    policies.set_self_service(desk.admin, policy=SelfService(moves=True))
    desk.clock.now += timedelta(minutes=1)
    changing.change(bearer_for(desk, one), appointment_id=one.id, start=at("01-12", "11:00"), version=one.version)
    text = web.signed_in().get(f"/courses/{one.course_id}").text
    assert "a ride is arranged, as the patient says" in text
    assert re.search(r"Moved from Tue 12 January 10:00 to Tue 12 January 11:00</p>\s*<p>The patient,", text)


def test_the_desk_reads_before_a_move_that_the_message_holds_links(web, desk, one):
    change_letterhead(
        desk.admin, public_name="Harbor Rooms", sender="hello@harbor.example", phone="+1 212 555 0100", version=None
    )  # fmt: skip
    text = web.signed_in().get(f"/appointments/{one.id}").text
    assert "I need another time:\n[a private link]" in text


def test_the_desk_writes_down_that_the_ride_may_be_told(texting, desk, one):
    person, page = texting.signed_in(), f"/appointments/{one.id}"
    assert 'name="contact"' in person.get(page).text
    sent = {**BY_PHONE, "phone": "+1 212 555 0123", "contact": "yes"}
    assert person.post(f"{page}/replies", sent).status_code == 303
    assert said(desk, one)[ReplyKind.RIDE].ride.contact
    assert "to be told when to pick up" in person.get(page).text


def test_the_desk_is_not_asked_where_no_texts_can_be_sent(web, one):
    assert 'name="contact"' not in web.signed_in().get(f"/appointments/{one.id}").text
