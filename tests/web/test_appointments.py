"""One appointment: its facts, moving and cancelling it, and undoing that within ten seconds."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from uuid import uuid4

import pytest

from builders import clinic, hours, uid
from desks import at, open_desk
from planner.domain.course import AppointmentStatus
from planner.domain.protocol import Instruction
from planner.domain.roles import Role
from planner.services import booking
from planner.storage.desk_records import Letterhead
from webdesk import web_desk


@pytest.fixture
def course(desk):
    """Four sessions on Tuesdays and Thursdays at ten."""
    begun = desk.begin()
    desk.book(begun)
    desk.clock.now += timedelta(minutes=1)
    return begun


@pytest.fixture
def last(desk, course):
    """The last of them, Thursday 14 January."""
    return desk.live(course)[-1]


def path_of(one, act=""):
    return f"/appointments/{one.id}{act}"


def move(browser, one, day, time="10:00", **more):
    return browser.post(path_of(one, "/move"), {"version": one.version, "day": day, "time": time, **more})


def cancel(browser, one, scope="one", **more):
    return browser.post(path_of(one, "/cancel"), {"version": one.version, "scope": scope, "reason": "away", **more})


def undo(browser, page):
    return browser.post(re.search(r'action="(/undo/[^"]+)"', page)[1])


def alert(response):
    found = re.search(r'role="alert">(.*?)</div></div>', response.text, re.DOTALL)
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", found[1]).split()))


def test_that_the_patient_is_told_leads_to_what_became_of_the_message(web, last):
    browser = web.signed_in()
    page = browser.get(path_of(last)).text
    told = re.search(r'Patient told</dt><dd>message owed ([^:]+:[^:]+): <a href="([^"]+)"', page)
    assert told[1] == "Mon 4 January 2027, 07:00 EST"
    assert "Appointments booked" in browser.get(unescape(told[2])).text


def test_the_page_says_when_where_and_with_whom_on_the_clinics_wall(web, last):
    page = web.signed_in().get(path_of(last)).text
    for words in ("Thursday 14 January 2027, 10:00 EST", "session 4 of 4", "09:45 EST", "chair 1", "nurse 1", "10:25"):
        assert words in page
    assert path_of(last, "/attendance") in page


def test_preparation_has_clock_times_before_the_arrival(web, desk):
    from desks import induction

    fasting = replace(induction(), name="fasting", instructions=(Instruction("No food", 120), Instruction("Bring a friend")))
    desk.publish(fasting)
    one = desk.book(desk.begin("fasting")).appointments[0]
    assert "from Tue 5 January 2027, 07:45 EST</b>: No food" in web.signed_in().get(path_of(one)).text


def test_a_move_offers_to_undo_it_and_undoing_sends_nothing(web, desk, course, last):
    browser = web.signed_in()
    moved = move(browser, last, "2027-01-15", tell="yes")
    assert (moved.status_code, moved.location) == (303, path_of(last))
    page = browser.get(moved.location).text
    assert "Moved to Fri 15 January 2027, 10:00 EST." in page
    assert "(10)" in page
    assert undo(browser, page).status_code == 303
    assert desk.walls(course)[-1] == "01-14 10:00"
    assert not [notice for notice in owed(desk, course) if notice.kind == "moved" and notice.open]


def owed(desk, course):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.notices.of_patient(course.patient_id)


@pytest.mark.parametrize(("tell", "messages"), [({"tell": "yes"}, 1), ({}, 0)])
def test_the_patient_is_told_only_if_that_is_ticked(web, desk, course, last, tell, messages):
    desk.clock.now += timedelta(minutes=1)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.withdraw([notice.id for notice in owed(desk, course)], desk.clock.now, "read")
    move(web.signed_in(), last, "2027-01-15", **tell)
    assert sum(notice.open for notice in owed(desk, course)) == messages


def test_the_text_that_would_be_sent_is_shown(web, desk, last):
    with desk.store.begin(desk.clinic_id) as uow:
        uow.letterheads.save(Letterhead("Harbor Street", "desk@harbor.example", "+1 212 555 0100"))
    page = unescape(web.signed_in().get(path_of(last)).text)
    assert "This appointment has moved" in page
    assert "(before: Thursday, January 14, 2027, 10:00 am)" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "This appointment is cancelled" in page


def test_what_no_mail_may_name_is_left_to_the_desk_to_say(web, desk):
    from desks import induction

    asked = (Instruction("Use no nasal spray.", 60), Instruction("Bring a friend"))
    desk.publish(replace(induction(), name="telling", instructions=asked))
    page = web.signed_in().get(path_of(desk.book(desk.begin("telling")).appointments[0])).text
    assert re.search(r"Use no nasal spray\. <span[^>]*><svg.*?</svg>say it yourself", page)
    assert page.count("say it yourself") == 1


def test_a_refused_move_says_every_rule_with_its_numbers_author_and_the_nearest_start(web, desk, course, last):
    refused = move(web.signed_in(), last, "2027-01-13", "16:00")
    said = alert(refused)
    assert refused.status_code == 422
    assert "open 09:00 to 17:00 on Wed 13 January, and the visit would end at 18:35 (a rule of the clinic; cannot be" in said
    assert "1 day from Tue 12 January; the plan needs 2 days (a rule of course v1)" in said
    assert "Nearest: Thu 14 Jan, 14:15 EST" in said
    assert desk.walls(course)[-1] == "01-14 10:00"


def test_a_refused_move_keeps_what_was_typed(web, last):
    page = move(web.signed_in(Role.CLINICIAN), last, "2027-01-13", "16:00", override="urgent").text
    for typed in ('value="2027-01-13"', 'value="16:00"', 'value="urgent"'):
        assert typed in page


def test_the_nearest_start_is_a_button_that_moves_there(web, desk, course, last):
    browser = web.signed_in()
    refused = move(browser, last, "2027-01-13", "16:00").text
    offered = re.search(r'name="at" value="([^"]+)">Nearest', refused)[1]
    sent = {"version": last.version, "day": "2027-01-13", "time": "16:00", "at": offered}
    assert browser.post(path_of(last, "/move"), sent).status_code == 303
    assert desk.walls(course)[-1] == "01-14 14:15"


def test_every_start_that_is_offered_can_be_taken(web, desk, last):
    browser = web.signed_in()
    page = browser.get(path_of(last)).text
    offered = re.findall(r'name="at" value="([^"]+)"', page)
    assert len(offered) > 20
    version = last.version
    for start in (offered[0], offered[-1]):
        assert browser.post(path_of(last, "/move"), {"version": version, "at": start}).status_code == 303
        version += 1


def test_a_clinician_moves_beyond_a_rule_of_judgement_with_a_reason(web, desk, course, last):
    assert move(web.signed_in(Role.CLINICIAN), last, "2027-01-13", override="seen by Dr Ito").status_code == 303
    assert [entry.reason for entry in desk.audit("move")] == ["seen by Dr Ito"]


def test_a_scheduler_is_not_offered_the_override_and_may_not_send_it(web, desk, course, last):
    browser = web.signed_in()
    assert "override" not in browser.get(path_of(last)).text.partition("<main")[2]
    assert move(browser, last, "2027-01-13", override="seen by nobody").status_code == 403
    assert desk.walls(course)[-1] == "01-14 10:00"


def test_an_administrator_may_neither_move_nor_cancel(web, desk, course, last):
    browser = web.signed_in(Role.ADMIN)
    assert (move(browser, last, "2027-01-15").status_code, cancel(browser, last).status_code) == (403, 403)
    assert len(desk.live(course)) == 4


def test_a_stale_page_keeps_its_form_and_shows_what_is_now(web, desk, last):
    booking.move(desk.scheduler, appointment_id=last.id, start=at("01-18"), version=last.version)
    refused = move(web.signed_in(), last, "2027-01-15")
    assert refused.status_code == 409
    assert "somebody else changed this appointment first" in refused.text
    assert "It is now at Mon 18 January 2027, 10:00 EST" in refused.text
    assert 'value="2027-01-15"' in refused.text
    assert f'name="version" value="{last.version + 1}"' in refused.text


def test_a_cancelled_appointment_says_so_and_is_not_moved(web, desk, last):
    booking.cancel(desk.scheduler, appointment_id=last.id, version=last.version, reason="away")
    refused = move(web.signed_in(), replace(last, version=last.version + 1), "2027-01-15")
    assert refused.status_code == 409
    assert "It is cancelled: it can no longer be moved or cancelled." in refused.text


@pytest.mark.parametrize(("scope", "left"), [("one", 3), ("later", 2), ("course", 0)])
def test_each_scope_cancels_what_it_showed_and_can_be_undone(web, desk, course, scope, left):
    browser, (_, _, third, fourth) = web.signed_in(), desk.live(course)
    one = fourth if scope == "one" else third
    if scope == "one":
        done = cancel(browser, one)
    else:
        asked = cancel(browser, one, scope)
        assert (asked.status_code, len(desk.live(course))) == (200, 4)
        shown = re.findall(r'name="shown" value="([^"]+)"', asked.text)
        done = cancel(browser, one, scope, shown=shown)
    assert (done.status_code, len(desk.live(course))) == (303, left)
    undo(browser, browser.get(done.location).text)
    assert len(desk.live(course)) == 4


def test_more_than_was_shown_is_never_cancelled(web, desk, course):
    third, fourth = desk.live(course)[2:]
    refused = cancel(web.signed_in(), third, "later", shown=[str(third.id)])
    assert (refused.status_code, len(desk.live(course))) == (409, 4)
    assert refused.text.count('name="shown"') == 2
    assert str(fourth.id) in refused.text


def test_a_cancellation_needs_a_reason(web, desk, course, last):
    refused = cancel(web.signed_in(), last, reason=" ")
    assert (refused.status_code, len(desk.live(course))) == (422, 4)


def test_the_offer_to_undo_is_gone_after_ten_seconds(web, desk, last):
    browser = web.signed_in()
    page = browser.get(cancel(browser, last).location).text
    desk.clock.now += timedelta(seconds=11)
    assert "/undo/" in page
    assert "/undo/" not in browser.get(path_of(last)).text


@pytest.mark.parametrize("late", [timedelta(seconds=13), timedelta(minutes=10)])
def test_a_late_undo_says_that_it_is_too_late_and_what_to_do_instead(web, desk, course, last, late):
    browser = web.signed_in()
    page = browser.get(move(browser, last, "2027-01-15").location).text
    desk.clock.now += late
    refused = undo(browser, page)
    assert refused.status_code == 409
    assert "It is too late to undo this." in refused.text
    assert "Move it back by hand" in refused.text
    assert path_of(last) in refused.text
    assert desk.walls(course)[-1] == "01-15 10:00"


def test_undoing_twice_is_refused(web, last):
    browser = web.signed_in()
    page = browser.get(cancel(browser, last).location).text
    assert [undo(browser, page).status_code for _ in range(2)] == [303, 409]


def test_the_bar_stays_until_it_is_used(web, last):
    browser = web.signed_in()
    page = browser.get(cancel(browser, last).location).text
    assert "/undo/" in browser.get("/courses").text
    after = browser.get(undo(browser, page).location).text
    assert "nothing was sent" in after
    assert "/undo/" not in after


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"day": "2027-02-30", "time": "10:00"}, "day"),
        ({"day": "1999-12-31", "time": "10:00"}, "day"),
        ({"day": "2027-01-15", "time": "25:00"}, "time"),
        ({"day": "2027-01-15"}, "time"),
        ({"time": "10:00"}, "day"),
        ({"at": "2027-01-15T10:00"}, "at"),
        ({"at": "0001-01-01T00:00+14:00"}, "at"),
        ({"at": "9999-12-31T23:59-14:00"}, "at"),
        ({"at": "2000-01-01T00:00Z"}, "at"),
        ({"at": "2199-12-31T23:00Z", "tell": "perhaps"}, "tell"),
        ({"day": "2027-01-15", "time": "10:00", "role": "admin"}, "role"),
        ({"day": "2027-01-15", "time": "10:00", "version": str(2**65)}, "version"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(web, desk, course, last, sent, field):
    refused = web.signed_in().post(path_of(last, "/move"), {"version": last.version, **sent})
    assert refused.status_code == 422
    assert f"<b>{field}</b>" in refused.text or f'id="h-{field}"' in refused.text
    assert desk.walls(course)[-1] == "01-14 10:00"


@pytest.mark.parametrize("day", ["1999-01-01", "nonsense", "2200-01-01"])
def test_a_day_that_cannot_be_shown_is_refused(web, last, day):
    assert web.signed_in().get(f"{path_of(last)}?day={day}").status_code == 422


@pytest.mark.parametrize("day", ["2000-01-01", "2199-12-31"])
def test_the_farthest_days_are_shown_without_a_fault(web, last, day):
    assert web.signed_in().get(f"{path_of(last)}?day={day}").status_code == 200


@pytest.fixture
def nights(sqlite_store):
    """A clinic that works on Sunday nights, too, and a visit there."""
    night = clinic(opening=hours("Mon-Sun", "00:00", "23:55"))
    always = tuple(replace(one, hours=None) for one in night.resources)
    desk = open_desk(sqlite_store, site=replace(night, resources=always))
    from desks import SINGLE
    from planner.domain.course import Gate
    from planner.services import clinics, visits

    clinics.set_gate(desk.scheduler, Gate("screening"))
    one = visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=SINGLE, start=at("03-10"))
    return web_desk(desk), getattr(one, "appointment", one)


def test_a_wall_time_that_the_clocks_skip_is_not_guessed(nights):
    web, one = nights
    refused = move(web.signed_in(), one, "2027-03-14", "02:30")
    assert refused.status_code == 422
    assert "02:30 does not exist that night, as the clocks go forward: it would be 03:30 EDT" in alert(refused)
    assert "2027-03-14T03:30-04:00" in refused.text


def test_a_wall_time_that_comes_twice_asks_which_is_meant(nights):
    web, one = nights
    browser = web.signed_in()
    refused = move(browser, one, "2027-11-07", "01:30")
    assert "01:30 comes twice that night" in alert(refused)
    both = re.findall(r'value="(2027-11-07T01:30-0[45]:00)">Sun 7 Nov, 01:30 (E[DS]T)', refused.text)
    assert both == [("2027-11-07T01:30-04:00", "EDT"), ("2027-11-07T01:30-05:00", "EST")]
    done = browser.post(path_of(one, "/move"), {"version": one.version, "at": both[1][0]})
    assert "Moved to Sun 7 November 2027, 01:30 EST." in browser.get(done.location).text


def test_another_clinics_appointment_is_not_there(web, desk, last, sqlite_store):
    chairs = replace(clinic(), id=uid("other"), name="Other")
    renamed = tuple(replace(one, id=uid(f"other {one.name}")) for one in chairs.resources)
    browser = web_desk(open_desk(sqlite_store, site=replace(chairs, resources=renamed))).signed_in(Role.CLINICIAN)
    nowhere = replace(last, id=uuid4())
    asks = (
        lambda one: browser.get(path_of(one)),
        lambda one: move(browser, one, "2027-01-15"),
        lambda one: cancel(browser, one),
    )
    for ask in asks:
        theirs, none = ask(last), ask(nowhere)
        assert (theirs.status_code, none.status_code) == (404, 404)
        assert without_tokens(theirs.text) == without_tokens(none.text)


def without_tokens(page):
    return re.sub(r'value="[^"]{40,}"', "", page)


def test_a_cancelled_appointment_stays_and_is_struck_through(web, desk, course, last):
    browser = web.signed_in()
    page = browser.get(cancel(browser, last).location).text
    assert "<del>Thursday 14 January 2027, 10:00 EST</del>" in page
    assert [one.status for one in desk.records(course)][-1] is AppointmentStatus.CANCELLED


def test_the_day_asked_for_is_the_day_whose_free_times_are_shown(web, last):
    page = web.signed_in().get(f"{path_of(last)}?day={date(2027, 1, 18)}").text
    assert "Free on Mon 18 January" in page
