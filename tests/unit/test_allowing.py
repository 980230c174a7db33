"""Which order of a clinician would allow what the desk may not do."""

import pytest

from planner.domain.allowing import order_allowing
from planner.domain.errors import Code, Violation


@pytest.mark.parametrize(
    ("violations", "order"),
    [
        ([Violation(Code.MIN_DAYS, {"gap_days": 1})], "override"),
        ([Violation(Code.MIN_DAYS, {"gap_days": 1}), Violation(Code.WEEK_CAP)], "override"),
        ([Violation(Code.MIN_DAYS, {"gap_days": 0})], None),
        ([Violation(Code.MIN_DAYS, {"gap_days": 1}), Violation(Code.CLOSED)], None),
        ([Violation(Code.PATIENT_AWAY)], None),
        ([], None),
    ],
)
def test_an_order_overrules_spacing_alone(violations, order):
    assert order_allowing(violations) == order
