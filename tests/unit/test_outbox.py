"""Where a message stands, and what a person may still do to it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from desks import NOW
from planner.domain.notices import NO_DRIVING, NoticeKind
from planner.domain.outbox import PARKED, TAKEN_BACK, Standing, standing_of, why_not_again, why_not_withdrawn


@dataclass(frozen=True)
class Message:
    kind: str = NoticeKind.BOOKED
    expires_at: datetime = NOW + timedelta(days=1)
    sent_at: datetime | None = None
    given_up_at: datetime | None = None
    withdrawn_at: datetime | None = None
    outcome: str | None = None


FAILED = Message(given_up_at=NOW, outcome="550")


@pytest.mark.parametrize(
    ("message", "standing"),
    [
        (Message(), Standing.OWED),
        (Message(sent_at=NOW), Standing.SENT),
        (Message(sent_at=NOW, withdrawn_at=NOW), Standing.SENT),
        (FAILED, Standing.FAILED),
        (Message(withdrawn_at=NOW), Standing.WITHDRAWN),
    ],
)
def test_a_message_stands_where_its_instants_say(message, standing):
    assert standing_of(message) is standing


@pytest.mark.parametrize("outcome", [PARKED, TAKEN_BACK])
def test_what_failed_was_sent_parked_or_taken_back_may_be_sent_again(outcome):
    taken_back = Message(withdrawn_at=NOW, outcome=outcome)
    for message in (FAILED, Message(sent_at=NOW), taken_back):
        assert not why_not_again(message, NOW, says=True, on_its_way=False)


@pytest.mark.parametrize(
    ("message", "facts", "why"),
    [
        (Message(), {}, "on its way"),
        (FAILED, {"on_its_way": True}, "on its way"),
        (replace(FAILED, expires_at=NOW), {}, "mislead"),
        (Message(withdrawn_at=NOW, outcome="replaced"), {}, "a message of its own"),
        (FAILED, {"says": False}, "nothing to say"),
    ],
)
def test_what_would_mislead_or_come_twice_is_not_sent_again(message, facts, why):
    assert why in why_not_again(message, NOW, **{"says": True, "on_its_way": False, **facts})


@pytest.mark.parametrize("kind", sorted(NO_DRIVING))
def test_what_keeps_from_driving_is_never_taken_back_by_hand(kind):
    assert "never" in why_not_withdrawn(Message(kind=kind))


def test_only_what_is_owed_is_taken_back():
    assert not why_not_withdrawn(Message())
    assert "no longer" in why_not_withdrawn(Message(sent_at=NOW))
