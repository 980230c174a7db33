"""The patient's own page, by private link: what it shows, what its buttons do, and what it never gives away."""

import re
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from desks import at
from patientpage import ask, give, open_course, open_page, send_all
from planner.domain.neutral import forbidden_in
from planner.domain.reaching import Delivery, Language, Purpose
from planner.domain.replies import ReplyKind, Ride, RideKind
from planner.services import booking, correspondence, feeds, page_links, replying

WHEN = "Tuesday, January 5, 2027"


@pytest.fixture
def course(desk):
    """A booked course, heard of."""
    return open_course(desk)


@pytest.fixture
def mine(web, course):
    """The page of the course's patient."""
    return open_page(web, course)


def choose(bearer, **changed):
    known = correspondence.chosen(bearer)
    wanted = {"language": known.language, "delivery": known.delivery, "wording": "", "version": known.version}
    return correspondence.choose(bearer, **{**wanted, **changed})


def test_the_next_appointment_is_spelled_out_with_its_zone_and_its_end(mine):
    shown = mine.words()
    assert "Hello, Nadia" in shown
    assert WHEN in shown
    assert "New York time (EST)" in shown
    assert "You leave at about" in shown


def test_the_page_greets_by_the_first_name_alone(mine):
    assert "Rahman" not in mine.html()


@pytest.mark.parametrize("language", list(Language))
def test_a_whole_course_and_all_that_is_said_of_it_is_below_50_kilobytes(web, desk, course, mine, language):
    choose(mine.bearer, language=language, full=True)
    for one in desk.live(course):
        replying.reply(mine.bearer, appointment_id=one.id, kind=ReplyKind.RIDE, ride=Ride(RideKind.ADULT, "Sam", "555-0199"))
    for number in range(5):
        feeds.create_own(mine.bearer, feeds.Wanted(f"device {number}"))
    give(desk, desk.live(course)[0])
    static = sum((Path(web.app.static_folder) / f"{name}.css").stat().st_size for name in ("tokens", "patient"))
    shown = mine.ask().data
    assert shown.count(b"<li") > 20
    assert len(shown) + static < 50_000


def test_no_word_on_the_page_tells_what_the_appointments_are_for(mine):
    assert forbidden_in(mine.words()) == []


def test_what_the_page_withholds_is_said_and_shown_to_who_asks_for_it(mine):
    before = mine.html()
    assert "There is more to do before this appointment" in before
    assert "nasal" not in before
    choose(mine.bearer, full=True)
    after = mine.html()
    assert "There is more to do" not in after
    assert "nasal" in after


def test_a_time_that_nobody_told_stands_there_as_in_a_calendar_and_nothing_is_asked_about_it(desk, course, mine):
    untold = desk.live(course)[0]
    booking.move(
        desk.scheduler, appointment_id=untold.id, start=at("01-05", "13:00"), version=untold.version, told=False
    )
    assert WHEN in mine.words()
    assert "1:00 pm" in mine.words().replace("\N{NO-BREAK SPACE}", " ")
    assert f"{untold.id}/come" not in mine.html()


def test_what_was_cancelled_before_anybody_heard_of_it_is_not_shown(desk, course, mine):
    first = desk.live(course)[0]
    moved = booking.move(
        desk.scheduler, appointment_id=first.id, start=at("01-05", "13:00"), version=first.version, told=False
    ).appointment  # fmt: skip
    booking.cancel(desk.scheduler, appointment_id=first.id, version=moved.version, reason="ill", told=False)
    assert WHEN not in mine.words()


def test_a_move_is_marked_with_its_day_and_what_it_was(desk, course, mine):
    send_all(desk)
    second = desk.live(course)[1]
    later = second.start_at + timedelta(hours=2)
    booking.move(desk.scheduler, appointment_id=second.id, start=later, version=second.version, told=True)
    desk.clock.now += timedelta(minutes=1)
    shown = mine.words()
    assert "Changed on Monday, January 4." in shown
    assert "It was at 10:00 am." in shown


def test_what_is_cancelled_is_struck_through_until_its_planned_end(desk, course, mine):
    first = desk.live(course)[0]
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="ill", told=True)
    assert "<del>Tuesday, January 5</del>" in mine.html()
    desk.clock.now = first.end_at
    assert "<del>" not in mine.html()


def test_what_was_answered_is_shown_in_place_of_the_button(desk, course, mine):
    first = desk.live(course)[0]
    replying.reply(mine.bearer, appointment_id=first.id, kind=ReplyKind.COME)
    ride = Ride(RideKind.ADULT, "Sam Lee", "555-0199")
    replying.reply(mine.bearer, appointment_id=first.id, kind=ReplyKind.RIDE, ride=ride)
    shown = mine.words()
    assert "You said that you will come." in shown
    assert "Your ride: Sam Lee, 555-0199" in shown


def test_on_the_day_of_a_dose_the_advice_comes_first_and_has_no_clock_time(desk, course, mine):
    give(desk, desk.live(course)[0])
    shown = mine.words()
    rule = "Do not drive, cycle or use machines before Wednesday, January 6, and only after a restful night’s sleep."
    assert rule in shown
    assert shown.index("Do not drive") < shown.index("Your next appointment")


def test_the_page_of_one_patient_shows_nothing_of_another(web, desk, mine):
    other = desk.begin("esketamine", at="14:00", patient="Grace Hopper")
    appointment = desk.book(other).appointments[0]
    assert mine.ask(f"/{appointment.id}.ics").status_code == 404
    assert ask(web, f"/answer/{mine.minted.token}/{appointment.id}/come").status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_answer_is_kept_nowhere_and_sets_no_cookie(mine, method):
    answer = mine.ask("", method)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_who_is_signed_in_at_the_desk_stays_so_and_leaves_no_trace_on_the_page(web, mine):
    browser = web.signed_in()
    answer = browser.get(mine.path)
    assert "Set-Cookie" not in answer.headers
    assert browser.get("/patients").status_code == 200


@pytest.mark.parametrize("path", ["/my/{}", "/my/{}/hand-out", "/my/{}/appointments.ics", "/my/{}/nothing", "/answer/{}"])
def test_an_unknown_link_says_so_in_both_languages(web, path):
    answer = ask(web, path.format("x" * 43))
    assert answer.status_code == 404
    assert "This link does not open anything" in answer.text
    assert "Este enlace no abre nada" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_link_that_was_switched_off_answers_as_one_that_never_was(web, desk, mine):
    page_links.revoke(desk.scheduler, link_id=mine.minted.link.id)
    assert mine.ask().data == ask(web, "/my/" + "x" * 43).data


def test_a_page_that_is_opened_too_often_asks_for_a_minute(mine):
    for _ in range(60):
        mine.ask("/stop", "HEAD")
    answer = mine.ask()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert "Wait a minute" in answer.text


def test_where_the_database_is_away_that_is_said_in_the_look_of_the_page(mine, desk, monkeypatch):
    def refuse(*_, **__):
        raise OperationalError("SELECT name FROM patient", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(desk.store.engine.pool, "connect", refuse)
    answer = mine.ask()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "patient.css" in answer.text
    assert "La página no se puede leer en este momento" in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_what_an_address_does_not_take_is_said_in_the_look_of_the_page(mine, method):
    answer = mine.ask("", method)
    assert answer.status_code == 405
    assert "patient.css" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_link_for_one_answer_opens_no_page(web, desk, course):
    with desk.store.begin(desk.clinic_id) as uow:
        appointment_id = desk.live(course)[0].id
        made = page_links.mint(
            uow, desk.clock(), course.patient_id, Purpose.COME, "mail", appointment_id=appointment_id
        )
    for part in ("", "/hand-out", "/stop", "/appointments.ics", f"/{appointment_id}.ics"):
        assert ask(web, f"/my/{made.token}{part}").status_code == 404
    for part in ("/links", "/choices", "/delivery", "/renew", "/stop"):
        assert ask(web, f"/my/{made.token}{part}", "POST").status_code == 404


def test_a_form_with_a_strange_field_changes_nothing_and_shows_the_page_again(mine):
    answer = mine.send("/choices", language="es", version="0", clinic_id="1")
    assert answer.status_code == 422
    assert "That could not be stored" in answer.text
    assert correspondence.chosen(mine.bearer).version == 0


def test_a_page_that_was_chosen_from_twice_refuses_the_stale_one(mine):
    choose(mine.bearer, language=Language.SPANISH)
    answer = mine.send("/choices", language="en", version="0", wording="")
    assert answer.status_code == 409
    assert correspondence.chosen(mine.bearer).language is Language.SPANISH


def test_a_stale_choice_says_what_to_do_and_can_be_sent_again_as_it_was(mine):
    choose(mine.bearer, language=Language.ENGLISH)
    shown = mine.send("/choices", language="es", version="0", wording="Reunión", full="yes").text
    assert "nothing was stored: look at what you chose" in shown
    form = shown[shown.index('action="/my/') :].partition('/choices">')[2].partition("</form>")[0]
    assert '<option value="es" lang="es" selected>' in form
    assert re.search(r'name="full" value="yes"\s+checked', form)
    sent = dict(re.findall(r'name="(version|wording)"[^>]* value="([^"]*)"', form))
    assert mine.send("/choices", language="es", full="yes", **sent).status_code == 303
    assert correspondence.chosen(mine.bearer).wording == "Reunión"


def test_a_way_of_delivery_that_is_refused_stays_chosen_in_an_open_form(mine):
    choose(mine.bearer, language=Language.ENGLISH)
    shown = mine.send("/delivery", delivery="neither", version="0").text
    assert "<details open><summary>How the dates come to you" in shown
    assert 'name="delivery" value="neither" checked' in shown


def test_language_words_and_delivery_are_chosen_on_the_page(mine):
    assert mine.send("/choices", language="es", wording="Reunión", full="yes", version="0").status_code == 303
    assert mine.send("/delivery", delivery="neither", version="1").status_code == 303
    known = correspondence.chosen(mine.bearer)
    assert (known.language, known.wording, known.full) == (Language.SPANISH, "Reunión", True)
    assert known.delivery is Delivery.NEITHER


def test_who_gets_invitations_chooses_whether_they_say_where_and_nobody_else_is_asked(desk, mine):
    patient_id = mine.bearer.patient_id
    with desk.store.begin(desk.clinic_id) as uow:
        uow.letterheads.save(replace(uow.letterheads.get(), address="12 Pier Street"))
        uow.people.save(replace(uow.people.get(patient_id), email="nadia@patients.example"))
    assert 'id="shows_place"' not in mine.html()
    choose(mine.bearer, delivery=Delivery.INVITATIONS)
    assert 'id="shows_place"' in mine.html()
    mine.send("/choices", language="en", wording="", shows_place="yes", version="1")
    assert correspondence.chosen(mine.bearer).shows_place
    assert re.search(r'id="shows_place" name="shows_place" value="yes"\s+checked', mine.html())


def test_a_wording_that_tells_too_much_is_refused_in_the_form(mine):
    answer = mine.send("/choices", language="en", wording="Infusion", version="0")
    assert answer.status_code == 422
    assert "What your calendar calls each date" in answer.text
    assert "<details open><summary>Language and words" in answer.text
    assert 'value="Infusion"' in answer.text


def test_a_new_address_of_the_page_is_shown_once_and_the_old_one_is_over(web, mine):
    answer = mine.send("/renew")
    assert answer.status_code == 201
    fresh = re.search(r'/my/([\w-]{43})"', answer.text)[1]
    assert fresh != mine.minted.token
    assert ask(web, f"/my/{fresh}").status_code == 200
    assert mine.ask().status_code == 404


def test_the_page_is_stopped_only_by_the_second_button(mine):
    assert "Stop this page?" in mine.html("/stop")
    assert mine.ask().status_code == 200
    assert "This page is stopped" in mine.send("/stop").text
    assert mine.ask().status_code == 404


def test_the_hand_out_holds_the_plan_the_slip_and_the_contacts(mine):
    shown = mine.words("/hand-out")
    assert WHEN in shown
    assert "My ride home" in shown
    assert "until the next day, and only after a restful night’s sleep" in shown
    assert "555-0100" in shown


def test_the_desk_prints_the_same_hand_out_in_the_patients_language(web, desk, course, mine):
    choose(mine.bearer, language=Language.SPANISH)
    answer = web.signed_in().get(f"/patients/{course.patient_id}/hand-out")
    assert "martes, 5 de enero de 2027" in answer.text
    assert desk.audit("read")[-1].facts == {"part": "hand-out"}
