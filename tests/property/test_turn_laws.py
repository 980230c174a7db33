"""Laws of whose turn it is: only what is there to use, everybody in turn, nobody again before the others."""

from hypothesis import given
from hypothesis import strategies as some

from planner.domain.channels import Channel
from planner.domain.turns import another_at_once, whose_turn

orders = some.lists(some.sampled_from(list(Channel)), min_size=1, unique=True)
histories = some.lists(some.sampled_from(list(Channel)), max_size=12)
patiences = some.integers(1, 4)


def all_failing(channels, patience, tries):
    """Try so often, and fail each time."""
    failed = []
    for _ in range(tries):
        failed.append(whose_turn(channels, failed, patience))
    return failed


@given(orders, histories, patiences)
def test_it_is_never_the_turn_of_a_channel_that_cannot_be_used(channels, failed, patience):
    assert whose_turn(channels, failed, patience) in channels


@given(orders, patiences)
def test_the_first_has_its_patience_and_then_each_of_the_others_one_try(channels, patience):
    tried = all_failing(channels, patience, patience + len(channels) - 1)
    assert tried == [channels[0]] * patience + channels[1:]


@given(orders, patiences)
def test_from_then_on_nobody_is_tried_again_before_all_others_were(channels, patience):
    tried = all_failing(channels, patience, patience + 4 * len(channels))[patience - 1 :]
    for start in range(len(tried) - len(channels) + 1):
        assert set(tried[start : start + len(channels)]) == set(channels)


@given(orders, histories, patiences)
def test_without_waiting_only_what_was_never_tried_comes_next(channels, failed, patience):
    now = whose_turn(channels, failed, patience)
    following = whose_turn(channels, [*failed, now], patience)
    assert another_at_once(channels, failed, patience) == (following not in [*failed, now])


@given(orders, patiences)
def test_waiting_is_skipped_once_for_each_channel_but_the_first(channels, patience):
    tried = all_failing(channels, patience, patience + 4 * len(channels))
    skipped = sum(another_at_once(channels, tried[:count], patience) for count in range(len(tried)))
    assert skipped == len(channels) - 1


@given(orders, histories, patiences, some.data())
def test_a_channel_that_refused_for_good_is_never_tried_again_and_the_others_still_are(channels, failed, patience, data):
    dropped = data.draw(some.sampled_from(channels))
    left = [one for one in channels if one is not dropped]
    tried = list(failed)
    for _ in range(patience + 2 * len(left) if left else 0):
        tried.append(whose_turn(left, tried, patience))
    assert set(tried[len(failed) :]) == set(left)
