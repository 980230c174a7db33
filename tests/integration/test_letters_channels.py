"""Letters in Spanish and as text messages: short, in one line, with one link at most, and not to drive in every one."""

import re
from dataclasses import replace
from datetime import date

import pytest

from builders import wall
from lettering import SINGLE, WEEK, dosed, letter, only, told
from planner.domain.channels import Channel
from planner.domain.notices import NO_DRIVING, NoticeKind
from planner.domain.own_words import KINDS, NO_DRIVING_KIND, placeholders
from planner.domain.protocol import DrivingRule
from planner.domain.reaching import Delivery, Language
from planner.languages.speech import Speech
from planner.notify.invented import invented
from planner.notify.letters import Unwritable
from planner.notify.rendering import LONGEST_SMS, own, shipped, values_of
from planner.services import booking, correspondence, policies
from planner.storage.desk_records import Letterhead
from postroom import notices, open_post

BASE = "https://plan.harbor.example"
HEAD = Letterhead("Harbor Rooms", "hello@harbor.example", "+1 212 555 0100")
LONG = replace(HEAD, public_name="Harbor Rooms of the Northern Side of the Bay by the Old Mill, Second Building")


@pytest.fixture
def desk(sqlite_store):
    return open_post(sqlite_store, site=WEEK)


def in_spanish(desk, name="Ada Lovelace", phone="+1 (212) 555-0101"):
    """Let a patient be written to in Spanish, and reached by telephone."""
    wish = {"language": Language.SPANISH, "delivery": Delivery.FEED, "wording": "", "version": 0}
    correspondence.choose_for(desk.scheduler, patient_id=desk.patient(name), **wish)
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(desk.patient(name)), phone=phone))


def test_who_reads_spanish_is_told_of_what_is_booked_in_spanish(desk):
    in_spanish(desk)
    desk.book(desk.begin())
    found = letter(desk, only(desk))
    assert found.subject == "Sus citas en Harbor Rooms"
    assert "- martes, 5 de enero de 2027, 10:00" in found.text
    assert not re.search(r"\b(the|your|please|before|until)\b", found.text, re.IGNORECASE)


def test_who_reads_spanish_is_told_of_a_move_and_a_cancellation_in_spanish(desk):
    in_spanish(desk)
    course = desk.begin()
    desk.book(course)
    told(desk)
    first, second, *_ = desk.live(course)
    booking.move(desk.scheduler, appointment_id=second.id, start=wall(date(2027, 1, 7), "11:00"), version=second.version)
    moved = letter(desk, only(desk))
    assert moved.subject == "Nueva hora para su cita en Harbor Rooms"
    assert "(antes: jueves, 7 de enero de 2027, 10:00" in moved.text
    told(desk)
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="ill")
    assert letter(desk, only(desk)).subject == "Cancelada: su cita en Harbor Rooms"


def test_not_to_drive_is_said_in_spanish_by_mail_and_by_text(desk):
    in_spanish(desk)
    day = date(2027, 3, 16)
    left = wall(day, "15:00")
    dosed(desk, SINGLE, wall(day, "13:00"), left, DrivingRule())
    (notice,) = [one for one in notices(desk) if one.kind == NoticeKind.DISCHARGE]
    rule = "maquinaria antes de mañana, miércoles, 17 de marzo de 2027, y solo después de una noche de buen sueño."
    for channel in (Channel.MAIL, Channel.SMS):
        assert rule in letter(desk, notice, left, channel).text


def test_a_text_goes_to_the_number_in_one_line_without_a_subject(desk):
    in_spanish(desk)
    desk.book(desk.begin())
    found = letter(desk, only(desk), channel=Channel.SMS)
    assert (found.to, found.subject, found.text.isprintable()) == ("+12125550101", "", True)
    assert found.text.startswith("Harbor Rooms: tiene cita: mar 5 ene, 10:00")
    assert found.text.endswith("Responda ALTO para no recibir textos.")


@pytest.mark.parametrize(("now", "asks"), [("08:59", False), ("09:00", True)])
def test_a_text_of_a_visit_so_soon_that_no_reminder_asks_for_the_ride_asks_for_it(desk, now, asks):
    in_spanish(desk)
    desk.clock.now = wall(date(2027, 1, 4), now)
    desk.book(desk.begin())
    found = letter(desk, only(desk), channel=Channel.SMS)
    assert ("Indique quién" in found.text) is asks


def test_a_text_that_asks_to_plan_the_rides_names_those_of_the_whole_series(desk):
    in_spanish(desk)
    policies.set_reminders(desk.admin, wanted=True)
    desk.book(desk.begin(start=date(2027, 1, 19)))
    (rides,) = [one for one in notices(desk) if one.kind == NoticeKind.PLAN_RIDES]
    text = letter(desk, rides, rides.due_at, Channel.SMS).text
    assert "mar 19 ene, 10:00 a.m. EST; jue 21 ene, 10:00 a.m. EST; mar 26 ene, 10:00 a.m. EST y 1 aparte" in text


@pytest.mark.parametrize("phone", [None, "212 555 0100"])
def test_who_has_no_number_that_can_be_texted_is_for_good_not_texted(desk, phone):
    in_spanish(desk, phone=phone)
    desk.book(desk.begin())
    with pytest.raises(Unwritable) as refused:
        letter(desk, only(desk), channel=Channel.SMS)
    assert (refused.value.reason, refused.value.permanent) == ("no-address", True)


def made(kind, channel, language=Language.ENGLISH, head=HEAD, **changed):
    """A shipped message about visits that nobody has."""
    speech = Speech(language, WEEK.zone)
    values = values_of(head, {**invented(kind, speech, wall(date(2027, 1, 5), "15:00"), BASE), **changed})
    return shipped(notice_kind(kind), channel, values)


def notice_kind(kind):
    return NoticeKind.EVENING if kind == NO_DRIVING_KIND else kind


@pytest.mark.parametrize("head", [HEAD, LONG], ids=["short", "long"])
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_is_short_and_holds_one_link_at_most(kind, language, head):
    subject, text = made(kind, Channel.SMS, language, head)
    assert subject == ""
    assert len(text) <= LONGEST_SMS
    assert text.count("https://") <= 1
    assert "  " not in text


@pytest.mark.parametrize("kind", ["ride", "ride-again", "booked", "moved", "page-link"])
@pytest.mark.parametrize("language", Language)
def test_a_text_that_asks_something_holds_its_link_and_how_to_end_the_texts(kind, language):
    text = made(kind, Channel.SMS, language)[1]
    assert "https://" in text
    assert text.endswith(("STOP to end texts.", "ALTO para no recibir textos."))


@pytest.mark.parametrize(("off", "words"), [
    (["Tue, Mar 2"], "Cancelled: Tue, Mar 2. "),
    (["Mon", "Tue", "Wed", "Thu", "Fri"], "Cancelled: Mon; Tue; Wed and 2 more. "),
])  # fmt: skip
def test_a_text_about_a_new_plan_says_which_visits_are_cancelled(off, words):
    text = made("booked", Channel.SMS, brief=["Fri, Mar 12, 10:00 am EST"], cancelled=off, off=off)[1]
    assert f"New or changed: Fri, Mar 12, 10:00 am EST. {words}" in text


def test_a_text_that_cannot_name_all_that_is_cancelled_says_how_many():
    off = ["Tuesday " + "x" * 120] * 3
    assert "Cancelled: 3. Questions" in made("booked", Channel.SMS, cancelled=off, off=off)[1]


@pytest.mark.parametrize("bound", ["", "4:00 p.m., hora de Nueva York (EST), mañana, miércoles, 6 de enero de 2027"])
@pytest.mark.parametrize("language", Language)
def test_however_long_the_clinics_name_not_to_drive_fits_a_text(language, bound):
    text = made(NO_DRIVING_KIND, Channel.SMS, language, LONG, bound=bound)[1]
    assert ("988" in text, "911" in text, "+1 212 555 0100" in text) == (True, True, True)
    assert bound in text


def test_a_text_says_each_cut_off_though_nobody_has_named_a_ride():
    fast, spray, drink = (
        {"from": "7:45 am", "text": "Do not eat."}, {"from": "8:45 am", "text": "x", "brief": "one more thing, ask us."},
        {"from": "9:15 am", "text": "Do not drink anything."},
    )  # fmt: skip
    home = {"from": "", "text": "Arrange how you get home: you cannot drive yourself."}
    text = made("prepare", Channel.SMS, cues=[home, fast, spray, drink], ways="an adult whom you name")[1]
    assert "From 7:45 am: Do not eat. From 8:45 am: one more thing, ask us. From 9:15 am: Do not drink anything." in text
    assert "Do not drive yourself home. Tell us who takes you." in text


def test_a_preparation_too_long_for_a_text_says_whom_to_call():
    text = made("prepare", Channel.SMS, cues=[{"from": "7:45 am", "text": "Eat nothing. " * 20}])[1]
    assert "For how to prepare, call +1 212 555 0100." in text
    assert "Eat" not in text


@pytest.mark.parametrize("channel", [Channel.MAIL, Channel.SMS])
@pytest.mark.parametrize("kind", KINDS)
def test_a_clinics_own_words_hold_what_the_shipped_message_says_in_each_part(kind, channel):
    speech = Speech(Language.ENGLISH, WEEK.zone)
    values = values_of(HEAD, invented(kind, speech, wall(date(2027, 1, 5), "15:00"), BASE))
    known = placeholders(kind, channel)
    body = "\n".join(f"<{{{name}}}>" for name in known.required)
    text = own("{name}", body, notice_kind(kind), channel, values)[1]
    ours = shipped(notice_kind(kind), channel, values)
    parts = re.findall("<(.+?)>", text, re.DOTALL)
    assert len(parts) == len(known.required)
    assert all(part for part in parts)
    assert channel is Channel.SMS or all(part in ours[1] for part in parts)
    assert all(own("{name}", f"{{{name}}}", notice_kind(kind), channel, values) for name in known.allowed)


def test_the_four_reminders_not_to_drive_share_their_words():
    assert {made(NO_DRIVING_KIND, Channel.MAIL)[1]} == {
        shipped(kind, Channel.MAIL, values_of(HEAD, invented(NO_DRIVING_KIND, Speech(Language.ENGLISH, WEEK.zone),
                                                             wall(date(2027, 1, 5), "15:00"), BASE)))[1]
        for kind in NO_DRIVING
    }  # fmt: skip
