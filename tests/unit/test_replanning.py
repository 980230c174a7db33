"""A plan against what is booked: kept, moved, cancelled, added."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from builders import clinic, hours, phase, protocol, request, resources, talk, uid, wall
from planner.domain.course import Booked
from planner.domain.plan import Placed, Plan, PlanRequest
from planner.domain.replanning import Diff, compare

MONDAY = date(2027, 3, 1)
ANNA, BEN = uid("therapist 1"), uid("therapist 2")


def on(march: int) -> date:
    return MONDAY + timedelta(days=march - 1)


def booked(march: int, name: str = "talks", **more: object) -> Booked:
    return Booked(uid(f"{name} {march} {more.get('linked')}"), name, wall(on(march), "10:00"), **more)


def placed(
    march: int, name: str = "talks", at: str = "10:00", clinician: UUID | None = None, linked: Placed | None = None
) -> Placed:
    start = wall(on(march), at)
    return Placed(1, name, "talk", start, start + timedelta(hours=1), None, (), (), clinician, linked)


def asked(*standing: Booked) -> PlanRequest:
    course = protocol(*(phase(name, 9, (5, 7, 9), visits=("talk",)) for name in ("talks", "more")), visits=(talk(),))
    return request(clinic(resources("therapist", 2), opening=hours()), course, MONDAY, standing=standing)


def diff(standing: tuple[Booked, ...], *found: Placed) -> Diff:
    return compare(asked(*standing), Plan(found, len(found)))


def moves(found: Diff) -> list[tuple[int, int]]:
    return [(change.booked.start.day, change.placed.start.day) for change in found.move]


def test_the_same_start_in_the_same_phase_is_kept() -> None:
    found = diff((booked(1), booked(8)), placed(1), placed(8))
    assert (len(found.keep), found.changes_nothing) == (2, True)


def test_the_same_start_in_another_phase_is_the_same_appointment() -> None:
    found = diff((booked(1),), placed(1, "more"))
    assert ([change.placed.phase for change in found.keep], found.changes_nothing) == (["more"], True)


def test_another_time_of_the_same_day_is_a_move() -> None:
    assert moves(diff((booked(1),), placed(1, at="11:00"))) == [(1, 1)]


@pytest.mark.parametrize(("day", "moved"), [(8, True), (9, False)])
def test_up_to_seven_days_later_is_a_move(day: int, moved: bool) -> None:
    found = diff((booked(1),), placed(day))
    assert (bool(found.move), bool(found.cancel), bool(found.add)) == (moved, not moved, not moved)


@pytest.mark.parametrize(("day", "moved"), [(2, True), (1, False)])
def test_up_to_seven_days_earlier_is_a_move(day: int, moved: bool) -> None:
    found = diff((booked(9),), placed(day))
    assert (bool(found.move), bool(found.cancel), bool(found.add)) == (moved, not moved, not moved)


def test_what_is_left_is_paired_in_date_order() -> None:
    found = diff((booked(1), booked(8), booked(15)), placed(2), placed(8), placed(16))
    assert (moves(found), len(found.keep)) == ([(1, 2), (15, 16)], 1)


def test_one_that_has_no_partner_is_cancelled_and_the_others_move() -> None:
    found = diff((booked(1), booked(15), booked(22)), placed(14), placed(23))
    assert (moves(found), [one.start.day for one in found.cancel]) == ([(15, 14), (22, 23)], [1])


def test_a_plan_with_more_sessions_adds_them() -> None:
    found = diff((booked(1),), placed(1), placed(8), placed(15))
    assert [one.start.day for one in found.add] == [8, 15]


def test_each_phase_is_paired_by_itself() -> None:
    found = diff((booked(8), booked(11, "more")), placed(10), placed(9, "more"))
    assert sorted(moves(found)) == [(8, 10), (11, 9)]


def test_times_that_two_phases_exchange_are_kept() -> None:
    found = diff((booked(8), booked(9, "more")), placed(9), placed(8, "more"))
    assert (len(found.keep), found.changes_nothing) == (2, True)


def test_linked_visits_are_paired_among_themselves() -> None:
    found = diff((booked(1), booked(3, linked=True)), placed(1, linked=placed(4)))
    assert (len(found.keep), moves(found)) == (1, [(3, 4)])


def test_another_clinician_than_promised_breaks_a_promise_though_the_time_is_kept() -> None:
    found = diff((booked(1, clinician_id=ANNA),), placed(1, clinician=BEN))
    assert ([change.promise_broken for change in found.move], found.keep, found.changes_nothing) == ([True], (), False)


def test_another_clinician_breaks_no_promise_where_nobody_was_told() -> None:
    found = diff((booked(1, clinician_id=ANNA, told=False),), placed(1, clinician=BEN))
    assert found.changes_nothing


def test_a_move_to_another_clinician_says_so_too() -> None:
    (change,) = diff((booked(1, clinician_id=ANNA),), placed(2, clinician=BEN)).move
    assert change.promise_broken


def test_without_a_plan_everything_is_cancelled() -> None:
    assert len(diff((booked(1), booked(8))).cancel) == 2
