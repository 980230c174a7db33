"""Scores on the pages: recorded, corrected, drawn on the course's axis, and a suggestion that is declined."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest

from builders import phase, protocol
from desks import TUESDAY, at, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.course import Given
from planner.domain.protocol import Measure, Moment, PhaseKind
from planner.domain.roles import Role
from planner.domain.scores import Scale
from planner.services import attendance, score_pages, scores
from planner.services.suggestions import SUGGESTION_TASK
from webdesk import web_desk

PHQ, MADRS = Scale.PHQ_9, Scale.MADRS


@pytest.fixture
def desk(sqlite_store):
    weekly = replace(phase("weekly", 4, (5, 7, 10)), kind=PhaseKind.TAPER)
    kept_up = replace(protocol(weekly, phase("fortnightly", 12, (10, 14, 21))), name="kept up")
    desk = open_desk(sqlite_store)
    desk.publish(replace(kept_up, measures=(Measure(PHQ, Moment.VISIT),)))
    return desk


@pytest.fixture
def web(desk):
    return web_desk(desk)


@pytest.fixture
def course(desk):
    days = [date(2026, 12, 1) + timedelta(days=7 * week) for week in range(4)]
    course = desk.begin("kept up", TUESDAY, given=[Given("weekly", day) for day in days])
    desk.book(course)
    return course


def score(desk, value, day=None, scale=PHQ):
    return scores.record(desk.scheduler, patient_id=desk.patient(), scale=scale, value=value, day=day)


def plain(page):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def standing(desk):
    return [one.value for one in score_pages.of_patient(desk.scheduler, patient_id=desk.patient()).standing]


def test_a_score_is_recorded_from_the_courses_page_and_leads_back_to_it(desk, web, course):
    browser = web.signed_in()
    sent = browser.post(
        f"/patients/{desk.patient()}/scores", {"scale": "phq-9", "value": "17", "day": "2027-01-03", "course": course.id}
    )
    assert (sent.status_code, sent.location) == (303, f"/courses/{course.id}#scores")
    assert "PHQ-9 of 17 recorded: moderately severe." in browser.get(f"/courses/{course.id}").text


def test_a_score_is_recorded_at_a_visit(desk, web, course):
    visit = desk.live(course)[0]
    browser = web.signed_in()
    assert "PHQ-9 due at this visit" in plain(browser.get(f"/appointments/{visit.id}/attendance"))
    sent = browser.post(f"/patients/{desk.patient()}/scores", {"scale": "phq-9", "value": "17", "visit": visit.id})
    assert sent.location == f"/appointments/{visit.id}/attendance#scores"
    page = plain(browser.get(f"/appointments/{visit.id}/attendance"))
    assert "none is due at this visit" in page
    assert "Mon 4 January: PHQ-9 17 , moderately severe" in page


def test_a_score_that_cannot_be_is_refused_with_the_form_filled_in(desk, web):
    sent = web.signed_in().post(f"/patients/{desk.patient()}/scores", {"scale": "madrs", "value": "61", "day": "2027-01-03"})
    assert sent.status_code == 422
    assert "MADRS goes from 0 to 60" in sent.text
    assert 'value="61"' in sent.text
    assert '<option value="madrs" selected>' in sent.text
    assert standing(desk) == []


@pytest.mark.parametrize(
    "wrong", [{"value": "x"}, {"day": "2027-01-05"}, {"day": "17"}, {"scale": "bdi"}, {"value": ""}, {"more": "1"}],
)  # fmt: skip
def test_nothing_is_stored_of_a_form_that_is_wrong(desk, web, wrong):
    sent = web.signed_in().post(f"/patients/{desk.patient()}/scores", {"scale": "phq-9", "value": "17"} | wrong)
    assert sent.status_code == 422
    assert standing(desk) == []


def test_a_score_is_corrected_with_a_reason_and_the_first_stays_in_sight(desk, web, course):
    first = score(desk, 17)
    browser = web.signed_in()
    sent = browser.post(
        f"/patients/{desk.patient()}/scores/{first.id}/correct",
        {"value": "7", "day": "2027-01-04", "reason": "misread", "course": course.id},
    )
    assert sent.location == f"/courses/{course.id}#scores"
    page = browser.get(f"/patients/{desk.patient()}/scores").text
    assert "<del>PHQ-9 17</del>" in page
    assert "<b>PHQ-9 7</b>" in page
    assert ", a correction: misread" in page


def test_a_score_is_withdrawn(desk, web):
    first = score(desk, 17)
    web.signed_in().post(
        f"/patients/{desk.patient()}/scores/{first.id}/correct",
        {"value": "17", "day": "2027-01-04", "reason": "another patient", "withdraw": "yes"},
    )
    assert standing(desk) == []


def test_a_correction_without_a_reason_keeps_its_form_open(desk, web):
    first = score(desk, 17)
    sent = web.signed_in().post(f"/patients/{desk.patient()}/scores/{first.id}/correct", {"value": "7", "reason": ""})
    assert sent.status_code == 422
    assert re.search(r"<details open><summary>Correct", sent.text)
    assert standing(desk) == [17]


def test_the_correction_that_a_link_asks_for_is_open(desk, web):
    first = score(desk, 17)
    page = web.signed_in().get(f"/patients/{desk.patient()}/scores?score={first.id}").text
    assert page.count("<details open>") == 1


def test_an_administrator_sees_scores_and_records_none(desk, web):
    score(desk, 17)
    browser = web.signed_in(Role.ADMIN)
    page = browser.get(f"/patients/{desk.patient()}/scores").text
    assert "PHQ-9 17" in page
    assert "/correct" not in page
    assert browser.post(f"/patients/{desk.patient()}/scores", {"scale": "phq-9", "value": "1"}).status_code == 403


def test_the_scale_with_the_most_scores_is_drawn_and_another_can_be_chosen(desk, web, course):
    for value, day in ((22, date(2026, 12, 1)), (14, date(2026, 12, 8))):
        score(desk, value, day)
    score(desk, 33, date(2026, 12, 1), MADRS)
    browser = web.signed_in()
    drawn = browser.get(f"/courses/{course.id}").text
    assert "Planned and given sessions and PHQ-9 on one axis" in drawn
    assert "response: 11 or less (baseline 22)" in drawn
    assert f'href="/courses/{course.id}?scale=madrs#tl"' in drawn
    assert "response: 16 or less (baseline 33)" in browser.get(f"/courses/{course.id}?scale=madrs").text


def test_the_drawing_says_its_scores_to_whoever_cannot_see_them(desk, web, course):
    for value, day in ((22, date(2026, 12, 1)), (25, date(2026, 12, 8)), (9, date(2026, 12, 15))):
        score(desk, value, day)
    said = re.search(r"<desc[^>]*>(.*?)</desc>", web.signed_in().get(f"/courses/{course.id}").text)[1]
    assert "PHQ-9, 3 scores: 22 on 1 December, 9 on 15 December; highest 25 on 8 December" in said
    assert "Baseline 22, the last is a response." in said


def test_the_table_says_what_each_score_is(desk, web, course):
    for value, day in ((22, date(2026, 12, 1)), (4, date(2026, 12, 8))):
        score(desk, value, day)
    page = plain(web.signed_in().get(f"/courses/{course.id}"))
    assert "22 severe, the baseline" in page
    assert "4 none to minimal, remission, response, 18 below the baseline" in page


def test_a_course_without_a_score_has_no_empty_grid(web, course):
    page = web.signed_in().get(f"/courses/{course.id}").text
    assert "c-dot" not in page
    assert "No score yet" in page


def test_one_score_is_a_square_without_a_line(desk, web, course):
    score(desk, 17)
    page = web.signed_in().get(f"/courses/{course.id}").text
    assert 'class="c-score"' not in page
    assert page.count('class="c-dot"') == 2  # the score, and the key


def test_a_scale_that_is_none_is_refused(web, course):
    assert web.signed_in().get(f"/courses/{course.id}?scale=bdi").status_code == 422


@pytest.fixture
def suggested(desk, course):
    """The suggestion of 12 January, after the session of the 5th was missed."""
    score(desk, 7)
    one = desk.live(course)[0]
    desk.clock.now = at("01-12", "12:00")
    attendance.record(
        desk.scheduler, appointment_id=one.id, kind=MarkKind.NO_SHOW, version=one.version, at=at("01-05", "10:30")
    )
    score(desk, 17)
    (task,) = desk.tasks(SUGGESTION_TASK)
    return task


def test_a_suggestion_stands_on_the_courses_page_and_leads_to_the_order(web, course, suggested):
    page = web.signed_in(Role.CLINICIAN).get(f"/courses/{course.id}").text
    assert "PHQ-9 up from 7 to 17 after a missed session: consider weekly" in page
    (link,) = re.findall(r'href="([^"]+)">Look at it</a>', page)
    assert unescape(link) == (
        f"/courses/{course.id}/orders/spacing?phase=fortnightly&every=7&unit=days&min_days=5&max_days=10"
    )


def test_the_order_that_a_suggestion_leads_to_is_filled_in(web, course, suggested):
    browser = web.signed_in(Role.CLINICIAN)
    (link,) = re.findall(r'href="([^"]+)">Look at it</a>', browser.get(f"/courses/{course.id}").text)
    page = browser.get(unescape(link))
    assert page.status_code == 200
    assert re.search(r'name="every"[^>]*value="7"', page.text)


def test_a_scheduler_reads_a_suggestion_and_answers_none(web, course, suggested):
    browser = web.signed_in()
    page = browser.get(f"/courses/{course.id}").text
    assert "consider weekly" in page
    assert "Look at it" not in page
    sent = browser.post(f"/courses/{course.id}/suggestions/{suggested.id}/decline", {"reason": "no"})
    assert sent.status_code == 403
    assert f"/tasks/{suggested.id}" not in browser.get("/tasks").text


def test_declining_says_from_when_the_next_may_come(web, course, suggested):
    browser = web.signed_in(Role.CLINICIAN)
    sent = browser.post(f"/courses/{course.id}/suggestions/{suggested.id}/decline", {"reason": "the ride failed"})
    assert sent.status_code == 303
    page = plain(browser.get(f"/courses/{course.id}"))
    assert "Suggestion declined" in page
    assert "Reason: the ride failed" in page
    assert "PHQ-9 up from 7 to 17 after a missed session: consider weekly. Next suggestion from 9 Feb 2027." in page
    assert "Or decline" not in page


def test_a_suggestion_that_holds_no_longer_is_not_lost_without_a_word(desk, web, course, suggested):
    desk.clock.now = at("01-14", "12:00")
    score(desk, 9)
    page = plain(web.signed_in(Role.CLINICIAN).get(f"/courses/{course.id}"))
    assert "Tue 12 January, suggested: PHQ-9 up from 7 to 17 after a missed session: consider weekly." in page
    assert "No longer holds on Thu 14 January. Next suggestion from 11 Feb 2027." in page
    assert "Or decline" not in page


def test_declining_without_a_reason_shows_it_again(desk, web, course, suggested):
    sent = web.signed_in(Role.CLINICIAN).post(f"/courses/{course.id}/suggestions/{suggested.id}/decline", {"reason": " "})
    assert sent.status_code == 422
    assert "consider weekly" in sent.text
    assert desk.tasks(SUGGESTION_TASK) == [suggested]


def test_declining_twice_is_refused(web, course, suggested):
    browser = web.signed_in(Role.CLINICIAN)
    address = f"/courses/{course.id}/suggestions/{suggested.id}/decline"
    browser.post(address, {"reason": "the ride failed"})
    assert browser.post(address, {"reason": "the ride failed"}).status_code == 409


def test_a_score_that_is_due_is_named_among_the_tasks(desk, web, course):
    scores.owe_scores(desk.scheduler)
    assert "Record the PHQ-9 score" in web.signed_in().get("/tasks").text


def test_no_score_is_sent_anywhere(desk, course, suggested):
    with desk.store.read(desk.clinic_id) as uow:
        owed = [notice for one in desk.records(course) for notice in uow.notices.of_appointment(one.id)]
    assert "phq" not in repr(owed).lower()
