"""The course page: planned against given on one axis, the days between, what is due, and who did what."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest

from desks import at
from planner.domain.attendance import MarkKind
from planner.domain.course import Given
from planner.domain.orders import ChangeSpacing
from planner.domain.protocol import SpacingRule
from planner.domain.roles import Role
from planner.services import attendance, booking, ordering

MARKUP = "<img src=x onerror=1>"


def mark(desk, course, one, *kinds):
    """Record marks of an appointment at its start, a minute apart."""
    for minutes, kind in enumerate(kinds):
        desk.clock.now = one.start_at + timedelta(minutes=minutes)
        version = next(found.version for found in desk.records(course) if found.id == one.id)
        attendance.record(desk.scheduler, appointment_id=one.id, kind=kind, version=version)


@pytest.fixture
def course(desk):
    """Four sessions: two given, one that nobody came to, one to come."""
    begun = desk.begin()
    first, second, third, _ = desk.book(begun).appointments
    mark(desk, begun, first, MarkKind.ARRIVED, MarkKind.DOSED)
    mark(desk, begun, second, MarkKind.ARRIVED, MarkKind.DOSED)
    mark(desk, begun, third, MarkKind.NO_SHOW)
    return begun


def page_of(web, course, role=Role.SCHEDULER):
    response = web.signed_in(role).get(f"/courses/{course.id}")
    assert response.status_code == 200
    return " ".join(response.text.split())


def row(page, words):
    """The row of the table of sessions that holds some words."""
    return next(one for one in re.findall(r"<tr>.*?</tr>", page) if words in one)


def test_the_page_counts_what_was_given_in_the_phase(web, course):
    assert '<span class="big">2 of 4</span>' in page_of(web, course)


def test_the_next_dose_is_due_by_the_days_after_the_last_one_given(web, course):
    assert "Sat 9 January to Tue 12 January" in page_of(web, course)


def test_a_session_booked_outside_the_window_says_by_how_much(web, course):
    assert "2 days after it is due" in page_of(web, course)


def test_a_gap_beyond_its_rule_is_flagged_with_its_days(web, course):
    assert "▲ 7 days, 2 over" in row(page_of(web, course), "Thu 14 January")


def test_a_no_show_has_no_number_and_no_days(web, course):
    missed = row(page_of(web, course), "Tue 12 January")
    assert "no-show" in missed
    assert "not counted" in missed


def test_what_was_cancelled_stays_struck_through(web, desk, course):
    last = desk.live(course)[-1]
    booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="away")
    assert "<del>Thu 14 January, 10:00 EST</del>" in page_of(web, course)


def test_what_nobody_ever_heard_of_is_left_out(web, desk):
    course = desk.begin()
    last = desk.book(course, told=False).appointments[-1]
    booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="a slip")
    assert "Thu 14 January, 10:00 EST" not in page_of(web, course)


def test_an_order_stands_with_its_reason_and_what_it_replaced(web, desk, course):
    web.hire(Role.CLINICIAN)
    ordering.give(
        desk.clinician, course_id=course.id, order=ChangeSpacing("induction", SpacingRule(3, 4, 9)), reason="slower",
        version=desk.course(course).version,
    )  # fmt: skip
    page = page_of(web, course)
    assert "induction: every 4 days, 3 to 9 days" in page
    assert "Was: every 3 days, 2 to 5 days. Reason: slower" in page


def test_the_history_says_who_did_what_newest_first(web, desk, course):
    browser = web.signed_in()
    last = desk.live(course)[-1]
    sent = {"version": last.version, "reason": "away"}
    assert browser.post(f"/appointments/{last.id}/cancel", sent).status_code == 303
    history = browser.get(f"/courses/{course.id}").text.partition('id="orders"')[2]
    words = ("Cancelled Thu 14 January 10:00", "no-show", "Booked: 4 sessions", "Begun by version 1 of the protocol")
    told = [history.index(one) for one in words]
    assert told == sorted(told)
    assert "Scheduler Person, 10:00 EST. Reason: away" in " ".join(history.split())


def test_a_draft_leads_to_its_plan(web, desk):
    course = desk.begin()
    page = page_of(web, course)
    assert "nothing is booked yet" in page
    assert f"/courses/{course.id}/plan" in page


def test_markup_in_names_and_reasons_is_inert(web, desk):
    course = desk.begin(patient=f"Ada {MARKUP}")
    one = desk.book(course).appointments[0]
    booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason=f"since {MARKUP}")
    browser = web.signed_in()
    pages = [browser.get(path).text for path in (f"/courses/{course.id}", "/courses", f"/appointments/{one.id}")]
    assert not any(MARKUP in page for page in pages)
    assert all("&lt;img src=x onerror=1&gt;" in page for page in pages)


def test_no_style_and_no_script_stands_in_the_page(web, course):
    page = page_of(web, course).partition("<main")[2]
    assert not re.search(r"\sstyle=|<script|\son\w+=", page)


def test_the_texts_of_the_axis_do_not_cover_each_other(web, course):
    shape = r'<text class="[^"]*" x="([\d.]+)" y="(\d+)[.\d]*"( text-anchor="middle")?>([^<]+)<'
    drawn = re.findall(shape, page_of(web, course))
    reach = [
        (float(y), float(x) - (len(words) * 3.3 if middle else 0), float(x) + len(words) * (3.3 if middle else 6.6))
        for x, y, middle, words in drawn
    ]
    rows = {y: sorted(span[1:] for span in reach if span[0] == y) for y in {span[0] for span in reach}}
    assert len(drawn) > 8
    assert all(left[1] <= right[0] for spans in rows.values() for left, right in pairwise(spans))


@pytest.mark.parametrize("days", [1, 400, 9000])
def test_a_course_of_any_length_fits_a_drawing(web, desk, days):
    course = desk.begin(given=[Given("induction", date(2027, 1, 4) - timedelta(days=days), elsewhere=True)])
    width = int(re.search(r'<svg class="chart natural" width="(\d+)"', page_of(web, course))[1])
    assert 1000 <= width <= 6000


def test_courses_are_listed_by_status_with_what_is_next(web, desk, course):
    draft = desk.begin(patient="Grace Hopper")
    browser = web.signed_in()
    active, drafts = browser.get("/courses").text, browser.get("/courses?status=draft").text
    assert f"/courses/{course.id}" in active
    assert "Thu 14 January 2027, 10:00 EST" in active
    assert f"/courses/{draft.id}" not in active
    assert f"/courses/{draft.id}" in drafts


def test_an_unknown_status_is_refused(web):
    assert web.signed_in().get("/courses?status=dream").status_code == 422


def test_an_administrator_sees_a_course_and_changes_nothing(web, desk, course):
    page = page_of(web, course, Role.ADMIN)
    one = web.signed_in(Role.ADMIN).get(f"/appointments/{desk.live(course)[0].id}").text
    assert "2 of 4" in page
    assert "Your role does not allow it" in one


def test_whoever_looks_leaves_a_trace(web, desk, course):
    page_of(web, course)
    assert [entry.subject_id for entry in desk.audit("read")] == [course.id]


def test_a_moved_session_is_measured_where_it_is(web, desk):
    course = desk.begin()
    last = desk.book(course).appointments[-1]
    booking.move(desk.scheduler, appointment_id=last.id, start=at("01-15"), version=last.version)
    assert ">3<" in row(page_of(web, course), "Fri 15 January").replace(" ", "")
