"""What patients answer: who may take somebody home, and which answers stand."""

from dataclasses import dataclass

import pytest

from planner.domain.errors import InvalidValue
from planner.domain.replies import ReplyKind, Ride, RideKind, standing


@dataclass(frozen=True)
class Said:
    kind: ReplyKind
    sequence: int
    word: str = ""


def test_an_adult_who_takes_somebody_home_has_a_name():
    with pytest.raises(InvalidValue, match="name"):
        Ride(RideKind.ADULT, None, "555-0100")


def test_an_adult_who_takes_somebody_home_can_be_called():
    with pytest.raises(InvalidValue, match="phone"):
        Ride(RideKind.ADULT, "Maria")


def test_a_service_needs_no_name():
    assert Ride(RideKind.RIDESHARE).name is None


def test_a_number_that_cannot_be_dialled_is_refused():
    with pytest.raises(InvalidValue, match="phone"):
        Ride(RideKind.SHUTTLE, None, "call me")


def test_a_name_holds_no_control_characters():
    with pytest.raises(InvalidValue, match="name"):
        Ride(RideKind.MEDICAL, "Maria\nBcc: all")


def test_the_last_answer_of_a_kind_stands():
    first, second = Said(ReplyKind.RIDE, 0, "Maria"), Said(ReplyKind.RIDE, 0, "Ana")
    assert standing([first, second], 0) == {ReplyKind.RIDE: second}


def test_answers_of_different_kinds_stand_beside_each_other():
    assert set(standing([Said(ReplyKind.COME, 1), Said(ReplyKind.RIDE, 1)], 1)) == {ReplyKind.COME, ReplyKind.RIDE}


def test_an_answer_to_the_former_time_does_not_stand():
    assert standing([Said(ReplyKind.COME, 0)], 1) == {}
