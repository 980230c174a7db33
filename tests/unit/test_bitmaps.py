"""Bitmaps against real datetimes, on ordinary days and on days on which the clocks change, in both hemispheres."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from builders import NEW_YORK, hours, minutes, wall
from planner.domain.bitmaps import (
    CHUNK,
    LANE,
    Midnights,
    day_slots,
    grid_bits,
    hours_bits,
    hours_lane,
    instant_of,
    is_plain,
    lanes_set,
    pack,
    runs,
    slot_from,
    slot_of,
    stretch,
    wall_minutes,
)
from planner.domain.span import at_wall, day_start

FIVE = timedelta(minutes=5)
DAYS = [
    ("America/New_York", date(2027, 3, 14), 23.0),
    ("America/New_York", date(2027, 11, 7), 25.0),
    ("America/New_York", date(2027, 6, 1), 24.0),
    ("Australia/Lord_Howe", date(2027, 4, 4), 24.5),
    ("Australia/Lord_Howe", date(2027, 10, 3), 23.5),
    ("Australia/Sydney", date(2027, 4, 4), 25.0),
    ("Australia/Sydney", date(2027, 10, 3), 23.0),
    ("America/Santiago", date(2027, 4, 3), 25.0),
    ("America/Santiago", date(2027, 9, 4), 24.0),
    ("America/Santiago", date(2027, 9, 5), 23.0),
    ("America/Havana", date(2027, 3, 14), 23.0),
    ("America/Havana", date(2027, 11, 7), 25.0),
    ("Asia/Kathmandu", date(2027, 6, 1), 24.0),
]


@pytest.fixture(params=DAYS, ids=lambda one: f"{one[0].split('/')[1]} {one[1]:%m-%d}")
def local(request: pytest.FixtureRequest) -> tuple[ZoneInfo, date, float]:
    name, day, length = request.param
    return ZoneInfo(name), day, length


def slots_set(bits: int) -> list[int]:
    return [slot for slot in range(LANE) if bits >> slot & 1]


class TestLocalDays:
    def test_a_day_has_as_many_slots_as_it_is_long(self, local: tuple[ZoneInfo, date, float]) -> None:
        zone, day, length = local
        assert day_slots(day, zone) == length * 12

    def test_every_slot_tells_the_time_on_the_wall(self, local: tuple[ZoneInfo, date, float]) -> None:
        zone, day, _ = local
        walls = [instant_of(day, slot, zone).astimezone(zone) for slot in range(day_slots(day, zone))]
        assert [wall_minutes(day, slot, zone) for slot in range(len(walls))] == [at.hour * 60 + at.minute for at in walls]

    def test_every_slot_lies_in_its_day(self, local: tuple[ZoneInfo, date, float]) -> None:
        zone, day, _ = local
        last = instant_of(day, day_slots(day, zone), zone) - timedelta(seconds=1)
        assert {instant_of(day, 0, zone).astimezone(zone).date(), last.astimezone(zone).date()} == {day}

    def test_the_grid_holds_the_quarter_hours_of_the_wall(self, local: tuple[ZoneInfo, date, float]) -> None:
        zone, day, _ = local
        bits = grid_bits(day.toordinal() // CHUNK, zone, 15) >> LANE * (day.toordinal() % CHUNK) & ((1 << LANE) - 1)
        on_grid = [s for s in range(day_slots(day, zone)) if instant_of(day, s, zone).astimezone(zone).minute % 15 == 0]
        assert slots_set(bits) == on_grid

    def test_opening_hours_hold_the_slots_between_two_wall_times(self, local: tuple[ZoneInfo, date, float]) -> None:
        zone, day, _ = local
        opens, closes = at_wall(day, time(1, 15), zone), at_wall(day, time(20), zone)
        lane = hours_lane(((time(1, 15), time(20)),), day, zone)
        inside = [s for s in range(day_slots(day, zone)) if opens <= instant_of(day, s, zone) < closes]
        assert slots_set(lane) == inside

    def test_longer_hours_are_longer_at_both_ends_but_stay_in_the_day(self, local: tuple[ZoneInfo, date, float]) -> None:
        zone, day, _ = local
        opens, closes = at_wall(day, time(9), zone), at_wall(day, time(23), zone)
        lane = hours_lane(((time(9), time(23)),), day, zone, extend=90)
        longer = timedelta(minutes=90)
        inside = [s for s in range(day_slots(day, zone)) if opens - longer <= instant_of(day, s, zone) < closes + longer]
        assert slots_set(lane) == inside

    def test_what_is_taken_is_laid_over_the_days_it_touches_rounded_outwards(
        self, local: tuple[ZoneInfo, date, float]
    ) -> None:
        zone, day, _ = local
        start = day_start(day, zone) - timedelta(minutes=62)
        end = day_start(day + timedelta(days=1), zone) + timedelta(minutes=7)
        laid = dict(Midnights(zone).lanes(minutes(start), minutes(end)))
        touched = {
            one.toordinal(): [
                slot
                for slot in range(day_slots(one, zone))
                if instant_of(one, slot, zone) < end and start < instant_of(one, slot, zone) + FIVE
            ]
            for one in (day - timedelta(days=1), day, day + timedelta(days=1))
        }
        assert {ordinal: slots_set(bits) for ordinal, bits in laid.items()} == touched

    def test_only_a_day_without_a_change_of_clocks_is_plain(self, local: tuple[ZoneInfo, date, float]) -> None:
        zone, day, length = local
        assert is_plain(day, zone) == (length == 24)


def test_slots_round_down_or_up_to_their_instant() -> None:
    day = date(2027, 3, 1)
    at = wall(day, "10:02")
    assert (slot_of(at, day, NEW_YORK), slot_from(at, day, NEW_YORK)) == (120, 121)


def test_an_instant_on_a_slot_is_that_slot_either_way() -> None:
    day = date(2027, 3, 1)
    at = wall(day, "10:00")
    assert slot_of(at, day, NEW_YORK) == slot_from(at, day, NEW_YORK) == 120


@pytest.mark.parametrize("length", range(1, 14))
def test_runs_keep_the_bits_from_which_so_many_are_set(length: int) -> None:
    bits = int("1110111111001111111111110101111", 2)
    kept = sum(1 << at for at in range(40) if all(bits >> at + step & 1 for step in range(length)))
    assert runs(bits, length) == kept


def test_an_empty_stretch_sets_nothing() -> None:
    assert (stretch(5, 5), stretch(7, 5), stretch(2, 4)) == (0, 0, 0b1100)


def test_each_day_with_a_bit_is_marked() -> None:
    lanes = [0] * CHUNK
    lanes[0], lanes[7], lanes[63] = 1, 1 << 299, (1 << 300) - 1
    assert lanes_set(pack(lanes)) == 1 | 1 << 7 | 1 << 63


def test_no_run_of_free_slots_crosses_midnight() -> None:
    zone = ZoneInfo("America/New_York")
    always = hours_bits(hours("Mon-Sun", "00:00", "23:59"), date(2027, 11, 7).toordinal() // CHUNK, zone)
    assert not runs(always, 25 * 12 + 1)


def test_odd_opening_minutes_are_rounded_inwards() -> None:
    lane = hours_lane(((time(9, 2), time(9, 58)),), date(2027, 3, 1), NEW_YORK)
    assert (min(slots_set(lane)) * 5, max(slots_set(lane)) * 5 + 5) == (545, 595)


def test_the_first_of_two_equal_wall_times_is_an_hour_before_the_second() -> None:
    day = date(2027, 11, 7)
    twice = [slot for slot in range(day_slots(day, NEW_YORK)) if wall_minutes(day, slot, NEW_YORK) == 90]
    assert [instant_of(day, slot, NEW_YORK).hour for slot in twice] == [5, 6]


def test_minutes_before_the_epochs_day_in_the_far_east_fall_on_the_local_day() -> None:
    zone = ZoneInfo("Pacific/Kiritimati")
    at = datetime(2027, 3, 1, 1, tzinfo=zone)
    ((ordinal, _),) = Midnights(zone).lanes(minutes(at), minutes(at) + 30)
    assert date.fromordinal(ordinal) == date(2027, 3, 1)
