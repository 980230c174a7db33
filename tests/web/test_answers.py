"""The answering pages: a link shows one form, only sending it does anything, and it is good for nothing else."""

import logging
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from answering import present, token_for, wishes
from desks import at
from planner.documents.templates import templates_directory
from planner.domain.clinic import SelfService
from planner.domain.neutral import forbidden_in
from planner.domain.reaching import Language, Purpose
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.languages import phrases
from planner.notify.dispatcher import dispatch
from planner.services import booking, policies, replying
from planner.services.letterhead import change_letterhead
from postroom import enter, notices
from webdesk import BASE

ADULT = {"kind": "adult", "name": "Maria Delgado", "phone": "555-0123"}
SINGLE = (Purpose.COME, Purpose.RIDE, Purpose.CHANGE)
SAID = re.compile(r"""(?:say\(|set changed = |\("\w+", |text\("\w+", |"\w+": |else )"([A-Z](?:[^"\\]|\\.)*)\"""")


class Kept:
    """A transport that keeps what it is given."""

    def __init__(self):
        self.letters = []

    def deliver(self, letter):
        self.letters.append(letter)


@pytest.fixture
def one(desk):
    """Ada's session of Tuesday 12 January; the clinic has a letterhead, and she a mail address."""
    enter(desk, "Ada Lovelace")
    change_letterhead(
        desk.admin, public_name="Harbor Rooms", sender="hello@harbor.example", phone="+1 212 555 0100", version=None
    )  # fmt: skip
    course = desk.begin(start=date(2027, 1, 12))
    desk.book(course)
    return desk.live(course)[0]


@pytest.fixture
def at_once(desk):
    """Patients may take another time at once."""
    policies.set_self_service(desk.admin, policy=SelfService(moves=True))


def link(desk, one, purpose):
    """The address of a link in a message."""
    return f"/answer/{token_for(desk, one, purpose)}/{one.id}/{purpose}"


def ask(web, path, data=None):
    client = web.app.test_client()
    return client.get(path, base_url=BASE) if data is None else client.post(path, data=data, base_url=BASE)


def said(desk, one):
    with desk.store.read(desk.clinic_id) as uow:
        return replying.replies_of(uow, [present(desk, one.id)])[one.id]


def stored(desk):
    """All that answering could change."""
    with desk.store.read(desk.clinic_id) as uow:
        return uow.replies._list(), uow.tasks.open(), uow.appointments.of_patient(desk.patient()), len(uow.audit.all())


@pytest.mark.parametrize("purpose", SINGLE)
def test_opening_a_link_changes_nothing(web, desk, one, at_once, purpose):
    before, address = stored(desk), link(desk, one, purpose)
    for path in (address, address.rsplit("/", 2)[0]):
        assert ask(web, path).status_code == 200
    assert stored(desk) == before


@pytest.mark.parametrize("purpose", SINGLE)
def test_a_page_says_day_time_zone_and_number_and_nobodys_name(web, desk, one, purpose):
    page = ask(web, link(desk, one, purpose)).text
    for words in ("Tuesday, January 12, 2027", "10:00\N{NO-BREAK SPACE}am", "New York time (EST)", "+1 212 555 0100"):
        assert words in page
    assert "Ada" not in page


@pytest.mark.parametrize("purpose", [*SINGLE, Purpose.OPEN])
def test_a_page_tells_nothing_of_what_it_is_for(web, desk, one, purpose):
    address = f"/answer/{token_for(desk, one, purpose)}"
    assert forbidden_in(re.sub(r"/static/\S+", "", ask(web, address).text)) == []


@pytest.mark.parametrize("purpose", [*SINGLE, Purpose.OPEN])
def test_a_page_is_small_and_sets_no_cookie(web, desk, one, purpose):
    answer = ask(web, f"/answer/{token_for(desk, one, purpose)}")
    assert len(answer.data) < 50_000
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")


def test_who_sends_the_form_is_expected(web, desk, one):
    address = link(desk, one, Purpose.COME)
    answer = ask(web, address, {"sequence": one.sequence})
    assert answer.status_code == 303
    assert "You said that you will come" in ask(web, answer.location).text
    assert ReplyKind.COME in said(desk, one)


def test_who_takes_one_home_is_written_down(web, desk, one):
    answer = ask(web, link(desk, one, Purpose.RIDE), ADULT)
    assert "Maria Delgado" in ask(web, answer.location).text
    assert said(desk, one)[ReplyKind.RIDE].ride == Ride(RideKind.ADULT, "Maria Delgado", "555-0123")


def test_a_link_from_a_message_does_not_give_away_the_number_of_the_ride(web, desk, one):
    answer = ask(web, link(desk, one, Purpose.RIDE), ADULT)
    assert "555-0123" not in ask(web, answer.location).text


def test_an_adult_without_a_number_is_asked_for_one_in_the_form_as_it_was(web, desk, one):
    answer = ask(web, link(desk, one, Purpose.RIDE), {**ADULT, "phone": ""})
    assert answer.status_code == 422
    assert 'value="Maria Delgado"' in answer.text
    assert 'id="phone-wrong"' in answer.text


def test_what_is_no_field_of_the_form_is_refused(web, desk, one):
    assert ask(web, link(desk, one, Purpose.COME), {"clinic_id": "1"}).status_code == 422
    assert said(desk, one) == {}


def test_a_ride_that_would_be_markup_is_text(web, desk, one):
    answer = ask(web, link(desk, one, Purpose.RIDE), {**ADULT, "name": "<img src=x onerror=1>"})
    assert "<img" not in ask(web, answer.location).text


@pytest.mark.parametrize("purpose", SINGLE)
def test_a_link_is_good_for_its_own_form_only(web, desk, one, purpose):
    token = token_for(desk, one, purpose)
    for other in {*SINGLE} - {purpose}:
        assert ask(web, f"/answer/{token}/{one.id}/{other}").status_code == 404
        assert ask(web, f"/answer/{token}/{one.id}/{other}", {}).status_code == 404


@pytest.mark.parametrize("purpose", SINGLE)
def test_a_link_is_good_for_its_own_appointment_only(web, desk, one, purpose):
    with desk.store.read(desk.clinic_id) as uow:
        later = uow.appointments.of_course(one.course_id)[1]
    token = token_for(desk, one, purpose)
    assert ask(web, f"/answer/{token}/{later.id}/{purpose}").status_code == 404
    assert ask(web, f"/answer/{token}/{later.id}/{purpose}", {}).status_code == 404


def test_no_link_opens_the_appointment_of_somebody_else(web, desk, one):
    other = desk.begin(patient="Grace Hopper", at="13:00")
    desk.book(other)
    token = token_for(desk, one, Purpose.PAGE)
    assert ask(web, f"/answer/{token}/{desk.live(other)[0].id}/come", {}).status_code == 404


def test_a_link_ends_when_its_appointment_begins(web, desk, one):
    address = link(desk, one, Purpose.COME)
    desk.clock.now = one.start_at
    assert ask(web, address).status_code == 404


def test_who_comes_from_their_page_goes_back_to_it(web, desk, one):
    token = token_for(desk, one)
    answer = ask(web, f"/answer/{token}/{one.id}/come", {"sequence": one.sequence})
    assert (answer.status_code, answer.location) == (303, f"/my/{token}")


def test_the_short_address_of_a_page_leads_to_the_page(web, desk, one):
    token = token_for(desk, one)
    assert ask(web, f"/answer/{token}").location == f"/my/{token}"


def test_a_time_that_was_never_seen_is_not_agreed_to(web, desk, one):
    booking.move(desk.scheduler, appointment_id=one.id, start=at("01-12", "11:00"), version=one.version)
    answer = ask(web, link(desk, one, Purpose.COME), {"sequence": one.sequence})
    assert answer.status_code == 409
    assert "11:00" in answer.text
    assert said(desk, one) == {}


def test_what_was_cancelled_says_so_and_asks_for_nothing(web, desk, one):
    address = link(desk, one, Purpose.COME)
    booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason="flu")
    answer = ask(web, address)
    assert "is over, or it was cancelled" in answer.text
    assert "<form" not in answer.text


def test_a_patient_takes_a_time_that_is_offered(web, desk, one, at_once):
    address = link(desk, one, Purpose.CHANGE)
    start = re.search(r'name="start" value="([^"]+)"', ask(web, address).text)[1]
    answer = ask(web, address, {"start": start, "version": one.version})
    assert "this is the new time" in ask(web, answer.location).text
    assert present(desk, one.id).start_at.isoformat() == at("01-12", "09:15").isoformat()


def test_where_the_desk_decides_the_page_says_what_was_asked_for(web, desk, one):
    address = link(desk, one, Purpose.CHANGE)
    answer = ask(web, address, {"start": at("01-12", "11:00").isoformat(), "version": one.version})
    assert "You asked for another time: Tuesday, January 12, 2027, 11:00" in ask(web, answer.location).text
    assert len(wishes(desk)) == 1


def test_whom_nothing_suits_is_called(web, desk, one, at_once):
    answer = ask(web, link(desk, one, Purpose.CHANGE), {"version": one.version})
    assert "You asked to be called" in ask(web, answer.location).text


def test_who_was_too_late_sees_the_times_of_now(web, desk, one, at_once):
    wanted = at("01-13", "10:00")
    for name in ("Grace Hopper", "Rosa Luna"):
        course = desk.begin("course", date(2027, 1, 13), patient=name, at="10:00", days="Wed Fri")
        desk.book(course)
    address = link(desk, one, Purpose.CHANGE)
    answer = ask(web, address, {"start": wanted.isoformat(), "version": one.version})
    assert answer.status_code == 422
    assert "These are the times that are free now" in answer.text
    assert f'value="{wanted.astimezone(desk_zone(desk)).isoformat(timespec="minutes")}"' not in answer.text
    assert 'name="start"' in answer.text


def desk_zone(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.clinics.get(desk.clock()).zone


def test_near_an_appointment_the_page_says_whom_to_call(web, desk, one, at_once):
    address = link(desk, one, Purpose.CHANGE)
    desk.clock.now = one.start_at - timedelta(hours=23)
    page = ask(web, address).text
    assert "too near to be changed here" in page
    assert 'name="start"' not in page


def test_nobody_cancels_by_a_link(web, desk, one):
    assert "You cannot cancel here" in ask(web, link(desk, one, Purpose.CHANGE)).text


def test_a_link_to_the_page_works_once(web, desk, one):
    address = f"/answer/{token_for(desk, one, Purpose.OPEN)}"
    page = ask(web, address, {}).text
    mine = re.search(r'href="(/my/[^"]+)"', page)[1]
    assert ask(web, mine).status_code == 200
    assert ask(web, address).status_code == ask(web, address, {}).status_code == 404


def test_a_link_for_one_form_opens_no_page(web, desk, one):
    assert ask(web, f"/answer/{token_for(desk, one, Purpose.COME)}", {}).status_code == 404
    assert ask(web, f"/my/{token_for(desk, one, Purpose.COME)}").status_code == 404


def test_the_pages_speak_the_patients_language(web, desk, one):
    with desk.store.begin(desk.clinic_id) as uow:
        chosen = replace(uow.correspondence.of_patient(one.patient_id), language=Language.SPANISH)
        uow.correspondence.keep(chosen)
    page = ask(web, link(desk, one, Purpose.COME)).text
    assert 'lang="es"' in page
    assert "martes, 12 de enero de 2027" in page


def test_every_phrase_of_the_pages_is_in_the_catalogue():
    spanish = phrases(Language.SPANISH)
    folder = Path(templates_directory()) / "answers"
    pages = [file.read_text() for file in folder.glob("*.html") if file.name != "_desk.html"]
    found = {phrase for page in pages for phrase in SAID.findall(page)}
    assert len(found) > 30
    assert [phrase for phrase in sorted(found) if spanish.gettext(phrase) == phrase] == []


def mailed(desk):
    """The last letter of a round of sending, an hour from now."""
    kept = Kept()
    desk.clock.now += timedelta(minutes=1)
    dispatch(desk.store, desk.clock, kept, base_url=BASE)
    return kept.letters[-1]


def addresses(letter):
    return re.findall(rf"{BASE}(/answer/\S+)", letter.text)


def test_a_letter_about_a_booking_ends_with_links_that_answer(web, desk, one):
    found = addresses(mailed(desk))
    assert [path.split("/", 3)[3] for path in found] == [f"{one.id}/{kind}" for kind in ("come", "ride", "change")]
    assert [ask(web, path).status_code for path in found] == [200, 200, 200]


def test_a_letter_about_a_move_ends_with_links_that_answer(web, desk, one):
    mailed(desk)
    booking.move(desk.scheduler, appointment_id=one.id, start=at("01-12", "11:00"), version=one.version)
    come = addresses(mailed(desk))[0]
    ask(web, come, {"sequence": present(desk, one.id).sequence})
    assert ReplyKind.COME in said(desk, one)


def test_a_visit_without_a_dose_asks_for_no_ride(web, desk, one):
    mailed(desk)
    course = desk.begin("psychotherapy", date(2027, 2, 2))
    desk.book(course)
    talk = next(record for record in desk.live(course) if record.linked_to)
    mailed(desk)
    booking.move(desk.scheduler, appointment_id=talk.id, start=talk.start_at + timedelta(hours=1), version=talk.version)
    assert [path.rpartition("/")[2] for path in addresses(mailed(desk))] == ["come", "change"]


def test_no_subject_no_log_and_no_audit_holds_a_token(web, desk, one, caplog):
    with caplog.at_level(logging.DEBUG):
        letter = mailed(desk)
        tokens = [path.split("/")[2] for path in addresses(letter)]
        for path in addresses(letter):
            ask(web, path)
        ask(web, addresses(letter)[0], {})
    with desk.store.read(desk.clinic_id) as uow:
        written = f"{letter.subject} {uow.audit.all()} {notices(desk)} {caplog.text} {[r.__dict__ for r in caplog.records]}"
    assert tokens
    assert [token for token in tokens if token in written] == []


CONTACT = {**ADULT, "phone": "+1 212 555 0123", "contact": "yes"}


def test_whether_a_ride_is_told_by_text_is_not_asked_where_none_can_be_sent(web, desk, one):
    assert 'name="contact"' not in ask(web, link(desk, one, Purpose.RIDE)).text


def test_whether_a_ride_is_told_by_text_is_asked_where_they_can_be_sent(texting, desk, one):
    assert 'name="contact"' in ask(texting, link(desk, one, Purpose.RIDE)).text


def test_a_ride_that_may_be_told_is_written_down_as_such_and_shown(texting, desk, one):
    answer = ask(texting, link(desk, one, Purpose.RIDE), CONTACT)
    assert said(desk, one)[ReplyKind.RIDE].ride.contact
    assert "We tell them when and where to pick you up" in ask(texting, answer.location).text


def test_a_ride_without_a_number_cannot_be_told(texting, desk, one):
    answer = ask(texting, link(desk, one, Purpose.RIDE), {"kind": "shuttle", "contact": "yes"})
    assert answer.status_code == 422
    assert 'id="phone-wrong"' in answer.text
    assert 'value="yes" checked' in answer.text
