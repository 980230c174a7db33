"""Instants are UTC, days are local, and values that cannot be are refused."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from builders import NEW_YORK, wall
from planner.domain.errors import InvalidValue
from planner.domain.span import Span, at_wall, day_start, from_minute, local_day, minute_of, zone_named

SANTIAGO = ZoneInfo("America/Santiago")


@pytest.mark.parametrize(
    ("start", "end", "path"),
    [
        (datetime(2027, 3, 1, 9), datetime(2027, 3, 1, 10, tzinfo=UTC), "start"),  # noqa: DTZ001 -- a naive one is the case
        (datetime(2027, 3, 1, 9, tzinfo=UTC), datetime(2027, 3, 1, 10), "end"),  # noqa: DTZ001
        (datetime(2027, 3, 1, 9, tzinfo=UTC), datetime(2027, 3, 1, 9, tzinfo=UTC), "end"),
        (datetime(1999, 12, 31, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC), "start"),
        (datetime(2027, 3, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC), "end"),
    ],
)
def test_a_span_that_cannot_be_is_refused_by_its_field(start: datetime, end: datetime, path: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        Span(start, end)
    assert refused.value.path == path


def test_a_span_is_kept_in_utc() -> None:
    noon = datetime(2027, 3, 1, 12, tzinfo=NEW_YORK)
    assert Span(noon, noon.replace(hour=13)).start.utcoffset() == UTC.utcoffset(None)


def test_spans_that_touch_do_not_overlap() -> None:
    first = Span(wall(date(2027, 3, 1), "09:00"), wall(date(2027, 3, 1), "10:00"))
    second = Span(wall(date(2027, 3, 1), "10:00"), wall(date(2027, 3, 1), "11:00"))
    assert not first.overlaps(second)


def test_spans_that_share_a_minute_overlap() -> None:
    first = Span(wall(date(2027, 3, 1), "09:00"), wall(date(2027, 3, 1), "10:01"))
    second = Span(wall(date(2027, 3, 1), "10:00"), wall(date(2027, 3, 1), "11:00"))
    assert second.overlaps(first)


def test_a_late_evening_belongs_to_its_local_day() -> None:
    assert local_day(datetime(2027, 3, 2, 3, tzinfo=UTC), NEW_YORK) == date(2027, 3, 1)


def test_a_day_whose_midnight_is_skipped_begins_at_one() -> None:
    assert day_start(date(2027, 9, 5), SANTIAGO).astimezone(SANTIAGO).time() == time(1)


def test_a_skipped_wall_time_moves_on_by_the_skipped_hour() -> None:
    assert at_wall(date(2027, 3, 14), time(2, 30), NEW_YORK).astimezone(NEW_YORK).time() == time(3, 30)


def test_of_an_ambiguous_wall_time_the_first_is_meant() -> None:
    assert at_wall(date(2027, 11, 7), time(1, 30), NEW_YORK) == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)


def test_minutes_count_back_to_the_same_instant() -> None:
    instant = datetime(2027, 3, 1, 12, 34, tzinfo=UTC)
    assert from_minute(minute_of(instant)) == instant


@pytest.mark.parametrize("name", ["America/Gotham", "../etc/passwd", ""])
def test_a_zone_that_does_not_exist_is_refused_by_its_path(name: str) -> None:
    with pytest.raises(InvalidValue, match="no time zone") as refused:
        zone_named(name, "clinic.zone")
    assert refused.value.path == "clinic.zone"
