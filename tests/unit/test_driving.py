"""Until when a dosed patient must not drive, and what they are told of it, when."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from builders import NEW_YORK, infusion, phase, protocol, spravato, talk, wall
from planner.domain.driving import STRICTEST, advise, rule_for
from planner.domain.notices import UNDO_WINDOW, NoticeKind, owed_after_dose, owed_for_change
from planner.domain.protocol import DrivingRule

SLEEP, DAY_AND_SLEEP, HOURS = DrivingRule(), DrivingRule(elapsed_hours=24), DrivingRule(after_sleep=False, elapsed_hours=24)
TUESDAY = date(2027, 1, 5)


def told(rule, day, time, zone=NEW_YORK):
    """What is owed when the patient leaves at this wall time: kind, when due, when it expires, as wall times."""
    owed = owed_after_dose(rule, leaves_at=wall(day, time, zone), zone=zone)
    return [(one.kind.value, *(f"{at.astimezone(zone):%d %H:%M}" for at in (one.due_at, one.expires_at))) for one in owed]


def test_a_sleep_rule_has_a_day_and_no_clock_time():
    advice = advise(SLEEP, wall(TUESDAY, "12:35"), NEW_YORK)
    assert (advice.earliest_day, advice.not_before, advice.after_sleep) == (date(2027, 1, 6), None, True)


def test_hours_have_an_instant_on_the_later_day():
    advice = advise(DAY_AND_SLEEP, wall(TUESDAY, "15:00"), NEW_YORK)
    assert (advice.earliest_day, advice.not_before) == (date(2027, 1, 6), wall(date(2027, 1, 6), "15:00"))


def test_hours_that_are_over_before_the_night_is_are_never_named():
    advice = advise(DrivingRule(elapsed_hours=4), wall(TUESDAY, "12:00"), NEW_YORK)
    assert (advice.earliest_day, advice.not_before) == (date(2027, 1, 6), None)


def test_hours_alone_may_end_on_the_same_day():
    advice = advise(DrivingRule(after_sleep=False, elapsed_hours=4), wall(TUESDAY, "12:00"), NEW_YORK)
    assert (advice.earliest_day, advice.not_before) == (TUESDAY, wall(TUESDAY, "16:00"))


def test_who_leaves_after_midnight_sleeps_until_the_day_after():
    assert advise(SLEEP, wall(TUESDAY, "00:30"), NEW_YORK).earliest_day == date(2027, 1, 6)


def test_a_course_has_its_own_rule():
    own = protocol(phase("one", 1, (1, 1, 1)))
    assert rule_for(spravato(), own) == own.driving


def test_a_single_visit_has_the_stricter_rule_of_the_protocols_that_give_it():
    first = protocol(phase("one", 1, (1, 1, 1), visits=("infusion",)), visits=(infusion(),))
    by_hours = protocol(phase("one", 1, (1, 1, 1), visits=("infusion",)), visits=(infusion(),))
    object.__setattr__(by_hours, "driving", HOURS)
    assert rule_for(infusion(), None, [first, by_hours]) == DAY_AND_SLEEP


def test_a_visit_that_no_protocol_knows_has_the_strictest():
    assert rule_for(spravato("other"), None, [protocol(phase("one", 1, (1, 1, 1)))]) == STRICTEST
    assert rule_for(talk(), None) == STRICTEST


def test_a_dose_owes_three_reminders_until_the_next_one_takes_over():
    assert told(SLEEP, TUESDAY, "12:35") == [
        ("no-driving-discharge", "05 12:35", "06 00:00"),
        ("no-driving-evening", "05 20:00", "06 08:00"),
        ("no-driving-morning", "06 08:00", "06 20:00"),
    ]


def test_who_leaves_a_minute_before_eight_has_hours_to_get_the_first_message():
    assert told(SLEEP, TUESDAY, "19:59")[:2] == [
        ("no-driving-discharge", "05 19:59", "06 00:00"), ("no-driving-evening", "05 20:00", "06 08:00"),
    ]  # fmt: skip


def test_once_the_evening_message_is_due_the_first_is_owed_no_more():
    first, evening, morning = owed_after_dose(SLEEP, leaves_at=wall(TUESDAY, "12:35"), zone=NEW_YORK)
    assert first.is_worth_owing(wall(TUESDAY, "19:59"))
    assert not first.is_worth_owing(wall(TUESDAY, "20:00"))
    assert evening.is_worth_owing(wall(TUESDAY, "23:59"))
    assert not morning.is_worth_owing(wall(date(2027, 1, 6), "20:00"))


def test_a_bound_after_the_morning_owes_another():
    assert told(DAY_AND_SLEEP, TUESDAY, "15:00")[3:] == [("no-driving-bound", "06 15:00", "07 03:00")]


@pytest.mark.parametrize("hours", [1, 16, 17])
def test_a_bound_that_the_morning_message_can_name_owes_none(hours):
    assert len(told(DrivingRule(elapsed_hours=hours), TUESDAY, "15:00")) == 3


@pytest.mark.parametrize("time", ["20:00", "20:01", "23:59"])
def test_who_leaves_at_eight_or_later_gets_no_evening_message(time):
    assert [(kind, expires) for kind, _, expires in told(SLEEP, TUESDAY, time)] == [
        ("no-driving-discharge", "06 08:00"), ("no-driving-morning", "06 20:00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "day", "time"),
    [
        ("America/New_York", date(2027, 3, 14), "03:30"), ("America/New_York", date(2027, 11, 7), "01:30"),
        ("America/Los_Angeles", date(2027, 3, 13), "15:00"), ("Europe/London", date(2027, 3, 28), "00:30"),
        ("Europe/London", date(2027, 10, 30), "12:00"), ("Australia/Lord_Howe", date(2027, 4, 4), "01:45"),
        ("Australia/Lord_Howe", date(2027, 10, 2), "15:00"),
    ],
)  # fmt: skip
def test_around_a_change_of_the_clocks_the_wall_times_stay(zone, day, time):
    found = told(DAY_AND_SLEEP, day, time, ZoneInfo(zone))
    following = day + timedelta(days=1)
    assert found[0][2] == f"{following:%d} 00:00"
    assert found[1][1] == f"{day:%d} 20:00"
    assert found[2][1] == f"{following:%d} 08:00"


def test_a_change_is_told_after_the_time_to_undo_it_until_its_last_start():
    now, later = wall(TUESDAY, "09:00"), wall(date(2027, 1, 7), "10:00")
    owed = owed_for_change(NoticeKind.MOVED, now, [wall(TUESDAY, "08:00"), wall(TUESDAY, "10:00"), later])
    assert (owed.due_at, owed.expires_at) == (now + UNDO_WINDOW, later)


def test_nobody_is_told_of_what_is_past():
    assert owed_for_change(NoticeKind.CANCELLED, wall(TUESDAY, "09:00"), [wall(TUESDAY, "09:00")]) is None
