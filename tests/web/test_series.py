"""A new course at the desk: from the patient to a booked series, and everything that can come in between."""

import re
from dataclasses import replace
from html import unescape

import pytest
from sqlalchemy import text

from builders import clinic, uid
from desks import at, open_desk
from planner.domain.course import CourseStatus
from planner.domain.roles import Role
from planner.domain.span import Span, minute_of
from planner.services import calendar
from webdesk import BASE

START = "2027-01-05"


@pytest.fixture
def browser(web):
    return web.signed_in()


def asked(desk, protocol="course", **more):
    """What the form of a new course sends."""
    who = {"patient": desk.patient(), "protocol": protocol, "version": "1"}
    return {**who, "start": START, "at": "10:00", "days": ["0-1", "0-3"], **more}


def draft(browser, desk, protocol="course", **more):
    """Begin a course by its form, and give the address of its plan."""
    response = browser.post("/courses/new", asked(desk, protocol, **more))
    assert response.status_code == 303, said(response)
    return response.location


def said(response):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.text)))


def starts(response):
    """The wall starts that the page shows, in order: "2027-01-05T10:00"."""
    return [found[:16] for found in re.findall(r'<time datetime="([^"]+)"', response.text)]


def hidden(response, name):
    found = re.search(rf'name="{name}" value="([^"]*)"', response.text)
    assert found, name
    return unescape(found[1])


def course_of(address):
    return address.split("/courses/")[1].split("/")[0]


def book(browser, address, page=None, **more):
    page = page or browser.get(address)
    return browser.post(f"/courses/{course_of(address)}/book", {"shown": hidden(page, "shown"), "tell": "yes", **more})


def live(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return [one for one in uow.appointments.of_patient(desk.patient()) if one.status == "booked"]


def drafts_in(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.courses.with_status(CourseStatus.DRAFT)


def everything(desk):
    """How many rows there are of all that a booking writes."""
    with desk.store.engine.connect() as connection:
        tables = ("appointment", "occupancy", "course", "task", "notice", "undo", "audit")
        return [connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() for table in tables]


def test_a_patient_is_found_by_a_term_that_travels_by_post(browser, desk):
    desk.patient("Žofie Nováková")
    response = browser.post("/courses/new/patient", {"term": "novakova"})
    assert f"/courses/new?patient={desk.patient('Žofie Nováková')}" in response.text


def test_the_published_protocols_are_offered_for_the_patient(browser, desk):
    page = browser.get(f"/courses/new?patient={desk.patient()}")
    assert 'value="esketamine"' in page.text


def test_the_form_proposes_the_weekdays_of_the_protocol(browser, desk):
    page = browser.post("/courses/new/asked", {"patient": desk.patient(), "protocol": "course"})
    assert re.findall(r'name="days" value="([^"]+)" checked', page.text) == ["0-1", "0-3"]


def test_more_rows_for_sessions_given_keep_what_was_typed(browser, desk):
    sent = asked(desk, given_day=["2027-01-04"], given_phase=["0"], given_where=["elsewhere"], more="rows")
    page = browser.post("/courses/new/asked", sent)
    assert page.text.count('name="given_day"') == 7
    assert 'name="given_day" value="2027-01-04"' in page.text


def test_the_whole_series_is_shown_before_anything_is_booked(browser, desk):
    page = browser.get(draft(browser, desk))
    assert starts(page) == ["2027-01-05T10:00", "2027-01-07T10:00", "2027-01-12T10:00", "2027-01-14T10:00"]
    assert live(desk) == []


def test_what_was_shown_is_what_is_booked(browser, desk):
    address = draft(browser, desk, "psychotherapy", days=["0-2"])
    page = browser.get(address)
    response = book(browser, address, page)
    assert response.location == f"/courses/{course_of(address)}"
    assert sorted(one.wall_start for one in live(desk)) == sorted(starts(page))


def test_after_booking_the_desk_says_how_many_sessions_and_offers_the_undo(browser, desk):
    book(browser, draft(browser, desk))
    with browser.client.session_transaction(base_url=BASE) as session:
        *_, words = session["undo"]
        assert words == "4 sessions booked."


def test_a_patient_who_is_not_to_be_told_gets_no_message(browser, desk):
    address = draft(browser, desk)
    page = browser.get(address)
    browser.post(f"/courses/{course_of(address)}/book", {"shown": hidden(page, "shown")})
    assert [one.told_at for one in live(desk)] == [None] * 4


def test_the_letter_to_the_patient_is_shown_and_neutral(browser, desk):
    page = browser.get(draft(browser, desk, "esketamine"))
    letter = re.search(r"<pre[^>]*>(.*?)</pre>", page.text, re.DOTALL)[1]
    assert "Tuesday, January 5, 2027, 10:00 am, New York time (EST)" in letter.replace("\N{NO-BREAK SPACE}", " ")
    assert "ketamine" not in letter.lower()


def test_sessions_given_before_are_not_planned_again(browser, desk):
    given = {"given_day": ["2026-12-31", ""], "given_phase": ["0", "0"], "given_where": ["elsewhere", "here"]}
    page = browser.get(draft(browser, desk, **given))
    assert len(starts(page)) == 3
    assert 'id="session-2"' in page.text


def test_the_clock_change_and_the_review_are_rows_of_their_own(browser, desk):
    shown = said(browser.get(draft(browser, desk, "esketamine")))
    assert "Clocks go forward on Sunday 14 March. The time on the wall stays 10:00." in shown
    assert "Decision after session 4" in said(browser.get(draft(browser, desk, start="2027-02-02")))


def test_a_visit_that_follows_a_session_stands_below_it(browser, desk):
    page = browser.get(draft(browser, desk, "psychotherapy", days=["0-2"]))
    assert "after session 1" in said(page)


def test_the_cost_is_shown_item_by_item_with_its_sum(browser, desk):
    calendar.close(desk.scheduler, span=Span(at("01-07", "00:00"), at("01-08", "00:00")), reason="Training day")
    shown = said(browser.get(draft(browser, desk)))
    assert "Fri instead of Thu 7 January: closed (Training day)" in shown
    assert re.search(r"Not on a pattern day: session 2 4 Cost of this plan .* 4 ", shown)


def row(address, number, day, time="10:00", rest="flow", **wish):
    return f"/courses/{course_of(address)}/plan/row", {"number": number, "day": day, "time": time, "rest": rest, **wish}


def test_an_edited_row_stays_and_the_others_flow_around_it(browser, desk):
    response = browser.post(*row(draft(browser, desk), 2, "2027-01-08"))
    assert starts(browser.get(response.location))[1] == "2027-01-08T10:00"


def test_an_edited_row_can_leave_the_others_where_they_are(browser, desk):
    address = draft(browser, desk)
    before = starts(browser.get(address))
    after = starts(browser.get(browser.post(*row(address, 2, "2027-01-07", "13:00", "keep")).location))
    assert after == [before[0], "2027-01-07T13:00", *before[2:]]


def test_an_edited_row_is_booked_as_it_was_edited(browser, desk):
    address = browser.post(*row(draft(browser, desk), 2, "2027-01-08", "13:30")).location
    book(browser, address)
    assert "2027-01-08T13:30" in [one.wall_start for one in live(desk)]


def test_a_refused_row_says_each_rule_its_number_whose_it_is_and_the_nearest_fix(browser, desk):
    response = browser.post(*row(draft(browser, desk), 2, "2027-01-06", "10:07", "keep"))
    shown = said(response)
    assert response.status_code == 422
    assert "Visits start every 15 minutes (the clinic)" in shown
    assert "1 day from Tue 5 January; the plan needs 2 days (course v1)" in shown
    assert "Nearest start that breaks no rule: Thu 7 January 2027, 10:00 EST" in shown


def test_a_refused_row_keeps_what_was_typed_and_the_plan_as_it_was(browser, desk):
    response = browser.post(*row(draft(browser, desk), 2, "2027-01-06", "11:45", "keep"))
    assert 'name="time" value="11:45"' in response.text
    assert starts(response)[1] == "2027-01-07T10:00"


def test_an_alternative_is_chosen_and_shown(browser, desk):
    address = draft(browser, desk)
    page = browser.get(address)
    choices = re.findall(r'name="choice" value="([^"]+)"', page.text)
    assert 1 <= len(choices) <= 3
    other = next(choice for choice in choices if ":" in choice)
    sent = {"choice": other, "version": hidden(page, "version")}
    response = browser.post(f"/courses/{course_of(address)}/choice", sent)
    assert {start[11:] for start in starts(browser.get(response.location))} == {other}


def test_preferences_changed_on_the_page_are_planned_anew(browser, desk):
    address = draft(browser, desk)
    form = {"version": hidden(browser.get(address), "version"), "start": START, "at": "13:00", "days": ["0-0", "0-2"]}
    form |= {"away_first": ["2027-01-06", ""], "away_last": ["2027-01-08", ""]}
    response = browser.post(f"/courses/{course_of(address)}/preferences", form)
    shown = starts(browser.get(response.location))
    assert {start[11:] for start in shown} == {"13:00"}
    assert not {"2027-01-06", "2027-01-07", "2027-01-08"} & {start[:10] for start in shown}


def test_a_refused_preference_names_its_field_and_keeps_the_form(browser, desk):
    address = draft(browser, desk)
    form = {"version": "1", "start": START, "not_before": "15:00", "not_after": "09:00", "away_first": "", "away_last": ""}
    response = browser.post(f"/courses/{course_of(address)}/preferences", form)
    assert response.status_code == 422
    assert 'value="15:00"' in response.text
    assert "must be later than" in said(response)


def one_hour(browser, desk):
    """A draft for a patient who can come for an hour only: nothing fits."""
    return draft(browser, desk, not_before="10:00", not_after="11:00")


def test_a_plan_that_cannot_be_says_what_blocks_it_and_what_would_help(browser, desk):
    shown = said(browser.get(one_hour(browser, desk)))
    assert "In the way, all of it together: when the patient can come" in shown
    assert "Let the patient come outside the times given" in shown


def test_a_relaxation_of_the_patients_times_is_shown_and_booked(browser, desk):
    page = browser.get(one_hour(browser, desk))
    (way,) = [unescape(found) for found in re.findall(r'href="([^"]+relax=availability-1[^"]*)"', page.text)]
    assert len(starts(browser.get(way))) == 4
    assert book(browser, way).status_code == 303
    assert len(live(desk)) == 4


def test_a_plan_without_all_dates_is_not_booked_but_its_first_sessions_can_be(browser, desk):
    calendar.close(desk.scheduler, span=Span(at("01-11", "00:00"), at("03-30", "00:00")), reason="Works")
    address = draft(browser, desk)
    response = book(browser, address)
    assert response.status_code == 422
    assert "choose what would help" in said(response)
    assert live(desk) == []
    book(browser, address, part="yes")
    assert len(live(desk)) == 2


def beyond(browser, desk):
    """The address of a plan that goes beyond the protocol's longest gap."""
    calendar.close(desk.scheduler, span=Span(at("01-11", "00:00"), at("02-15", "00:00")), reason="Works")
    page = browser.get(draft(browser, desk))
    return unescape(re.search(r'href="([^"]+relax=overrun_days[^"]*)"', page.text)[1])


def test_going_beyond_the_protocol_is_a_clinicians_and_needs_a_reason(web, browser, desk):
    address = beyond(browser, desk)
    assert book(browser, address, reason="I say so").status_code == 403
    clinician = web.signed_in(Role.CLINICIAN)
    assert book(clinician, address).status_code == 422
    assert live(desk) == []
    assert book(clinician, address, reason="Stable since October").status_code == 303
    assert [entry.reason for entry in desk.audit("book-series")] == ["Stable since October"]


def test_a_session_that_is_there_only_by_a_relaxation_is_to_be_checked(browser, desk):
    page = browser.get(beyond(browser, desk))
    assert re.search(r"Check .{0,200}at most 19 days are allowed", said(page))


def test_longer_hours_cannot_be_waved_through(web, desk):
    clinician = web.signed_in(Role.CLINICIAN)
    address = draft(clinician, desk)
    response = book(clinician, f"{address}?relax=hours_minutes-60", reason="we stay")
    assert response.status_code == 422
    assert "longer hours are entered in the settings first" in said(response)


def taken_meanwhile(browser, desk, **more):
    """A page that was shown before somebody took a day of it."""
    address = draft(browser, desk, **more)
    page = browser.get(address)
    calendar.close(desk.scheduler, span=Span(at("01-07", "00:00"), at("01-08", "00:00")), reason="Flood")
    return address, page


def test_a_conflict_books_nothing_and_shows_the_difference_row_by_row(browser, desk):
    address, page = taken_meanwhile(browser, desk)
    before = everything(desk)
    response = book(browser, address, page)
    assert response.status_code == 409
    moved = "2 Thu 7 January 2027, 10:00 EST Fri 8 January 2027, 10:00 EST Move closed on Thu 7 January (Flood)"
    assert moved in said(response)
    assert "3 sessions as shown Keep" in said(response)
    assert everything(desk) == before


def test_after_a_conflict_the_fresh_plan_is_booked_from_the_same_page(browser, desk):
    address, page = taken_meanwhile(browser, desk)
    response = book(browser, address, page)
    assert "Book this instead" in response.text
    assert 'name="choice"' in response.text
    assert book(browser, address, response).status_code == 303
    assert [one.wall_start[:10] for one in live(desk)] == ["2027-01-05", "2027-01-08", "2027-01-12", "2027-01-14"]


def test_after_a_conflict_all_other_rows_can_stay_as_they_were_shown(browser, desk):
    address, page = taken_meanwhile(browser, desk)
    link = re.search(r'href="([^"]+)">Keep all other rows', book(browser, address, page).text)[1]
    kept = starts(browser.get(unescape(link)))
    assert [kept[0], *kept[2:]] == [starts(page)[0], *starts(page)[2:]]


def test_a_conflict_keeps_the_other_rows_that_were_set_by_hand(browser, desk):
    address, _ = taken_meanwhile(browser, desk)
    calendar.reopen(desk.scheduler, span=Span(at("01-07", "00:00"), at("01-08", "00:00")))
    address = browser.post(*row(address, 4, "2027-01-14", "14:00")).location
    page = browser.get(address)
    calendar.close(desk.scheduler, span=Span(at("01-07", "00:00"), at("01-08", "00:00")), reason="Flood")
    assert starts(book(browser, address, page))[3] == "2027-01-14T14:00"


def test_a_double_click_books_one_series(browser, desk):
    address = draft(browser, desk)
    page = browser.get(address)
    book(browser, address, page)
    response = book(browser, address, page)
    assert response.status_code == 409
    assert "already booked" in said(response) or "booked already" in said(response)
    assert f'href="/courses/{course_of(address)}"' in response.text
    assert len(live(desk)) == 4


def test_a_page_from_before_the_wish_was_changed_is_stale(browser, desk):
    address = draft(browser, desk)
    page = browser.get(address)
    browser.post(f"/courses/{course_of(address)}/preferences", {"version": "1", "start": START, "at": "13:00"})
    response = book(browser, address, page)
    assert response.status_code == 409
    assert "Move" in said(response)
    assert live(desk) == []


def test_the_plan_of_a_booked_course_is_its_page(browser, desk):
    address = draft(browser, desk)
    book(browser, address)
    assert browser.get(address).location == f"/courses/{course_of(address)}"


def test_a_draft_is_offered_again_and_can_be_discarded(browser, desk):
    address = draft(browser, desk)
    assert f'href="/courses/{course_of(address)}/plan"' in browser.get(f"/courses/new?patient={desk.patient()}").text
    response = browser.post(f"/courses/{course_of(address)}/discard", {"version": "1"})
    assert response.location == f"/patients/{desk.patient()}"
    assert drafts_in(desk) == []


def test_a_discarded_draft_is_not_booked(browser, desk):
    address = draft(browser, desk)
    page = browser.get(address)
    browser.post(f"/courses/{course_of(address)}/discard", {"version": "1"})
    response = book(browser, address, page)
    assert response.status_code == 409
    assert "This draft was discarded." in said(response)


def test_who_may_only_read_sees_the_plan_without_its_buttons(web, browser, desk):
    address = draft(browser, desk)
    page = web.signed_in(Role.ADMIN).get(address)
    assert len(starts(page)) == 4
    assert "<button" not in page.text.split("<main")[1]


def test_who_may_not_book_begins_nothing(web, desk):
    admin = web.signed_in(Role.ADMIN)
    assert admin.get("/courses/new").status_code == 403
    assert admin.post("/courses/new", asked(desk)).status_code == 403
    assert drafts_in(desk) == []


@pytest.mark.parametrize("page", ["plan", "preferences", "choice", "plan/row", "book", "discard"])
def test_the_course_of_another_clinic_is_not_there(browser, desk, page):
    elsewhere = open_desk(desk.store, replace(clinic(()), id=uid("elsewhere"), name="Elsewhere"))
    path = f"/courses/{elsewhere.begin().id}/{page}"
    response = browser.get(path) if page == "plan" else browser.post(path, {"version": "1"})
    assert response.status_code == 404


ALTERED = ["x", "e30.abc", "a" * 50_000]


@pytest.mark.parametrize("shown", ALTERED)
def test_an_altered_plan_is_refused(browser, desk, shown):
    address = draft(browser, desk)
    before = everything(desk)
    response = browser.post(f"/courses/{course_of(address)}/book", {"shown": shown})
    assert response.status_code == 422
    assert "is not what was shown" in said(response)
    assert everything(desk) == before


def test_the_signed_plan_of_another_course_is_refused(browser, desk):
    address, other = draft(browser, desk), draft(browser, desk, at="11:00")
    response = book(browser, address, browser.get(other))
    assert response.status_code == 422
    assert live(desk) == []


BAD = [
    ("start", "2027-13-45"), ("start", "1926-01-01"), ("start", "0"), ("start", str(2**65)), ("start", ""), ("at", "25:00"),
    ("at", "10:00Z"), ("not_before", "noon"), ("not_after", "00:00"), ("days", ["0-9"]), ("days", ["99-1"]),
    ("days", ["0-1"] * 500), ("away_first", ["2027-02-30"]), ("away_last", ["2027-02-03"]), ("clinician", "nobody"),
    ("clinician", "00000000-0000-4000-8000-000000000000"), ("until", "2099-01-01"), ("until", "2026-01-01"),
    ("version", str(2**65)), ("version", "-1"), ("version", "99"), ("given_day", ["2027-01-01"]), ("name", "<img onerror>"),
    ("given_where", ["nowhere"]),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), BAD)
def test_a_bad_field_is_named_and_nothing_is_begun(browser, desk, field, value):
    form, before = asked(desk, **{field: value}), everything(desk)
    response = browser.post("/courses/new", form)
    assert response.status_code in {404, 422}, said(response)
    named = rf'<b>[a-z._]*{field}[a-z_.0-9]*</b>|st-stop" id="h-{field}"'
    assert response.status_code == 404 or re.search(named, response.text)
    assert everything(desk) == before


@pytest.mark.parametrize("bad", [
    "pin=x", "pin=1-999999999", "pin=999-29000000", "relax=magic-1", "relax=min_days-9999", "until=never", "edit=-1",
    f"edit={2**65}", "name=me", "&".join(f"pin={number}-29000000" for number in range(1, 200)),
])  # fmt: skip
def test_a_bad_wish_in_the_address_is_refused_or_shown_never_an_error(browser, desk, bad):
    assert browser.get(f"{draft(browser, desk)}?{bad}").status_code in {200, 422}


@pytest.mark.parametrize(("field", "value"), [
    ("number", "0"), ("number", "99"), ("number", str(2**65)), ("day", "2027-02-30"), ("day", "9999-12-31"),
    ("time", "24:00"), ("rest", "sometimes"), ("pin", ["1-1"]), ("more", "x"),
])  # fmt: skip
def test_a_bad_edit_is_refused(browser, desk, field, value):
    path, form = row(draft(browser, desk), 2, "2027-01-08")
    assert browser.post(path, {**form, field: value}).status_code == 422


def test_a_start_that_has_passed_cannot_be_pinned_and_booked(browser, desk):
    address = draft(browser, desk)
    gone = minute_of(at("01-03"))
    shown = said(browser.get(f"{address}?pin=1-{gone}"))
    assert "Session 1 has no date" in shown


def test_no_name_is_in_an_address(browser, desk):
    address = browser.post(*row(draft(browser, desk), 2, "2027-01-08")).location
    assert not re.search("Ada|Lovelace|course[^s]|ketamine", address)


def test_of_two_desks_that_saw_the_same_dates_one_books_and_one_sees_what_changed(browser, desk):
    first, second = draft(browser, desk), draft(browser, desk)
    pages = browser.get(first), browser.get(second)
    assert book(browser, first, pages[0]).status_code == 303
    assert book(browser, second, pages[1]).status_code == 409
    assert desk.overlaps() == 0


def test_the_patient_of_another_clinic_gets_no_course(browser, desk):
    elsewhere = open_desk(desk.store, replace(clinic(()), id=uid("elsewhere"), name="Elsewhere"))
    stranger = elsewhere.patient("Somebody Else")
    assert browser.get(f"/courses/new?patient={stranger}").status_code == 404
    assert browser.post("/courses/new", asked(desk, patient=stranger)).status_code == 404
