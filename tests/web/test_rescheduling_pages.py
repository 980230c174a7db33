"""The pages on which a closure is looked at, made, given up, and what it leaves is worked off."""

import re
from html import unescape

import pytest

from builders import uid
from closures import DROP_MONDAYS, A, B, C, monday_desk
from desks import at
from planner.domain.course import LIVE
from planner.domain.roles import Role
from planner.domain.span import Span
from planner.services import booking, calendar, rescheduling
from webdesk import web_desk

THURSDAY = {"first_day": "2027-01-07", "reason": "flood"}


@pytest.fixture
def series(desk):
    course = desk.begin()
    desk.book(course)
    return course


@pytest.fixture
def scheduler(web):
    return web.signed_in(Role.SCHEDULER)


@pytest.fixture
def mondays(sqlite_store):
    desk, courses = monday_desk(sqlite_store)
    return desk, courses, web_desk(desk).signed_in(Role.ADMIN)


def version(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.clinics.version()


def words(page):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def see(browser, desk, address="/reschedule/closure", **sent):
    """Ask what a change affects; gives the address of the page that says so."""
    response = browser.post(address, {**(sent or THURSDAY), "version": str(version(desk))})
    assert response.status_code == 303, response.text
    return response.location


def kept_version(browser, address):
    return re.search(r'name="version" value="(\d+)"', browser.get(address).text)[1]


def commit(browser, address, **more):
    return browser.post(f"{address}/commit", {"version": kept_version(browser, address), "tell": "yes", **more})


def test_the_closures_page_shows_first_and_closes_later(scheduler):
    page = scheduler.get("/settings/closures").text
    assert 'action="/reschedule/closure"' in page
    assert 'formaction="/settings/closures">Close now, decide later' in page


def test_a_closure_is_shown_and_then_made(scheduler, desk, series):
    address = see(scheduler, desk)
    page = words(scheduler.get(address).text)
    assert "Closed on Thursday 7 January 2027" in page
    assert "Move Thu 7 Jan 10:00 EST" in page
    assert "flood" in page
    assert desk.walls(series)[1] == "01-07 10:00"
    done = commit(scheduler, address)
    assert done.location.startswith("/settings/changes/")
    said = words(scheduler.get(done.location).text)
    assert "Made, as it was shown. 1 patient gets a message." in said
    assert "1 course or visit planned with it" in said
    assert not any(one.startswith("01-07") for one in desk.walls(series))
    assert "Made" in scheduler.get(address).text


def test_a_made_one_cannot_be_made_twice(scheduler, desk, series):
    address = see(scheduler, desk)
    sent = {"version": kept_version(scheduler, address)}
    assert scheduler.post(f"{address}/commit", sent).status_code == 303
    again = scheduler.post(f"{address}/commit", sent)
    assert again.status_code == 409
    assert "Nothing was made" in again.text


def test_what_no_longer_fits_is_shown_beside_what_was_seen(scheduler, desk, series):
    address = see(scheduler, desk)
    sent = {"version": kept_version(scheduler, address)}
    second = desk.live(series)[1]
    booking.move(desk.scheduler, appointment_id=second.id, start=at("01-07", "14:00"), version=second.version)
    refused = scheduler.post(f"{address}/commit", sent)
    assert refused.status_code == 409
    page = words(refused.text)
    assert "Nothing was made: what you saw has changed" in page
    assert "planned again" in page
    assert "You saw:" in page
    assert "Move Thu 7 Jan 14:00 EST" in page
    assert commit(scheduler, address).status_code == 303


def test_one_that_is_given_up_changes_nothing(scheduler, desk, series):
    before, address = desk.walls(series), see(scheduler, desk)
    assert "Closed on Thursday 7 January 2027" in scheduler.get("/reschedule").text
    assert scheduler.post(f"{address}/cancel").location == "/reschedule"
    assert "Given up. Nothing was changed." in scheduler.get("/reschedule").text
    assert desk.walls(series) == before
    assert "Nothing of it was made" in scheduler.get(address).text


def test_while_it_is_planned_a_page_without_script_looks_again(scheduler, desk, series, monkeypatch):
    monkeypatch.setattr(rescheduling, "INLINE", 0)
    address = see(scheduler, desk)
    page = scheduler.get(address).text
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert 'max="1" value="0"' in page
    assert f'data-progress="{address}/progress"' in page
    assert "/commit" not in page
    assert scheduler.get(f"{address}/progress").json == {"status": "waiting", "done": 0, "total": 1}
    rescheduling.compute_waiting(desk.acting(Role.SYSTEM), lambda: False)
    assert scheduler.get(f"{address}/progress").json == {"status": "ready", "done": 1, "total": 1}
    assert "http-equiv" not in scheduler.get(address).text


def test_an_absence_that_others_cover_asks_nobody_to_move(scheduler, desk, series):
    nurse = next(iter(desk.taken_by(desk.live(series)[1].id) & {uid("nurse 1"), uid("nurse 2")}))
    address = see(scheduler, desk, f"/reschedule/resources/{nurse}/absence", **THURSDAY)
    page = words(scheduler.get(address).text)
    assert "Nothing that is booked must move" in page
    assert "1 given to somebody or something else at the same time" in page
    assert commit(scheduler, address).status_code == 303
    assert nurse not in desk.taken_by(desk.live(series)[1].id)


def test_a_refused_form_stays_on_its_page(scheduler, desk):
    sent = {"first_day": "2027-01-07", "last_day": "2027-01-01", "version": str(version(desk))}
    response = scheduler.post("/reschedule/closure", sent)
    assert response.status_code == 422
    assert 'value="2027-01-07"' in response.text
    nurse = scheduler.post(f"/reschedule/resources/{uid('nurse 1')}/absence", sent)
    assert '<details class="more" open><summary class="panel-head">Enter an absence' in nurse.text


def test_a_stale_settings_page_is_refused(scheduler, desk):
    sent = {**THURSDAY, "version": str(version(desk))}
    calendar.close(desk.scheduler, span=Span(at("02-07", "00:00"), at("02-08", "00:00")), reason="party")
    assert scheduler.post("/reschedule/closure", sent).status_code == 409


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"weekday": "6", "from_day": "2027-01-10"}, "weekday"), ({"weekday": "0", "from_day": "2026-01-10"}, "from_day")],
)  # fmt: skip
def test_a_weekday_that_cannot_be_closed_is_refused_by_its_field(web, desk, sent, field):
    response = web.signed_in(Role.ADMIN).post("/reschedule/weekday", {**sent, "version": str(version(desk))})
    assert response.status_code == 422
    assert f'aria-describedby="h-{field}" aria-invalid="true"' in response.text


def test_what_is_left_is_moved_from_the_worklist(scheduler, desk, series):
    calendar.close(desk.scheduler, span=Span(at("01-07", "00:00"), at("01-08", "00:00")), reason="flood")
    page = scheduler.get("/reschedule/unresolved").text
    assert "closed on Thu 7 January (flood)" in words(page)
    start = re.search(r'name="at" value="([^"]+)"', page)[1]
    left = desk.live(series)[1]
    sent = {"version": str(left.version), "tell": "yes", "at": start}
    assert scheduler.post(f"/appointments/{left.id}/move", sent).status_code == 303
    assert "Nothing is left" in scheduler.get("/reschedule/unresolved").text


def test_what_is_left_is_planned_anew_at_once(scheduler, desk, series):
    calendar.close(desk.scheduler, span=Span(at("01-07", "00:00"), at("01-08", "00:00")), reason="flood")
    address = scheduler.post("/reschedule/again").location
    assert "What cannot be given as booked, planned anew" in scheduler.get(address).text
    assert commit(scheduler, address).status_code == 303
    assert "Nothing is left" in scheduler.get("/reschedule/unresolved").text


class TestA8:
    def test_dropping_mondays_is_previewed_and_made_as_the_scenario_says(self, mondays):
        desk, courses, admin = mondays
        address = see(admin, desk, "/reschedule/weekday", weekday="0", from_day="2027-07-01")
        page = words(admin.get(address).text)
        assert "3 courses or visits affected" in page
        assert "Move Mon 5 Jul 10:00 EDT to Tue 6 Jul 10:00 EDT" in page
        assert "Nearest, if the patient agrees: Tue 13 Jul 10:00 EDT, Wed 14 Jul 10:00 EDT, Sat 10 Jul 10:00 EDT" in page
        assert "The longest gap ends Mon 19 July; the last usable day is Sat 17 July" in page
        assert "Tell 2 patients, one message each" in page
        assert commit(admin, address).status_code == 303
        assert desk.walls(courses[A]) == ["07-12 10:00"]
        assert desk.live(courses[A])[0].status in LIVE
        assert desk.walls(courses[B]) == ["07-06 10:00", "07-13 10:00", "07-20 10:00"]
        assert desk.walls(courses[C]) == ["07-01 10:00", "07-06 10:00", "07-08 10:00", "07-13 10:00"]
        left = words(admin.get("/reschedule/unresolved").text)
        assert "1 appointment the clinic cannot give as booked" in left
        assert left.index("Tue 13 Jul 10:00") < left.index("Wed 14 Jul 10:00") < left.index("Sat 10 Jul 10:00")

    def test_the_hours_form_gives_the_same(self, mondays):
        desk, _, admin = mondays
        week = dict.fromkeys(("tue", "wed", "thu", "fri", "sat"), "09:00-17:00")
        address = see(admin, desk, "/reschedule/hours", **week, mon="", sun="", first_day="2027-07-01")
        assert "3 courses or visits affected" in words(admin.get(address).text)

    def test_a_scheduler_may_look_but_not_drop_a_weekday(self, mondays):
        desk, _, _ = mondays
        made = rescheduling.draft(desk.admin, change=DROP_MONDAYS)
        scheduler = web_desk(desk).signed_in(Role.SCHEDULER)
        address = f"/reschedule/{made.id}"
        assert scheduler.get(address).status_code == 200
        assert commit(scheduler, address).status_code == 403
