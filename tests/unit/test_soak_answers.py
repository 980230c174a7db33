"""The soak's reckoning of answers by links, of mails that came back and of invitations: facts, each spoiled in one way."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from planner.domain.channels import Channel
from planner.domain.reaching import Language
from planner.domain.replies import ReplyKind
from planner.storage.records import Task
from soak.people import Timeline
from soak.story import BOOKED, END, START, TEXTS, VISIT, Story, wall


@pytest.fixture
def story():
    return Story()


def kinds(story):
    return {one.partition(":")[0] for one in story.faults()}


def keep_no_answer(story):
    story.say(ReplyKind.COME)


def tell_the_desk_of_no_wish(story):
    story.say(ReplyKind.CHANGE, wall(3, "10:00"))


def move_nothing(story):
    story.moves = True
    story.say(ReplyKind.CHANGE, wall(3, "10:00"))


def open_nothing(story):
    story.open_link("come")


def open_nothing_in_time(story):
    story.open_link("change", START - timedelta(hours=25), "TooNear")


def come_back_unheard(story):
    story.come_back("ride")


def correct_nothing(story):
    story.come_back("ride", Channel.SMS)


def invite_nobody(story):
    story.person.invites = Timeline(True)


def leave_in_the_calendar(story):
    story.invite()
    story.cancel(wall(1, "08:00"))
    for kind in ("ride-again", "prepare"):
        story.forget(kind)
    story.send("cancelled", wall(1, "08:01"), text="No more.", due_at=wall(1, "08:01"))


def come_not_back_to_the_calendar(story):
    story.invite()
    story.person.invites = Timeline(False)
    story.person.invites.note(BOOKED - timedelta(days=1), value=True)
    story.person.invites.note(wall(20, "08:00", 2), value=False)


def mail_what_came_back(story):
    story.come_back("ride", Channel.MAIL)


def invite_to_another_time(story):
    story.invite(start=START + timedelta(hours=1))


def invite_by_the_same_number(story):
    story.invite()
    story.invite(wall(20, "09:00", 2), sequence=-1)


def invite_who_wants_none(story):
    story.invite()
    story.person.invites = Timeline(False)


def take_out_what_stays(story):
    story.invite()
    story.invite(wall(20, "09:00", 2), method="CANCEL", sequence=1)


def test_nothing_is_found_where_a_mail_came_back_and_a_text_went_and_the_desk_is_asked(story):
    story.come_back("ride", Channel.SMS)
    story.correct()
    assert story.faults() == []


def test_nothing_is_found_where_a_mail_came_back_too_late_for_anything(story):
    story.come_back("ride")
    one = story.notices["ride"]
    (mail,) = story.traffic.taken[one.id]
    story.traffic.taken[one.id] = [replace(mail, back=END)]
    story.notices["ride"] = replace(one, sent_at=None, given_up_at=END, attempts=2)
    story.tasks.append(Task(uuid4(), "undeliverable", END, END, {"notice": str(one.id)}, patient_id=one.patient_id))
    assert story.faults() == []


def test_nothing_is_found_where_the_visit_is_in_the_calendar(story):
    story.invite()
    story.invite(wall(20, "09:00", 2), sequence=1)
    assert story.faults() == []


def test_nothing_is_found_where_an_answer_is_kept_and_a_link_is_over(story):
    story.say(ReplyKind.COME)
    story.keep(ReplyKind.COME)
    story.open_link("come", START)
    story.open_link("change", START - timedelta(hours=23), "TooNear")
    assert story.faults() == []


def ask_again(story):
    story.send("ride-again")


def ask_to_phone(story):
    story.tasks.append(Task(uuid4(), "ride-unconfirmed", BOOKED, BOOKED, {"sequence": 0}, VISIT))


def keep_what_nobody_said(story):
    story.keep(ReplyKind.COME)


@pytest.mark.parametrize("spoil", [ask_again, ask_to_phone, keep_what_nobody_said])
def test_what_is_asked_though_it_was_said_or_was_never_said_is_found(story, spoil):
    story.name()
    story.tell()
    spoil(story)
    assert kinds(story) == {"unexplained"}


@pytest.mark.parametrize(
    "spoil",
    [keep_no_answer, tell_the_desk_of_no_wish, move_nothing, open_nothing, open_nothing_in_time, come_back_unheard,
     correct_nothing, invite_nobody, leave_in_the_calendar, come_not_back_to_the_calendar],
)  # fmt: skip
def test_what_is_owed_and_nobody_has_is_found(story, spoil):
    spoil(story)
    assert kinds(story) == {"lost"}


@pytest.mark.parametrize(
    "spoil", [invite_to_another_time, invite_by_the_same_number, invite_who_wants_none, take_out_what_stays]
)
def test_what_an_invitation_says_and_is_not_so_is_found(story, spoil):
    spoil(story)
    assert "misleading" in kinds(story)


def word(story, mark="Harbor way a.", until=None):
    """Let the clinic have words of its own for one kind of text, until some day."""
    words = Timeline(mark)
    if until:
        words.note(until, "")
    story.truth.words["ride", Language.ENGLISH, Channel.SMS] = words


@pytest.mark.parametrize(
    ("mark", "until", "text"),
    [("Harbor way a.", None, ""), ("Harbor way a.", None, "Harbor way b. "), ("", None, "Harbor way a. "),
     ("Harbor way a.", BOOKED, "Harbor way a. ")],
)  # fmt: skip
def test_other_words_than_the_clinics_own_are_found(story, mark, until, text):
    word(story, mark, until)
    story.send("ride", text=f"{text}{TEXTS['ride']}")
    assert kinds(story) == {"telling"}


def test_nothing_is_found_where_messages_are_in_the_clinics_words(story):
    word(story)
    story.send("ride", text=f"Harbor way a. {TEXTS['ride']}")
    assert story.faults() == []


def test_a_second_mail_to_where_the_first_came_back_from_is_found(story):
    mail_what_came_back(story)
    assert "unwanted" in kinds(story)
