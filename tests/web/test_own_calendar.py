"""The patient's page and calendars: an address for each program, shown once; dates as a file; and who reads them."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from icalendar import Calendar

from patientpage import ask, open_course, open_page
from planner.domain.reaching import Audience, Delivery
from planner.services import booking, correspondence, feeds, letterhead
from planner.web.own_calendar import ways_of

PROGRAMS = ("apple", "google", "outlook", "copy", "qr")
FORM = {"program": "apple", "label": "my phone", "audience": "patient"}


@pytest.fixture
def course(desk):
    """A booked course, heard of."""
    return open_course(desk)


@pytest.fixture
def mine(web, course):
    """The page of the course's patient."""
    return open_page(web, course)


def address_in(html):
    return re.search(r'https?://[^"<]+?(/calendar/[\w-]{43}\.ics)', html)[1]


def test_each_program_gets_the_address_in_its_own_form():
    ways = ways_of("https://clinic.example/calendar/x_-1.ics")
    assert ways.webcal == "webcal://clinic.example/calendar/x_-1.ics"
    assert parse_qs(urlsplit(ways.google).query) == {"cid": ["webcal://clinic.example/calendar/x_-1.ics"]}
    assert parse_qs(urlsplit(ways.outlook).query) == {"url": ["https://clinic.example/calendar/x_-1.ics"]}
    assert ways.google.startswith("https://calendar.google.com/calendar/render?cid=webcal%3A%2F%2F")
    assert ways.outlook.startswith("https://outlook.live.com/calendar/0/addfromweb?url=https%3A%2F%2F")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_button_makes_a_link_that_opens_the_calendar(web, mine, program):
    answer = mine.send("/links", **FORM | {"program": program})
    assert answer.status_code == 201
    feed = ask(web, address_in(answer.text))
    assert feed.status_code == 200
    assert len(Calendar.from_ical(feed.data).walk("VEVENT")) == 20


def test_the_address_is_shown_once_and_never_again(mine):
    address = address_in(mine.send("/links", **FORM).text)
    assert address not in mine.html()


def test_what_google_and_microsoft_do_is_said_before_the_click(mine):
    shown = mine.words()
    assert "Google 12 to 24 hours, Outlook 3 to 24" in shown
    assert "Google and Microsoft will hold a copy of the dates" in shown
    assert "A change on the day always comes by message as well" in shown
    assert shown.index("will hold a copy") < shown.index("Whose device")


def test_a_link_shows_what_was_chosen_for_it(mine):
    mine.send("/links", **FORM, shows_advice="yes", shows_place="yes", alarm_minutes="60")
    (link,) = feeds.links_of(mine.bearer)
    assert (link.shows_advice, link.shows_place, link.alarm_minutes) == (True, True, 60)


def test_nothing_more_than_the_dates_is_shown_unless_it_is_chosen(mine):
    mine.send("/links", **FORM)
    (link,) = feeds.links_of(mine.bearer)
    assert (link.shows_advice, link.shows_place, link.alarm_minutes) == (False, False, None)


@pytest.mark.parametrize("wrong", [{"label": ""}, {"label": "Infusion phone"}, {"program": "fax"}, {"audience": "room"},
                                   {"alarm_minutes": "7"}, {"patient_id": "1"}])  # fmt: skip
def test_a_link_that_cannot_be_is_refused_on_the_page(mine, wrong):
    answer = mine.send("/links", **FORM | wrong)
    assert answer.status_code == 422
    assert "That could not be stored" in answer.text
    assert feeds.links_of(mine.bearer) == []


def say_where(web):
    head = letterhead.letterhead(web.desk.admin)
    letterhead.change_letterhead(
        web.desk.admin, public_name=head.public_name, sender=head.sender, phone=head.phone, address="12 Main Street",
        version=head.version,
    )  # fmt: skip


def test_what_was_wanted_of_a_link_stays_in_its_form_when_it_is_refused(web, mine):
    say_where(web)
    chosen = {"label": "Infusion phone", "shows_advice": "yes", "shows_place": "yes", "alarm_minutes": "60"}
    shown = mine.send("/links", **FORM | {"audience": "patient"} | chosen).text
    assert 'value="Infusion phone"' in shown
    assert shown.count(' value="yes" checked') == 2
    assert '<option value="60" selected>' in shown


def test_a_carer_who_is_refused_stays_in_the_form_of_carers_alone(mine):
    shown = mine.send("/links", **FORM | {"audience": "carer", "label": "Sam"}).text
    assert "<details open><summary>For the person who picks you up" in shown
    assert shown.count('value="Sam"') == 1


def test_a_carers_link_is_to_be_passed_on_and_promises_no_message(mine):
    shown = mine.send("/links", **FORM | {"audience": "carer", "label": "Sam", "agreed": "yes"}).text
    assert "send them the address, or let them scan the code" in shown
    assert "always comes by message" not in shown


def test_where_is_promised_only_by_a_clinic_that_says_where_it_is(web, mine):
    assert "when to pick you up: nothing else" in mine.words()
    assert 'name="shows_place" value="yes"><span>' not in mine.html()
    say_where(web)
    assert "when to pick you up and where: nothing else" in mine.words()
    assert 'name="shows_place" value="yes"><span>' in mine.html()


def test_a_carer_gets_a_link_only_if_the_patient_agrees(mine):
    form = FORM | {"audience": "carer", "label": "Sam"}
    assert mine.send("/links", **form).status_code == 422
    assert mine.send("/links", **form, agreed="yes").status_code == 201
    (link,) = feeds.links_of(mine.bearer)
    assert link.audience is Audience.CARER
    assert link.agreed_at


def test_a_list_says_who_read_the_calendar_last_and_when(web, mine):
    address = address_in(mine.send("/links", **FORM).text)
    assert "Not read yet." in mine.words()
    ask(web, address, headers={"User-Agent": "iOS/17 dataaccessd"})
    assert "Last read on Monday, January 4, 7:00 am, by iOS/17 dataaccessd." in mine.words()


def test_a_name_that_looks_like_markup_is_only_text(mine):
    name = "<img src=x onerror=1>"
    for html in (mine.send("/links", **FORM | {"label": name}).text, mine.html()):
        assert "<img" not in html
        assert "&lt;img src=x onerror=1&gt;" in html


def test_a_link_gets_a_new_address_and_the_old_one_says_that_it_is_off(web, mine):
    old = address_in(mine.send("/links", **FORM).text)
    (link,) = feeds.links_of(mine.bearer)
    new = address_in(mine.send(f"/links/{link.id}/rotate").text)
    assert b"switched off" in ask(web, old).data
    assert len(Calendar.from_ical(ask(web, new).data).walk("VEVENT")) == 20


def test_a_link_that_is_stopped_leaves_the_list(web, mine):
    address = address_in(mine.send("/links", **FORM).text)
    (link,) = feeds.links_of(mine.bearer)
    assert mine.send(f"/links/{link.id}/stop").status_code == 303
    assert "Who reads your calendar" not in mine.html()
    assert b"switched off" in ask(web, address).data


@pytest.mark.parametrize("verb", ["rotate", "stop"])
def test_the_link_of_another_patient_is_not_there(web, desk, mine, verb):
    other = desk.begin("esketamine", at="14:00", patient="Grace Hopper")
    theirs = feeds.create(desk.scheduler, feeds.Wanted("tablet"), patient_id=other.patient_id).link
    assert mine.send(f"/links/{theirs.id}/{verb}").status_code == 404
    assert feeds.is_on(feeds.list_of(desk.scheduler, patient_id=other.patient_id)[0], desk.clock())


def test_all_dates_ahead_can_be_saved_as_a_file(desk, course, mine):
    first = desk.live(course)[0]
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="ill", told=True)
    answer = mine.ask("/appointments.ics")
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="appointments.ics"'
    assert answer.headers["Cache-Control"] == "no-store"
    events = Calendar.from_ical(answer.data).walk("VEVENT")
    assert [str(one["UID"]) for one in events] == [str(one.id) for one in desk.live(course)]
    assert {str(one["SUMMARY"]) for one in events} == {"Appointment"}


def test_one_date_can_be_saved_as_a_file(desk, course, mine):
    second = desk.live(course)[1]
    (event,) = Calendar.from_ical(mine.ask(f"/{second.id}.ics").data).walk("VEVENT")
    assert event.decoded("DTSTART") == second.start_at


def test_what_is_over_cannot_be_saved(desk, course, mine):
    first = desk.live(course)[0]
    desk.clock.now = first.end_at + timedelta(minutes=1)
    assert mine.ask(f"/{first.id}.ics").status_code == 404


def test_who_chose_invitations_is_offered_no_link(mine):
    known = correspondence.chosen(mine.bearer)
    correspondence.choose(mine.bearer, language=known.language, delivery=Delivery.NEITHER, wording="", version=0)
    assert "Your dates go into no calendar." in mine.words()
    assert 'name="audience" value="patient"' not in mine.html()
