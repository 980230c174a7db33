"""The pages of missed sessions and of reviews: both choices side by side, one button each, and what waits for a decision."""

from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest

from builders import phase, protocol
from desks import SITE_ID, at
from planner.domain.attendance import MarkKind
from planner.domain.clinic import MissedPolicy
from planner.domain.course import AppointmentStatus
from planner.domain.protocol import Review
from planner.domain.roles import Role
from planner.domain.scores import Scale
from planner.services import attendance, scores


def missed(desk, when="15:00"):
    course = desk.begin()
    first, second, *_ = desk.book(course).appointments
    desk.clock.now = at("01-05", "10:20")
    for kind in (MarkKind.ARRIVED, MarkKind.DOSED):
        first = attendance.record(desk.scheduler, appointment_id=first.id, kind=kind, version=first.version)
    desk.clock.now = at("01-07", when)
    second = attendance.record(desk.scheduler, appointment_id=second.id, kind=MarkKind.NO_SHOW, version=second.version)
    return course, second


def policy(desk, wanted):
    with desk.store.begin(SITE_ID) as uow:
        uow.calendar.lock(desk.clock())
        uow.clinics.save(replace(uow.clinics.get(desk.clock()), missed=wanted))


def booking_of(desk, course, start, choice="make-up"):
    return {"choice": choice, "version": desk.course(course).version, "start": at(*start).isoformat(), "tell": "yes"}


def test_both_choices_stand_side_by_side_with_what_the_policy_proposes(web, desk):
    _, one = missed(desk)
    page = unescape(web.signed_in().get(f"/appointments/{one.id}/missed").text)
    assert "Make up in the same treatment week" in page
    assert "Append at the end" in page
    assert page.count("proposed by the clinic's policy") == 1
    assert "Fri 8 January 2027, 10:00 EST" in page
    assert "Tue 19 January 2027, 10:00 EST" in page
    assert "a clinician decides" in page


def test_a_clinician_sees_a_button_for_each(web, desk):
    _, one = missed(desk)
    page = web.signed_in(Role.CLINICIAN).get(f"/appointments/{one.id}/missed").text
    assert page.count(">Book ") == 2


def test_the_button_books_what_was_shown_and_offers_to_undo_it(web, desk):
    course, one = missed(desk)
    browser = web.signed_in()
    done = browser.post(f"/appointments/{one.id}/missed", booking_of(desk, course, ("01-08", "10:00")))
    assert (done.status_code, done.location) == (303, f"/courses/{course.id}")
    assert desk.walls(course) == ["01-08 10:00", "01-12 10:00", "01-14 10:00"]
    assert "Booked Fri 8 January 2027, 10:00 EST." in browser.get(f"/courses/{course.id}").text
    again = browser.get(f"/appointments/{one.id}/missed").text
    assert "there is nothing to make up" in again


def test_what_the_policy_does_not_propose_is_refused_at_the_desk(web, desk):
    course, one = missed(desk)
    refused = web.signed_in().post(f"/appointments/{one.id}/missed", booking_of(desk, course, ("01-19", "10:00"), "append"))
    assert refused.status_code == 403
    assert len(desk.live(course)) == 2


def test_a_stale_page_is_shown_again_as_it_is_now(web, desk):
    course, one = missed(desk)
    stale = {**booking_of(desk, course, ("01-08", "10:00")), "version": 1}
    refused = web.signed_in().post(f"/appointments/{one.id}/missed", stale)
    assert refused.status_code == 409
    assert "Nothing was stored" in refused.text
    assert "Make up in the same treatment week" in refused.text


def test_a_week_without_room_says_of_each_day_why(web, desk):
    course = desk.begin()
    first = desk.book(course).appointments[0]
    desk.clock.now = at("01-05", "15:00")
    attendance.record(desk.scheduler, appointment_id=first.id, kind=MarkKind.NO_SHOW, version=first.version)
    page = unescape(web.signed_in().get(f"/appointments/{first.id}/missed").text)
    assert "Not possible" in page
    assert "Wed 6 January" in page
    assert "the plan needs 2" in page


def test_an_appointment_that_was_not_missed_has_no_such_page(web, desk):
    course = desk.begin()
    one = desk.book(course).appointments[0]
    assert web.signed_in().get(f"/appointments/{one.id}/missed").status_code == 409


def test_the_mark_the_task_and_the_course_lead_there(web, desk):
    course, one = missed(desk)
    browser, there = web.signed_in(), f"/appointments/{one.id}/missed"
    for page in (f"/appointments/{one.id}/attendance", "/tasks", f"/courses/{course.id}"):
        assert f'href="{there}"' in browser.get(page).text


def test_two_misses_within_fourteen_days_are_flagged_on_the_course_and_the_task(web, desk):
    course, _ = missed(desk)
    third = desk.live(course)[0]
    desk.clock.now = at("01-12", "15:00")
    attendance.record(desk.scheduler, appointment_id=third.id, kind=MarkKind.NO_SHOW, version=third.version)
    browser = web.signed_in()
    assert "Two misses within 14 days of the induction" in browser.get(f"/courses/{course.id}").text
    assert "two misses within 14 days" in browser.get("/tasks").text
    assert "Two misses within 14 days" in browser.get(f"/appointments/{third.id}/missed").text


@pytest.mark.parametrize("wanted", list(MissedPolicy))
def test_an_administrator_sets_the_policy(web, desk, wanted):
    with desk.store.read(SITE_ID) as uow:
        version = uow.clinics.version()
    done = web.signed_in(Role.ADMIN).post("/settings/missed", {"missed": wanted.value, "version": version})
    assert done.status_code == 303
    with desk.store.read(SITE_ID) as uow:
        assert uow.clinics.get(desk.clock()).missed is wanted
    assert len(desk.audit("set-missed-policy")) == 1


def test_a_policy_from_a_stale_page_or_by_the_desk_is_refused(web, desk):
    assert web.signed_in(Role.ADMIN).post("/settings/missed", {"missed": "ask", "version": 99}).status_code == 409
    assert web.signed_in().post("/settings/missed", {"missed": "ask", "version": 1}).status_code == 403
    assert web.signed_in(Role.ADMIN).post("/settings/missed", {"missed": "guess", "version": 1}).status_code == 422
    assert "Ask: a clinician chooses" not in web.signed_in().get("/settings/missed").text


def reviewed(desk):
    rows = phase("induction", 2, (2, 3, 5), pattern="Tue Thu", per_week=2)
    induction = replace(rows, review=Review("Evaluate the benefit"))
    desk.publish(replace(protocol(induction, phase("weekly", 2, (5, 7, 10))), name="reviewed"))
    course = desk.begin("reviewed")
    desk.book(course)
    return course


def test_a_review_is_listed_when_its_phase_ends_and_is_overdue_after_its_days(web, desk):
    course = reviewed(desk)
    page = web.signed_in(Role.CLINICIAN).get("/reviews").text
    assert "No review is due" in page
    assert "When their phases end" in page
    desk.clock.now = at("01-08", "09:00")
    page = web.signed_in(Role.CLINICIAN).get("/reviews").text
    assert "decide by Thu 14 January" in page
    assert "2 tentative" in page
    assert f"/courses/{course.id}/orders/continue?phase=induction" in page
    desk.clock.now = at("01-15", "09:00")
    assert "overdue" in web.signed_in(Role.CLINICIAN).get("/reviews").text


def test_a_review_shows_the_first_and_the_latest_score(web, desk):
    course = reviewed(desk)
    for value, day in ((17, "2027-01-03"), (7, "2027-01-04")):
        scores.record(
            desk.scheduler, patient_id=course.patient_id, scale=Scale.PHQ_9, value=value, day=date.fromisoformat(day)
        )
    page = web.signed_in().get("/reviews").text
    assert "PHQ-9 17 to <b>7</b>" in page


def test_the_desk_sees_a_review_and_does_not_decide_it(web, desk):
    reviewed(desk)
    page = web.signed_in().get("/reviews").text
    assert "A clinician decides" in page
    assert "/orders/" not in page


def test_a_review_that_somebody_ticked_off_undecided_stays_listed(web, desk):
    reviewed(desk)
    (task,) = desk.tasks("review")
    web.signed_in().post(f"/tasks/{task.id}/done", {"reason": "spoke with her"})
    assert "2 tentative" in web.signed_in().get("/reviews").text


def test_one_step_decides_and_the_list_is_empty(web, desk):
    course = reviewed(desk)
    browser = web.signed_in(Role.CLINICIAN)
    shown = browser.post(f"/courses/{course.id}/orders/continue/preview", {"phase": "induction"})
    assert shown.status_code == 200
    assert {one.status for one in desk.live(course)} == {AppointmentStatus.BOOKED, AppointmentStatus.TENTATIVE}


def test_what_waits_is_tentative_on_every_page(web, desk):
    course = reviewed(desk)
    third = desk.live(course)[2]
    browser, day = web.signed_in(), third.start_at.date()
    assert "2 tentative" in browser.get(f"/courses/{course.id}").text
    for page in (f"/?day={day}", f"/week?day={day}", f"/list?first={day}&last={day}", f"/appointments/{third.id}",
                 f"/appointments/{third.id}/attendance"):  # fmt: skip
        text = browser.get(page).text
        assert "i-tent" in text, page
        assert "tentative" in text.lower(), page


def test_a_dose_before_the_decision_is_shown_as_one(web, desk):
    course = reviewed(desk)
    third = desk.live(course)[2]
    desk.clock.now = third.start_at + timedelta(minutes=40)
    for kind in (MarkKind.ARRIVED, MarkKind.DOSED):
        third = attendance.record(desk.scheduler, appointment_id=third.id, kind=kind, version=third.version)
    browser = web.signed_in()
    assert "before the review was decided" in browser.get(f"/courses/{course.id}").text
    assert "was decided" in browser.get(f"/appointments/{third.id}/attendance").text


def test_a_move_outside_the_band_is_refused_with_the_order_that_would_allow_it(web, desk):
    course = desk.begin()
    desk.book(course)
    second = desk.live(course)[1]
    sent = {"version": second.version, "day": "2027-01-06", "time": "10:00"}
    refused = web.signed_in().post(f"/appointments/{second.id}/move", sent)
    assert (refused.status_code, "override the spacing of this session" in refused.text) == (422, True)
    assert f"orders/override?appointment_id={second.id}" not in refused.text
    refused = web.signed_in(Role.CLINICIAN).post(f"/appointments/{second.id}/move", sent)
    assert f"orders/override?appointment_id={second.id}" in refused.text
    closed = web.signed_in().post(f"/appointments/{second.id}/move", {**sent, "time": "03:00"})
    assert "order allows it" not in closed.text
