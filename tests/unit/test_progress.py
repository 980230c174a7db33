"""How far a visit has got: the plan run by what was recorded, and what is due next with how late it is."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from builders import infusion, spravato, talk, wall
from planner.domain.attendance import Outcome
from planner.domain.course import AppointmentStatus
from planner.domain.progress import Happened, Level, Part, State, What, plan_parts, progress_of

DAY = date(2027, 1, 5)
VISIT = spravato()
SEEN = Happened(wall(DAY, "10:00"), wall(DAY, "12:35"))


def at(time):
    return wall(DAY, time)


def after(time, one=SEEN, profile=VISIT):
    return progress_of(profile, one, at(time))


def given(dosed="10:15", **more):
    known = {"arrived_at": at("09:45"), "dosed_at": at(dosed), "outcome": Outcome.GIVEN}
    return replace(SEEN, status=AppointmentStatus.ARRIVED, **{**known, **more})


def test_the_parts_are_told_apart_by_what_comes_before_and_after_the_dose():
    assert plan_parts(VISIT).parts == (
        (Part.PREP, 15), (Part.DOSE, 10), (Part.WATCH, 120), (Part.OUT, 10), (Part.TURN, 10),
    )  # fmt: skip


def test_a_single_step_after_the_dose_is_observation():
    assert [part for part, _ in plan_parts(infusion()).parts] == [Part.PREP, Part.DOSE, Part.WATCH, Part.TURN]


def test_a_conversation_is_all_observation():
    assert plan_parts(talk()).parts == ((Part.WATCH, 60),)


@pytest.mark.parametrize(
    ("time", "state"),
    [("10:24", State.DOSING), ("10:25", State.OBSERVING), ("12:24", State.OBSERVING), ("12:25", State.READY)],
)
def test_a_dose_on_time_is_followed_by_its_observation(time, state):
    assert after(time, given()).state is state


def test_a_late_dose_moves_the_end_of_observation():
    clocks = after("11:00", given("10:40")).clocks
    assert (clocks.watch_end, clocks.out) == (at("12:50"), at("13:00"))


def test_a_late_arrival_moves_the_dose():
    late = replace(SEEN, arrived_at=at("10:20"), status=AppointmentStatus.ARRIVED)
    assert after("10:21", late).clocks.dose == at("10:35")


def test_an_infusion_that_ends_late_moves_the_end_of_observation():
    usual, longer = given(), given(infusion_end=at("11:10"))
    ends = [progress_of(infusion(), one, at("11:15")).clocks.watch_end for one in (usual, longer)]
    assert ends == [at("11:55"), at("12:10")]


@pytest.mark.parametrize(
    ("time", "level", "over"),
    [("09:45", None, 0), ("09:50", Level.CARE, 5), ("10:00", Level.CARE, 15), ("10:01", Level.LATE, 16)],
)
def test_whoever_is_not_there_is_looked_after_until_the_seat_is_due_and_late_from_then_on(time, level, over):
    due = after(time).next
    assert (due.what, due.level, due.over) == (What.CHECK_IN, level, over)


@pytest.mark.parametrize(("time", "level"), [("12:35", None), ("12:39", Level.CARE), ("12:40", Level.LATE)])
def test_a_discharge_is_late_from_five_minutes_over(time, level):
    due = after(time, given()).next
    assert (due.what, due.level) == (What.DISCHARGE, level)


def test_a_visit_that_is_over_without_an_outcome_is_late_at_once():
    due = after("12:35", replace(SEEN, arrived_at=at("09:45"), status=AppointmentStatus.ARRIVED)).next
    assert (due.what, due.level, due.action) == (What.OUTCOME, Level.LATE, None)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({"status": AppointmentStatus.NOSHOW, "outcome": Outcome.NO_SHOW}, State.NO_SHOW),
        ({"status": AppointmentStatus.CANCELLED}, State.CANCELLED),
        ({"status": AppointmentStatus.CANCELLED, "outcome": Outcome.LATE_CANCEL}, State.CANCELLED),
        ({"status": AppointmentStatus.FULFILLED, "outcome": Outcome.NOTHING_GIVEN}, State.LEFT),
    ],
)
def test_what_does_not_take_place_owes_nothing_more(known, state):
    found = after("13:00", replace(SEEN, **known))
    assert (found.state, found.next) == (state, None)


def test_whoever_was_given_nothing_is_still_to_be_seen_out():
    found = after("11:00", replace(SEEN, arrived_at=at("09:45"), outcome=Outcome.NOTHING_GIVEN))
    assert (found.state, found.next.what) == (State.READY, What.DISCHARGE)


def test_a_conversation_that_has_begun_ends_without_an_observation():
    one = replace(given("10:00"), end=SEEN.start + timedelta(hours=1))
    found = progress_of(talk(), one, at("10:30"))
    assert (found.state, found.next.what, found.next.at) == (State.OBSERVING, What.DISCHARGE, at("11:00"))
