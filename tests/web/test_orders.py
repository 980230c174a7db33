"""Pages of a clinician's orders: what is shown is what is saved, who may, and what a stale page is answered with."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from builders import NEW_YORK, clinic, hours, phase, protocol, resources, spravato
from desks import HandClock, at, open_desk
from planner.domain.channels import Channel
from planner.domain.course import AppointmentStatus, CourseStatus, Given
from planner.domain.orders import Hold, Succeed
from planner.domain.protocol import Review
from planner.domain.reaching import Language
from planner.domain.roles import Role
from planner.notify.rereading import reread
from planner.services import booking, consents, ordering, own_words
from planner.services.letterhead import change_letterhead
from webdesk import web_desk

LETTERHEAD = {"public_name": "Harbor Street", "sender": "desk@harbor.example", "phone": "+1 212 555 0100"}
KINDS = (
    "spacing", "pattern", "dose", "observation", "skip", "extend", "end-phase", "hold", "resume", "stop", "re-induce",
    "switch", "override",
)  # fmt: skip


PLACEHOLDERS = {"booked": "{prepare} {links}", "cancelled": ""}


@pytest.fixture
def course(desk):
    """Twenty sessions of esketamine from Tuesday 5 January on, all to come."""
    change_letterhead(desk.admin, **LETTERHEAD, version=None)
    begun = desk.begin("esketamine", days="Tue Thu")
    desk.book(begun)
    return begun


@pytest.fixture
def browser(web):
    return web.signed_in(Role.CLINICIAN)


def filled(page):
    """What the form of a page would send."""
    form = re.search(r'<form class="panel".*?</form>', page, re.DOTALL)[0]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag)[1], re.search(r'value="([^"]*)"', tag)
        if "checkbox" not in tag or " checked" in tag:
            kept = unescape(value[1]) if value else ""
            sent[name] = [*sent[name], kept] if isinstance(sent.get(name), list) else kept
            if name == "weekdays" and isinstance(sent[name], str):
                sent[name] = [kept]
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        sent[name] = unescape(chosen[1]) if chosen else ""
    return {name: value for name, value in sent.items() if name != "csrf_token"}


def preview(browser, course, kind, **changed):
    """Show the form of an order, fill it in, and look at the difference."""
    shown = browser.get(f"/courses/{course.id}/orders/{kind}")
    assert shown.status_code == 200
    return browser.post(f"/courses/{course.id}/orders/{kind}/preview", {**filled(shown.text), **changed})


def save(browser, course, kind, page, reason="as discussed", **changed):
    return browser.post(f"/courses/{course.id}/orders/{kind}", {**filled(page), "reason": reason, **changed})


def table(page):
    """The rows of the difference: what happens, when it was, and when it will be."""
    found = re.search(r'<table class="[^"]*difference">.*?</table>', page, re.DOTALL)[0]
    rows = re.findall(r"<tr>(<th.*?)</tr>", found.partition("<tbody>")[2], re.DOTALL)
    cells = [
        [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in rows
    ]
    return [(kind, was, will.removeprefix("to ")) for kind, was, will, *_ in cells]


def brief(instant):
    wall = instant.astimezone(NEW_YORK)
    return f"{wall:%a} {wall.day} {wall:%b %H:%M %Z}"


SENT = {
    "spacing": {"every": "4", "unit": "days", "min_days": "4", "max_days": "6"},
    "pattern": {"weekdays": ["0", "3"], "at": "11:00"},
    "observation": {"minutes": "150"},
    "hold": {"until": "2027-01-19"},
    "override": {"day": "2027-01-06", "time": "10:00"},
    "resume": {"day": "2027-01-12"},
    "re-induce": {"start": "2027-02-01"},
    "switch": {"protocol": "infusions", "start": "2027-02-01"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_saved_is_what_was_shown(desk, course, browser, kind):
    page = preview(browser, course, kind, **SENT.get(kind, {}))
    assert page.status_code == 200
    shown = sorted(will for _, _, will in table(page.text) if will)
    assert save(browser, course, kind, page.text).status_code == 303
    courses = [course.id, *(one.successor_id for one in orders_of(desk, course) if one.successor_id)]
    with desk.store.read(desk.clinic_id) as uow:
        booked = [one for key in courses for one in uow.appointments.of_course(key) if one.status in {"booked", "tentative"}]
    assert sorted(brief(one.start_at) for one in booked) == shown


def orders_of(desk, course):
    with desk.store.read(desk.clinic_id) as uow:
        return uow.orders.of_course(course.id)


@pytest.mark.parametrize("kind", KINDS)
def test_looking_at_an_order_stores_nothing(desk, course, browser, kind):
    before = (desk.records(course), desk.course(course), orders_of(desk, course), desk.audit("order"))
    assert preview(browser, course, kind, **SENT.get(kind, {})).status_code == 200
    assert (desk.records(course), desk.course(course), orders_of(desk, course), desk.audit("order")) == before


@pytest.mark.parametrize("kind", KINDS)
def test_every_order_is_one_step_from_the_course_or_its_appointment(desk, course, browser, kind):
    first = desk.live(course)[0]
    if kind == "resume":
        ordering.give(desk.clinician, course_id=course.id, order=Hold(), reason="ill", version=desk.course(course).version)
    where = f"/appointments/{first.id}" if kind == "override" else f"/courses/{course.id}"
    assert f'href="/courses/{course.id}/orders/{kind}' in browser.get(where).text


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.ADMIN])
def test_only_clinicians_see_and_give_orders(web, desk, course, role):
    desk_browser, path = web.signed_in(role), f"/courses/{course.id}/orders/hold"
    assert "/orders/" not in desk_browser.get(f"/courses/{course.id}").text
    assert "/orders/" not in desk_browser.get(f"/appointments/{desk.live(course)[0].id}").text
    answers = [desk_browser.get(path), desk_browser.post(f"{path}/preview", {}), desk_browser.post(path, {})]
    assert [one.status_code for one in answers] == [403, 403, 403]


def test_an_order_without_a_reason_is_asked_for_one_beside_its_difference(desk, course, browser):
    page = preview(browser, course, "hold", until="2027-01-19").text
    answer = save(browser, course, "hold", page, reason=" ")
    assert answer.status_code == 422
    assert 'name="reason" rows="2" maxlength="200" aria-describedby="h-reason" aria-invalid="true"' in answer.text
    assert "Save order and change" in answer.text
    assert orders_of(desk, course) == []


def test_a_form_changed_after_the_look_is_shown_again_before_it_is_saved(desk, course, browser):
    page = preview(browser, course, "hold", until="2027-01-19").text
    answer = save(browser, course, "hold", page, until="2027-01-26")
    assert answer.status_code == 422
    assert "On hold until 26 Jan 2027" in answer.text
    assert orders_of(desk, course) == []
    assert save(browser, course, "hold", answer.text).status_code == 303
    assert orders_of(desk, course)[0].content == Hold(date(2027, 1, 26))


def test_what_was_shown_cannot_be_altered(desk, course, browser):
    page = browser.get(f"/courses/{course.id}/orders/stop").text
    shown = filled(page)["shown"]
    assert save(browser, course, "stop", page, shown=shown[:-2] + "xx").status_code == 422
    assert save(browser, course, "hold", page, shown=shown).status_code == 422
    assert orders_of(desk, course) == []


@pytest.mark.parametrize(
    ("kind", "sent", "name"),
    [
        ("spacing", {"every": "0"}, "every"), ("spacing", {"every": "2", "unit": "days", "min_days": "5"}, "min_days"),
        ("pattern", {"weekdays": [], "at": ""}, "weekdays"), ("observation", {"minutes": "60"}, "minutes"),
        ("extend", {"sessions": "0"}, "sessions"), ("hold", {"until": "2027-01-01"}, "until"),
        ("resume", {"day": "2026-12-01"}, "day"), ("re-induce", {"start": "2026-12-01"}, "start"),
        ("spacing", {"effective_on": "2026-12-01"}, "effective_on"),
    ],
)  # fmt: skip
def test_an_order_that_cannot_be_names_its_field_and_stays_filled_in(course, browser, kind, sent, name):
    answer = preview(browser, course, kind, **sent)
    assert answer.status_code in {409, 422}
    assert re.search(rf'name="{name}"[^>]*aria-invalid="true"|is-wrong"><legend>', answer.text)
    for key, value in sent.items():
        assert not isinstance(value, str) or value in filled(answer.text)[key]


def test_physics_cannot_be_overruled_and_the_page_says_so(desk, course, browser):
    answer = preview(browser, course, "override", day="2027-01-10", time="10:00")
    assert answer.status_code == 422
    assert "cannot be overridden" in answer.text
    assert filled(answer.text)["day"] == "2027-01-10"


def test_an_unknown_order_is_not_there(course, browser):
    assert browser.get(f"/courses/{course.id}/orders/dance").status_code == 404


def test_an_address_may_fill_a_form_but_not_with_what_it_has_not(desk, course, browser):
    path = f"/courses/{course.id}/orders/spacing"
    assert filled(browser.get(f"{path}?phase=weekly&every=2&unit=weeks").text)["every"] == "2"
    assert browser.get(f"{path}?colour=red").status_code == 422
    hold = ordering.give(
        desk.clinician, course_id=course.id, order=Hold(), reason="ill", version=desk.course(course).version
    )
    back = f"/courses/{course.id}/orders/take-back?order_id="
    assert browser.get(f"{back}{hold.order.id}").status_code == 200
    assert browser.get(f"{back}nothing").status_code == 422


# ---- two clinicians


def test_of_two_clinicians_the_second_sees_what_the_first_did_and_may_save_anew(web, desk, course, browser):
    other = web.browser()
    other.sign_in(web.hire(Role.CLINICIAN, "other@clinic.example"))
    mine = preview(browser, course, "spacing", every="4", unit="days").text
    theirs = preview(other, course, "hold", until="2027-01-19").text
    assert save(other, course, "hold", theirs, reason="pneumonia").status_code == 303
    answer = save(browser, course, "spacing", mine, reason="slower")
    assert answer.status_code == 409
    assert "somebody else changed this course first" in answer.text.lower()
    meanwhile = " ".join(re.search(r'role="alert".*?</div></div>', answer.text, re.DOTALL)[0].split())
    assert "On hold until 19 Jan 2027" in meanwhile
    assert "Clinician Person" in meanwhile
    assert "reason: pneumonia" in meanwhile
    assert 'rows="2" maxlength="200" aria-describedby="h-reason">slower</textarea>' in answer.text
    assert [one.content.kind for one in orders_of(desk, course)] == ["hold"]
    shown = sorted(will for _, _, will in table(answer.text) if will)
    assert "Tue 19 Jan 10:00 EST" in shown
    assert not {one.split()[1] for one in shown if " Jan " in one} & {"5", "7", "12", "14"}
    assert save(browser, course, "spacing", answer.text, reason="slower").status_code == 303
    assert sorted(brief(one.start_at) for one in desk.live(course)) == shown


def test_an_order_to_a_course_that_was_stopped_meanwhile_is_refused_with_who_stopped_it(desk, course, browser):
    mine = preview(browser, course, "spacing", every="4", unit="days").text
    stop = browser.get(f"/courses/{course.id}/orders/stop").text
    assert save(browser, course, "stop", stop, reason="remission").status_code == 303
    answer = save(browser, course, "spacing", mine)
    assert answer.status_code == 409
    assert "Course stopped" in answer.text


# ---- A3


@pytest.fixture
def lengthened(sqlite_store):
    """Scenario A3: two-weekly Wednesdays at 09:30 in Los Angeles, the last dose given on 5 May."""
    people = resources("nurse", 2, 4, hours()), resources("prescriber", 1, 1, hours())
    site = clinic(resources("chair", 2), *people, zone=ZoneInfo("America/Los_Angeles"))
    desk = open_desk(sqlite_store, site)
    desk.clock = HandClock(datetime(2027, 5, 6, 17, tzinfo=UTC))
    rows = replace(protocol(phase("maintenance", None, (10, 14, 21))), name="maintenance", modality="esketamine-nasal")
    desk.publish(rows)
    change_letterhead(desk.admin, **LETTERHEAD, version=None)
    course = desk.begin("maintenance", date(2027, 5, 6), "Wed", "09:30", given=[Given("maintenance", date(2027, 5, 5))])
    desk.book(course, desk.shown(course, horizon=date(2027, 7, 14)))
    deliver(desk, course)
    desk.clock.now = datetime(2027, 5, 10, 17, tzinfo=UTC)
    return desk, course


A3 = {"every": "4", "unit": "weeks", "min_days": "21", "max_days": "35", "horizon": "2027-08-31"}
A3_ROWS = [
    ("Cancel", "Wed 19 May 09:30 PDT", ""),
    ("Keep", "Wed 2 Jun 09:30 PDT", "Wed 2 Jun 09:30 PDT"),
    ("Cancel", "Wed 16 Jun 09:30 PDT", ""),
    ("Keep", "Wed 30 Jun 09:30 PDT", "Wed 30 Jun 09:30 PDT"),
    ("Cancel", "Wed 14 Jul 09:30 PDT", ""),
    ("Add", "", "Wed 28 Jul 09:30 PDT"),
    ("Add", "", "Wed 25 Aug 09:30 PDT"),
]


def test_a_longer_interval_is_shown_session_by_session_as_worked_out_by_hand(lengthened):
    desk, course = lengthened
    page = preview(web_desk(desk).signed_in(Role.CLINICIAN), course, "spacing", **A3).text
    assert table(page) == A3_ROWS
    assert re.findall(r'class="tag[^"]*">(\d \w+)<', page) == ["2 keep", "3 cancel", "2 add"]
    assert "Save order and change 5" in page
    assert "Every 4 weeks is outside the label" in unescape(page)
    assert "14 → 28" in page


def test_a_longer_interval_is_saved_as_shown_and_told_in_one_message(lengthened):
    desk, course = lengthened
    browser = web_desk(desk).signed_in(Role.CLINICIAN)
    before = {one.id: (one.start_at, one.sequence, one.updated_at, one.told_at) for one in desk.live(course)}
    page = preview(browser, course, "spacing", **A3).text
    desk.clock.now += timedelta(minutes=1)
    assert save(browser, course, "spacing", page, reason="stable").status_code == 303
    assert desk.walls(course) == ["06-02 09:30", "06-30 09:30", "07-28 09:30", "08-25 09:30"]
    kept = [one for one in desk.live(course) if one.id in before]
    assert [one.wall_start[5:10] for one in kept] == ["06-02", "06-30"]
    assert [before[one.id] for one in kept] == [(one.start_at, one.sequence, one.updated_at, one.told_at) for one in kept]
    with desk.store.read(desk.clinic_id) as uow:
        (notice,) = uow.notices.keep(patient_id=course.patient_id)
    assert {name: len(notice.facts[name]) for name in ("added", "moved", "cancelled")} == {
        "added": 2, "moved": 0, "cancelled": 3
    }  # fmt: skip


def test_three_weeks_instead_of_two_are_shown_as_in_the_drawing_that_the_page_was_made_by(web, desk):
    desk.publish(replace(protocol(phase("maintenance", None, (10, 14, 18))), name="maintenance"))
    desk.clock.now = datetime(2027, 3, 3, 12, tzinfo=UTC)
    course = desk.begin("maintenance", date(2027, 3, 3), "Tue", given=[Given("maintenance", date(2027, 3, 2))])
    first = desk.book(course, desk.shown(course, horizon=date(2027, 5, 30))).appointments[0]
    booking.move(desk.scheduler, appointment_id=first.id, start=at("03-17"), version=first.version)
    asked = {"every": "3", "min_days": "16", "max_days": "26", "horizon": "2027-06-30"}
    page = preview(web.signed_in(Role.CLINICIAN), course, "spacing", **asked).text
    assert table(page) == [
        ("Move", "Wed 17 Mar 10:00 EDT", "Tue 23 Mar 10:00 EDT"),
        ("Cancel", "Tue 30 Mar 10:00 EDT", ""),
        ("Keep", "Tue 13 Apr 10:00 EDT", "Tue 13 Apr 10:00 EDT"),
        ("Move", "Tue 27 Apr 10:00 EDT", "Tue 4 May 10:00 EDT"),
        ("Cancel", "Tue 11 May 10:00 EDT", ""),
        ("Keep", "Tue 25 May 10:00 EDT", "Tue 25 May 10:00 EDT"),
        ("Add", "", "Tue 15 Jun 10:00 EDT"),
    ]
    assert "Sessions now and after the change: 2 kept, 2 moved, 2 cancelled, 1 added" in page


# ---- the message, the history, and the state


def deliver(desk, course):
    """Let the patient have heard of everything so far."""
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.withdraw([one.id for one in uow.notices.keep(patient_id=course.patient_id)], desk.clock.now, "sent")


def written(desk, course, channel=Channel.MAIL):
    """The one message that is owed to the patient, as the sender would write it now."""
    with desk.store.read(desk.clinic_id) as uow:
        (notice,) = uow.notices.keep(patient_id=course.patient_id)
        found = reread(uow, notice, desk.clock.now, channel)
    return f"{found.subject}\n\n{found.text}" if found.subject else found.text


LETTERS = ["spacing", "pattern", "skip", "hold", "stop", "end-phase", "re-induce", "switch", "extend"]


@pytest.mark.parametrize("kind", LETTERS)
def test_the_message_that_is_shown_is_the_message_that_is_written(desk, course, browser, kind):
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(course.patient_id), email="ada@patients.example"))
    deliver(desk, course)
    page = preview(browser, course, kind, **SENT.get(kind, {})).text
    shown = unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[1])
    assert save(browser, course, kind, page).status_code == 303
    assert written(desk, course) == shown


@pytest.mark.parametrize("kind", ["spacing", "stop", "extend"])
def test_it_is_shown_in_the_patients_language_and_the_clinics_own_words(desk, course, browser, kind):
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(course.patient_id), email="ada@patients.example"))
        chosen = uow.correspondence.of_patient(course.patient_id)
        uow.correspondence.keep(replace(chosen, language=Language.SPANISH))
    for about in ("booked", "cancelled"):
        place = own_words.Place(about, Language.SPANISH, Channel.MAIL)
        own_words.keep(desk.admin, place, subject="Sus fechas", body=f"Buenas. {{dates}} {PLACEHOLDERS[about]}", seen=0)
    deliver(desk, course)
    page = preview(browser, course, kind, **SENT.get(kind, {})).text
    shown = unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[1])
    assert "By mail, in Spanish" in page
    assert shown.startswith("Sus fechas\n\nBuenas.")
    assert save(browser, course, kind, page).status_code == 303
    assert written(desk, course) == shown


@pytest.mark.parametrize("kind", ["spacing", "stop", "extend"])
@pytest.mark.usefixtures("texting")
def test_who_is_reached_by_text_message_first_has_the_text_message_shown(desk, course, browser, kind):
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(course.patient_id), phone="+12125550101"))
    consents.say(desk.scheduler, course.patient_id, Channel.SMS, True, "on paper")
    deliver(desk, course)
    page = preview(browser, course, kind, **SENT.get(kind, {})).text
    shown = unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[1])
    assert "By text message, in English" in page
    assert save(browser, course, kind, page).status_code == 303
    assert written(desk, course, Channel.SMS) == shown


def test_the_history_says_what_was_ordered_and_replaced_and_takes_it_back(desk, course, browser):
    walls = desk.walls(course)
    save(browser, course, "spacing", preview(browser, course, "spacing", **SENT["spacing"]).text, reason="slower")
    assert desk.walls(course) != walls
    page = " ".join(browser.get(f"/courses/{course.id}").text.split())
    assert "<b>Order</b> induction: every 4 days, 4 to 6 days" in page
    assert "Was: every 3 days, 2 to 5 days. Reason: slower" in page
    assert f'<a href="/courses/{course.id}/orders/take-back">Take back</a>' in page
    desk.clock.now += timedelta(minutes=1)
    back = browser.get(f"/courses/{course.id}/orders/take-back").text
    assert save(browser, course, "take-back", back, reason="a slip").status_code == 303
    assert desk.course(course).protocol == course.protocol
    assert desk.walls(course) == walls
    page = browser.get(f"/courses/{course.id}").text
    assert "Taken back: induction: every 4 days, 4 to 6 days" in page
    assert "/orders/take-back" not in page


def test_a_course_on_hold_says_until_when(desk, course, browser):
    save(browser, course, "hold", preview(browser, course, "hold", until="2027-01-19").text)
    assert ">on hold until 19 Jan 2027<" in browser.get(f"/courses/{course.id}").text
    save(browser, course, "hold", preview(browser, course, "hold", until="").text)
    assert ">on hold until cleared<" in browser.get(f"/courses/{course.id}").text


def test_an_order_that_holds_from_a_later_day_leaves_what_is_booked_before_and_says_so(lengthened):
    desk, course = lengthened
    browser = web_desk(desk).signed_in(Role.CLINICIAN)
    later = {"weekdays": ["3"], "effective_on": "2027-06-10", "horizon": "2027-07-16"}
    page = preview(browser, course, "pattern", **later).text
    assert save(browser, course, "pattern", page).status_code == 303
    assert desk.walls(course) == ["05-19 09:30", "06-02 09:30", "06-17 09:30", "07-01 09:30", "07-15 09:30"]
    assert "Holds from 10 Jun 2027." in browser.get(f"/courses/{course.id}").text


@pytest.mark.parametrize(("days", "words"), [(28, None), (29, "a long gap"), (61, "a discontinuation")])
def test_a_course_that_is_taken_up_again_says_how_long_ago_the_last_dose_was(web, desk, days, words):
    change_letterhead(desk.admin, **LETTERHEAD, version=None)
    course = desk.begin("esketamine", given=[Given("induction", date(2027, 1, 3), elsewhere=True)])
    desk.book(course)
    ordering.give(desk.clinician, course_id=course.id, order=Hold(), reason="ill", version=desk.course(course).version)
    desk.clock.now += timedelta(days=days - 1)
    page = web.signed_in(Role.CLINICIAN).get(f"/courses/{course.id}/orders/resume").text
    assert (f"{days} days since the last dose." in page) is (words is not None)
    assert words is None or words in page


def test_a_course_and_the_one_that_follows_it_are_linked_both_ways(desk, course, browser):
    done = ordering.give(
        desk.clinician, course_id=course.id, order=Succeed("infusions", date(2027, 2, 1)), reason="no response",
        version=desk.course(course).version,
    )  # fmt: skip
    assert f'href="/courses/{done.successor.id}"' in browser.get(f"/courses/{course.id}").text
    assert f'<a href="/courses/{course.id}">an earlier course</a>' in browser.get(f"/courses/{done.successor.id}").text
    assert desk.course(course).status is CourseStatus.REVOKED


def test_a_session_may_lie_where_only_judgement_forbids_it(desk, course, browser):
    second = desk.live(course)[1]
    form = filled(browser.get(f"/courses/{course.id}/orders/override?appointment_id={second.id}").text)
    assert form["appointment_id"] == str(second.id)
    page = preview(browser, course, "override", appointment_id=str(second.id), day="2027-01-06", time="10:00").text
    assert ("Move", "Thu 7 Jan 10:00 EST", "Wed 6 Jan 10:00 EST") in table(page)
    assert save(browser, course, "override", page, reason="travels").status_code == 303
    assert desk.live(course)[1].start_at == at("01-06")


def test_another_dose_is_given_by_another_visit_of_the_protocol(desk, browser):
    change_letterhead(desk.admin, **LETTERHEAD, version=None)
    visits = (spravato(), spravato("spravato-84", dosing_minutes=20))
    desk.publish(replace(protocol(phase("weekly", 4, (5, 7, 9)), visits=visits), name="doses"))
    course = desk.begin("doses")
    desk.book(course)
    page = preview(browser, course, "dose", visit="spravato-84")
    assert re.findall(r'<option value="(spravato[^"]*)"', page.text) == ["spravato", "spravato-84"]
    assert save(browser, course, "dose", page.text).status_code == 303
    assert {one.profile.name for one in desk.live(course)} == {"spravato-84"}
    assert "Was: Esketamine" in browser.get(f"/courses/{course.id}").text


@pytest.fixture
def reviewed(desk):
    """Two sessions, a review, and four weekly ones that wait for it."""
    change_letterhead(desk.admin, **LETTERHEAD, version=None)
    first = replace(phase("induction", 2, (2, 3, 5), pattern="Tue Thu"), review=Review("Evaluate the benefit"))
    desk.publish(replace(protocol(first, phase("weekly", 4, (5, 7, 9))), name="reviewed"))
    begun = desk.begin("reviewed", days="Tue Thu")
    desk.book(begun)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(begun.patient_id), email="ada@patients.example"))
    deliver(desk, begun)
    return begun


def test_to_continue_after_a_review_confirms_what_was_tentative(desk, reviewed, browser):
    assert "/orders/continue" in browser.get(f"/courses/{reviewed.id}").text
    page = preview(browser, reviewed, "continue").text
    assert {kind for kind, _, _ in table(page)} == {"Keep"}
    shown = unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[1])
    assert save(browser, reviewed, "continue", page).status_code == 303
    assert {one.status for one in desk.live(reviewed)} == {AppointmentStatus.BOOKED}
    assert written(desk, reviewed) == shown


def test_what_waits_for_a_review_is_shown_and_told_as_provisional(desk, reviewed, browser):
    page = preview(browser, reviewed, "pattern", weekdays=["0", "2"]).text
    assert "4 sessions stay tentative until the review is decided" in page
    assert "Tentative until the review is decided" in re.search(r'difference">.*?</table>', page, re.DOTALL)[0]
    shown = unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[1])
    assert "; provisional" in shown
    assert save(browser, reviewed, "pattern", page).status_code == 303
    assert written(desk, reviewed) == shown


def test_a_place_that_somebody_took_meanwhile_is_answered_with_what_is_free_now(desk, course, browser):
    page = preview(browser, course, "hold", until="2027-03-01").text
    for name in ("Grace Hopper", "Mary Jackson"):
        desk.book(desk.begin(patient=name, start=date(2027, 3, 2), days="Tue Thu"))
    answer = save(browser, course, "hold", page, reason="ill")
    assert answer.status_code == 409
    assert "can no longer be booked" in answer.text
    shown = sorted(will for _, _, will in table(answer.text) if will)
    assert save(browser, course, "hold", answer.text, reason="ill").status_code == 303
    assert sorted(brief(one.start_at) for one in desk.live(course)) == shown


def in_maintenance(desk):
    """A course of which only the phase without an end is left."""
    rows = protocol(phase("induction", 2, (2, 3, 5)), phase("maintenance", None, (10, 14, 21)))
    desk.publish(replace(rows, name="both"))
    course = desk.begin("both", given=[Given("maintenance", date(2027, 1, 3), elsewhere=True)])
    desk.book(course)
    return course


def test_extending_is_offered_only_while_a_phase_with_an_end_is_left(desk, browser):
    course = in_maintenance(desk)
    page = browser.get(f"/courses/{course.id}").text
    assert ("/orders/end-phase" in page, "/orders/extend" in page) == (True, False)


def test_an_order_that_is_not_possible_now_says_so_and_blames_nobody(desk, browser):
    course = in_maintenance(desk)
    answer = browser.get(f"/courses/{course.id}/orders/extend")
    assert (answer.status_code, "That is not possible now" in answer.text) == (409, True)
