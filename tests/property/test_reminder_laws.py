"""Laws of when a reminder goes, for whoever wants to be left alone at whatever hours: also in nights of changing clocks."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as some

from builders import wall
from planner.domain.channels import Quiet
from planner.domain.notices import TOGETHER, NoticeKind
from planner.domain.reminders import Coming, is_still_owed, owed_before, reminders_of

ZONES = [ZoneInfo(one) for one in ("America/New_York", "America/Los_Angeles", "Europe/London", "Australia/Lord_Howe")]
CHANGES = [date(2027, 3, 14), date(2027, 3, 28), date(2027, 4, 4), date(2027, 10, 3), date(2027, 10, 31), date(2027, 11, 7)]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MONDAY, EARLY = date(2027, 3, 1), DAY * 20
few = settings(max_examples=70)

zones, times = some.sampled_from(ZONES), some.times().map(lambda one: one.replace(second=0, microsecond=0))
days = some.builds(lambda day, off: day + off * DAY, some.sampled_from(CHANGES), some.integers(0, 8))
minutes = some.one_of(some.integers(0, 2 * 24 * 60), some.integers(0, 9 * 24 * 60))


@some.composite
def hours(draw):
    """Quiet hours, at times of nearly a whole day."""
    end, free = draw(times), draw(some.one_of(some.integers(1, 45), some.integers(1, 24 * 60 - 1)))
    return Quiet((datetime.combine(MONDAY, end) + free * MINUTE).time(), end)


@some.composite
def visits(draw):
    """A visit near a change of the clocks, and its zone; what to do before it begins up to four days before."""
    zone, day = draw(zones), draw(days)
    start = wall(day, f"{draw(some.integers(6, 17)):02}:{draw(some.sampled_from((0, 15, 45))):02}", zone)
    cut_offs = tuple(start - minutes * MINUTE for minutes in draw(some.lists(some.integers(10, 4 * 24 * 60), max_size=4)))
    return Coming(start, start - 15 * MINUTE, draw(some.booleans()), cut_offs, first=draw(some.booleans())), zone


def is_quiet(quiet, instant, zone):
    """Whether the wall says so; that a minute is free where the clocks skip the rest of it does not count."""
    wall = instant.astimezone(zone).time()
    within = quiet.start <= wall < quiet.end
    return within if quiet.start < quiet.end else not quiet.end <= wall < quiet.start


def free_minutes(quiet):
    """How long it is not quiet on a day of 24 hours."""
    begin, end = ((60 * one.hour + one.minute) for one in (quiet.start, quiet.end))
    return (begin - end) % (24 * 60)


def own_and_real(visit, quiet, now=EARLY):
    """Give each reminder that was owed for long as it is by its own time, and as it goes."""
    (coming, zone), before = visit, visit[0].start_at - now
    return list(zip(owed_before(coming, zone, before), owed_before(coming, zone, before, quiet), strict=True))


@few
@given(visits(), hours())
def test_none_goes_in_quiet_hours(visit, quiet):
    skips = quiet.end.hour <= 3 and free_minutes(quiet) <= 120  # the clocks may skip all that is free
    assert skips or not any(is_quiet(quiet, real.due_at, visit[1]) for _, real in own_and_real(visit, quiet))


@few
@given(visits(), hours())
def test_each_is_soon_enough(visit, quiet):
    """Before its end and what it asks for; how to prepare before the day, and a ride again before the desk phones."""
    day, zone = visit[0].day(visit[1]), visit[1]
    ends = {NoticeKind.PREPARE: wall(day, "00:00", zone), NoticeKind.RIDE_AGAIN: wall(day - DAY, "12:00", zone)}
    for own, real in own_and_real(visit, quiet):
        later = [one for one in visit[0].cut_offs if one > own.due_at]
        assert real.due_at < min([own.expires_at, ends.get(own.kind, own.expires_at), *later])
        assert real.expires_at == own.expires_at


@few
@given(visits(), hours())
def test_none_goes_more_than_a_day_before_its_time_and_all_in_their_order_but_for_what_is_one_message(visit, quiet):
    found = own_and_real(visit, quiet)
    assert all(own.due_at - real.due_at < DAY + TOGETHER for own, real in found)
    assert all(second.due_at - first.due_at > -TOGETHER for (_, first), (_, second) in pairwise(found))


@few
@given(visits(), hours())
def test_what_is_not_quiet_then_goes_at_its_own_time(visit, quiet):
    assert all(own == real for own, real in own_and_real(visit, quiet) if not is_quiet(quiet, own.due_at, visit[1]))
    assert all(own == real for own, real in own_and_real(visit, None))


@few
@given(visits(), hours(), minutes)
def test_short_notice_owes_what_it_owed_and_nothing_in_the_past(visit, quiet, before):
    now = visit[0].start_at - before * MINUTE
    found = own_and_real(visit, quiet, before * MINUTE)
    assert all(now < real.due_at for _, real in found)
    assert [own for own, _ in found] == [one for one in reminders_of(*visit) if one.due_at > now]


@few
@given(visits(), hours(), minutes, minutes)
def test_what_is_owed_stays_owed_while_nobody_changes_anything(visit, quiet, one, other):
    then = visit[0].start_at - max(one, other) * MINUTE
    now = visit[0].start_at - min(one, other) * MINUTE
    assert all(is_still_owed(one, *visit, now, quiet) for one in owed_before(*visit, then, quiet))


@few
@given(visits(), hours(), hours(), minutes, minutes)
def test_other_hours_lose_none_and_leave_none_at_a_time_that_is_not_theirs(visit, quiet, others, one, other):
    then, now = (visit[0].start_at - each(one, other) * MINUTE for each in (max, min))
    was = [each for each in owed_before(*visit, then, quiet) if each.due_at > now]
    anew = {each.kind: each.due_at for each in owed_before(*visit, now, others)}
    for each in was:
        kept = is_still_owed(each, *visit, now, others)
        assert kept or each.kind in anew
        assert not kept or each.due_at == anew.get(each.kind, each.due_at)
