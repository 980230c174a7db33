"""The waitlist's pages: put down, offered by phone, answered, and what speaks against a time."""

import re
from datetime import date, timedelta

import pytest

from builders import clinic, hours, resources
from desks import at, open_desk
from planner.domain.roles import Role
from planner.services import booking, waitlist
from webdesk import web_desk

SLOT = at("01-07")


@pytest.fixture
def desk(sqlite_store):
    """A clinic with one chair, in which Thursday 7 January at ten was cancelled a minute ago."""
    people = resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours()), resources("therapist", 1)
    made = open_desk(sqlite_store, clinic(resources("chair", 1), *people, resources("pump", 1)))
    course = made.begin(start=date(2027, 1, 7), patient="Fay")
    made.book(course)
    made.clock.now += timedelta(minutes=1)
    first = made.live(course)[0]
    booking.cancel(made.scheduler, appointment_id=first.id, version=first.version, reason="flu")
    made.clock.now += timedelta(minutes=1)
    return made


@pytest.fixture
def later(desk):
    """Ada's first session, on Friday."""
    course = desk.begin(start=date(2027, 1, 8), at="13:00")
    desk.book(course)
    desk.clock.now += timedelta(minutes=1)
    return desk.live(course)[0]


@pytest.fixture
def web(desk):
    return web_desk(desk)


@pytest.fixture
def entry(desk, later):
    return waitlist.add(desk.scheduler, appointment_id=later.id, notice_hours=48)


@pytest.fixture
def offer(desk, entry):
    return waitlist.offer(desk.scheduler, waiting_id=entry.id, start=SLOT)


def start_of(desk, one):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.appointments.get(one.id).start_at


def test_an_appointment_is_put_on_the_waitlist(web, later):
    browser = web.signed_in()
    assert f"/waitlist/appointments/{later.id}" in browser.get(f"/appointments/{later.id}").text
    assert "Notice needed" in browser.get(f"/waitlist/appointments/{later.id}").text
    answer = browser.post(f"/waitlist/appointments/{later.id}", {"notice_hours": "36", "until_day": "2027-01-07"})
    assert (answer.status_code, answer.location) == (303, "/waitlist")
    page = browser.get("/waitlist").text
    for words in ("Ada Lovelace", "36 h", "until 7 January", "1 would come sooner"):
        assert words in page


@pytest.mark.parametrize(
    ("sent", "words"),
    [({"notice_hours": ""}, "whole number"), ({"notice_hours": "999"}, "between 0 and 336"),
     ({"notice_hours": "1", "from_day": "2027-01-09", "until_day": "2027-01-08"}, "must not be before the first day")],
)  # fmt: skip
def test_what_cannot_be_asked_keeps_the_form(web, later, sent, words):
    answer = web.signed_in().post(f"/waitlist/appointments/{later.id}", sent)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Put on the waitlist" in answer.text


def test_asking_twice_is_refused(web, entry, later):
    answer = web.signed_in().post(f"/waitlist/appointments/{later.id}", {"notice_hours": "24"})
    assert answer.status_code == 409
    assert "on the waitlist already" in answer.text


def test_a_freed_time_names_who_may_have_it_and_who_may_not(web, desk, entry):
    course = desk.begin(start=date(2027, 1, 14), patient="Grace Hopper")
    desk.book(course)
    waitlist.add(desk.scheduler, appointment_id=desk.live(course)[0].id, notice_hours=7 * 24)
    page = web.signed_in().get("/waitlist").text
    assert "Thu 7 January 2027, 10:00 EST" in page
    assert re.search(r"Grace Hopper.*needs 168 hours&#39; notice", page, re.DOTALL)
    assert page.count(">Offer<") == 1
    assert "by phone" in page


def test_a_rule_that_a_time_would_break_is_said_in_words(web, desk):
    course = desk.begin("infusions", date(2027, 1, 6), patient="Grace Hopper")
    desk.book(course)
    waitlist.add(desk.scheduler, appointment_id=desk.live(course)[1].id)
    page = web.signed_in().get("/waitlist").text
    assert "It suits nobody who waits" in page
    assert "the plan needs 2 days" in page


def test_an_offer_is_kept_with_its_time_and_its_phone_call(web, entry):
    browser = web.signed_in()
    answer = browser.post(f"/waitlist/{entry.id}/offer", {"at": SLOT.isoformat(), "minutes": "30"})
    assert answer.status_code == 303
    page = browser.get("/waitlist").text
    assert re.search(r"kept until 07:33 EST, <span data-kept-until=[^>]+>30</span> min left", page)
    assert "Takes it" in page


def test_taking_it_moves_the_appointment(web, desk, offer, later):
    browser = web.signed_in()
    assert browser.post(f"/waitlist/offers/{offer.id}/accept", {"version": "1"}).status_code == 303
    assert start_of(desk, later) == SLOT
    page = browser.get("/waitlist").text
    assert "Moved to Thu 7 January 2027, 10:00 EST" in page
    assert "Nobody waits" in page


def test_declining_lets_it_go_to_the_next(web, desk, offer, later):
    browser = web.signed_in()
    assert browser.post(f"/waitlist/offers/{offer.id}/decline", {"version": "1"}).status_code == 303
    page = browser.get("/waitlist").text
    assert "declined this time" in page
    assert start_of(desk, later) == later.start_at


def test_an_offer_that_ran_out_says_so_and_cannot_be_taken(web, desk, offer):
    desk.clock.now += timedelta(hours=1)
    browser = web.signed_in()
    page = browser.get("/waitlist").text
    assert "ran out at" in page
    assert "Takes it" not in page
    assert browser.post(f"/waitlist/offers/{offer.id}/accept", {"version": "1"}).status_code == 409


def test_an_offer_of_one_time_twice_is_refused_in_words(web, desk, offer):
    course = desk.begin(start=date(2027, 1, 14), patient="Grace Hopper")
    desk.book(course)
    other = waitlist.add(desk.scheduler, appointment_id=desk.live(course)[0].id)
    answer = web.signed_in().post(f"/waitlist/{other.id}/offer", {"at": SLOT.isoformat()})
    assert answer.status_code == 409
    assert "offered to somebody already" in answer.text


def test_who_no_longer_waits_is_taken_off_with_a_reason(web, desk, entry):
    browser = web.signed_in()
    assert browser.post(f"/waitlist/{entry.id}/close", {"version": "1", "reason": ""}).status_code == 422
    assert browser.post(f"/waitlist/{entry.id}/close", {"version": "1", "reason": "suits after all"}).status_code == 303
    assert "0 would come sooner" in browser.get("/waitlist").text
    assert [one.reason for one in desk.audit("stop-waiting")] == ["suits after all"]


def test_who_may_only_look_has_no_buttons(web, offer):
    page = web.signed_in(Role.ADMIN).get("/waitlist").text
    assert "Ada Lovelace" in page
    assert "Takes it" not in page
