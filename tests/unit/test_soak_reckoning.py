"""The soak's reckoning finds what is wrong: facts made by hand of one patient and one visit, each spoiled in one way."""

from dataclasses import replace
from datetime import time, timedelta
from uuid import uuid4

import pytest

from builders import uid
from planner.domain.attendance import Outcome
from planner.domain.channels import Channel, MessagePolicy, Quiet
from planner.domain.course import AppointmentStatus
from planner.storage.records import Task
from soak.people import Timeline
from soak.story import BOOKED, DUE, END, ESCORT, NUMBER, TEXTS, WHEN, ZONE, Story, wall


@pytest.fixture
def story():
    return Story()


def kinds(story):
    return {one.partition(":")[0] for one in story.faults()}


def test_nothing_is_found_where_all_went_as_it_should(story):
    assert story.faults() == []


def test_nothing_is_found_where_the_escort_was_told(story):
    story.name()
    story.tell()
    assert story.faults() == []


def lack(story):
    story.forget("prepare")


def lack_for_safety(story):
    story.forget("no-driving-morning")


def lack_the_first(story):
    story.forget("booked")


def give_up_alone(story):
    story.traffic.dead.add(NUMBER)
    story.person.mail = None
    story.forget(*list(story.notices))
    story.owe("booked", given_up_at=DUE["booked"])


def ask_nobody(story):
    story.tasks.clear()


def leave_nobody_told(story):
    story.name()


def come_for_nothing(story):
    story.name()
    story.tell()
    story.cancel(wall(1, "20:00"))


@pytest.mark.parametrize(
    "spoil",
    [lack, lack_for_safety, lack_the_first, give_up_alone, ask_nobody, leave_nobody_told, come_for_nothing],
)  # fmt: skip
def test_what_is_owed_and_nobody_has_is_found(story, spoil):
    spoil(story)
    assert kinds(story) == {"lost"}


def stop_before(story):
    story.person.texts.note(wall(1, "10:00"), value=False)
    story.person.mail = None


def text_without_consent(story):
    story.person.texts = Timeline(False)


def text_at_night(story):
    story.send("ride", wall(27, "22:00", 2), due_at=wall(27, "21:00", 2))


def text_in_own_quiet_hours(story):
    story.person.quiet = Timeline((time(19), time(20)))


def text_for_safety_in_quiet_hours(story):
    story.policy = MessagePolicy(Quiet(time(20), time(8)), safety_in_quiet=False)


def remind_who_wants_none(story):
    story.person.reminders.note(wall(28, "09:00", 2), value=False)


def choose_another_way(story):
    story.person.channels = Timeline((Channel.MAIL, Channel.SMS))


def text_another_number(story):
    story.person.number.note(wall(1, "12:00"), "+1 212 555 0199")


def tell_a_stranger(story):
    story.name()
    story.tell(to="+16465550199")


def tell_who_said_stop(story):
    story.name()
    story.truth.stops[ESCORT] = Timeline(True)
    story.tell()


def send_too_many(story):
    story.traffic.limits[Channel.SMS] = 1
    story.send("prepare", DUE["ride-again"], due_at=DUE["ride-again"])


@pytest.mark.parametrize(
    "spoil",
    [stop_before, text_without_consent, text_at_night, text_in_own_quiet_hours, text_for_safety_in_quiet_hours,
     remind_who_wants_none, choose_another_way, text_another_number, tell_a_stranger, tell_who_said_stop, send_too_many],
)  # fmt: skip
def test_what_must_not_go_to_somebody_is_found(story, spoil):
    spoil(story)
    assert "unwanted" in kinds(story)


def test_nothing_is_unwanted_for_safety_where_the_policy_lets_it_through(story):
    story.policy = MessagePolicy(Quiet(time(19, 30), time(8)))
    assert story.faults() == []


def name_another_time(story):
    story.send("ride", text="Your appointment: Tue, Mar 2, 11:00 am EST.")


def name_what_is_cancelled(story):
    story.send("booked", text=f"Your appointments: {WHEN} and Thu, Mar 4, 9:15 am EST.")
    other = replace(story.visit, id=uid("other"), start_at=wall(4, "09:15"), status=AppointmentStatus.CANCELLED)
    story.truth.note(BOOKED - timedelta(days=1), [other], ZONE)


def remind_of_what_is_cancelled(story):
    story.cancel(wall(1, "12:00"))


def remind_who_had_no_dose(story):
    story.note(END, outcome=Outcome.NOTHING_GIVEN)


def tell_the_escort_of_what_is_cancelled(story):
    story.name()
    story.tell()
    story.cancel(wall(1, "18:00"))


@pytest.mark.parametrize(
    "spoil",
    [name_another_time, name_what_is_cancelled, remind_of_what_is_cancelled, remind_who_had_no_dose,
     tell_the_escort_of_what_is_cancelled],
)  # fmt: skip
def test_what_is_not_so_is_found(story, spoil):
    spoil(story)
    assert "misleading" in kinds(story)


@pytest.mark.parametrize("words", ["your infusion", "your next dose", "our psychiatrist", "bring your 84 mg"])
def test_a_word_that_tells_is_found(story, words):
    story.send("ride", text=f"{TEXTS['ride']} It is about {words}.")
    assert kinds(story) == {"telling"}


def test_a_text_in_the_other_language_is_found(story):
    story.person.spanish = Timeline(True)
    assert kinds(story) == {"telling"}


@pytest.mark.parametrize("more", [" Ada Lovelace had a long day.", " She must not drive."])
def test_more_than_the_pick_up_to_an_escort_is_found(story, more):
    story.name()
    story.tell(text=TEXTS["pick-up"] + more)
    assert kinds(story) == {"telling"}


def test_a_second_copy_is_found_unless_nobody_heard_of_the_first(story):
    one = story.notices["ride"]
    story.take(one, DUE["ride"] + timedelta(minutes=1))
    assert kinds(story) == {"twice"}
    (first, second) = story.traffic.taken[one.id]
    story.traffic.taken[one.id] = [replace(first, noted=False), second]
    assert story.faults() == []


def test_a_second_copy_is_found_though_the_sender_hung_unless_that_was_for_too_long(story):
    one = story.notices["ride"]
    story.take(one, DUE["ride"] + timedelta(minutes=3))
    (first, second) = story.traffic.taken[one.id]
    story.traffic.taken[one.id] = [replace(first, heard=first.at + timedelta(seconds=4)), second]
    assert kinds(story) == {"twice"}
    story.traffic.taken[one.id] = [replace(first, heard=second.at, noted=False), second]
    assert story.faults() == []


def test_what_comes_late_for_no_reason_is_found(story):
    story.send("no-driving-evening", DUE["no-driving-evening"] + timedelta(minutes=3))
    assert kinds(story) == {"late"}
    story.traffic.off.add(DUE["no-driving-evening"], DUE["no-driving-evening"] + timedelta(minutes=3))
    assert story.faults() == []


def test_a_reminder_that_comes_at_the_time_of_a_former_date_is_found(story):
    story.send("prepare", wall(20, "19:00", 2), due_at=wall(20, "19:00", 2))
    assert "late" in kinds(story)


def test_a_reminder_for_a_former_date_beside_the_one_for_this_is_found(story):
    story.take(story.owe("prepare", due_at=wall(1, "18:30"), sent_at=wall(1, "18:30")), wall(1, "18:30"))
    former = story.notices.pop("prepare")
    story.notices["former"] = replace(former, facts={**former.facts, "sequence": 7})
    story.send("prepare")
    assert "twice" in kinds(story)


def test_what_is_withdrawn_or_given_up_for_no_reason_is_found(story):
    story.owe("plan-rides", due_at=wall(20, "09:00", 2), withdrawn_at=wall(19, "09:00", 2), outcome="replaced")
    one = story.owe("moved", due_at=wall(21, "10:00", 2), given_up_at=wall(21, "10:00", 2))
    story.tasks.append(Task(uuid4(), "undeliverable", BOOKED, BOOKED, {"notice": str(one.id)}))
    assert [fault.split()[:2] for fault in story.faults() if "unexplained" in fault] == [
        ["unexplained:", "plan-rides"], ["unexplained:", "moved"],
    ]  # fmt: skip
