"""Letters: one mail for each action, from the facts of now, in words that tell nothing; and until when not to drive."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import wall
from desks import EVALUATION, at
from lettering import SINGLE, WEEK, dosed, letter, only, told
from planner.documents.protocols import shipped
from planner.domain.attendance import MarkKind
from planner.domain.neutral import forbidden_in
from planner.domain.notices import NoticeKind
from planner.domain.protocol import DrivingRule, Instruction
from planner.notify.letters import Unwritable, message_id
from planner.notify.wording import instructions_in_words
from planner.services import attendance, booking, visits
from planner.services.sweeping import sweep
from postroom import notices, open_post

K = MarkKind
CLOCK_TIME = re.compile(r"\d[:.]\d\d|\d ?[ap]\.?m|noon|o'clock", re.IGNORECASE)


@pytest.fixture
def desk(sqlite_store):
    return open_post(sqlite_store)


def listed(text):
    return [line for line in text.splitlines() if line.startswith(("- ", "  (")) and re.search(r"\d{4}", line)]


def test_a_booked_series_is_one_mail_that_lists_all_its_dates(desk):
    desk.book(desk.begin())
    found = letter(desk, only(desk))
    assert found.subject == "Your appointments at Harbor Rooms"
    assert listed(found.text) == [
        "- Tuesday, January 5, 2027, 10:00 am, New York time (EST), until about 12:35 pm",
        "- Thursday, January 7, 2027, 10:00 am, New York time (EST), until about 12:35 pm",
        "- Tuesday, January 12, 2027, 10:00 am, New York time (EST), until about 12:35 pm",
        "- Thursday, January 14, 2027, 10:00 am, New York time (EST), until about 12:35 pm",
    ]


def test_a_letter_says_how_to_change_or_cancel_and_who_writes(desk):
    desk.book(desk.begin())
    found = letter(desk, only(desk))
    assert "To change or cancel an appointment, or if you cannot come, please call +1 212 555 0100" in found.text
    assert (found.to, found.sender, found.sender_name) == ("ada@mail.example", "hello@harbor.example", "Harbor Rooms")


def test_no_letter_names_the_patient(desk):
    desk.book(desk.begin())
    found = letter(desk, only(desk))
    assert not re.search("Ada|Lovelace", found.subject + found.text)


def test_the_zone_is_that_of_each_date(desk):
    spring = desk.begin(start=date(2027, 3, 9))
    desk.book(spring)
    lines = listed(letter(desk, only(desk)).text)
    assert [line.split("(")[1].split(")")[0] for line in lines] == ["EST", "EST", "EDT", "EDT"]


def test_what_to_do_before_a_dose_is_said_and_what_tells_too_much_is_left_out(desk):
    asked = (
        Instruction("Arrange how you get home."), Instruction("Drink nothing.", 120), Instruction("Eat nothing solid.", 360),
        Instruction("Bring your ketamine card."), Instruction("Rest.", 45),
    )  # fmt: skip
    desk.publish(replace(SINGLE, instructions=asked))
    desk.book(desk.begin("one"))
    text = letter(desk, only(desk)).text
    assert text[text.index("Before each visit:") :].splitlines()[1:5] == [
        "- Eat nothing solid, from 6 hours before you arrive.",
        "- Drink nothing, from 2 hours before you arrive.",
        "- Rest, from 45 minutes before you arrive.",
        "- Arrange how you get home.",
    ]
    assert "card" not in text


def test_an_evaluation_says_nothing_of_preparing(desk):
    visits.book_visit(desk.scheduler, patient_id=desk.patient(), kind=EVALUATION, start=at("01-05", "10:00"))
    text = letter(desk, only(desk)).text
    assert "Before" not in text
    assert "This appointment is booked for you" in text


def test_a_moved_appointment_tells_the_new_time_and_the_former(desk):
    course = desk.begin()
    desk.book(course)
    told(desk)
    second = desk.live(course)[1]
    booking.move(desk.scheduler, appointment_id=second.id, start=at("01-07", "11:00"), version=second.version)
    assert listed(letter(desk, only(desk)).text) == [
        "- Thursday, January 7, 2027, 11:00 am, New York time (EST), until about 1:35 pm",
        "  (before: Thursday, January 7, 2027, 10:00 am)",
    ]


def test_a_cancelled_course_is_one_mail_with_all_its_dates(desk):
    course = desk.begin()
    desk.book(course)
    told(desk)
    first = desk.live(course)[0]
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="ill", scope=booking.Scope.COURSE)
    text = letter(desk, only(desk)).text
    assert listed(text)[0] == "- Tuesday, January 5, 2027, 10:00 am, New York time (EST)"
    assert (len(listed(text)), "ill" in text, "These appointments are cancelled" in text) == (4, False, True)


def test_a_replanned_series_says_what_moved_what_is_cancelled_and_how_all_of_it_stands(desk):
    course = desk.begin()
    desk.book(course)
    told(desk)
    live = desk.live(course)
    notice = replace(
        notices(desk)[0], kind=NoticeKind.BOOKED, sent_at=None,
        facts={"appointments": [], "moved": [str(live[1].id)], "cancelled": [str(live[3].id)], "added": [],
               "from": {str(live[1].id): "2027-01-06T10:00"}},
    )  # fmt: skip
    booking.cancel(desk.scheduler, appointment_id=live[3].id, version=live[3].version, reason="ill")
    text = letter(desk, notice).text
    moved, cancelled, whole = (text[text.index(word) :] for word in ("Moved:", "Cancelled:", "All of them,"))
    assert listed(moved)[:2] == [
        "- Thursday, January 7, 2027, 10:00 am, New York time (EST), until about 12:35 pm",
        "  (before: Wednesday, January 6, 2027, 10:00 am)",
    ]
    assert listed(cancelled)[0] == "- Thursday, January 14, 2027, 10:00 am, New York time (EST)"
    assert len(listed(whole)) == 3


def test_a_time_that_another_session_takes_over_is_neither_new_nor_cancelled(desk):
    course, after = desk.begin(), desk.begin(patient="Bea Brandt")
    for one in (course, after):
        desk.book(one)
    gone, (first, second, *_) = desk.live(course), desk.live(after)
    lost = [str(one.id) for one in gone[:3:2]]
    for one in gone[:3:2]:
        booking.cancel(desk.scheduler, appointment_id=one.id, version=one.version, reason="ill")
    mine = next(one for one in notices(desk) if one.course_id == course.id)
    notice = replace(mine, kind=NoticeKind.BOOKED, facts={
        "appointments": [], "moved": [], "added": [str(first.id), str(second.id)], "cancelled": lost,
    })  # fmt: skip
    text = letter(desk, notice).text
    new, cancelled = text[text.index("New:") : text.index("Cancelled:")], text[text.index("Cancelled:") :]
    assert (listed(new)[0][:28], len(listed(new)), listed(cancelled)[0]) == (
        "- Thursday, January 7, 2027,", 1, "- Tuesday, January 12, 2027, 10:00 am, New York time (EST)"
    )  # fmt: skip


def test_a_message_about_what_has_changed_since_is_dropped(desk):
    course = desk.begin()
    desk.book(course)
    booked = only(desk)
    first = desk.live(course)[0]
    booking.cancel(desk.scheduler, appointment_id=first.id, version=first.version, reason="ill", scope=booking.Scope.COURSE)
    assert letter(desk, booked) is None
    cancelled = replace(booked, kind=NoticeKind.CANCELLED, facts={"appointments": [str(first.id)]})
    assert letter(desk, cancelled) is not None
    assert letter(desk, replace(cancelled, kind=NoticeKind.MOVED)) is None


def test_a_move_that_went_back_is_dropped(desk):
    course = desk.begin()
    desk.book(course)
    first = desk.live(course)[0]
    facts = {"appointments": [str(first.id)], "from": {str(first.id): first.wall_start}}
    assert letter(desk, replace(only(desk), kind=NoticeKind.MOVED, facts=facts)) is None


@pytest.mark.parametrize("email", [None, ""])
def test_a_patient_without_an_address_is_for_good_not_to_be_written_to(desk, email):
    desk.book(desk.begin())
    with desk.store.begin(desk.clinic_id) as uow:
        uow.people.save(replace(uow.people.get(desk.patient()), email=email))
    with pytest.raises(Unwritable) as refused:
        letter(desk, only(desk))
    assert (refused.value.reason, refused.value.permanent) == ("no-address", True)


def test_a_telling_word_that_reached_the_letterhead_stops_the_letter(desk):
    desk.book(desk.begin())
    with desk.store.begin(desk.clinic_id) as uow:
        uow.letterheads.save(replace(uow.letterheads.get(), public_name="Harbor Ketamine"))
    with pytest.raises(Unwritable) as refused:
        letter(desk, only(desk))
    assert (refused.value.reason, refused.value.permanent) == ("not-neutral", True)


def test_the_message_id_is_the_notices_and_nothing_elses(desk):
    desk.book(desk.begin())
    assert re.fullmatch(r"[a-z0-9]{32}@notice\.invalid", message_id(only(desk)))


def said(desk, kind, now):
    """What a no-driving letter says at an instant: its advice, on one line."""
    (notice,) = [one for one in notices(desk) if one.kind == kind and one.open]
    text = letter(desk, notice, now).text
    assert not forbidden_in(text)
    return " ".join(text[text.index("Do not drive") : text.index("If you have not slept")].split())


@pytest.fixture
def weekend(sqlite_store):
    return open_post(sqlite_store, site=WEEK)


@pytest.mark.parametrize(
    ("day", "until"),
    [
        (date(2027, 3, 13), "before 4:00 pm, New York time (EDT), tomorrow, Sunday, March 14, 2027"),
        (date(2027, 11, 6), "before 2:00 pm, New York time (EST), tomorrow, Sunday, November 7, 2027"),
    ],
)
def test_twenty_four_hours_are_counted_as_they_elapse_over_a_change_of_clocks(weekend, day, until):
    start, left = wall(day, "13:00"), wall(day, "15:00")
    dosed(weekend, SINGLE, start, left, DrivingRule(elapsed_hours=24))
    assert said(weekend, NoticeKind.DISCHARGE, left) == (
        f"Do not drive, cycle or use machinery {until}, and only after a restful night's sleep."
    )


def test_a_rule_of_sleep_has_no_clock_time_in_any_of_its_letters(weekend):
    day = date(2027, 3, 13)
    left = wall(day, "12:35")
    dosed(weekend, SINGLE, wall(day, "10:00"), left, DrivingRule())
    for kind, now in (
        (NoticeKind.DISCHARGE, left), (NoticeKind.EVENING, wall(day, "20:00")),
        (NoticeKind.MORNING, wall(day + timedelta(days=1), "08:00")),
    ):  # fmt: skip
        (notice,) = [one for one in notices(weekend) if one.kind == kind]
        found = letter(weekend, notice, now)
        assert not CLOCK_TIME.search(found.subject + found.text), found.text
        assert "you may drive" not in found.text
    assert [one.kind for one in notices(weekend) if one.kind == NoticeKind.BOUND] == []


def test_the_evening_names_tomorrow_and_the_morning_the_sleep(weekend):
    day = date(2027, 3, 13)
    dosed(weekend, SINGLE, wall(day, "10:00"), wall(day, "12:35"), DrivingRule())
    assert said(weekend, NoticeKind.EVENING, wall(day, "20:00")) == (
        "Do not drive, cycle or use machinery before tomorrow, Sunday, March 14, 2027, "
        "and only after a restful night's sleep."
    )
    assert said(weekend, NoticeKind.MORNING, wall(day + timedelta(days=1), "08:00")) == (
        "Do not drive, cycle or use machinery unless you have had a restful night's sleep since your visit."
    )


def test_the_morning_repeats_the_hours_that_still_hold(weekend):
    day = date(2027, 3, 16)
    dosed(weekend, SINGLE, wall(day, "13:00"), wall(day, "15:00"), DrivingRule(elapsed_hours=24))
    assert said(weekend, NoticeKind.MORNING, wall(day + timedelta(days=1), "08:00")) == (
        "Do not drive, cycle or use machinery before 3:00 pm, New York time (EDT), today, Wednesday, March 17, 2027,"
        " and only after a restful night's sleep."
    )


def test_when_the_hours_have_passed_the_letter_still_permits_nothing(weekend):
    day = date(2027, 3, 16)
    dosed(weekend, SINGLE, wall(day, "13:00"), wall(day, "15:00"), DrivingRule(elapsed_hours=24))
    assert said(weekend, NoticeKind.BOUND, wall(day + timedelta(days=1), "15:00")).startswith(
        "Do not drive, cycle or use machinery unless you have had a restful night's sleep"
    )


def test_hours_that_end_the_same_day_are_not_printed_beside_a_rule_of_sleep(weekend):
    day = date(2027, 3, 16)
    dosed(weekend, SINGLE, wall(day, "10:00"), wall(day, "12:00"), DrivingRule(elapsed_hours=4))
    assert not CLOCK_TIME.search(said(weekend, NoticeKind.DISCHARGE, wall(day, "12:00")))


def test_hours_alone_are_a_bound_without_sleep(weekend):
    day = date(2027, 3, 16)
    dosed(weekend, SINGLE, wall(day, "10:00"), wall(day, "12:00"), DrivingRule(after_sleep=False, elapsed_hours=6))
    assert said(weekend, NoticeKind.DISCHARGE, wall(day, "12:00")) == (
        "Do not drive, cycle or use machinery before 6:00 pm, New York time (EDT), today, Tuesday, March 16, 2027."
    )


def test_a_no_driving_letter_says_how_to_get_home_whom_to_call_and_what_else_not_to_do(weekend):
    day = date(2027, 3, 16)
    left = wall(day, "15:00")
    dosed(weekend, SINGLE, wall(day, "13:00"), left, DrivingRule())
    (notice,) = [one for one in notices(weekend) if one.kind == NoticeKind.DISCHARGE]
    found = letter(weekend, notice, left)
    for words in ("How do you get home?", "no alcohol", "sedatives", "Questions: +1 212 555 0100", "Emergency: 911", "988"):
        assert words in found.text
    assert found.subject == "A reminder from Harbor Rooms"


def test_nothing_given_drops_what_was_owed_provisionally(desk):
    course = desk.begin()
    desk.book(course)
    told(desk)
    first = desk.live(course)[0]
    desk.clock.now = first.start_at
    arrived = attendance.record(desk.scheduler, appointment_id=first.id, kind=K.ARRIVED, version=first.version)
    desk.clock.now = first.end_at
    sweep(desk.scheduler)
    discharge = next(one for one in notices(desk) if one.kind == NoticeKind.DISCHARGE)
    assert letter(desk, discharge) is not None
    attendance.record(desk.scheduler, appointment_id=first.id, kind=K.NOTHING_GIVEN, version=arrived.version)
    assert letter(desk, discharge) is None


@pytest.mark.parametrize("name", sorted(shipped()))
def test_of_what_a_shipped_protocol_asks_before_a_visit_only_what_names_the_way_in_is_not_named(name):
    asked = shipped()[name].instructions
    said, unsaid = instructions_in_words(asked), [one for one in asked if "nasal" in one.text]
    assert [one for one in said if "more to do" in one] == said[-1:] * bool(unsaid)
    assert len(said) == len(asked) - len(unsaid) + bool(unsaid)
