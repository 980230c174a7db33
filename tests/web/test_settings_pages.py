"""Settings: every page by role, changes with what they break, bad input by its field, and stale pages."""

from datetime import timedelta

import pytest

from builders import uid
from desks import NOW, at
from planner.domain.roles import Role
from planner.domain.span import Span
from planner.services import calendar, clinics, letterhead, settings

PAGES = (
    "", "/hours", "/closures", "/holidays", "/holidays?country=US&subdivision=NY", "/resources",
    f"/resources/{uid('nurse 1')}", f"/resources/{uid('chair 1')}", "/letterhead", "/protocols", "/protocols/course",
)  # fmt: skip
WEEK = {"mon": "09:00-12:30, 13:00-17:00", "tue": "09:00-17:00", "wed": "", "thu": "", "fri": "", "sat": "", "sun": ""}
HEADED = {"public_name": "Harbor Street", "sender": "desk@harbor.example", "phone": "+1 212 555 0100", "version": "0"}
NURSE = f"/settings/resources/{uid('nurse 1')}"


@pytest.fixture
def admin(web):
    return web.signed_in(Role.ADMIN)


@pytest.fixture
def scheduler(web):
    return web.signed_in(Role.SCHEDULER)


@pytest.fixture
def series(desk):
    """Four sessions on Tuesdays and Thursdays at 10:00, from 5 January."""
    return desk.book(desk.begin()).appointments


def version(desk):
    return settings.setup(desk.admin).version


def site(desk):
    return clinics.the_clinic(desk.admin)


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.CLINICIAN, Role.ADMIN])
@pytest.mark.parametrize("page", PAGES)
def test_everybody_may_look_at_the_settings(web, role, page):
    assert web.signed_in(role).get(f"/settings{page}").status_code == 200


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.CLINICIAN])
def test_who_may_not_configure_is_shown_no_form_for_it(web, role):
    browser = web.signed_in(role)
    for page in ("/hours", "/letterhead", "/resources"):
        assert '<button class="btn btn-main">' not in browser.get(f"/settings{page}").text


def test_other_hours_go_to_the_list_of_what_they_break(admin, desk, series):
    desk.clock.now = NOW
    response = admin.post("/settings/hours", WEEK | {"first_day": "2027-01-11", "version": str(version(desk))})
    assert (response.status_code, response.location[:18]) == (303, "/settings/changes/")
    page = admin.get(response.location).text
    assert [one.id for one in series if f"/appointments/{one.id}" in page] == [series[3].id]
    assert site(desk).hours.on(at("01-06").date()) != ()
    assert len(site(desk).hours.on(at("01-11").date())) == 2


def test_a_line_that_is_no_opening_is_marked_and_kept_and_nothing_is_stored(admin, desk):
    before = version(desk)
    sent = WEEK | {"tue": "nine to five", "first_day": "2027-01-03", "version": str(before)}
    response = admin.post("/settings/hours", sent)
    assert response.status_code == 422
    assert 'value="nine to five"' in response.text
    assert "must be like 09:00-12:30" in response.text
    assert "must be today or later" in response.text
    assert version(desk) == before


def test_a_stale_page_keeps_what_was_typed_and_shows_the_new_version(admin, desk):
    seen = version(desk)
    calendar.close(desk.scheduler, span=Span(at("02-01"), at("02-02")), reason="flood")
    response = admin.post("/settings/hours", WEEK | {"first_day": "2027-01-11", "version": str(seen)})
    assert response.status_code == 409
    assert "somebody else changed the clinic" in response.text
    assert 'value="09:00-12:30, 13:00-17:00"' in response.text
    assert f'name="version" value="{seen + 1}"' in response.text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first_day": ""}, "first_day"),
        ({"first_day": "0"}, "first_day"),
        ({"first_day": "2500-01-01"}, "first_day"),
        ({"last_day": "2027-01-01"}, "last_day"),
        ({"last_day": "2037-01-01"}, "last_day"),
        ({"start": "10:00"}, "end"),
        ({"end": "10:00"}, "start"),
        ({"start": "10:00", "end": "10:00"}, "end"),
        ({"start": "10:00", "end": "12:00", "last_day": "2027-01-08"}, "last_day"),
        ({"first_day": "2027-03-14", "start": "02:30", "end": "04:00"}, "start"),
        ({"reason": "x\u202ey"}, "reason"),
        ({"colour": "red"}, "colour"),
        ({"version": "9999999999999999999999"}, "version"),
    ],
)
def test_a_closure_that_cannot_be_is_refused_by_its_field(scheduler, desk, change, field):
    sent = {"first_day": "2027-01-07", "last_day": "", "start": "", "end": "", "reason": "flood", "version": "1"}
    response = scheduler.post("/settings/closures", sent | change)
    assert response.status_code == 422
    assert f"<b>{field}</b>" in response.text or f'aria-describedby="h-{field}" aria-invalid="true"' in response.text
    assert site(desk).closures == ()


def test_a_scheduler_closes_a_day_sees_what_breaks_and_takes_it_back(scheduler, desk, series):
    sent = {"first_day": "2027-01-07", "last_day": "", "start": "", "end": "", "reason": "flood"}
    response = scheduler.post("/settings/closures", sent | {"version": str(version(desk))})
    page = scheduler.get(response.location).text
    assert f"/appointments/{series[1].id}" in page
    assert "1 appointment can no longer be given as booked" in page
    listed = scheduler.get("/settings/closures").text
    assert "Thursday 7 January 2027" in listed
    (closure,) = site(desk).closures
    back = {"start": closure.span.start.isoformat(), "end": closure.span.end.isoformat(), "version": str(version(desk))}
    response = scheduler.post("/settings/closures/reopen", back)
    assert "1 fit again" in scheduler.get(response.location).text
    assert site(desk).closures == ()


def test_a_closure_of_part_of_a_day_that_breaks_nothing_says_so(scheduler, desk):
    sent = {"first_day": "2027-01-07", "last_day": "", "start": "12:00", "end": "13:00", "reason": "drill"}
    response = scheduler.post("/settings/closures", sent | {"version": str(version(desk))})
    assert response.location == "/settings/closures"
    page = scheduler.get("/settings/closures").text
    assert "Nothing that is booked is affected" in page
    assert "12:00 to 13:00 EST" in page


def test_public_holidays_are_looked_at_chosen_and_given_up(admin, desk):
    assert "Columbus Day" in admin.get("/settings/holidays?country=US&subdivision=NY").text
    assert site(desk).holidays == ()
    sent = {"country": "US", "subdivision": "NY", "open_on": ["Columbus Day", "Veterans Day"], "version": str(version(desk))}
    assert admin.post("/settings/holidays", sent).status_code == 303
    assert settings.setup(desk.admin).calendar.open_on == ("Columbus Day", "Veterans Day")
    assert 'value="Columbus Day" checked' in admin.get("/settings/holidays").text
    admin.post("/settings/holidays", {"version": str(version(desk))})
    assert settings.setup(desk.admin).calendar is None


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"country": "XX"}, "country"),
        ({"country": "US", "subdivision": "Nowhere"}, "subdivision"),
        ({"country": "US", "open_on": ["Towel Day"]}, "open_on.0"),
    ],
)
def test_holidays_that_are_none_are_refused_by_their_field(admin, desk, sent, words):
    response = admin.post("/settings/holidays", sent | {"version": str(version(desk))})
    assert response.status_code == 422
    assert f"<b>{words}</b>" in response.text
    assert settings.setup(desk.admin).calendar is None


def test_an_unknown_country_in_the_address_is_shown_as_such(scheduler):
    page = scheduler.get("/settings/holidays?country=XX").text
    assert "No holidays are known for XX" in page


def test_a_chair_is_added_renamed_moved_up_and_retired(admin, desk):
    added = {"kind": "chair", "name": "Window", "capacity": "1", "version": str(version(desk))}
    assert admin.post("/settings/resources", added).status_code == 303
    (one,) = [one for one in site(desk).resources if one.name == "Window"]
    path = f"/settings/resources/{one.id}"
    admin.post(path, {"name": "Window seat", "capacity": "1", "version": str(version(desk))})
    admin.post(f"{path}/rank", {"way": "earlier", "version": str(version(desk))})
    assert [each.name for each in site(desk).of_kind("chair")] == ["chair 1", "Window seat", "chair 2"]
    assert admin.post(f"{path}/retire", {"version": str(version(desk))}).location == "/settings/resources"
    assert admin.get(path).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [({"name": ""}, "name"), ({"name": "chair 1"}, "name"), ({"capacity": "0"}, "capacity"),
     ({"capacity": "101"}, "capacity"), ({"kind": "Chair!"}, "kind"), ({"kind": ""}, "kind")],
)  # fmt: skip
def test_a_resource_that_cannot_be_is_refused_by_its_field(admin, desk, change, field):
    sent = {"kind": "chair", "name": "Window", "capacity": "1", "version": str(version(desk))}
    response = admin.post("/settings/resources", sent | change)
    assert response.status_code == 422
    assert f'id="h-{field}"' in response.text
    assert len(list(site(desk).of_kind("chair"))) == 2


def test_an_absence_reassigns_silently_and_is_taken_back(scheduler, desk, series):
    sent = {"first_day": "2027-01-05", "last_day": "2027-01-14", "start": "", "end": "", "reason": "leave"}
    response = scheduler.post(f"{NURSE}/absences", sent | {"version": str(version(desk))})
    page = scheduler.get(response.location).text
    assert "No appointment is broken by this" in page
    assert "given to somebody or something else" in page
    (absence,) = site(desk).resource(uid("nurse 1")).absences
    back = {"start": absence.span.start.isoformat(), "end": absence.span.end.isoformat(), "version": str(version(desk))}
    assert scheduler.post(f"{NURSE}/absences/end", back).status_code == 303
    assert site(desk).resource(uid("nurse 1")).absences == ()


def test_shifts_are_changed_from_a_day_on_and_dropped(admin, desk):
    admin.post(f"{NURSE}/shifts", WEEK | {"first_day": "2027-02-01", "version": str(version(desk))})
    nurse = site(desk).resource(uid("nurse 1"))
    assert len(nurse.hours.on(at("02-01").date())) == 2
    assert len(nurse.hours.on(at("01-06").date())) == 1
    assert "From Monday 1 February 2027" in admin.get(NURSE).text
    admin.post(f"{NURSE}/shifts/drop", {"version": str(version(desk))})
    assert site(desk).resource(uid("nurse 1")).hours is None


def test_a_refused_absence_keeps_its_own_form_open(scheduler, desk):
    sent = {"first_day": "2027-01-05", "last_day": "2027-01-01", "reason": "leave", "version": str(version(desk))}
    response = scheduler.post(f"{NURSE}/absences", sent)
    assert response.status_code == 422
    assert '<details class="more" open><summary class="panel-head">Enter an absence' in response.text
    assert 'value="2027-01-05"' in response.text


def test_a_letterhead_is_set_by_the_form(admin, desk):
    assert admin.post("/settings/letterhead", HEADED).status_code == 303
    assert letterhead.letterhead(desk.admin).public_name == "Harbor Street"


def test_the_street_address_is_kept_and_shown_with_what_it_is_for(admin, desk):
    admin.post("/settings/letterhead", HEADED | {"address": "1 Pier Street, New York"})
    page = admin.get("/settings/letterhead").text
    assert 'value="1 Pier Street, New York"' in page
    assert "such as a carer’s" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [({"public_name": "Ketamine Center"}, "public_name"), ({"public_name": "Depression care"}, "public_name"),
     ({"sender": "nobody"}, "sender"), ({"phone": "-"}, "phone"), ({"address": "Spravato House"}, "address")],
)  # fmt: skip
def test_a_letterhead_that_tells_too_much_is_refused_by_its_field(admin, desk, change, field):
    response = admin.post("/settings/letterhead", HEADED | change)
    assert response.status_code == 422
    assert f'aria-describedby="h-{field}" aria-invalid="true"' in response.text
    assert letterhead.letterhead(desk.admin) is None


def test_a_stale_letterhead_is_kept_on_the_page(admin, desk):
    admin.post("/settings/letterhead", HEADED)
    response = admin.post("/settings/letterhead", HEADED | {"public_name": "Pier Nine"})
    assert response.status_code == 409
    assert 'value="Pier Nine"' in response.text
    assert letterhead.letterhead(desk.admin).public_name == "Harbor Street"


def test_the_overview_lists_what_is_still_missing(admin, web):
    page = admin.get("/settings").text
    assert "A neutral name and a sender" in page
    assert "There is nobody yet who is a clinician or a scheduler." in page
    web.hire(Role.CLINICIAN)
    web.hire(Role.SCHEDULER)
    admin.post("/settings/letterhead", HEADED)
    assert "Still to be set" not in admin.get("/settings").text


def test_what_is_broken_is_said_on_the_overview(scheduler, desk, series):
    calendar.close(desk.scheduler, span=Span(at("01-07", "00:00"), at("01-08", "00:00")), reason="flood")
    assert "1 booked appointment cannot be given as booked" in scheduler.get("/settings").text


def test_a_change_shows_what_became_of_its_appointments(scheduler, desk, series):
    span = Span(at("01-07", "00:00"), at("01-08", "00:00"))
    effects = calendar.close(desk.scheduler, span=span, reason="flood")
    calendar.reopen(desk.scheduler, span=span)
    assert "it fits again" in scheduler.get(f"/settings/changes/{effects.change_id}").text


def test_a_quarter_of_an_hour_later_the_page_asks_to_sign_in(scheduler, desk):
    desk.clock.now += timedelta(minutes=16)
    assert scheduler.get("/settings/hours").status_code == 303
