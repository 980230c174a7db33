"""Each row of the table of costs, with its exact units, and which days are legal after which."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from builders import clinic, esketamine, phase, protocol, request, weekdays
from planner.domain.clinic import POINT, Costs
from planner.domain.course import Given
from planner.domain.plan import CostCode, PlanRequest, Relaxation
from planner.domain.protocol import Link, Rhythm, SpacingRule
from planner.domain.spacing import (
    Bounds,
    Pace,
    belongs,
    bounds_of,
    edges,
    is_legal,
    passed_over,
    step_costs,
    units_of,
    wanted_sessions,
    week_anchor,
    weekday_of,
)

MONDAY = date(2027, 3, 1)
START = MONDAY.toordinal()
TUE_THU = weekdays("Tue Thu")
PATTERN = Pace(Rhythm.PATTERN, SpacingRule(2, 3, 5), TUE_THU, after_pattern=True)
INTERVAL = Pace(Rhythm.INTERVAL, SpacingRule(5, 7, 9), (), after_pattern=False)
BOUNDS = Bounds(Costs(), 14, START)


def on(march: int) -> int:
    return date(2027, 3, march).toordinal()


def points(pace: Pace, before: int | None, day: int, bounds: Bounds = BOUNDS) -> dict[CostCode, float]:
    return {item.code: item.points for item in step_costs(pace, before, day, bounds)}


class TestPattern:
    def test_a_session_on_the_next_pattern_date_costs_nothing(self) -> None:
        assert points(PATTERN, on(2), on(4)) == {}

    def test_a_session_a_day_off_the_pattern_costs_three_and_one(self) -> None:
        assert points(PATTERN, on(2), on(5)) == {CostCode.OFF_PATTERN: 4}

    def test_a_session_two_days_off_the_pattern_costs_three_and_two(self) -> None:
        assert points(PATTERN, on(4), on(7)) == {CostCode.OFF_PATTERN: 5}

    def test_of_two_pattern_dates_as_near_a_day_belongs_to_the_earlier(self) -> None:
        assert belongs(on(3), TUE_THU) == on(2)

    def test_a_pattern_date_passed_over_costs_six(self) -> None:
        assert points(PATTERN, on(2), on(9)) == {CostCode.PASSED_OVER: 6, CostCode.BEYOND_MAX: 20}

    def test_pattern_dates_passed_over_before_the_first_session_cost_six_each(self) -> None:
        assert points(PATTERN, None, on(9)) == {CostCode.PASSED_OVER: 12}

    def test_pattern_dates_before_the_requested_start_cost_nothing(self) -> None:
        later = replace(BOUNDS, start=on(8))
        assert points(PATTERN, on(2), on(9), later) == {CostCode.BEYOND_MAX: 20}

    def test_after_an_interval_phase_pattern_dates_count_from_the_session_before(self) -> None:
        entering = replace(PATTERN, after_pattern=False)
        assert points(entering, on(3), on(9)) == {CostCode.PASSED_OVER: 6, CostCode.BEYOND_MAX: 10}

    def test_the_date_taken_late_is_not_passed_over_again(self) -> None:
        assert points(PATTERN, on(5), on(9)) == {}

    def test_successive_sessions_belong_to_different_pattern_dates(self) -> None:
        once_a_week = replace(PATTERN, weekdays=weekdays("Tue"), rule=SpacingRule(1, 7, 9))
        assert [is_legal(once_a_week, on(2), on(day), BOUNDS) for day in (3, 5, 6)] == [False, False, True]

    def test_passed_over_dates_lie_strictly_between(self) -> None:
        assert passed_over(on(2), on(9), TUE_THU) == [on(4)]


class TestInterval:
    def test_the_target_costs_nothing(self) -> None:
        assert points(INTERVAL, on(1), on(8)) == {}

    @pytest.mark.parametrize("day", [6, 10])
    def test_each_day_off_the_target_costs_one_to_either_side(self, day: int) -> None:
        assert points(INTERVAL, on(1), on(day)) == {CostCode.INTERVAL: 2}

    def test_off_the_patients_weekdays_costs_three(self) -> None:
        assert points(replace(INTERVAL, weekdays=weekdays("Tue")), on(1), on(8)) == {CostCode.OFF_WEEKDAY: 3}

    def test_the_first_session_counts_its_days_from_the_requested_start(self) -> None:
        assert points(INTERVAL, None, on(4)) == {CostCode.INTERVAL: 3}

    def test_each_day_beyond_the_maximum_costs_ten(self) -> None:
        assert points(INTERVAL, on(1), on(13)) == {CostCode.INTERVAL: 5, CostCode.BEYOND_MAX: 30}

    def test_a_clinic_may_set_the_points(self) -> None:
        dear = replace(BOUNDS, costs=Costs(interval_day=2, beyond_max_day=7))
        assert points(INTERVAL, on(1), on(11), dear) == {CostCode.INTERVAL: 6, CostCode.BEYOND_MAX: 7}

    def test_the_facts_name_gap_and_target(self) -> None:
        (item,) = step_costs(INTERVAL, on(1), on(7), BOUNDS)
        assert (item.units, item.facts) == (POINT, {"gap_days": 6, "target_days": 7, "off_days": -1})


class TestLegalDays:
    @pytest.mark.parametrize(("gap", "legal"), [(4, False), (5, True), (9, True), (23, True), (24, False)])
    def test_a_gap_lies_between_its_minimum_and_fourteen_days_beyond_its_maximum(self, gap: int, legal: bool) -> None:
        assert is_legal(INTERVAL, on(1), on(1) + gap, BOUNDS) == legal

    @pytest.mark.parametrize(
        "pace", [PATTERN, INTERVAL, replace(PATTERN, after_pattern=False), replace(INTERVAL, weekdays=(2,))]
    )
    def test_the_table_of_gaps_says_what_the_rules_say_of_each_weekday(self, pace: Pace) -> None:
        table = edges(pace, BOUNDS.costs, BOUNDS.overrun_days)

        def gaps(before: int) -> Iterator[tuple[int, int]]:
            for gap in range(60):
                if is_legal(pace, before, before + gap, BOUNDS):
                    yield units_of(step_costs(pace, before, before + gap, BOUNDS)), gap

        days = range(on(8), on(15))
        assert [table[weekday_of(day)] for day in days] == [tuple(sorted(gaps(day))) for day in days]


class TestWantedSessions:
    def asked(self, **more: object) -> PlanRequest:
        course = protocol(
            phase("induction", 2, (2, 3, 5), pattern="Tue Thu", per_week=2),
            phase("weekly", 2, (5, 7, 9), entry=(4, 5, 6), per_week=1),
        )
        return request(clinic(), course, MONDAY, **more)

    def test_the_first_session_after_another_phase_has_the_entry_spacing(self) -> None:
        assert [one.pace.rule.min_days for one in wanted_sessions(self.asked(), 0)] == [2, 2, 4, 5]

    def test_sessions_given_are_wanted_no_more_and_keep_their_numbers(self) -> None:
        given = (Given("induction", date(2027, 2, 25)), Given("induction", date(2027, 2, 27)))
        wanted = wanted_sessions(self.asked(given=given), 0)
        assert [(one.number, one.phase.name) for one in wanted] == [(3, "weekly"), (4, "weekly")]

    def test_an_open_ended_phase_wants_as_many_as_are_asked_beyond_those_given(self) -> None:
        asked = request(clinic(), protocol(phase("on", None, (5, 7, 9))), MONDAY, given=(Given("on", date(2027, 2, 22)),))
        assert [one.number for one in wanted_sessions(asked, 2)] == [2, 3]

    def test_a_pattern_falls_back_on_the_usual_weekdays_of_its_phase(self) -> None:
        assert wanted_sessions(self.asked(), 0)[0].pace.weekdays == TUE_THU

    def test_the_patients_weekdays_go_before_the_usual_ones(self) -> None:
        assert wanted_sessions(self.asked(days="Mon Fri"), 0)[0].pace.weekdays == weekdays("Mon Fri")

    def test_the_weekdays_of_a_phase_go_before_those_for_all(self) -> None:
        asked = self.asked(days="Mon Fri")
        asked = replace(asked, preferences=replace(asked.preferences, phase_weekdays={"weekly": weekdays("Wed")}))
        assert [one.pace.weekdays for one in wanted_sessions(asked, 0)][1:3] == [weekdays("Mon Fri"), weekdays("Wed")]

    def test_an_interval_phase_has_no_weekdays_unless_the_patient_states_some(self) -> None:
        assert wanted_sessions(self.asked(), 0)[2].pace.weekdays == ()

    def test_a_relaxed_minimum_never_falls_below_one_day(self) -> None:
        asked = self.asked(relaxation=Relaxation(min_days=4))
        assert [one.pace.rule.min_days for one in wanted_sessions(asked, 0)] == [1, 1, 1, 1]

    def test_a_relaxed_minimum_leaves_room_for_a_linked_visit(self) -> None:
        course = protocol(
            phase("dosing", 2, (7, 7, 9), link=Link("talk", 24, 72)), phase("weekly", 2, (6, 7, 9)),
        )  # fmt: skip
        asked = request(clinic(), course, MONDAY, relaxation=Relaxation(min_days=6))
        assert [one.pace.rule.min_days for one in wanted_sessions(asked, 0)] == [1, 5, 5, 1]

    def test_a_relaxed_week_holds_more_sessions_but_never_more_than_seven(self) -> None:
        asked = self.asked(relaxation=Relaxation(per_week=6))
        assert [one.cap for one in wanted_sessions(asked, 0)] == [7, 7, 7, 7]

    def test_a_relaxed_overrun_is_added_to_the_clinics(self) -> None:
        assert bounds_of(self.asked(relaxation=Relaxation(overrun_days=7))).overrun_days == 21


class TestTreatmentWeeks:
    def test_they_count_from_the_requested_start_until_a_dose_is_given(self) -> None:
        assert week_anchor(request(clinic(), esketamine(), MONDAY)) == START

    def test_they_count_from_the_first_dose_once_one_is_given(self) -> None:
        given = (Given("induction", date(2027, 2, 20)), Given("induction", date(2027, 2, 23)))
        assert week_anchor(request(clinic(), esketamine(), MONDAY, given=given)) == date(2027, 2, 20).toordinal()

    def test_a_preparation_visit_is_no_dose(self) -> None:
        course = protocol(phase("talks", 2, (1, 7, 14), visits=("talk",)), phase("dosing", 1, (5, 7, 9)))
        asked = request(clinic(), course, MONDAY, given=(Given("talks", date(2027, 2, 20)),))
        assert week_anchor(asked) == START
