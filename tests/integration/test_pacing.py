"""How many messages go in a minute: never more than the limit, a burst as fast as it allows, and safety at once."""

from bisect import bisect
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from threading import Lock, Thread

import pytest

from desks import NOW
from planner.domain.channels import Channel
from planner.notify.dispatcher import dispatch
from planner.notify.post import Post
from planner.storage.unit_of_work import Store
from postroom import address, open_post, owe, still_owed

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@dataclass
class Taker:
    """A mail server that takes everything; it knows when."""

    clock: object
    taken: list = field(default_factory=list)
    one_by_one: Lock = field(default_factory=Lock)

    def deliver(self, letter):
        with self.one_by_one:
            self.taken.append((self.clock(), letter))

    @property
    def most_in_a_minute(self):
        times = sorted(at for at, _ in self.taken)
        return max(bisect(times, at + MINUTE - timedelta.resolution) - number for number, at in enumerate(times))


@pytest.fixture
def desk(store):
    return open_post(store)


@pytest.fixture
def mail(desk):
    return Taker(desk.clock)


def two_workers(desk, post):
    """Let two workers, each with its own connections, do a round at the same time; gives how many messages they held."""
    done = []
    crew = [Thread(target=lambda: done.append(dispatch(Store(desk.store.engine), desk.clock, post))) for _ in range(2)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert len(done) == len(crew)
    return sum(one.held for one in done)


def test_a_burst_goes_as_fast_as_the_limit_allows_and_never_faster_by_two_workers(desk, mail):
    many, limit = 11, 4
    owe(desk, many)
    post, began, held, late = Post({Channel.MAIL: mail}, {Channel.MAIL: limit}), desk.clock.now, 0, cycle((0.3, 1.9, 0.9))
    while owed := still_owed(desk):
        desk.clock.now = max(desk.clock.now, min(one.next_attempt_at for one in owed)) + next(late) * SECOND
        held += two_workers(desk, post)
    assert Counter(letter.to for _, letter in mail.taken) == {address(number): 1 for number in range(many)}
    assert mail.most_in_a_minute <= limit
    assert desk.clock.now - began < 1.05 * many / limit * MINUTE
    assert held <= 1.25 * many


@pytest.fixture
def ask(sqlite_store):
    """Ask for room so many times at an instant; gives how many seconds each would have to wait, 0 for none."""

    def asked(at, count=1, limit=5, *, urgent=False, again=False):
        with sqlite_store.begin_installation() as installation:
            found = [installation.room_at("send:mail", limit, at, urgent=urgent, again=again) for _ in range(count)]
        return [round((one - at).total_seconds(), 1) if one else 0 for one in found]

    return asked


def test_what_comes_back_at_once_from_a_worker_that_was_off_is_spread_again_and_what_is_new_comes_after(ask):
    later = NOW + 10 * MINUTE
    assert ask(NOW, 8) == [0] * 5 + [60, 72.6, 85.2]
    assert ask(later, 7, again=True) == [0] * 5 + [60, 72.6]
    assert ask(later) == [85.2]


def test_what_is_for_safety_never_waits_and_what_had_its_turn_then_waits_a_minute_and_not_for_the_line(ask):
    assert ask(NOW, 40)[5] == 60
    assert ask(NOW + MINUTE, 8, urgent=True) == [0] * 8
    assert ask(NOW + MINUTE, again=True) == [60]


def test_a_line_is_an_hour_long_and_a_clock_that_was_ahead_holds_nobody(ask):
    waits = ask(NOW, 70, limit=1)
    assert (waits[:2], max(waits), waits.count(3600)) == ([0, 60], 3600, 12)
    assert ask(NOW - timedelta(hours=2), limit=1) == [0]
