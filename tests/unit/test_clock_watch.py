"""The clock's watch: a jump stops the sending, a return or half an hour resumes it."""

from datetime import UTC, datetime, timedelta

import pytest

from planner.worker.watch import MOST, SETTLED, ClockWatch

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Hands:
    """A clock that can be set, and one that cannot."""

    def __init__(self):
        self.now, self.seconds = NOW, 1000.0
        self.watch = ClockWatch(lambda: self.now, lambda: self.seconds)

    def pass_by(self, span):
        self.now, self.seconds = self.now + span, self.seconds + span.total_seconds()


@pytest.fixture
def hands():
    return Hands()


def test_a_clock_that_goes_as_it_should_is_trusted_however_long(hands):
    for _ in range(50):
        hands.pass_by(HOUR)
        assert hands.watch.trusted()


@pytest.mark.parametrize("jump", [2 * HOUR, -2 * HOUR, MOST + timedelta(seconds=1)])
def test_a_jump_is_doubted_and_told_once(hands, jump, caplog):
    hands.now += jump
    assert not hands.watch.trusted()
    assert not hands.watch.trusted()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize("jump", [MOST, -MOST])
def test_a_small_step_is_none(hands, jump):
    hands.now += jump
    assert hands.watch.trusted()


def test_many_small_steps_are_none_either(hands):
    for _ in range(5):
        hands.now += MOST
        assert hands.watch.trusted()


@pytest.mark.parametrize("jump", [2 * HOUR, -2 * HOUR])
def test_a_clock_that_comes_back_is_trusted_at_once(hands, jump):
    hands.now += jump
    hands.watch.trusted()
    hands.pass_by(timedelta(minutes=7))
    hands.now -= jump
    assert hands.watch.trusted()


def test_a_new_time_that_stays_is_believed_after_half_an_hour(hands):
    hands.now += 2 * HOUR
    hands.watch.trusted()
    hands.pass_by(SETTLED - timedelta(seconds=1))
    assert not hands.watch.trusted()
    hands.pass_by(timedelta(seconds=1))
    assert hands.watch.trusted()
    hands.pass_by(HOUR)
    assert hands.watch.trusted()
