"""What a visit consists of, and what it needs when."""

from collections.abc import Callable

import pytest

from builders import infusion, nurse, spravato
from planner.domain.errors import InvalidValue
from planner.domain.visit import Mode, Need, Requirement, Step, VisitProfile

TALK = Step("talk", 60)


def visit(*steps: Step, place: str | None = None) -> VisitProfile:
    return VisitProfile("visit", "Visit", steps, place)


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda: Need("nurse", units=0), "units"),
        (lambda: Need("nurse", units=101), "units"),
        (lambda: Need("nurse", Mode.PRESENCE, 2), "units"),
        (lambda: Need("nurse", Mode.START, steady=True), "units"),
        (lambda: Step("talk", 0), "minutes"),
        (lambda: Step("talk", 7), "minutes"),
        (lambda: Step("talk", 725), "minutes"),
        (lambda: Step("check-in", 15, (nurse(1),), lead=True), "lead"),
        (lambda: Step("check-in", 15, lead=True, dose=True), "lead"),
        (visit, "steps"),
        (lambda: visit(Step("check-in", 15, lead=True)), "steps"),
        (lambda: visit(TALK, Step("check-in", 15, lead=True)), "steps"),
        (lambda: visit(Step("one", 5, dose=True), Step("two", 5, dose=True)), "steps"),
        (lambda: visit(Step("turnover", 10, turnover=True)), "steps"),
        (lambda: visit(TALK, Step("turnover", 10, turnover=True), TALK), "steps"),
        (lambda: visit(Step("late", 10, after_hours=True), TALK), "steps"),
        (lambda: visit(Step("one", 720), Step("two", 720), TALK), "steps"),
        (lambda: visit(Step("talk", 60, (nurse(1), nurse(2)))), "steps"),
        (lambda: visit(Step("talk", 60, (Need("chair"),)), place="chair"), "steps"),
        (lambda: visit(Step("talk", 60, (Need("nurse", Mode.START),))), "steps"),
    ],
)
def test_what_no_visit_can_be_is_refused_by_its_field(make: Callable[[], object], path: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        make()
    assert refused.value.path == path


def test_the_appointment_ends_at_discharge_and_the_place_is_held_through_turnover() -> None:
    assert (infusion().minutes, infusion().held_minutes) == (115, 125)


def test_turnover_past_closing_need_not_lie_within_opening_hours() -> None:
    assert infusion().open_minutes == 115


def test_a_turnover_that_may_not_run_late_must() -> None:
    assert visit(TALK, Step("turnover", 10, turnover=True)).open_minutes == 70


def test_check_in_lies_before_the_appointed_time() -> None:
    assert (spravato().lead_minutes, spravato().dose_offset) == (15, 15)


def test_a_visit_without_a_dose_step_gives_none() -> None:
    assert (visit(TALK).dosing, visit(TALK).dose_offset) == (False, 0)


def test_the_place_is_held_from_seat_to_the_end_of_turnover() -> None:
    assert infusion().requirements[0] == Requirement("chair", Mode.HOLD, 1, 0, 125, "place")


def test_a_start_keeps_its_starter_a_quarter_of_an_hour_however_short_the_dose() -> None:
    starts = [need for need in spravato().requirements if need.mode is Mode.START]
    assert [(need.offset, need.minutes) for need in starts] == [(15, 15)]


def test_steps_may_have_different_nurses() -> None:
    held = [need for need in infusion().requirements if need.kind == "nurse" and need.mode is Mode.HOLD]
    assert [(need.offset, need.minutes, need.units) for need in held] == [(0, 15, 2), (15, 40, 2), (55, 60, 1)]


def test_a_steady_need_is_one_stretch_of_one_resource() -> None:
    therapist = (Need("therapist", steady=True),)
    steps = (Step("set", 15, therapist), Step("dose", 40, therapist, dose=True), Step("rest", 60, therapist))
    assert [(need.offset, need.minutes) for need in visit(*steps).requirements] == [(0, 115)]


def test_a_steady_need_that_pauses_begins_anew() -> None:
    therapist = (Need("therapist", steady=True),)
    steps = (Step("set", 15, therapist), Step("alone", 40), Step("rest", 60, therapist))
    assert [(need.offset, need.minutes) for need in visit(*steps).requirements] == [(0, 15), (55, 60)]
