"""A difference in date order, with the days between."""

from datetime import date, timedelta

from builders import NEW_YORK, uid, wall
from planner.domain.course import Booked
from planner.domain.difference import Kind, Row, rows_of
from planner.domain.plan import Placed, Plan
from planner.domain.replanning import Change, Diff

MONDAY = date(2027, 3, 1)


def on(march: int) -> date:
    return MONDAY + timedelta(days=march - 1)


def booked(march: int, **more: object) -> Booked:
    return Booked(uid(f"{march} {more}"), "weekly", wall(on(march), "10:00"), **more)


def placed(march: int, linked: Placed | None = None) -> Placed:
    start = wall(on(march), "10:00")
    return Placed(1, "weekly", "spravato", start, start + timedelta(hours=1), None, (), (), None, linked)


def kept(march: int) -> Change:
    return Change(booked(march), placed(march))


def rows(diff: Diff, last: date | None = None) -> list[tuple[Kind, int, int | None, int | None]]:
    plan = Plan(tuple(diff.add), len(diff.add))
    return [(row.kind, row.at.day, row.gap_was, row.gap) for row in rows_of(diff, plan, last, NEW_YORK)]


def test_rows_stand_by_date_and_what_is_cancelled_comes_first():
    diff = Diff((kept(8),), (), (booked(15),), (placed(15), placed(1)))
    assert [(kind, day) for kind, day, _, _ in rows(diff)] == [
        (Kind.ADD, 1), (Kind.KEEP, 8), (Kind.CANCEL, 15), (Kind.ADD, 15),
    ]  # fmt: skip


def test_gaps_are_those_of_then_and_of_now():
    diff = Diff((kept(15),), (), (booked(8),), (placed(22),))
    assert rows(diff, on(1)) == [
        (Kind.CANCEL, 8, 7, None), (Kind.KEEP, 15, 7, 14), (Kind.ADD, 22, None, 7),
    ]  # fmt: skip


def test_a_move_stands_at_its_new_place_with_both_gaps():
    diff = Diff((), (Change(booked(8), placed(10)),), (), ())
    assert rows(diff, on(1)) == [(Kind.MOVE, 10, 7, 9)]


def test_the_first_session_of_all_has_no_gap():
    assert rows(Diff((kept(8),), (), (), ())) == [(Kind.KEEP, 8, None, None)]


def test_a_visit_that_follows_a_session_has_no_gap_and_makes_none():
    follow = placed(9)
    diff = Diff((), (), (booked(3, linked=True),), (placed(8, follow), follow, placed(15)))
    plan = Plan((diff.add[0], diff.add[2]), 2)
    found = [(row.at.day, row.follows, row.gap) for row in rows_of(diff, plan, on(1), NEW_YORK)]
    assert found == [(3, True, None), (8, False, 7), (9, True, None), (15, False, 7)]


def test_a_row_is_about_an_appointment():
    try:
        Row(Kind.KEEP).at  # noqa: B018
    except AssertionError:
        return
    raise AssertionError("an empty row has no place in a list by date")
