"""The drift list: who, since when, and one button for each time that keeps every rule."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest

from builders import phase, protocol
from desks import at
from planner.domain.course import Away, Given
from planner.domain.roles import Role
from planner.domain.span import Span
from planner.services import booking, calendar
from planner.services.booking import Scope


@pytest.fixture
def course(desk):
    """A weekly course last given on 30 December, whose next session is booked four days after its maximum gap."""
    desk.publish(replace(protocol(phase("weekly", 6, (5, 7, 9))), name="weekly"))
    away = (Away(date(2027, 1, 4), date(2027, 1, 11)),)
    begun = desk.begin("weekly", date(2027, 1, 4), given=(Given("weekly", date(2026, 12, 30)),), away=away)
    desk.book(begun)
    with desk.store.begin(desk.clinic_id) as uow:  # the journey was called off
        kept = uow.courses.get(begun.id)
        uow.courses.save(replace(kept, preferences=replace(kept.preferences, away=())))
    desk.clock.now += timedelta(minutes=1)
    return begun


def press(browser, page, number=0):
    """Press one of the page's times."""
    form = re.findall(r'<form method="post" action="(/drift/[^"]+)">(.*?)</form>', page, re.DOTALL)[number]
    data = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form[1])}
    data.pop("csrf_token", None)
    return browser.post(form[0], data)


def cancelled(desk, course):
    first = desk.live(course)[0]
    booking.cancel(
        desk.scheduler, appointment_id=first.id, version=first.version, reason="moving", scope=Scope.COURSE
    )
    desk.clock.now += timedelta(minutes=1)


def test_nobody_drifts_at_first(web):
    assert "has its next session in time" in web.signed_in().get("/drift").text


def test_a_row_says_who_and_by_how_much(web, course):
    page = web.signed_in().get("/drift").text
    for words in ("Ada Lovelace", "30 Dec 2026", "8 Jan 2027", "12 Jan 2027", "Mon 4 Jan, 10:00"):
        assert words in page
    assert "1 active course that will pass the maximum gap, or has" in page


def test_one_press_moves_the_next_appointment_and_can_be_undone(web, desk, course):
    browser = web.signed_in()
    assert press(browser, browser.get("/drift").text, 1).status_code == 303
    assert desk.walls(course)[0] == "01-05 10:00"
    page = browser.get("/drift").text
    assert "Moved to Tue 5 January 2027" in page
    assert "Undo" in page


def test_one_press_books_where_nothing_is_booked(web, desk, course):
    cancelled(desk, course)
    browser = web.signed_in()
    page = browser.get("/drift").text
    assert "nothing booked" in page
    assert press(browser, page).status_code == 303
    assert len(desk.live(course)) == 1


def test_a_time_that_was_taken_meanwhile_is_refused_with_the_times_of_now(web, desk, course):
    browser = web.signed_in()
    page = browser.get("/drift").text
    calendar.close(desk.scheduler, span=Span(at("01-04", "00:00"), at("01-05", "00:00")), reason="flood")
    answer = press(browser, page)
    assert answer.status_code == 422
    assert "Not booked" in answer.text
    assert "flood" in answer.text
    assert desk.walls(course)[0] == "01-12 10:00"


def test_a_page_that_is_stale_moves_nothing(web, desk, course):
    browser = web.signed_in()
    page = browser.get("/drift").text
    first = desk.live(course)[0]
    booking.move(desk.scheduler, appointment_id=first.id, start=at("01-12", "13:00"), version=first.version)
    assert press(browser, page).status_code == 409
    assert desk.walls(course)[0] == "01-12 13:00"


def test_a_booking_that_somebody_else_made_first_is_not_made_twice(web, desk, course):
    cancelled(desk, course)
    browser = web.signed_in()
    page = browser.get("/drift").text
    assert press(browser, page).status_code == 303
    assert press(browser, page, 1).status_code == 409
    assert len(desk.live(course)) == 1


def test_where_no_time_helps_the_order_that_does_is_named(web, desk, course):
    cancelled(desk, course)
    desk.clock.now = at("01-26", "08:00")
    assert f"/courses/{course.id}/orders/resume" in web.signed_in(Role.CLINICIAN).get("/drift").text
    assert "A clinician can resume the course" in web.signed_in(Role.SCHEDULER).get("/drift").text


def test_who_may_only_look_has_no_buttons(web, course):
    page = web.signed_in(Role.ADMIN).get("/drift").text
    assert "Ada Lovelace" in page
    assert "/drift/appointments" not in page


@pytest.mark.parametrize("sent", [{}, {"version": "1"}, {"version": "1", "at": "soon"}, {"version": "1", "at": "01-05"}])
def test_what_is_no_time_is_refused(web, desk, course, sent):
    first = desk.live(course)[0]
    assert web.signed_in().post(f"/drift/appointments/{first.id}", sent).status_code == 422
