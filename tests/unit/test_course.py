"""What a course remembers and wishes, and the legal moves of an appointment."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from builders import PATIENT, clinic, esketamine, uid
from planner.domain.course import (
    AppointmentStatus,
    Away,
    Booked,
    Gate,
    Given,
    Neighbour,
    Override,
    Preferences,
    check_move,
    is_unheard_of,
)
from planner.domain.errors import InvalidMove, InvalidValue
from planner.domain.plan import PlanRequest

MONDAY = date(2027, 3, 1)
LEGAL = {
    ("tentative", "booked"), ("tentative", "cancelled"), ("tentative", "arrived"), ("tentative", "noshow"),
    ("tentative", "fulfilled"), ("booked", "arrived"), ("booked", "cancelled"),
    ("booked", "noshow"), ("booked", "fulfilled"), ("arrived", "fulfilled"), ("arrived", "cancelled"),
}  # fmt: skip


def asked(**more: object) -> PlanRequest:
    return PlanRequest(clinic(), esketamine(), PATIENT, Preferences(MONDAY), **more)


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda: Given("induction", date(1999, 1, 1)), "day"),
        (lambda: Neighbour(MONDAY, 0), "min_days"),
        (lambda: Neighbour(MONDAY, 367), "min_days"),
        (lambda: Booked(uid("a"), "induction", datetime(2027, 3, 1, 9)), "start"),  # noqa: DTZ001 -- a naive one is the case
        (lambda: Booked(uid("a"), "induction", datetime(2200, 3, 1, 9, tzinfo=UTC)), "start"),
        (lambda: Away(MONDAY, date(2027, 2, 28)), "last_day"),
        (lambda: Away(date(1990, 1, 1), MONDAY), "first_day"),
        (lambda: Preferences(date(2195, 1, 1)), "start"),
        (lambda: Preferences(MONDAY, weekdays=(0, 7)), "weekdays"),
        (lambda: Preferences(MONDAY, weekdays=(1, 1)), "weekdays"),
        (lambda: Preferences(MONDAY, phase_weekdays={"weekly": (9,)}), "phase_weekdays.weekly"),
        (lambda: Override("  "), "reason"),
        (lambda: asked(given=(Given("induction", MONDAY), Given("gone", MONDAY))), "given.1.phase"),
        (lambda: asked(given=(Given("induction", MONDAY), Given("induction", date(2027, 2, 25)))), "given.1.day"),
        (lambda: asked(given=(Given("induction", date(2027, 3, 2)),)), "preferences.start"),
        (lambda: asked(standing=(Booked(uid("a"), "gone", datetime(2027, 3, 1, 9, tzinfo=UTC)),)), "standing.0.phase"),
    ],
)
def test_what_no_course_can_be_is_refused_by_its_field(make: Callable[[], object], path: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        make()
    assert refused.value.path == path


@pytest.mark.parametrize("status", AppointmentStatus)
@pytest.mark.parametrize("to", AppointmentStatus)
def test_an_appointment_takes_only_its_legal_moves(status: AppointmentStatus, to: AppointmentStatus) -> None:
    try:
        check_move(status, to)
    except InvalidMove:
        assert (status.value, to.value) not in LEGAL
    else:
        assert (status.value, to.value) in LEGAL


def test_a_gate_is_open_through_its_last_day() -> None:
    gate = Gate("screening", until=MONDAY)
    assert [gate.open_on(day) for day in (MONDAY, date(2027, 3, 2))] == [True, False]


def test_a_gate_that_is_not_met_is_never_open() -> None:
    assert not Gate("screening", met=False, until=date(2030, 1, 1)).open_on(MONDAY)


def test_the_other_courses_keep_their_days_less_what_is_relaxed_but_never_share_one() -> None:
    relaxed = asked(neighbours=(Neighbour(MONDAY, 3), Neighbour(MONDAY, 1)))
    relaxed = PlanRequest(**{**vars(relaxed), "relaxation": type(relaxed.relaxation)(min_days=2)})
    assert [near.min_days for near in relaxed.kept_apart] == [1, 1]


@pytest.mark.parametrize(
    ("status", "told", "recorded", "unheard_of"),
    [
        ("cancelled", False, False, True),
        ("cancelled", True, False, False),
        ("cancelled", False, True, False),
        ("booked", False, False, False),
    ],
)
def test_only_what_was_cancelled_untold_and_unrecorded_is_as_if_it_had_never_been(status, told, recorded, unheard_of):
    assert is_unheard_of(AppointmentStatus(status), told=told, recorded=recorded) is unheard_of
