"""How many entries a calendar has, how long it stays so, and what is let go of first."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from builders import NEW_YORK
from planner.domain.span import Span
from planner.feeds.events import MOST_ENTRIES, Entry, EntryStatus, listed

NOW = datetime(2027, 3, 19, 14, tzinfo=UTC)
MIDNIGHT = datetime(2027, 3, 19, 4, tzinfo=UTC)


def entry(number, start, **more):
    made = Entry(
        UUID(int=number + 1), 0, Span(start, start + timedelta(minutes=20)), "Busy", EntryStatus.CONFIRMED, False, NOW, NOW
    )  # fmt: skip
    return replace(made, **more)


def each(hours, first, count, **more):
    return [entry(first + number, NOW + timedelta(hours=number * hours), **more) for number in range(count)]


def test_the_oldest_past_goes_first_and_the_weeks_to_come_stay():
    past, ahead = each(-1, 0, 1400)[24:], each(1, 5000, 800)
    found = listed([*past, *ahead], NEW_YORK, NOW).entries
    assert len(found) == MOST_ENTRIES
    assert set(ahead) < set(found)
    assert set(found) - set(ahead) == set(past[:200])


def test_the_farthest_future_goes_only_when_all_that_is_past_has_gone():
    past, ahead = each(-1, 0, 300)[24:], each(1, 5000, 1100)
    assert listed([*ahead, *past], NEW_YORK, NOW).entries == tuple(ahead[:MOST_ENTRIES])


def test_what_was_earlier_today_is_not_past_yet():
    today = [entry(0, MIDNIGHT + timedelta(hours=1)), entry(1, MIDNIGHT, when=date(2027, 3, 19))]
    found = listed([*each(1, 5000, 1100), *today], NEW_YORK, NOW).entries
    assert set(today) < set(found)


def test_what_is_shown_changes_at_midnight_and_not_within_the_day():
    many = [*each(-1, 0, 900), *each(1, 5000, 900)]
    morning, evening = (listed(many, NEW_YORK, MIDNIGHT + timedelta(hours=hour)) for hour in (0, 23))
    assert morning == evening
    assert morning.until == MIDNIGHT + timedelta(days=1)


def test_a_thousand_with_long_texts_of_ordinary_letters_fit():
    texts = {"title": "Appointment (provisional)", "place": "12 Harbor Street, Boston, MA 02110"}
    many = each(1, 0, MOST_ENTRIES, **texts, alarm_minutes=60)
    assert len(listed(many, NEW_YORK, NOW).entries) == MOST_ENTRIES
