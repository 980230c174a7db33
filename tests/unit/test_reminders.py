"""What a visit owes before it: rides planned, asked for and asked for again, and how to prepare; always at a wall time."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from builders import NEW_YORK, wall
from planner.domain.channels import Quiet
from planner.domain.notices import NoticeKind
from planner.domain.reminders import Coming, is_still_owed, owed_before, ride_task_due

MONDAY, JANUARY = date(2027, 3, 15), wall(date(2027, 1, 4), "10:00")
"""The day of scenario A13: the clocks change in the night before."""


CHANGES = [date(2027, 3, 14), date(2027, 3, 28), date(2027, 4, 4), date(2027, 10, 3), date(2027, 11, 7)]


def coming(day=MONDAY, time="09:00", zone=NEW_YORK, **more):
    start = wall(day, time, zone)
    fasts = (start - timedelta(hours=2),)
    return Coming(start, start, **{"dosing": True, "cut_offs": fasts, **more})


def due(visit, now=JANUARY, zone=NEW_YORK):
    """What is owed, and when by the clinic's wall: kind, day and time."""
    return [(one.kind.value, f"{one.due_at.astimezone(zone):%m-%d %H:%M}") for one in owed_before(visit, zone, now)]


def instants(visit, now=JANUARY, zone=NEW_YORK):
    return {one.kind: f"{one.due_at:%m-%dT%H:%MZ}" for one in owed_before(visit, zone, now)}


def test_reminders_across_the_night_in_which_the_clocks_change_are_due_by_the_wall():
    assert instants(coming()) == {
        NoticeKind.RIDE: "03-12T14:00Z", NoticeKind.RIDE_AGAIN: "03-14T13:00Z", NoticeKind.PREPARE: "03-14T23:00Z",
    }  # fmt: skip


def test_the_first_visit_of_a_series_asks_a_week_before_for_all_the_rides():
    assert due(coming(first=True))[0] == ("plan-rides", "03-08 09:00")


def test_what_would_have_been_due_before_the_booking_is_never_sent_late():
    friday = coming(date(2027, 3, 12), "10:00")
    assert due(friday, now=wall(date(2027, 3, 11), "15:00")) == [("prepare", "03-11 19:00")]


def test_a_ride_that_is_known_is_not_asked_for_again():
    assert [kind for kind, _ in due(coming(ride=True))] == ["ride", "prepare"]


def test_a_visit_after_which_one_may_drive_asks_for_no_ride_again():
    assert [kind for kind, _ in due(coming(dosing=False, first=True))] == ["ride", "prepare"]


def test_how_to_prepare_misleads_once_the_first_cut_off_is_over():
    (prepare,) = [one for one in owed_before(coming(), NEW_YORK, JANUARY) if one.kind is NoticeKind.PREPARE]
    assert prepare.expires_at == wall(MONDAY, "07:00")


def test_what_begins_before_the_evening_does_not_keep_the_rest_from_being_said_then():
    long = coming(cut_offs=(wall(date(2027, 3, 14), "09:00"), wall(MONDAY, "07:00")))
    (prepare,) = [one for one in owed_before(long, NEW_YORK, JANUARY) if one.kind is NoticeKind.PREPARE]
    assert (prepare.due_at, prepare.expires_at) == (wall(date(2027, 3, 14), "19:00"), wall(MONDAY, "07:00"))


def test_where_all_of_it_begins_before_the_evening_it_is_said_until_the_arrival():
    long = coming(cut_offs=(wall(date(2027, 3, 14), "19:00"),))
    (prepare,) = [one for one in owed_before(long, NEW_YORK, JANUARY) if one.kind is NoticeKind.PREPARE]
    assert prepare.expires_at == wall(MONDAY, "09:00")


@pytest.mark.parametrize("zone", ["America/New_York", "America/Los_Angeles", "Europe/London", "Australia/Lord_Howe"])
@pytest.mark.parametrize("change", CHANGES)
def test_every_reminder_is_due_at_its_wall_time_around_a_change_of_the_clocks(zone, change):
    place = ZoneInfo(zone)
    for off in range(-1, 9):
        day = change + timedelta(days=off)
        walls = [time for _, time in due(coming(day, "11:00", place, first=True), zone=place)]
        assert walls == [
            f"{day - timedelta(days=before):%m-%d} {time}"
            for before, time in ((7, "09:00"), (3, "09:00"), (1, "09:00"), (1, "19:00"))
        ]


@pytest.mark.parametrize(
    ("start", "end", "goes"),
    [(19, 8, ["09:00", "09:00", "18:30"]), (18, 9, ["09:00", "09:00", "17:30"]), (21, 8, ["09:00", "09:00", "19:00"]),
     (8, 11, ["11:00", "11:00", "19:00"]), (6, 14, ["14:00", "05:30", "19:00"]), (7, 20, ["20:00", "06:30", "20:00"]),
     (2, 1, ["01:00", "01:30", "01:30"])],
)  # fmt: skip
def test_what_would_be_quiet_goes_after_that_or_before_it_where_it_would_be_too_late(start, end, goes):
    tuesday = coming(date(2027, 3, 16))
    found = owed_before(tuesday, NEW_YORK, JANUARY, Quiet(time(start), time(end)))
    assert [f"{one.due_at.astimezone(NEW_YORK):%H:%M}" for one in found] == goes


def test_a_ride_is_not_asked_for_after_what_it_says_has_begun():
    early = coming(cut_offs=(wall(date(2027, 3, 12), "10:30"),))
    found = owed_before(early, NEW_YORK, JANUARY, Quiet(time(8), time(11)))
    assert found[0].due_at == wall(date(2027, 3, 12), "07:30")


def test_what_waits_for_the_end_of_quiet_hours_still_does_when_these_are_over_sooner():
    now, quiet = wall(date(2027, 3, 12), "09:30"), Quiet(time(8), time(11))
    ride = owed_before(coming(), NEW_YORK, JANUARY, quiet)[0]
    assert ride.due_at > now
    assert is_still_owed(ride, coming(), NEW_YORK, now, None)


def test_the_desk_phones_about_a_ride_from_the_noon_before():
    assert ride_task_due(coming(), NEW_YORK) == wall(date(2027, 3, 14), "12:00")
    assert ride_task_due(coming(ride=True), NEW_YORK) is None
    assert ride_task_due(coming(dosing=False), NEW_YORK) is None
