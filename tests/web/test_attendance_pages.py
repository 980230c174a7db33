"""A whole day of attendance through the pages: moments, corrections with a reason, and refusals that keep the form."""

import re
from dataclasses import replace
from html import unescape

import pytest

from builders import resources, uid
from desks import at, open_desk
from planner.domain.attendance import MarkKind
from planner.domain.roles import Role
from planner.services import attendance
from webdesk import web_desk


@pytest.fixture
def first(desk):
    """The first session of a course, on Tuesday at ten."""
    return desk.book(desk.begin()).appointments[0]


class Page:
    """The pages of one visit, as a person at the desk uses them; the clock stands where it is put."""

    def __init__(self, desk, browser, appointment):
        self.desk, self.browser, self.id = desk, browser, appointment.id
        self.path = f"/appointments/{appointment.id}"

    def show(self):
        return self.browser.get(f"{self.path}/attendance")

    def version(self):
        return int(re.search(r'name="version" value="(\d+)"', self.show().text)[1])

    def mark(self, kind, **sent):
        return self.browser.post(f"{self.path}/marks", {"kind": kind, "version": self.version(), **sent})

    def correct(self, kind, **sent):
        marks = [one for one in attendance.marks_of(self.desk.scheduler, self.id) if one.kind == kind]
        sent = {"version": self.version(), **sent}
        return self.browser.post(f"{self.path}/marks/{marks[-1].id}/correct", sent)

    def happened(self):
        """What stands: "Arrived 09:50"."""
        text = self.show().text
        return [f"{name} {time}" for name, time in re.findall(
            r"<b>(\w[\w ]*)</b>\s*<time[^>]*>(\d\d:\d\d)", text[text.index("What happened") :]
        )]  # fmt: skip


@pytest.fixture
def page(web, desk, first):
    desk.clock.now = at("01-05", "09:50")
    return Page(desk, web.signed_in(), first)


def later(page, time_of_day):
    """Set the clock; pages asked for in between keep the sign-in alive."""
    wanted = at("01-05", time_of_day)
    while page.desk.clock.now < wanted:
        page.desk.clock.now = min(wanted, page.desk.clock.now + (at("01-05", "10:10") - at("01-05", "10:00")))
        page.browser.get("/account")


def test_a_whole_day_of_attendance(page):
    assert page.mark("arrived").status_code == 303
    later(page, "10:20")
    page.mark("dosed", at="10:16", **{"facts.devices": "3"})
    later(page, "12:45")
    page.mark("discharged")
    assert page.happened() == ["Arrived 09:50", "Dosed 10:16", "Discharged 12:45"]
    assert "3 devices" in page.show().text
    assert "Left 12:45" in page.browser.get("/").text


def test_the_button_of_the_board_leads_back_to_the_board(page):
    response = page.mark("arrived", back="board")
    assert (response.status_code, response.location) == (303, "/")
    assert "Arrived, 09:50 EST." in page.browser.get("/").text


def test_only_what_may_come_next_is_offered(page):
    offered = re.findall(r'name="kind" value="([\w-]+)"', page.show().text)
    assert offered == ["arrived", "no-show", "late-cancel", "nothing-given"]
    page.mark("arrived")
    assert re.findall(r'name="kind" value="([\w-]+)"', page.show().text) == ["dosed", "nothing-given"]


def test_a_time_that_has_not_come_is_refused_at_its_field(page):
    response = page.mark("arrived", at="10:30")
    assert response.status_code == 422
    assert "has not come yet" in response.text
    assert 'value="10:30"' in response.text


BAD = (
    ({"at": "25:00"}, "at"), ({"at": "1030"}, "at"), ({"version": "9" * 30}, "version"), ({"kind": "asleep"}, "kind"),
    ({"facts.devices": "4"}, "facts.devices"), ({"facts.devices": "two"}, "facts.devices"), ({"back": "//evil"}, "back"),
    ({"clinic_id": "1"}, "clinic_id"), ({"reason": "a\u202eb"}, "reason"), ({"facts.devices": "1"}, "facts.devices"),
    ({"facts.infusion_end": "09:00"}, "facts.infusion_end"), ({"at": "09:00+99:00"}, "at"),
)  # fmt: skip


def test_a_bad_field_is_named_and_nothing_stored(page):
    found = []
    for sent, _ in BAD:
        response = page.mark(**{"kind": "arrived", **sent})
        above = re.findall(r"<li><b>([\w.]+)</b>", response.text)
        at_fields = re.findall(r'name="([\w.]+)"[^>]*aria-invalid', response.text)
        found.append((response.status_code, above + at_fields))
    assert found == [(422, [field]) for _, field in BAD]
    assert attendance.marks_of(page.desk.scheduler, page.id) == []


def test_devices_that_cannot_be_are_refused_with_the_form_kept(page):
    page.mark("arrived")
    response = page.mark("dosed", at="09:50", **{"facts.devices": "7"})
    assert response.status_code == 422
    assert re.search(r'name="facts.devices"[^>]*value="7"[^>]*aria-invalid', response.text)


def test_a_stale_version_is_refused_and_keeps_the_form(page):
    version = page.version()
    page.mark("arrived")
    response = page.browser.post(
        f"{page.path}/marks", {"kind": "nothing-given", "version": version, "at": "09:50", "reason": "blood pressure"}
    )
    assert response.status_code == 409
    assert "somebody else changed this appointment first" in response.text
    assert 'value="blood pressure"' in response.text
    assert f'name="version" value="{version}"' not in response.text


def test_a_double_press_records_once(page):
    sent = {"kind": "arrived", "version": page.version()}
    codes = [page.browser.post(f"{page.path}/marks", sent).status_code for _ in range(2)]
    assert codes == [303, 409]
    assert len(attendance.marks_of(page.desk.scheduler, page.id)) == 1


def test_a_correction_shows_both_and_says_why(page):
    page.mark("arrived")
    assert page.correct("arrived", at="09:40", reason="typed late").status_code == 303
    text = page.show().text
    assert page.happened() == ["Arrived 09:40"]
    assert re.search(r"<del>09:50 EST</del>", text)
    assert "typed late" in text


def test_a_correction_needs_a_reason_and_keeps_what_was_typed(page):
    page.mark("arrived")
    response = page.correct("arrived", at="09:40", reason=" ")
    assert response.status_code == 422
    assert re.search(r'name="reason"[^>]*aria-invalid', response.text)
    assert 'value="09:40"' in response.text
    assert "<details open>" in response.text


def test_a_mark_is_taken_back(page):
    page.mark("arrived")
    page.correct("arrived", withdraw="yes", reason="the wrong patient", at="09:50")
    assert page.happened() == []
    assert "taken back" in page.show().text
    assert "Due 09:45" in page.browser.get("/").text


def test_what_others_rest_on_is_not_taken_back(page):
    page.mark("arrived")
    page.mark("dosed")
    response = page.correct("arrived", withdraw="yes", reason="no")
    assert response.status_code == 409
    assert "what was recorded after it must be taken back first" in response.text


def test_a_mark_within_the_same_minute_is_not_before_the_last(page):
    page.desk.clock.now = page.desk.clock.now.replace(second=40)
    page.mark("arrived")
    assert page.mark("dosed").status_code == 303


def test_a_discharge_before_the_end_of_observation_is_warned_of(page):
    page.mark("arrived")
    page.mark("dosed")
    assert "Observation ends at 12:00 EST." in page.show().text


def test_a_cancelled_appointment_takes_no_mark(page):
    version = page.version()
    page.browser.post(f"{page.path}/marks", {"kind": "late-cancel", "version": version, "reason": "rang at nine"})
    assert "Everything is recorded." in page.show().text
    assert "Cancelled late" in page.browser.get("/").text


def test_a_name_stays_out_of_the_message(page):
    page.mark("arrived", back="board")
    flash = re.search(r'class="flash"[^>]*>(.*?)</div>', page.browser.get("/").text, re.DOTALL)[1]
    assert "Lovelace" not in unescape(flash)


def test_an_admin_looks_but_does_not_record(web, page):
    admin = web.signed_in(Role.ADMIN)
    assert admin.get(f"{page.path}/attendance").status_code == 200
    assert 'name="kind"' not in admin.get(f"{page.path}/attendance").text
    assert admin.post(f"{page.path}/marks", {"kind": "arrived", "version": 1}).status_code == 403


def test_another_clinics_appointment_is_not_there(page, desk, sqlite_store):
    others = (*resources("chair", 1), *resources("nurse", 1, 4), *resources("prescriber", 1))
    site = replace(desk_site(desk), id=uid("other"), resources=tuple(replace(o, id=uid(f"other {o.name}")) for o in others))
    other = web_desk(open_desk(sqlite_store, site))
    browser = other.browser()
    browser.sign_in(other.hire(Role.SCHEDULER, "other@clinic.example"))
    assert browser.get(f"{page.path}/attendance").status_code == 404
    assert browser.post(f"{page.path}/marks", {"kind": "arrived", "version": 1}).status_code == 404
    assert attendance.marks_of(desk.scheduler, page.id) == []


def desk_site(desk):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.clinics.get(desk.clock.now)


def test_an_infusion_is_noted_with_its_times(web, desk):
    first = desk.book(desk.begin("infusions", at="10:00", days="Tue Thu", patient="Grace Hopper")).appointments[0]
    with desk.store.begin(desk.clinic_id) as uow:
        course = uow.courses.get(first.course_id)
        uow.courses.save(replace(course, protocol=replace(course.protocol, modality="ketamine-iv")))
    desk.clock.now = at("01-05", "11:00")
    page = Page(desk, web.signed_in(), first)
    page.mark("arrived", at="09:55")
    page.mark(MarkKind.DOSED, at="10:15", **{"facts.infusion_start": "10:15", "facts.infusion_end": "10:58"})
    assert "infusion to 10:58" in page.show().text
    assert "Observed to 11:58" in page.show().text
