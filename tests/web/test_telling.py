"""What "Tell the patient" shows is what is sent: in their language, by their channel, in the clinic's own words."""

import re
from dataclasses import replace
from datetime import date, time
from html import unescape

import pytest

from builders import wall
from planner.domain.channels import Channel, Quiet
from planner.domain.reaching import Language
from planner.notify.rereading import reread
from planner.services import booking, consents, own_words
from planner.services.letterhead import change_letterhead
from postroom import enter

HEAD = {"public_name": "Harbor Street", "sender": "desk@harbor.example", "phone": "+1 212 555 0100"}


@pytest.fixture
def ada(desk):
    """A patient who reads Spanish."""
    change_letterhead(desk.admin, **HEAD, version=None)
    found = enter(desk, "Ada Lovelace")
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(found), phone="+12125550101"))
        uow.correspondence.keep(replace(uow.correspondence.of_patient(found), language=Language.SPANISH))
    return found


@pytest.fixture
def one(desk, ada):
    """Her session of Tuesday 12 January, of which she has heard."""
    course = desk.begin(start=date(2027, 1, 12))
    desk.book(course)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.notices.withdraw([one.id for one in uow.notices.keep(patient_id=ada)], desk.clock.now, "sent")
    return desk.live(course)[0]


def by_text(desk, ada):
    consents.say(desk.scheduler, ada, Channel.SMS, True, "on paper")
    with desk.store.begin(desk.clinic_id) as uow:
        uow.correspondence.keep(replace(uow.correspondence.of_patient(ada), channels=(Channel.SMS, Channel.MAIL)))


def letters(page):
    return [unescape(one) for one in re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)]


def written(desk, patient_id, kind, channel=Channel.MAIL):
    """What the sender would write now of the one message of a kind."""
    with desk.store.read(desk.clinic_id) as uow:
        (notice,) = [one for one in uow.notices.open_to(patient_id) if one.kind == kind]
        found = reread(uow, notice, desk.clock.now, channel)
    return f"{found.subject}\n\n{found.text}" if found.subject else found.text


@pytest.mark.parametrize("channel", [Channel.MAIL, Channel.SMS])
@pytest.mark.usefixtures("texting")
def test_a_course_that_is_booked(web, desk, ada, channel):
    if channel is Channel.SMS:
        by_text(desk, ada)
    course = desk.begin(start=date(2027, 1, 12))
    (shown,) = letters(web.signed_in().get(f"/courses/{course.id}/plan").text)
    desk.book(course)
    assert written(desk, ada, "booked", channel) == shown


@pytest.mark.parametrize("channel", [Channel.MAIL, Channel.SMS])
@pytest.mark.usefixtures("texting")
def test_a_visit_that_is_cancelled(web, desk, ada, one, channel):
    if channel is Channel.SMS:
        by_text(desk, ada)
    page = web.signed_in().get(f"/appointments/{one.id}").text
    assert f"{'By mail' if channel is Channel.MAIL else 'By text message'}, in Spanish" in page
    booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason="a cold")
    assert letters(page)[1] == written(desk, ada, "cancelled", channel)


def test_a_visit_that_moves_says_all_but_its_time(web, desk, ada, one):
    shown = letters(web.signed_in().get(f"/appointments/{one.id}").text)[0]
    assert shown.startswith("Nueva hora para su cita en Harbor Street\n\nHola")
    assert "[the new day and time]" in shown
    assert "(antes: martes, 12 de enero de 2027, 10:00" in shown


def test_the_clinics_own_words_are_shown(web, desk, one):
    place = own_words.Place("cancelled", Language.SPANISH, Channel.MAIL)
    own_words.keep(desk.admin, place, subject="Cambio de fecha", body="Buenas. No hace falta venir: {dates}", seen=0)
    page = web.signed_in().get(f"/appointments/{one.id}").text
    assert letters(page)[1].startswith("Cambio de fecha\n\nBuenas. No hace falta venir:")


def test_who_can_be_sent_nothing_is_a_task_for_the_desk(web, desk, one, ada):
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(ada), email=None))
    page = web.signed_in().get(f"/appointments/{one.id}").text
    assert "(it becomes a task for the desk)" in page
    assert "By phone: a task for the desk, in Spanish" in page


@pytest.mark.parametrize(
    ("hours", "said"),
    [((21, 8), "By mail, in Spanish, when the quiet hours are over: Wed 6 January 2027, 08:00 EST (where that is"),
     ((1, 5), "By mail, in Spanish</p>")],
)  # fmt: skip
def test_what_would_wait_for_the_end_of_quiet_hours_says_so(web, desk, one, ada, hours, said):
    desk.clock.now = wall(date(2027, 1, 5), "21:30")
    with desk.store.begin(desk.clinic_id) as uow:
        uow.correspondence.keep(replace(uow.correspondence.of_patient(ada), quiet=Quiet(*map(time, hours))))
    assert said in web.signed_in().get(f"/appointments/{one.id}").text
