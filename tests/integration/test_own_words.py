"""A clinic's own words: kept in versions, used at sending, and never instead of words that can go out."""

from dataclasses import replace

import pytest

from builders import NEW_YORK
from desks import NOW, SITE_ID
from lettering import letter, only
from planner.domain.channels import Channel
from planner.domain.errors import Conflict, Forbidden, InvalidValue, NotFound
from planner.domain.neutral import forbidden_in
from planner.domain.notices import NoticeKind
from planner.domain.own_words import KINDS, check_words
from planner.domain.reaching import Language
from planner.languages.speech import Speech
from planner.notify.invented import invented
from planner.notify.previewing import Worded, begin_from, show
from planner.notify.rendering import own, values_of
from planner.services import own_words
from planner.services.own_words import Place
from planner.storage.desk_records import Letterhead
from postroom import open_post

MAIL = Place("booked", Language.ENGLISH, Channel.MAIL)
HEAD = Letterhead("Harbor Rooms", "hello@harbor.example", "+1 212 555 0100")
BASE = "https://plan.harbor.example"
BODY = "Dear patient,\n\n{dates}\n\nCall {phone}. {name}"


@pytest.fixture
def desk(store):
    return open_post(store)


def keep(desk, place=MAIL, subject="See you at {name}", body=BODY, seen=0):
    return own_words.keep(desk.admin, place, subject=subject, body=body, seen=seen)


def test_a_letter_is_in_the_clinics_own_words_with_the_facts_of_now(desk):
    keep(desk)
    desk.book(desk.begin())
    found = letter(desk, only(desk))
    assert found.subject == "See you at Harbor Rooms"
    assert found.text.startswith("Dear patient,\n\nThese appointments are booked for you at Harbor Rooms:")
    assert found.text.endswith("Call +1 212 555 0100. Harbor Rooms\n")


def test_words_of_another_language_or_channel_change_nothing(desk):
    keep(desk, Place("booked", Language.SPANISH, Channel.MAIL))
    keep(desk, Place("booked", Language.ENGLISH, Channel.SMS), subject="", body="{dates}")
    desk.book(desk.begin())
    assert letter(desk, only(desk)).subject == "Your appointments at Harbor Rooms"


def test_the_shipped_words_come_back_and_every_version_stays(desk):
    keep(desk)
    keep(desk, body=BODY + "!", seen=1)
    own_words.restore(desk.admin, MAIL, seen=2)
    desk.book(desk.begin())
    assert letter(desk, only(desk)).subject == "Your appointments at Harbor Rooms"
    assert [one.words.body for one in own_words.versions(desk.scheduler, MAIL)] == ["", BODY + "!", BODY]
    assert own_words.listing(desk.scheduler) == {}


def test_who_saves_second_from_a_stale_page_is_refused(desk):
    keep(desk)
    with pytest.raises(Conflict):
        keep(desk, body="Mine: {dates}")
    with pytest.raises(Conflict):
        own_words.restore(desk.admin, MAIL, seen=0)
    assert [one.words.body for one in own_words.versions(desk.admin, MAIL)] == [BODY]


def test_own_words_that_come_out_too_long_for_a_text_give_way_to_the_shipped_ones(desk):
    place = Place("booked", Language.ENGLISH, Channel.SMS)
    body = "y" * 140 + " {dates}" + " {name}" * 12
    keep(desk, place, subject="", body=body)
    with desk.store.begin(SITE_ID) as uow:
        uow.people.save(replace(uow.people.get(desk.patient()), phone="+1 212 555 0101"))
    desk.book(desk.begin())
    assert letter(desk, only(desk), channel=Channel.SMS).text.startswith("Harbor Rooms: booked for you: Tue, Jan 5,")
    assert look(desk, Worded("booked", Language.ENGLISH, Channel.SMS, "", body), place).fallback


def test_words_without_the_rule_not_to_drive_are_not_kept(desk):
    place = Place("no-driving", Language.ENGLISH, Channel.SMS)
    with pytest.raises(InvalidValue, match="rule"):
        keep(desk, place, subject="", body="Take care. {emergency}")
    assert own_words.listing(desk.admin) == {}


@pytest.mark.parametrize(("body", "holds"), [("From 7:00 on. {rule} {emergency}", False), ("{rule} {emergency}", True)])
def test_kept_words_with_a_time_from_which_to_drive_give_way_to_the_shipped_ones(body, holds):
    values = values_of(HEAD, invented("no-driving", Speech(Language.ENGLISH, NEW_YORK), NOW, BASE))
    assert (own("", body, NoticeKind.MORNING, Channel.SMS, values) is not None) is holds


def test_only_who_configures_writes_words(desk):
    with pytest.raises(Forbidden):
        own_words.keep(desk.scheduler, MAIL, subject="x", body=BODY, seen=0)
    with pytest.raises(Forbidden):
        own_words.restore(desk.clinician, MAIL, seen=0)


@pytest.mark.parametrize(("kind", "channel"), [("invitation", Channel.MAIL), ("booked", Channel.PHONE), ("x", Channel.SMS)])
def test_there_are_no_words_of_what_cannot_have_any(kind, channel):
    with pytest.raises(NotFound):
        Place(kind, Language.ENGLISH, channel)


def look(desk, words, place=MAIL):
    return own_words.look(desk.admin, place, lambda uow, notices, now: show(uow, words, notices, now, BASE))


def test_a_preview_reads_what_is_owed_to_a_patient_and_makes_no_link(desk):
    desk.book(desk.begin())
    found = look(desk, Worded("booked", Language.ENGLISH, Channel.MAIL, "At {name}", BODY + " {links}"))
    assert (found.real, found.fallback, found.subject) == (True, False, "At Harbor Rooms")
    assert "Tuesday, January 5, 2027" in found.text
    assert "https://plan.harbor.example/answer/xxx" in found.text
    with desk.store.read(SITE_ID) as uow:
        assert uow.page_links.of_patient(desk.patient()) == []


def test_a_preview_without_such_a_message_invents_one(desk):
    found = look(desk, Worded("booked", Language.SPANISH, Channel.MAIL))
    assert (found.real, found.subject) == (False, "Sus citas en Harbor Rooms")


@pytest.mark.parametrize("channel", [Channel.MAIL, Channel.SMS])
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_words_to_begin_from_can_be_kept_and_read_neutrally(kind, language, channel):
    subject, body = begin_from(kind, language, channel, NEW_YORK, NOW)
    assert check_words(kind, channel, subject, body) == (subject, body)
    values = values_of(HEAD, invented(kind, Speech(language, NEW_YORK), NOW, BASE))
    text = "\n".join(own(subject, body, NoticeKind.EVENING if kind == "no-driving" else kind, channel, values))
    assert forbidden_in(text) == []
    assert "{" not in text
