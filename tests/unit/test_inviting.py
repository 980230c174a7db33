"""What a patient's calendar may hold by the mails about an appointment, and what it must be sent."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from planner.domain.inviting import INVITED, PARKED, SUPERSEDED, TAKEN_OUT, Method, may_hold, method_for, raised_by

NOW = datetime(2027, 1, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Mail:
    sequence: int
    outcome: str | None = None
    attempts: int = 1
    sent_at: datetime | None = None
    given_up_at: datetime | None = None
    raised: int = 0
    facts: dict[str, int] = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "facts", {"sequence": self.sequence, "raised": self.raised})


INVITED_0, OUT_1 = Mail(0, INVITED, sent_at=NOW), Mail(1, TAKEN_OUT, sent_at=NOW)


@pytest.mark.parametrize(
    ("mails", "held"),
    [
        ((), False),
        ((Mail(0, attempts=0),), False),
        ((INVITED_0,), True),
        ((INVITED_0, OUT_1), False),
        ((OUT_1, INVITED_0), False),
        ((INVITED_0, OUT_1, Mail(2, attempts=0)), False),
        ((INVITED_0, Mail(1, "no-answer")), True),
        ((INVITED_0, OUT_1, Mail(2, "no-answer")), True),
        ((Mail(0, "replaced"),), True),
        ((Mail(0, "550", given_up_at=NOW),), False),
        ((Mail(0, "550", attempts=2, given_up_at=NOW),), True),
        ((Mail(0, SUPERSEDED),), False),
        ((Mail(0, PARKED, attempts=0),), True),
        ((OUT_1, Mail(2, PARKED, attempts=0)), True),
        ((Mail(0, SUPERSEDED, attempts=2),), True),
    ],
)
def test_a_calendar_may_hold_what_was_sent_or_may_have_come_last(mails, held):
    assert may_hold(mails) is held


def test_mails_are_raised_by_as_much_as_the_highest_of_them():
    assert raised_by([Mail(0), Mail(3, raised=2), Mail(2, raised=1)]) == 2
    assert raised_by([]) == 0


@pytest.mark.parametrize(
    ("wanted", "held", "method"),
    [(True, False, Method.REQUEST), (True, True, Method.REQUEST), (False, True, Method.CANCEL), (False, False, None)],
)
def test_only_what_a_calendar_may_hold_is_taken_out_of_it(wanted, held, method):
    assert method_for(wanted=wanted, held=held) is method
