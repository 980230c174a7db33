"""What one process keeps of rendered calendars."""

from datetime import UTC, datetime, timedelta

from planner.feeds.kept import Kept, Page, rendered

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def page(body=b"BEGIN:VCALENDAR", mark="as it was"):
    return Page(mark, NOON, NOON + HOUR, NOON + HOUR, rendered(body))


def test_a_page_is_kept_for_its_mark_and_its_stretch_of_time():
    kept, made = Kept(), page()
    kept.put("link", made)
    assert kept.get("link", "as it was", NOON) is made
    assert kept.get("link", "changed", NOON) is None
    assert kept.get("link", "as it was", NOON + HOUR) is None
    assert kept.get("link", "as it was", NOON - HOUR) is None


def test_what_was_used_longest_ago_leaves_first_when_memory_is_full():
    one = page()
    kept = Kept(most_bytes=2 * one.rendered.size)
    for key in ("first", "second"):
        kept.put(key, one)
    kept.get("first", one.mark, NOON)
    kept.put("third", one)
    assert [key for key in ("first", "second", "third") if kept.get(key, one.mark, NOON)] == ["first", "third"]


def test_a_page_in_place_of_another_is_counted_once():
    one = page()
    kept = Kept(most_bytes=2 * one.rendered.size)
    for _ in range(5):
        kept.put("first", one)
    kept.put("second", one)
    assert kept.get("first", one.mark, NOON)


def test_fetches_are_counted_by_key_and_minute():
    kept = Kept()
    assert [kept.count("a", 1), kept.count("a", 1), kept.count("b", 1), kept.count("a", 2)] == [1, 2, 1, 1]
